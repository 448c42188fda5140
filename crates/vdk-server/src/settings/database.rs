//! The settings of the database, with the names of Spring Boot. The address is a JDBC URL, whose
//! options mean the same as for the original service. An option that this service cannot follow
//! prevents the start.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, TargetSessionAttrs};

use super::jdbc::JdbcUrl;
use super::{SettingsError, Sources, names};

/// Longest time to connect to one host, so that requests are answered within seconds.
const CONNECT: Duration = Duration::from_secs(2);
/// Options without an effect here: the service has limits and statements of its own.
const WITHOUT_EFFECT: &[&str] = &[
    "adaptiveFetch",
    "adaptiveFetchMaximum",
    "adaptiveFetchMinimum",
    "allowEncodingChanges",
    "assumeMinServerVersion",
    "autosave",
    "binaryTransfer",
    "binaryTransferDisable",
    "binaryTransferEnable",
    "cancelSignalTimeout",
    "cleanupSavepoints",
    "connectThreadFactory",
    "databaseMetadataCacheFields",
    "databaseMetadataCacheFieldsMiB",
    "defaultRowFetchSize",
    "disableColumnSanitiser",
    "escapeSyntaxCallMode",
    "groupStartupParameters",
    "hideUnprivilegedObjects",
    "hostRecheckSeconds",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "loggerFile",
    "loggerLevel",
    "loginTimeout",
    "logServerErrorDetail",
    "logUnclosedConnections",
    "maxResultBuffer",
    "maxSendBufferSize",
    "preferQueryMode",
    "preparedStatementCacheQueries",
    "preparedStatementCacheSizeMiB",
    "prepareThreshold",
    "queryTimeout",
    "quoteReturningIdentifiers",
    "receiveBufferSize",
    "reWriteBatchedInserts",
    "sendBufferSize",
    "socketTimeout",
    "stringtype",
    "tcpKeepAlive",
    "tcpNoDelay",
    "tcp_user_timeout",
    "unknownLength",
];

/// The connection to PostgreSQL.
#[derive(Debug)]
pub struct Database {
    /// Hosts, ports, database, user, password and the rest.
    pub config: tokio_postgres::Config,
    /// The schema of the tables; `None` for the role's search path.
    pub schema: Option<String>,
    /// The user of the server behind a socket of this machine, if it is not the socket's owner.
    pub socket_owner: Option<String>,
    /// The use of TLS.
    pub tls: DatabaseTls,
    /// The certificate authorities to trust.
    pub ca: Option<PathBuf>,
    /// Most connections.
    pub pool: usize,
}

/// The use of TLS on connections to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseTls {
    /// No TLS.
    None,
    /// TLS with a verified certificate and host name.
    Verified,
}

/// The options of the address as far as they are not part of the driver's configuration.
#[derive(Default)]
struct Options {
    tls: Option<DatabaseTls>,
    ca: Option<PathBuf>,
    schema: Option<String>,
    socket_owner: Option<String>,
}

/// Reads the database's settings; `None` without a database.
pub fn from_sources(sources: &Sources) -> Result<Option<Database>, SettingsError> {
    let (user, password) =
        (sources.text(names::DATABASE_USER), sources.secret(names::DATABASE_PASSWORD)?);
    let Some(url) = sources.text(names::DATABASE) else {
        return match user {
            None if password.is_none() => Ok(None),
            _ => Err(SettingsError(format!(
                "{} is not set, but a user or password of the database is",
                names::DATABASE
            ))),
        };
    };
    let url = JdbcUrl::parse(&url).ok_or_else(|| {
        let why = "jdbc:postgresql://host:5432/database is expected. User and password have \
                   settings of their own";
        sources.invalid(names::DATABASE, why)
    })?;
    let (mut config, options) =
        configure(&url).map_err(|why| sources.invalid(names::DATABASE, &why))?;
    let tls =
        options.tls.unwrap_or_else(|| match url.hosts.iter().all(|(host, _)| is_local(host)) {
            true => DatabaseTls::None,
            false => DatabaseTls::Verified,
        });
    config.ssl_mode(match tls {
        DatabaseTls::None => SslMode::Disable,
        DatabaseTls::Verified => SslMode::Require,
    });
    match user.or(url.user) {
        Some(user) => config.user(user),
        None => return Err(SettingsError(format!("{} is not set", names::DATABASE_USER))),
    };
    if let Some(password) = password {
        config.password(password.expose_secret());
    }
    let ca = match (sources.text(names::DATABASE_CA).map(PathBuf::from), options.ca) {
        (Some(one), Some(other)) if one != other => {
            let why = format!("sslrootcert in {} names another file", names::DATABASE);
            return Err(sources.invalid(names::DATABASE_CA, &why));
        }
        (one, other) => one.or(other),
    };
    let pool = sources.within(names::DATABASE_POOL, 1, 1000)?;
    let (schema, socket_owner) = (options.schema, options.socket_owner);
    Ok(Some(Database { config, schema, socket_owner, tls, ca, pool }))
}

/// Returns whether a host is this machine: a socket, or an address that no other machine can take.
pub fn is_local(host: &str) -> bool {
    host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Configures the driver by an address.
fn configure(url: &JdbcUrl) -> Result<(tokio_postgres::Config, Options), String> {
    let mut config = tokio_postgres::Config::new();
    config.connect_timeout(CONNECT).application_name("vdk-control-service");
    for (host, port) in &url.hosts {
        config.host(host).port(*port);
    }
    if url.hosts.len() > 1 {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if let Some(database) = &url.database {
        config.dbname(database);
    }
    let mut options = Options::default();
    for (name, value) in &url.options {
        take(&mut config, &mut options, name, value)?;
    }
    Ok((config, options))
}

/// Takes one option, or returns why it cannot be taken.
fn take(
    config: &mut tokio_postgres::Config,
    options: &mut Options,
    name: &str,
    value: &str,
) -> Result<(), String> {
    match (name, value) {
        ("sslmode", "disable") => options.tls = Some(DatabaseTls::None),
        ("sslmode", "verify-full") | ("ssl", "true" | "") => {
            options.tls = Some(DatabaseTls::Verified);
        }
        ("sslmode" | "ssl", _) => {
            return Err("sslmode must be disable or verify-full: the modes in between do not \
                        fully verify the server"
                .into());
        }
        ("sslrootcert", file) => options.ca = Some(file.into()),
        ("currentSchema", "") => {}
        ("currentSchema", schema) => {
            // PostgreSQL folds a name without quotation marks.
            let name = schema.trim();
            let exact = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
            let name = exact.map_or_else(|| name.to_lowercase(), String::from);
            if name.contains([',', '"', '\'', '{', '}', '\\']) || name.contains(char::is_control) {
                return Err("currentSchema must be the one schema of the tables, without \
                            quotation marks, commas and braces"
                    .into());
            }
            options.schema = Some(name);
        }
        ("requirepeer", user) => options.socket_owner = Some(user.into()),
        ("ApplicationName" | "application_name", text) => {
            config.application_name(text);
        }
        ("options", text) => {
            config.options(text);
        }
        ("connectTimeout" | "connect_timeout", seconds) => {
            let seconds: u64 =
                seconds.parse().map_err(|_| format!("{name} must be a number of seconds"))?;
            if seconds > 0 {
                config.connect_timeout(CONNECT.min(Duration::from_secs(seconds)));
            }
        }
        ("targetServerType", "any" | "primary" | "master")
        | ("target_session_attrs", "any" | "read-write" | "primary") => {}
        ("targetServerType" | "target_session_attrs", _) => {
            return Err(format!(
                "{name}={value} leads to a server that takes no writes. Remove it: the service \
                 uses the host that takes writes"
            ));
        }
        ("loadBalanceHosts", "true") | ("load_balance_hosts", "random") => {
            config.load_balance_hosts(LoadBalanceHosts::Random);
        }
        ("channelBinding" | "channel_binding", "require") => {
            config.channel_binding(ChannelBinding::Require);
        }
        // The default of the driver.
        ("channelBinding" | "channel_binding", "prefer")
        | ("loadBalanceHosts", "false")
        | ("load_balance_hosts", "disable")
        | ("gssEncMode" | "gssencmode", "disable" | "allow" | "prefer")
        | ("readOnly", "false") => {}
        // These would override the address by which TLS is decided.
        ("host" | "hostaddr" | "port" | "user" | "password" | "dbname", _) => {
            return Err(format!(
                "{name} must not be an option. Host and database come before the options; user \
                 and password have settings of their own"
            ));
        }
        _ if WITHOUT_EFFECT.contains(&name) => {}
        _ => {
            // A value may be a secret, such as a password of a key.
            let name = name.escape_debug();
            return Err(format!("the option {name} is not supported. Remove it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    fn database(url: &str) -> Result<Database, String> {
        let file = format!("spring.datasource.url={url}\nspring.datasource.username=ana\n");
        let sources = Sources::default().with_bytes(file.into()).unwrap();
        from_sources(&sources).map(Option::unwrap).map_err(|error| error.0)
    }

    #[test]
    fn takes_the_options_of_the_original_service() {
        let url = "jdbc:postgresql://a:5433,b/vdk?currentSchema=control&ApplicationName=vdk+prod\
                   &sslrootcert=/etc/ca.pem&connectTimeout=1&socketTimeout=30\
                   &targetServerType=primary&prepareThreshold=0&options=-c%20search_path%3Dx";
        let database = database(url).unwrap();
        let config = &database.config;
        assert_eq!(config.get_hosts(), [Host::Tcp("a".into()), Host::Tcp("b".into())]);
        assert_eq!(config.get_ports(), [5433, 5432]);
        assert_eq!(config.get_application_name(), Some("vdk prod"));
        assert_eq!(config.get_options(), Some("-c search_path=x"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(1)));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(database.schema.as_deref(), Some("control"));
        assert_eq!(database.ca, Some("/etc/ca.pem".into()));
        assert_eq!(database.tls, DatabaseTls::Verified);
    }

    #[test]
    fn rejects_options_that_it_cannot_follow() {
        for option in [
            "sslmode=prefer",
            "ssl=false",
            "sslfactory=org.postgresql.ssl.NonValidatingFactory",
            "sslkey=/k&sslpassword=geheim",
            "targetServerType=preferSecondary",
            "target_session_attrs=read-only",
            "readOnly=true",
            "gssEncMode=require",
            "currentSchema=a,b",
            "connectTimeout=soon",
            "user=bob",
            "currentschema=a",
        ] {
            let name = option.split(['=', '&']).next().unwrap();
            let why = database(&format!("jdbc:postgresql://db/vdk?{option}")).unwrap_err();
            assert!(why.contains(name.trim_end_matches('=')) || why.contains("sslmode"), "{why}");
            assert!(!why.contains("geheim"), "{why}");
        }
    }

    #[test]
    fn verifies_every_server_beyond_this_machine() {
        for (hosts, tls) in [
            ("localhost", DatabaseTls::None),
            ("127.0.0.1,[::1]:1", DatabaseTls::None),
            ("%2Frun%2Fpostgresql", DatabaseTls::None),
            ("localhost,db", DatabaseTls::Verified),
            ("localhost.example.org", DatabaseTls::Verified),
        ] {
            let found = database(&format!("jdbc:postgresql://{hosts}/vdk")).unwrap();
            assert_eq!(found.tls, tls, "{hosts}");
        }
        let found = database("jdbc:postgresql://db/vdk?sslmode=disable").unwrap();
        assert_eq!(found.tls, DatabaseTls::None);
    }
}

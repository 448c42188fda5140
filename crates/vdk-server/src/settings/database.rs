//! The settings of the database, with the names of Spring Boot.

use std::net::IpAddr;
use std::path::PathBuf;

use secrecy::ExposeSecret;
use url::Url;

use super::{SettingsError, Sources, names};

/// The connection to PostgreSQL.
#[derive(Debug)]
pub struct Database {
    /// Host, port, database, user, password and the rest.
    pub config: tokio_postgres::Config,
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
    let plain = url.strip_prefix("jdbc:").unwrap_or(&url);
    let why = "jdbc:postgresql://host:5432/database is expected. User and password have settings \
               of their own";
    let invalid = || sources.invalid(names::DATABASE, why);
    let mut parsed = Url::parse(plain).map_err(|_| invalid())?;
    if !matches!(parsed.scheme(), "postgresql" | "postgres") || parsed.password().is_some() {
        return Err(invalid());
    }
    let options: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    let mut tls = None;
    let mut kept = Vec::new();
    for (name, value) in options {
        match (name.as_str(), value.as_str()) {
            ("sslmode", "disable") => tls = Some(DatabaseTls::None),
            ("sslmode", "verify-full") => tls = Some(DatabaseTls::Verified),
            ("sslmode", _) => {
                let why = "sslmode must be disable or verify-full: the modes in between do not \
                           fully verify the server";
                return Err(sources.invalid(names::DATABASE, why));
            }
            // These would override the address by which TLS is decided.
            ("host" | "hostaddr" | "port" | "user" | "password" | "dbname", _) => {
                return Err(invalid());
            }
            _ => kept.push((name, value)),
        }
    }
    parsed.set_query(None);
    if !kept.is_empty() {
        parsed.query_pairs_mut().extend_pairs(kept);
    }
    let mut config: tokio_postgres::Config = parsed.as_str().parse().map_err(|error| {
        // It contains names of options, never the password, which is not in the address.
        sources.invalid(names::DATABASE, &format!("{error}"))
    })?;
    let is_local = match parsed.host_str() {
        None | Some("" | "localhost") => true,
        Some(host) => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    let tls = tls.unwrap_or(if is_local { DatabaseTls::None } else { DatabaseTls::Verified });
    config.ssl_mode(match tls {
        DatabaseTls::None => tokio_postgres::config::SslMode::Disable,
        DatabaseTls::Verified => tokio_postgres::config::SslMode::Require,
    });
    if let Some(user) = user {
        config.user(user);
    }
    if let Some(password) = password {
        config.password(password.expose_secret());
    }
    if config.get_user().is_none() {
        return Err(SettingsError(format!("{} is not set", names::DATABASE_USER)));
    }
    let ca = sources.text(names::DATABASE_CA).map(PathBuf::from);
    let pool = sources.within(names::DATABASE_POOL, 1, 1000)?;
    Ok(Some(Database { config, tls, ca, pool }))
}

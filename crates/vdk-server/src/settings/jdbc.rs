//! The address of a database as JDBC writes it. The address of libpq is the same without `jdbc:`.

use percent_encoding::percent_decode_str;

/// Port of PostgreSQL if an address names none.
const PORT: u16 = 5432;

/// The parts of an address, decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JdbcUrl {
    /// The user, which only libpq has in front of the hosts.
    pub user: Option<String>,
    /// Each host or folder of a socket, and its port.
    pub hosts: Vec<(String, u16)>,
    /// The database, if one is named.
    pub database: Option<String>,
    /// The options in their order.
    pub options: Vec<(String, String)>,
}

impl JdbcUrl {
    /// Parses an address. Returns `None` if it is invalid or contains a password.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let rest = text.strip_prefix("jdbc:").unwrap_or(text);
        let rest = rest.strip_prefix("postgresql:").or_else(|| rest.strip_prefix("postgres:"))?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = match place.strip_prefix("//") {
            Some(place) => place.split_once('/').unwrap_or((place, "")),
            None => ("", place),
        };
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => return None,
            Some((user, hosts)) => (Some(decode(user)?), hosts),
            None => (None, authority),
        };
        let hosts: Option<Vec<_>> = hosts.split(',').map(host).collect();
        let options = options.split('&').filter(|option| !option.is_empty()).map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            Some((decode(name)?, decode(value)?))
        });
        Some(JdbcUrl {
            user: user.filter(|user| !user.is_empty()),
            hosts: hosts?,
            database: Some(decode(database)?).filter(|name| !name.is_empty()),
            options: options.collect::<Option<_>>()?,
        })
    }
}

/// Parses one host with or without a port. The host of an empty one is this machine.
fn host(text: &str) -> Option<(String, u16)> {
    let is_address = text.starts_with('[');
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !is_address || host.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, PORT),
    };
    let host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']')?,
        None => host,
    };
    let host = if host.is_empty() { "localhost".into() } else { decode(host)? };
    Some((host, port))
}

/// Decodes a part as Java's `URLDecoder` does, for which a plus sign is a blank as well.
fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    Some(percent_decode_str(&text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<(String, u16)> {
        JdbcUrl::parse(text).unwrap().hosts
    }

    #[test]
    fn parses_the_hosts_that_jdbc_takes() {
        let here = [("localhost".to_string(), 5432)];
        for text in ["jdbc:postgresql:vdk", "jdbc:postgresql:///vdk", "jdbc:postgresql:///"] {
            assert_eq!(hosts(text), here, "{text}");
        }
        let two = [("a.example.org".to_string(), 5433), ("b".into(), 5432)];
        assert_eq!(hosts("jdbc:postgresql://a.example.org:5433,b/vdk"), two);
        assert_eq!(
            hosts("postgres://[::1]:1,[fd00::2]/x"),
            [("::1".into(), 1), ("fd00::2".into(), 5432)]
        );
        assert_eq!(hosts("postgresql://%2Frun%2Fpostgresql/x"), [("/run/postgresql".into(), 5432)]);
        for wrong in
            ["jdbc:mysql://db/x", "postgresql://db:x/y", "postgresql://[::1/y", "db:5432/x"]
        {
            assert_eq!(JdbcUrl::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rejects_a_password_and_keeps_a_user() {
        assert_eq!(JdbcUrl::parse("postgresql://ana:geheim@db/x"), None);
        assert_eq!(JdbcUrl::parse("postgresql://ana@db/x").unwrap().user.as_deref(), Some("ana"));
    }

    #[test]
    fn decodes_options_as_java_does() {
        let url = "jdbc:postgresql://db/my%20data?options=-c%20search_path%3Da+b&ssl&x=%2B";
        let url = JdbcUrl::parse(url).unwrap();
        assert_eq!(url.database.as_deref(), Some("my data"));
        let expected = [("options", "-c search_path=a b"), ("ssl", ""), ("x", "+")];
        assert_eq!(url.options, expected.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(JdbcUrl::parse("jdbc:postgresql://db/x?a=%ff"), None);
    }
}

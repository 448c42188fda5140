//! The spellings of names. Spring takes `spring.datasource.url`, `SPRING_DATASOURCE_URL`, camel
//! case, and dashes or underscores in place of dots for one name, so this service does as well.

use super::definitions::{SETTINGS, file_of};
use super::original::{NAMES, Name, OWN, Treatment};

/// The source of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The properties file.
    File,
    /// The default, as the setting is not set.
    BuiltIn,
}

/// What a given name stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The setting with this name, or with this name and `-file`.
    Setting(String),
    /// A name of the original that is not a setting here.
    Original(Treatment),
    /// A name in the file that nothing is known about.
    Unknown,
    /// A variable that is not about this service.
    Foreign,
}

/// Returns whether two names are spellings of one.
pub fn is_same(one: &str, other: &str) -> bool {
    rest_behind(one, other) == Some("")
}

/// Returns what `given` stands for.
pub fn meaning(given: &str, value: &str, origin: Origin) -> Meaning {
    let settings = SETTINGS.iter().flat_map(|setting| {
        let file = setting.secret.then(|| file_of(setting.name));
        std::iter::once(setting.name.to_string()).chain(file)
    });
    if let Some(setting) = settings.into_iter().find(|setting| is_same(given, setting)) {
        return Meaning::Setting(setting);
    }
    let row = NAMES
        .iter()
        .filter(|row| origin == Origin::File || row.pattern != OWN)
        .filter(|row| row.matches(given))
        .max_by_key(|row| row.pattern.len());
    match row.map(|row| row.treatment) {
        Some(Treatment::Taken(setting)) => Meaning::Setting(setting.into()),
        Some(_) if origin == Origin::Environment && is_service_link(given, value) => {
            Meaning::Foreign
        }
        Some(treatment) => Meaning::Original(treatment),
        None => file_of_secret(given).map_or_else(
            || if origin == Origin::File { Meaning::Unknown } else { Meaning::Foreign },
            Meaning::Setting,
        ),
    }
}

/// Returns the setting for the file of a secret that the chart names, such as `DB_PASSWORD_FILE`.
fn file_of_secret(given: &str) -> Option<String> {
    let plain = given.strip_suffix("_FILE")?;
    NAMES.iter().find_map(|row| match row.treatment {
        Treatment::Taken(setting) if row.is_variable() && row.pattern == plain => {
            let is_secret = |own: &&super::definitions::Setting| own.name == setting && own.secret;
            SETTINGS.iter().find(is_secret).map(|_| file_of(setting))
        }
        _ => None,
    })
}

impl Name {
    fn matches(&self, given: &str) -> bool {
        match (self.pattern.strip_suffix('*'), self.is_variable()) {
            (None, true) => given == self.pattern,
            (Some(start), true) => given.starts_with(start),
            (None, false) => is_same(given, self.pattern),
            (Some(start), false) => rest_behind(given, start)
                .is_some_and(|rest| rest.starts_with(|next| is_separator(next) || next == '[')),
        }
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

/// Returns the rest of `given` behind `start`. Separators and case do not count.
fn rest_behind<'a>(given: &'a str, start: &str) -> Option<&'a str> {
    let mut wanted = start.chars().filter(|c| !is_separator(*c)).peekable();
    for (at, c) in given.char_indices() {
        let Some(next) = wanted.peek() else { return Some(&given[at..]) };
        if is_separator(c) {
            continue;
        }
        if !c.eq_ignore_ascii_case(next) {
            return None;
        }
        wanted.next();
    }
    wanted.peek().is_none().then_some("")
}

/// Returns whether Kubernetes makes this variable for a Service of the namespace, such as
/// `VDK_VAULT_SERVICE_HOST` for one named `vdk-vault`.
fn is_service_link(variable: &str, value: &str) -> bool {
    let is_protocol = |text: &str| matches!(text, "TCP" | "UDP" | "SCTP");
    let is_port = |(at, mark): (usize, &str)| {
        let mut parts = variable[at + mark.len()..].split('_');
        let is_number = parts.next().is_some_and(|number| number.parse::<u16>().is_ok());
        is_number && parts.next().is_some_and(is_protocol)
    };
    variable.ends_with("_SERVICE_HOST")
        || variable.ends_with("_SERVICE_PORT")
        || variable.contains("_SERVICE_PORT_")
        || (variable.ends_with("_PORT") && is_link(value))
        || variable.match_indices("_PORT_").any(is_port)
}

/// Returns whether a value is the address in a variable that Kubernetes makes for a Service.
pub fn is_link(value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"].iter().any(|start| value.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_spellings_of_spring_for_one_name() {
        for given in [
            "spring.security.oauth2.resourceserver.jwt.issuer.uris",
            "spring.security.oauth2.resourceserver.jwt.issuer-uris",
            "spring.security.oauth2.resourceserver.jwt.issuerUris",
            "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS",
            "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUERURIS",
        ] {
            let meaning = meaning(given, "x", Origin::Environment);
            assert_eq!(meaning, Meaning::Setting(super::super::definitions::ISSUERS.into()));
        }
        assert!(!is_same("server.ports", "server.port") && !is_same("server.por", "server.port"));
    }

    #[test]
    fn has_no_two_settings_that_spring_would_take_for_one() {
        for (at, one) in SETTINGS.iter().enumerate() {
            for other in &SETTINGS[at + 1..] {
                assert!(!is_same(one.name, other.name), "{} {}", one.name, other.name);
            }
        }
    }

    #[test]
    fn has_no_row_for_a_setting_or_for_a_name_that_another_row_has() {
        for (at, row) in NAMES.iter().enumerate() {
            assert!(!SETTINGS.iter().any(|own| is_same(own.name, row.pattern)), "{}", row.pattern);
            assert!(NAMES[at + 1..].iter().all(|other| other.pattern != row.pattern));
            if let Treatment::Taken(setting) = row.treatment {
                assert!(SETTINGS.iter().any(|own| own.name == setting), "{setting}");
            }
        }
    }

    #[test]
    fn leaves_the_links_of_kubernetes_alone() {
        for (variable, value) in [
            ("VDK_VAULT_SERVICE_HOST", "10.0.0.1"),
            ("VDK_VAULT_SERVICE_PORT", "8200"),
            ("VDK_VAULT_SERVICE_PORT_HTTP", "8200"),
            ("VDK_VAULT_PORT", "tcp://10.0.0.1:8200"),
            ("VDK_VAULT_PORT_8200_TCP", "tcp://10.0.0.1:8200"),
            ("VDK_VAULT_PORT_8200_TCP_PROTO", "tcp"),
            ("VDK_VAULT_PORT_8200_TCP_PORT", "8200"),
            ("VDK_VAULT_PORT_8200_TCP_ADDR", "10.0.0.1"),
            ("SERVER_SERVICE_HOST", "10.0.0.1"),
        ] {
            let meaning = meaning(variable, value, Origin::Environment);
            assert_eq!(meaning, Meaning::Foreign, "{variable}");
        }
        for (variable, value) in [("VDK_VAULT_PORT", "8200"), ("SPRING_DATASOURCE_PORTS", "1")] {
            let meaning = meaning(variable, value, Origin::Environment);
            assert!(matches!(meaning, Meaning::Original(Treatment::Refused(_))), "{variable}");
        }
    }

    #[test]
    fn tells_variables_of_others_from_its_own() {
        let of = |name: &str| meaning(name, "x", Origin::Environment);
        for foreign in ["PATH", "VDK_API_TOKEN", "SERVERLESS_STAGE", "SPRINGFIELD", "DB_HOST"] {
            assert_eq!(of(foreign), Meaning::Foreign, "{foreign}");
        }
        assert_eq!(
            of("DB_PASSWORD_FILE"),
            Meaning::Setting("spring.datasource.password-file".into())
        );
        assert_eq!(of("DB_USERNAME_FILE"), Meaning::Foreign);
        assert_eq!(meaning("x.y", "1", Origin::File), Meaning::Unknown);
        assert!(matches!(meaning("vdk.x", "1", Origin::File), Meaning::Original(_)));
    }
}

//! Tests the names of the original service, its chart and Spring: each row of the table, spellings,
//! placeholders and contradictions.

use vdk_server::{NAMES, Name, Treatment};
use vdk_testing::control_service::check_config as check;

/// Returns a name that the row is for.
fn example(row: &Name) -> String {
    let rest = if row.is_variable() { "X" } else { "x" };
    row.pattern.replace('*', rest)
}

/// Returns the variable for a property.
fn variable(property: &str) -> String {
    property.to_uppercase().replace(['.', '-'], "_")
}

/// Runs the check with one name in the file, then with it in the environment.
fn check_both(name: &str, value: &str) -> [(Option<i32>, String); 2] {
    let in_file = check(&format!("{name}={value}\n"), &[], &[]);
    [in_file, check("", &[(&variable(name), value)], &[])]
}

#[test]
fn treats_every_name_of_the_original_as_documented() {
    for row in NAMES {
        let name = example(row);
        let both = |value: &str| match row.pattern {
            // In the environment, such names belong to the command line and to jobs.
            "vdk.*" => vec![check(&format!("{name}={value}\n"), &[], &[])],
            _ => check_both(&name, value).into(),
        };
        let is_named = |said: &str| said.contains(&name) || said.contains(&variable(&name));
        for (code, said) in both("") {
            assert!(code == Some(0) && !is_named(&said), "empty {name}: {said}");
        }
        let refuses = |value: &str, why: &str| {
            for (code, said) in both(value) {
                assert!(code == Some(2) && is_named(&said) && said.contains(why), "{name}: {said}");
            }
        };
        let accepts = |value: &str, warning: Option<&str>| {
            for (code, said) in both(value) {
                assert_eq!(code, Some(0), "{name}: {said}");
                assert_eq!(is_named(&said), warning.is_some(), "{name}: {said}");
                assert!(said.contains(warning.unwrap_or_default()), "{name}: {said}");
            }
        };
        match row.treatment {
            Treatment::Taken(setting) => {
                let (code, said) = check(&format!("{name}=one\n{setting}=two\n"), &[], &[]);
                let conflict = format!("both set {setting}");
                assert!(code == Some(2) && said.contains(&conflict), "{name}: {said}");
                let file = format!("{setting}=two\n");
                let (code, said) = check(&file, &[(&variable(&name), "one")], &[]);
                assert!(code == Some(2) && said.contains(&conflict), "{name}: {said}");
            }
            Treatment::Only(only, why) => {
                accepts(only, None);
                refuses("x", why);
            }
            Treatment::Refused(why) => refuses("x", why),
            Treatment::JavaOptions(why) => {
                accepts("-Xmx1g -Djava.io.tmpdir=/tmp", None);
                refuses("-Xmx1g -Dspring.datasource.url=jdbc:postgresql://db/vdk", why);
            }
            Treatment::Warned(why) => accepts("x", Some(why)),
            Treatment::Ignored(_) => accepts("x", None),
        }
    }
}

#[test]
fn takes_all_spellings_of_a_name() {
    for name in [
        "spring.security.oauth2.resourceserver.jwt.issuer.uris",
        "spring.security.oauth2.resourceserver.jwt.issuer-uris",
        "spring.security.oauth2.resourceserver.jwt.issuerUris",
        "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS",
        "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUERURIS",
    ] {
        for (file, variables) in [
            (format!("{name}=http://login.example.org\n"), vec![]),
            (String::new(), vec![(name, "http://login.example.org")]),
        ] {
            let (code, said) = check(&file, &variables, &[]);
            assert!(code == Some(2) && said.contains("https is expected"), "{name}: {said}");
        }
    }
}

#[test]
fn refuses_names_of_one_setting_that_contradict_each_other() {
    let url = "jdbc:postgresql://db/vdk?sslmode=disable";
    let chart = [("DB_JDBC_URL", url), ("DB_USERNAME", "vdk"), ("DB_PASSWORD", "geheim")];
    let with = |file: &str, more: &[(&str, &str)]| check(file, &[&chart[..], more].concat(), &[]);
    assert_eq!(with("", &[]).0, Some(0), "{}", with("", &[]).1);
    assert_eq!(with("", &[("SPRING_DATASOURCE_USERNAME", "vdk")]).0, Some(0));
    let (code, said) = with("", &[("SPRING_DATASOURCE_PASSWORD", "other")]);
    assert!(code == Some(2) && said.contains("DB_PASSWORD (environment)"), "{said}");
    assert!(said.contains("SPRING_DATASOURCE_PASSWORD (environment)"), "{said}");
    assert!(!said.contains("geheim") && !said.contains("other"), "{said}");
    // The environment comes before the same name in the file.
    assert_eq!(with("DB_USERNAME=root\n", &[]).0, Some(0));
    let (code, said) = with("spring.datasource.username=root\n", &[]);
    assert!(code == Some(2) && said.contains("to different values"), "{said}");
    for part in ["DB_USERNAME", "DB_PASSWORD"] {
        let (code, said) = check("", &[(part, "x")], &[]);
        assert!(code == Some(2) && said.contains(part) && said.contains("DB_JDBC_URL"), "{said}");
    }
}

#[test]
fn expands_placeholders_or_names_what_is_missing() {
    let file = "spring.datasource.url=${DB_URL:jdbc:postgresql://db/vdk?sslmode=disable}\n\
                spring.datasource.username=${DB_USERNAME}\nDB_USERNAME=root\n\
                spring.datasource.password=${DB_PASS}\n\
                datajobs.git.url=${GIT_URL}\n";
    let (code, said) = check(file, &[("DB_PASS", "geheim")], &[]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check(file, &[], &[]);
    assert!(code == Some(2) && said.contains("spring.datasource.password"), "{said}");
    assert!(said.contains("DB_PASS is not set"), "{said}");
    let (code, said) = check("server.port=${HTTP_PORT:80${DIGITS}}\n", &[("DIGITS", "x")], &[]);
    assert!(code == Some(2) && said.contains("a port from 0"), "{said}");
    let (code, said) = check("server.port=${A}\nA=${B}\nB=${A}\n", &[], &[]);
    assert!(code == Some(2) && said.contains("refer to each other"), "{said}");
    // Part of a password may look like a placeholder, and is not repeated.
    let (code, said) = check("vdk.audit.hmac-key=x${geheim}y\n", &[], &[]);
    assert!(code == Some(2) && said.contains("hmac-key-file"), "{said}");
    assert!(!said.contains("geheim"), "{said}");
}

#[test]
fn refuses_quotes_that_docker_keeps() {
    for (name, value) in [
        ("AUTHORIZED_ROLES", "\"\""),
        ("VDK_AUDIT_FILE", "\"/var/log/audit.jsonl\""),
        ("VDK_AUDIT_HMAC_KEY", "'geheim'"),
    ] {
        let (code, said) = check("", &[(name, value)], &[]);
        assert!(code == Some(2) && said.contains(name), "{said}");
        assert!(said.contains("docker --env-file") && !said.contains("geheim"), "{said}");
    }
}

#[test]
fn does_not_repeat_a_secret_that_is_read_as_a_name() {
    let (code, said) =
        check("vdk.vault.token=\naB3dE6gH9jK2mN5pQ8sT\nname\\u001b[2J=x\n", &[], &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("looks like a secret") && !said.contains("aB3dE6"), "{said}");
    assert!(said.contains("\\u{1b}[2J") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn refuses_lists_without_items() {
    for name in ["AUTHORIZED_ROLES", "VDK_ACCESS_TRUSTED_PROXIES"] {
        let (code, said) = check("", &[(name, " , ")], &[]);
        assert!(code == Some(2) && said.contains(name), "{said}");
    }
}

#[test]
fn takes_the_properties_files_of_the_original() {
    let file = "spring.profiles.active=dev\nserver.port=8092\nspring.jpa.show-sql=false\n\
                management.endpoints.web.base-path=/data-jobs/debug\n\
                datajobs.security.kerberos.enabled=${SECURITY_KERBEROS_ENABLED:false}\n\
                datajobs.security.kerberos.kerberosPrincipal=${SECURITY_KERBEROS_SERVICE_PRINCIPAL:\"\"}\n\
                datajobs.security.oauth2.enabled=true\n\
                featureflag.security.enabled=false\nfeatureflag.authorization.enabled=false\n\
                datajobs.authorization.webhook.endpoint=\n\
                datajobs.authorization.jwt.claim.username=username\n\
                spring.security.oauth2.resourceserver.jwt.jwk-set-uri=${SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_JWK_SET_URI:http://localhost}\n\
                datajobs.authorization.authorized-roles=${AUTHORIZED_ROLES}\nAUTHORIZED_ROLES=\n\
                datajobs.git.url=${GIT_URL}\nmail.smtp.host=smtp.example.org\n\
                datajobs.deployment.supportedPythonVersions=${VERSIONS:{3.9: {vdkImage: 'a', baseImage: 'b'}}}\n\
                featureflag.vault.integration.enabled=false\nvdk.vault.uri=http://localhost:8200\n\
                vdk.vault.token=root\nswagger-ui.hostname=${SWAGGER_UI_HOSTNAME:\"\"}\n";
    let (code, said) = check(file, &[], &[]);
    assert_eq!(code, Some(0), "{said}");
    let warnings: Vec<_> = said.lines().filter(|line| line.contains("warning: ")).collect();
    let about = ["spring.profiles.active", "tokens of every issuer"];
    assert_eq!(warnings.len(), about.len(), "{said}");
    assert!(warnings.iter().zip(about).all(|(line, about)| line.contains(about)), "{said}");
}

#[test]
fn says_whose_port_a_service_link_is() {
    let (code, said) = check("", &[("SERVER_PORT", "tcp://10.0.0.1:80")], &[]);
    assert!(code == Some(2) && said.contains("enableServiceLinks: false"), "{said}");
    assert_eq!(check("", &[("SERVER_PORT", "tcp://10.0.0.1:80")], &["--port", "0"]).0, Some(0));
}

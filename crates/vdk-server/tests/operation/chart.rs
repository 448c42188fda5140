//! Tests the service in place of the original in a pod of the original's Helm chart.

use std::sync::Arc;

use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::control_service::{Service, check_config, eventually, path};

/// The variables that the chart sets in each pod with its default values, but for the database.
const CHART: &[(&str, &str)] = &[
    ("DEFAULT_JOB_RESOURCES_REQUESTS_MEMORY", "1G"),
    ("DEFAULT_BUILDER_RESOURCES_LIMITS_CPU", "1000m"),
    ("NOTIFICATION_OWNER_EMAIL", "owner@example.org"),
    ("NOTIFICATION_CC_EMAILS", ""),
    ("GIT_URL", ""),
    ("GIT_PASSWORD", ""),
    ("AWS_ACCESS_KEY_ID", ""),
    ("DATAJOBS_AWS_ASSUME_IAM_ROLE", "false"),
    ("DATAJOBS_CC_AWS_ASSUME_IAM_ROLE", "false"),
    ("DOCKER_REGISTRY_TYPE", "ecr"),
    ("DOCKER_REPOSITORY_URL", "registry.example.org/jobs"),
    ("DATAJOBS_BUILDER_IMAGE", "registry.example.org/job-builder:1"),
    ("SERVER_MAX_HTTP_HEADER_SIZE", "8KB"),
    ("KADMIN_USER", ""),
    ("KADMIN_PASSWORD", ""),
    ("CREDENTIALS_REPOSITORY", "EMPTY"),
    ("CREDENTIALS_PRINCIPAL_PATTERN", "pa__view_%(data_job)"),
    ("DEPLOYMENT_K8S_KUBECONFIG", "/etc/secrets/deployment-kubeconfig"),
    ("DEPLOYMENT_K8S_NAMESPACE", ""),
    ("DATAJOBS_CONTROL_K8S_NAMESPACE", ""),
    ("FEATUREFLAG_SECURITY_ENABLED", "false"),
    ("FEATUREFLAG_AUTHORIZATION_ENABLED", "false"),
    ("DATAJOBS_AUTHORIZATION_WEBHOOK_ENDPOINT", ""),
    ("DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHENTICATION_ENABLED", "false"),
    ("DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHORIZATION_SERVER_ENDPOINT", ""),
    ("DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHORIZATION_REFRESH_TOKEN", ""),
    ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI", ""),
    ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", ""),
    ("AUTHORITIES_CLAIM_NAME", "perms"),
    ("CUSTOM_CLAIM_NAME", "context_name"),
    ("AUTHORIZED_CUSTOM_CLAIM_VALUES", ""),
    ("AUTHORIZED_ROLES", ""),
    ("DATAJOBS_CREATE_OAUTH_APP_WEBHOOK_ENDPOINT", ""),
    ("DATAJOBS_POST_CREATE_WEBHOOK_INTERNAL_ERRORS_RETRIES", "3"),
    ("DATAJOBS_POST_DELETE_WEBHOOK_ENDPOINT", ""),
    ("DATAJOBS_AUTHORIZATION_JWT_CLAIM_USERNAME", "username"),
    ("DATAJOBS_DEPLOYMENT_JOB_IMAGE_PULL_POLICY", "IfNotPresent"),
    ("DATAJOBS_DEPLOYMENT_CONFIGURATION_SYNCHRONIZATION_TASK_ENABLED", "false"),
    ("DATAJOBS_DEPLOYMENT_INITCONTAINER_RESOURCES_LIMITS_CPU", "100m"),
    ("KRB5_CONFIG", "/etc/secrets/krb5.conf"),
    ("VDK_OPTIONS_INI", "/etc/secrets/vdk-options.ini"),
    ("IMAGE_NAME", "registry.example.org/control-service:1"),
    ("datajobs_version", "1"),
    ("telemetry_ph_environment", "production"),
    ("PROXY_DOCKER_REPO_URL", "registry.example.org/jobs"),
    ("GIT_USERNAME_READ_WRITE", ""),
    ("DEFAULT_MONITORING_SYNC_INTERVAL", "5000"),
    ("UPLOAD_VALIDATION_FILETYPES_ALLOWLIST", ""),
    ("DATAJOBS_TEMP_STORAGE_FOLDER", "/datajobs_temp_storage"),
    ("K8S_DATA_JOB_TEMPLATE_FILE", "/etc/datajobs/k8s_data_job_template.yaml"),
    ("DATAJOBS_EXECUTION_TTL_SECONDS", "1209600"),
    ("DATAJOBS_EXECUTIONS_LOGS_URL_DATE_FORMAT", "unix"),
    ("LOGGING_FORMAT", "JSON"),
    ("MAIL_SMTP_HOST", "smtp.example.org"),
    ("JFROG_ARTIFACTORY_URL", ""),
    // Kubernetes adds these.
    ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
    ("KUBERNETES_SERVICE_PORT", "443"),
    ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
    ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
    ("KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"),
    ("VDK_VAULT_SERVICE_HOST", "10.96.0.7"),
    ("VDK_VAULT_PORT", "tcp://10.96.0.7:8200"),
    ("VDK_VAULT_PORT_8200_TCP_ADDR", "10.96.0.7"),
];

/// Starts the service in the chart's environment and these variables.
fn start(variables: &[(&str, &str)]) -> Service {
    Service::start(&[CHART, variables].concat())
}

/// Asserts that the probes of the chart succeed without a token, and that they are not audited.
fn is_ready(service: &Service) {
    eventually("ready", || service.get("/data-jobs/debug/health/readiness").status == 200);
    assert_eq!(service.get("/data-jobs/debug/health/liveness").status, 200);
    let metrics = service.get("/data-jobs/debug/prometheus");
    assert!(metrics.status == 200 && metrics.body.contains("vdk_"), "{metrics:?}");
    assert!(!service.audit().contains("/debug/"), "{}", service.audit());
}

/// Returns the warnings in the log.
fn warnings(service: &Service) -> Vec<String> {
    let log = service.log();
    log.lines().filter(|line| line.contains("\"WARN\"")).map(String::from).collect()
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn gets_ready_in_the_environment_of_the_chart() {
    let database = Arc::new(Database::start());
    let url = format!("jdbc:postgresql://127.0.0.1:{}/postgres?sslmode=disable", database.port);
    let stored = [("DB_JDBC_URL", url.as_str()), ("DB_USERNAME", "vdk"), ("DB_PASSWORD", "geheim")];
    let service = start(&stored);
    is_ready(&service);
    assert_eq!(service.put(&path("properties", "t", "j"), "{\"a\":1}", None).status, 204);
    let stored_rows = database.sql(&["SELECT count(*) FROM vdk_versions"]);
    assert_ne!(stored_rows, "0");
    let said = warnings(&service);
    assert!(said.iter().any(|line| line.contains("SERVER_ADDRESS=0.0.0.0")), "{said:?}");
    assert!(said.iter().any(|line| line.contains("secrets are in the embedded store")), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("has no effect")), "{said:?}");
    drop(service);

    let bao = Bao::start();
    let uri = format!("http://{}", bao.address);
    let vault = [
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true"),
        ("VDK_VAULT_URI", uri.as_str()),
        ("VDK_VAULT_APPROLE_ROLEID", bao.role.as_str()),
        ("VDK_VAULT_APPROLE_SECRETID", bao.secret.as_str()),
        ("VDK_VAULT_KVSTORE", "secret"),
        ("VDK_VAULT_KVSTOREMETA", "secret/metadata/"),
        ("DATAJOBS_VAULT_SIZE_LIMIT_BYTES", "1048576"),
    ];
    let service = start(&[&stored[..], &vault[..]].concat());
    is_ready(&service);
    assert_eq!(service.put(&path("secrets", "t", "j"), "{\"a\":1}", None).status, 202);
    let said = warnings(&service);
    assert!(!said.iter().any(|line| line.contains("embedded store")), "{said:?}");
    assert_eq!(service.get(&path("properties", "t", "j")).body, "{\"a\":1}");
}

#[test]
fn answers_the_probes_of_the_chart_without_a_token() {
    let service = Service::start(&[("FEATUREFLAG_SECURITY_ENABLED", "true")]);
    is_ready(&service);
    assert_eq!(service.get("/data-jobs/debug/health").status, 401);
}

#[test]
fn restricts_access_by_the_variables_of_the_chart() {
    use serde_json::json;
    use vdk_testing::control_service::issuer::{Issuer, Key};
    use vdk_testing::control_service::now;
    let (issuer, key) = (Issuer::start(), Key::ed(1));
    issuer.publish(&[("k", &key)]);
    let service = start(&[
        ("FEATUREFLAG_SECURITY_ENABLED", "true"),
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI", &issuer.uri),
        ("AUTHORIZED_ROLES", "admin,operator"),
        ("AUTHORIZED_CUSTOM_CLAIM_VALUES", "acme"),
    ]);
    let status = |claims: serde_json::Value| {
        let mut all = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let token = key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &all);
        service.ask("GET", "/data-jobs/for-team/t/info", Some(&token), "").status
    };
    assert_eq!(status(json!({"perms": ["operator"], "context_name": "acme"})), 200);
    assert_eq!(status(json!({"perms": ["operator"], "context_name": "other"})), 401);
    assert_eq!(status(json!({"perms": ["guest"], "context_name": "acme"})), 401);
    assert_eq!(status(json!({})), 401);
}

#[test]
fn refuses_what_the_chart_can_switch_on_and_the_service_lacks() {
    let kerberos = [CHART, &[("SECURITY_KERBEROS_ENABLED", "true")]].concat();
    let (code, said) = check_config("", &kerberos, &[]);
    assert!(code == Some(2) && said.contains("SECURITY_KERBEROS_ENABLED"), "{said}");
    let webhook = [
        ("FEATUREFLAG_AUTHORIZATION_ENABLED", "true"),
        ("DATAJOBS_AUTHORIZATION_WEBHOOK_ENDPOINT", "https://webhook.example.org"),
        ("DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHENTICATION_ENABLED", "true"),
        (
            "DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHORIZATION_SERVER_ENDPOINT",
            "https://login.example.org",
        ),
    ];
    let chart = |more: &[(&str, &str)]| {
        let all: Vec<_> = CHART
            .iter()
            .filter(|(name, _)| !webhook.iter().chain(more).any(|(other, _)| name == other))
            .chain(&webhook)
            .chain(more)
            .copied()
            .collect();
        check_config("", &all, &[])
    };
    let (code, said) = chart(&[]);
    assert!(code == Some(2) && said.contains("refresh-token go together"), "{said}");
    let token = ("DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHORIZATION_REFRESH_TOKEN", "geheim");
    let (code, said) = chart(&[token]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("geheim"), "{said}");
}

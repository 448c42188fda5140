//! The names that an operator of the original Control Service may have set: its properties, the
//! variables of its Helm chart, and those of Spring and Java around them, with what this service
//! does with each. A setting that restricts access or says where data is stored is never ignored.

use super::definitions as names;

/// A name, or all names that begin alike, and what this service does with it.
pub struct Name {
    /// A property in lower case with dots, or a variable in upper case. A final `*` stands for any
    /// rest.
    pub pattern: &'static str,
    /// What this service does with it.
    pub treatment: Treatment,
}

/// What this service does with a setting that is not empty. The texts are for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Takes it as this setting.
    Taken(&'static str),
    /// Refuses to start unless it has this value.
    Only(&'static str, &'static str),
    /// Refuses to start.
    Refused(&'static str),
    /// Refuses to start if it holds a Java property (`-D`) that would be taken or refused.
    JavaOptions(&'static str),
    /// Logs a warning: it has no effect.
    Warned(&'static str),
    /// Ignores it without a word.
    Ignored(&'static str),
}

use Treatment::{Ignored, JavaOptions, Only, Refused, Taken, Warned};

/// All properties that begin with `vdk.` In the environment, most of them belong to `vdk` and jobs.
pub const OWN: &str = "vdk.*";

const ACCESS: &str = "no setting has this name, and it may restrict access";
const STORAGE: &str = "no setting has this name, and it may say where data is stored";
const ELSEWHERE: &str = "the service reads settings only from --config and the environment";
const NO_KERBEROS: &str = "the service has no Kerberos; use tokens of an identity provider";
const JOBS: &str = "about the deployment and runs of jobs";
const JAVA: &str = "only Java reads it";
const POOL: &str = "the service manages its connections itself";

const fn name(pattern: &'static str, treatment: Treatment) -> Name {
    Name { pattern, treatment }
}

/// The names, beside those of the settings themselves. Of several that match, the longest counts.
pub const NAMES: &[Name] = &[
    name("DB_JDBC_URL", Taken(names::DATABASE)),
    name("DB_USERNAME", Taken(names::DATABASE_USER)),
    name("DB_PASSWORD", Taken(names::DATABASE_PASSWORD)),
    name("AUTHORITIES_CLAIM_NAME", Taken(names::AUTHORITIES_CLAIM)),
    name("AUTHORIZED_ROLES", Taken(names::AUTHORIZED_ROLES)),
    name("CUSTOM_CLAIM_NAME", Taken(names::CUSTOM_CLAIM)),
    name("AUTHORIZED_CUSTOM_CLAIM_VALUES", Taken(names::CUSTOM_CLAIM_VALUES)),
    name(
        "datajobs.authorization.webhook.authorization.server.endpoint",
        Taken(names::WEBHOOK_TOKEN_URL),
    ),
    name("datajobs.authorization.webhook.authorization.refresh.token", Taken(names::WEBHOOK_TOKEN)),
    name("DB_JDBC_*", Refused(STORAGE)),
    name("AUTHORITIES_*", Refused(ACCESS)),
    name("AUTHORIZED_*", Refused(ACCESS)),
    name("CUSTOM_CLAIM_*", Refused(ACCESS)),
    name("datajobs.security.kerberos.enabled", Only("false", NO_KERBEROS)),
    name("SECURITY_KERBEROS_ENABLED", Only("false", NO_KERBEROS)),
    name("datajobs.security.oauth2.enabled", Only("true", NO_KERBEROS)),
    name(OWN, Refused("no setting has this name")),
    name("vdk.access.*", Refused(ACCESS)),
    name("vdk.audit.*", Refused(STORAGE)),
    name("vdk.datasource.*", Refused(STORAGE)),
    name("vdk.storage.*", Refused(STORAGE)),
    name("vdk.vault.*", Refused(STORAGE)),
    name("datajobs.vault.*", Refused(STORAGE)),
    name("datajobs.properties.*", Refused(STORAGE)),
    name("datajobs.authorization.*", Refused(ACCESS)),
    name("datajobs.security.*", Refused(ACCESS)),
    name(
        "featureflag.*",
        Refused("no setting has this name, and it may restrict access or storage"),
    ),
    name("server.ssl.*", Refused("no setting has this name, and it may restrict connections")),
    name("spring.security.*", Refused(ACCESS)),
    name("spring.datasource.*", Refused(STORAGE)),
    name("spring.flyway.*", Refused(STORAGE)),
    name("spring.liquibase.*", Refused(STORAGE)),
    name("spring.jpa.properties.hibernate.default_schema", Refused(STORAGE)),
    name("spring.jpa.properties.hibernate.default_catalog", Refused(STORAGE)),
    name("spring.application.json", Refused(ELSEWHERE)),
    name("spring.cloud.*", Refused(ELSEWHERE)),
    name("spring.config.*", Refused(ELSEWHERE)),
    name("JAVA_OPTS", JavaOptions(JAVA)),
    name("JAVA_TOOL_OPTIONS", JavaOptions(JAVA)),
    name("JDK_JAVA_OPTIONS", JavaOptions(JAVA)),
    name("_JAVA_OPTIONS", JavaOptions(JAVA)),
    name("datajobs.*", Warned("no setting has this name")),
    name("logging.*", Warned("the log goes to stderr; logging.level.root is its level")),
    name("management.*", Warned("the addresses for probes and metrics are fixed")),
    name("server.*", Warned("no setting has this name")),
    name("spring.*", Warned("only Spring reads it")),
    name("spring.profiles.*", Warned("the service has no profiles; give all settings in one file")),
    name("spring.datasource.hikari.connection-timeout", Warned(POOL)),
    name("spring.datasource.hikari.idle-timeout", Warned(POOL)),
    name("spring.datasource.hikari.keepalive-time", Warned(POOL)),
    name("spring.datasource.hikari.leak-detection-threshold", Warned(POOL)),
    name("spring.datasource.hikari.max-lifetime", Warned(POOL)),
    name("spring.datasource.hikari.minimum-idle", Warned(POOL)),
    name("spring.datasource.hikari.pool-name", Warned(POOL)),
    name("spring.datasource.hikari.validation-timeout", Warned(POOL)),
    name(
        "spring.datasource.driver-class-name",
        Ignored("the URL of the database names the driver"),
    ),
    name("spring.jpa.hibernate.ddl-auto", Ignored("the service creates its tables itself")),
    name("spring.jpa.open-in-view", Ignored(JAVA)),
    name("spring.jpa.properties.hibernate.dialect", Ignored(JAVA)),
    name("spring.jpa.properties.hibernate.show_sql", Ignored(JAVA)),
    name("spring.jpa.show-sql", Ignored(JAVA)),
    name("server.max-http-header-size", Ignored("the headers of a request have up to 40 KiB")),
    name("management.endpoints.web.base-path", Ignored("the chart's paths are answered")),
    name("management.endpoints.web.exposure.include", Ignored("the chart's paths are answered")),
    name("logging.level.*", Ignored("logging.level.root is the level of the whole log")),
    name("LOGGING_FORMAT", Ignored("the log is JSON if stderr is not a terminal")),
    name("SECURITY_KERBEROS_*", Ignored("details of Kerberos, which must not be enabled")),
    name("datajobs.security.kerberos.*", Ignored("details of Kerberos, which must not be enabled")),
    name("SWAGGER_UI_HOSTNAME", Ignored("/docs describes the API at any address")),
    name("swagger-ui.hostname", Ignored("/docs describes the API at any address")),
    name("taurus.svc.name", Ignored("the name of a log file")),
    name("sccp.svc.url.prefix", Ignored("the paths of the API are fixed")),
    name("telemetry.*", Ignored("the service sends no telemetry")),
    name("datajobs.telemetry.*", Ignored("the service sends no telemetry")),
    name("datajob.builder.*", Ignored(JOBS)),
    name("datajobs.aws.*", Ignored(JOBS)),
    name("datajobs.builder.*", Ignored(JOBS)),
    name("datajobs.cc.aws.*", Ignored(JOBS)),
    name("datajobs.control.k8s.*", Ignored(JOBS)),
    name("datajobs.create.oauth.app.webhook.*", Ignored(JOBS)),
    name("datajobs.deployment.*", Ignored(JOBS)),
    name("datajobs.docker.*", Ignored(JOBS)),
    name("datajobs.execution.*", Ignored(JOBS)),
    name("datajobs.executions.*", Ignored(JOBS)),
    name("datajobs.git.*", Ignored(JOBS)),
    name("datajobs.job.*", Ignored(JOBS)),
    name("datajobs.kadmin_password", Ignored(JOBS)),
    name("datajobs.kadmin_user", Ignored(JOBS)),
    name("datajobs.kerberos.principal.suffix", Ignored(JOBS)),
    name("datajobs.monitoring.*", Ignored(JOBS)),
    name("datajobs.notification.*", Ignored(JOBS)),
    name("datajobs.post.create.webhook.*", Ignored(JOBS)),
    name("datajobs.post.delete.webhook.*", Ignored(JOBS)),
    name("datajobs.proxy.*", Ignored(JOBS)),
    name("datajobs.read.only.*", Ignored(JOBS)),
    name("datajobs.status.*", Ignored(JOBS)),
    name("datajobs.temp.storage.*", Ignored(JOBS)),
    name("datajobs.vdk.*", Ignored(JOBS)),
    name("datajobs.vdk_options_ini", Ignored(JOBS)),
    name("datajobs.version", Ignored(JOBS)),
    name("mail.*", Ignored(JOBS)),
    name("upload.*", Ignored(JOBS)),
    name("AWS_*", Ignored(JOBS)),
    name("CREDENTIALS_*", Ignored(JOBS)),
    name("DEFAULT_*", Ignored(JOBS)),
    name("DEPLOYMENT_K8S_*", Ignored(JOBS)),
    name("DOCKER_*", Ignored(JOBS)),
    name("GIT_*", Ignored(JOBS)),
    name("IMAGE_NAME", Ignored(JOBS)),
    name("JFROG_*", Ignored(JOBS)),
    name("K8S_*", Ignored(JOBS)),
    name("KADMIN_*", Ignored(JOBS)),
    name("KRB5_CONFIG", Ignored(JOBS)),
    name("NOTIFICATION_*", Ignored(JOBS)),
    name("PROXY_DOCKER_REPO_URL", Ignored(JOBS)),
    name("VDK_OPTIONS_INI", Ignored(JOBS)),
    name("VDK_SDK_DOCKER_REGISTRY_SECRET", Ignored(JOBS)),
];

impl Name {
    /// Returns whether it is the name of a variable, which is spelled exactly so.
    pub fn is_variable(&self) -> bool {
        self.pattern.starts_with(|first: char| first == '_' || first.is_ascii_uppercase())
    }
}

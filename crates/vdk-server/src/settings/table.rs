//! The definitions of all settings: their names in the properties file, defaults and help texts.
//! Settings of the original Control Service keep its names.

/// The definition of a setting.
pub struct Setting {
    /// The name in the properties file; in the environment, the same in upper snake case.
    pub name: &'static str,
    /// The default; empty for none.
    pub default: &'static str,
    /// True for a secret. The name of a file that holds it may be given instead, in the setting
    /// with `-file` (`_FILE`) appended to this name.
    pub secret: bool,
    /// The help text.
    pub help: &'static str,
}

const fn setting(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, secret: false, help }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting { name, default: "", secret: true, help }
}

pub const ADDRESS: &str = "server.address";
pub const PORT: &str = "server.port";
pub const CERTIFICATE: &str = "server.ssl.certificate";
pub const CERTIFICATE_KEY: &str = "server.ssl.certificate-private-key";
pub const CLIENT_AUTH: &str = "server.ssl.client-auth";
pub const CLIENT_AUTHORITIES: &str = "server.ssl.trust-certificate";
pub const MAX_CONNECTIONS: &str = "server.tomcat.max-connections";
pub const LOG_LEVEL: &str = "logging.level.root";
pub const SECURITY: &str = "featureflag.security.enabled";
pub const ISSUER: &str = "spring.security.oauth2.resourceserver.jwt.issuer-uri";
pub const ISSUERS: &str = "spring.security.oauth2.resourceserver.jwt.issuer.uris";
pub const AUDIENCES: &str = "spring.security.oauth2.resourceserver.jwt.audiences";
pub const USERNAME_CLAIM: &str = "datajobs.authorization.jwt.claim.username";
pub const AUTHORITIES_CLAIM: &str = "datajobs.authorization.authorities-claim-name";
pub const AUTHORIZED_ROLES: &str = "datajobs.authorization.authorized-roles";
pub const CUSTOM_CLAIM: &str = "datajobs.authorization.custom-claim-name";
pub const CUSTOM_CLAIM_VALUES: &str = "datajobs.authorization.authorized-custom-claim-values";
pub const GROUPS_CLAIM: &str = "vdk.access.groups-claim";
pub const OWN_ISSUER: &str = "vdk.access.issuer";
pub const CLAIMABLE: &str = "vdk.access.claimable-teams";
pub const TRUSTED_PROXIES: &str = "vdk.access.trusted-proxies";
pub const ACCESS_CA: &str = "vdk.access.ca-certificate";
pub const AUTHORIZATION: &str = "featureflag.authorization.enabled";
pub const WEBHOOK: &str = "datajobs.authorization.webhook.endpoint";
pub const WEBHOOK_RETRIES: &str = "datajobs.authorization.webhook.internal.errors.retries";
pub const WEBHOOK_AUTHENTICATES: &str = "datajobs.authorization.webhook.authentication.enabled";
pub const WEBHOOK_TOKEN_URL: &str = "vdk.access.webhook.token-endpoint";
pub const WEBHOOK_TOKEN: &str = "vdk.access.webhook.refresh-token";
pub const FOLDER: &str = "vdk.storage.folder";
/// The setting that names the file with the embedded store's master key.
pub const MASTER_KEY: &str = "vdk.storage.master-key-file";
pub const VAULT: &str = "featureflag.vault.integration.enabled";
pub const VAULT_URI: &str = "vdk.vault.uri";
pub const VAULT_ROLE: &str = "vdk.vault.approle.roleid";
pub const VAULT_SECRET: &str = "vdk.vault.approle.secretid";
pub const VAULT_TOKEN: &str = "vdk.vault.token";
pub const VAULT_MOUNT: &str = "vdk.vault.kvstore";
pub const VAULT_META: &str = "vdk.vault.kvstoremeta";
pub const VAULT_NAMESPACE: &str = "vdk.vault.namespace";
pub const VAULT_CA: &str = "vdk.vault.ca-certificate";
pub const SECRETS_LIMIT: &str = "datajobs.vault.size.limit.bytes";
pub const PROPERTIES_LIMIT: &str = "datajobs.properties.size.limit.bytes";
pub const DATABASE: &str = "spring.datasource.url";
pub const DATABASE_USER: &str = "spring.datasource.username";
pub const DATABASE_PASSWORD: &str = "spring.datasource.password";
pub const DATABASE_POOL: &str = "spring.datasource.hikari.maximum-pool-size";
pub const DATABASE_CA: &str = "vdk.datasource.ca-certificate";
pub const AUDIT: &str = "vdk.audit.file";
pub const AUDIT_KEY: &str = "vdk.audit.hmac-key";
pub const PYTHONS: &str = "datajobs.deployment.supportedPythonVersions";

/// All settings, in the order of the help.
pub const SETTINGS: &[Setting] = &[
    setting(ADDRESS, "127.0.0.1", "Address to listen on; one that is not loopback needs security"),
    setting(PORT, "8092", "Port to listen on; 0 takes a free one"),
    setting(CERTIFICATE, "", "PEM file with the certificate chain; with it the service speaks TLS"),
    setting(
        CERTIFICATE_KEY,
        "",
        "PEM file with its private key; both are read again when they change",
    ),
    setting(
        CLIENT_AUTH,
        "none",
        "need: who has no client certificate by server.ssl.trust-certificate is not let in, beside everything else; none",
    ),
    setting(CLIENT_AUTHORITIES, "", "PEM file with the authorities of client certificates"),
    setting(MAX_CONNECTIONS, "8192", "Most connections at a time; more are closed at once"),
    setting(LOG_LEVEL, "INFO", "How much is logged: ERROR, WARN, INFO, DEBUG, TRACE"),
    setting(
        SECURITY,
        "true",
        "Whether clients must authenticate; false lets everybody do everything, and is for loopback only",
    ),
    setting(
        ISSUER,
        "",
        "Identity provider whose tokens are taken; its keys are found by OpenID Connect Discovery",
    ),
    setting(ISSUERS, "", "More of them, with commas between"),
    setting(AUDIENCES, "", "Audiences (aud), with commas: a token has to be for one of them [any]"),
    setting(
        USERNAME_CLAIM,
        "username",
        "Claim with the user's name; a token without it is a service account's, by its sub",
    ),
    setting(GROUPS_CLAIM, "groups", "Claim with the user's groups"),
    setting(AUTHORITIES_CLAIM, "", "Claim with the roles of the next setting [scope and scp]"),
    setting(AUTHORIZED_ROLES, "", "Roles, with commas: a token has to have one of them [any]"),
    setting(CUSTOM_CLAIM, "", "Claim that a token has to have"),
    setting(CUSTOM_CLAIM_VALUES, "", "Its values, with commas: one of them is needed"),
    setting(
        ACCESS_CA,
        "",
        "PEM file with the certificate authorities of the providers [the system's]",
    ),
    setting(OWN_ISSUER, "vdk-control-service", "Issuer (iss) of the service's own access tokens"),
    setting(
        CLAIMABLE,
        "",
        "true: the first to grant in a team that holds nothing becomes its manager; false: only managers of all teams (*) can grant there [true; vdk server: false]",
    ),
    setting(
        AUTHORIZATION,
        "",
        "true: the webhook of the next setting decides who may do what, and not grants",
    ),
    setting(WEBHOOK, "", "The authorization webhook's address"),
    setting(WEBHOOK_RETRIES, "1", "How often it is asked again where it answers 5xx"),
    setting(WEBHOOK_AUTHENTICATES, "false", "Whether it is shown a bearer token"),
    setting(WEBHOOK_TOKEN_URL, "", "Where the next setting is exchanged for that token"),
    secret(
        WEBHOOK_TOKEN,
        "A refresh token for it; without it the webhook is shown the user's token",
    ),
    setting(
        TRUSTED_PROXIES,
        "",
        "IP addresses of proxies, with commas, whose X-Forwarded-For tells where a request came from",
    ),
    setting(
        FOLDER,
        "",
        "Folder of the embedded store [vdk server: that of vdk -u local; else /var/lib/vdk]",
    ),
    setting(MASTER_KEY, "", "File with the store's master key [master.key in its folder]"),
    setting(
        VAULT,
        "",
        "true: secrets are in Vault or OpenBao; false: secrets are switched off (501); not set: in the embedded store",
    ),
    setting(
        VAULT_URI,
        "",
        "Vault's address, such as https://vault.example.org:8200/v1/; or those of several nodes of one cluster, with commas: where one is away, the next is asked",
    ),
    secret(VAULT_ROLE, "AppRole: the role id"),
    secret(VAULT_SECRET, "AppRole: the secret id"),
    secret(VAULT_TOKEN, "A token, where AppRole is not used"),
    setting(VAULT_MOUNT, "secret", "Mount of the KV version 2 store"),
    setting(VAULT_META, "", "Path of the store's metadata; only <mount>/metadata/ is taken"),
    setting(VAULT_NAMESPACE, "", "Namespace, where Vault has them"),
    setting(VAULT_CA, "", "PEM file with the certificate authorities of Vault [the system's]"),
    setting(SECRETS_LIMIT, "1048576", "Largest set of secrets of a job, in bytes of JSON as UTF-8"),
    setting(
        PROPERTIES_LIMIT,
        "1048576",
        "Largest set of properties of a job, in bytes of JSON as UTF-8",
    ),
    setting(
        DATABASE,
        "",
        "PostgreSQL: properties are in it; jdbc:postgresql://host:5432/database; not set: in the embedded store. By TLS with a checked certificate, but to this machine; ?sslmode=disable or verify-full decides",
    ),
    setting(DATABASE_USER, "", "User of the database"),
    secret(DATABASE_PASSWORD, "Password of the database's user"),
    setting(DATABASE_POOL, "10", "Most connections to the database"),
    setting(
        DATABASE_CA,
        "",
        "PEM file with the certificate authorities of the database [the system's]",
    ),
    setting(
        AUDIT,
        "",
        "Audit log: a file, - for standard output, or none [audit.jsonl in the store's folder; - without an embedded store]",
    ),
    secret(AUDIT_KEY, "Key under which the audit log has HMACs in place of key names"),
    setting(
        PYTHONS,
        "",
        "Python versions that vdk info tells: a JSON object with them as keys, or a list with commas",
    ),
];

/// Returns the environment variable of a setting: `vdk.storage.master-key-file` is
/// `VDK_STORAGE_MASTER_KEY_FILE`.
pub fn variable(name: &str) -> String {
    name.to_uppercase().replace(['.', '-'], "_")
}

/// Returns the setting that names the file of a secret setting.
pub fn file_of(name: &str) -> String {
    format!("{name}-file")
}

/// Returns all settings for `--help`.
pub fn help() -> String {
    let mut text = String::from(
        "Settings, in the properties file or in the environment (server.port is SERVER_PORT there), \
         which wins. A secret one (*) may be given as a file: vdk.vault.token-file, \
         VDK_VAULT_TOKEN_FILE.\n",
    );
    for setting in SETTINGS {
        let star = if setting.secret { " *" } else { "" };
        let default = match setting.default {
            "" => String::new(),
            default => format!(" [{default}]"),
        };
        text.push_str(&format!("\n  {}{star}\n      {}{default}\n", setting.name, setting.help));
    }
    text
}

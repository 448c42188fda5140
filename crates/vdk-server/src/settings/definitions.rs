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
pub const KEEP_ALIVE: &str = "server.tomcat.keep-alive-timeout";
pub const LOG_LEVEL: &str = "logging.level.root";
pub const SECURITY: &str = "featureflag.security.enabled";
pub const ISSUER: &str = "spring.security.oauth2.resourceserver.jwt.issuer-uri";
pub const ISSUERS: &str = "spring.security.oauth2.resourceserver.jwt.issuer.uris";
pub const KEY_SET: &str = "spring.security.oauth2.resourceserver.jwt.jwk-set-uri";
pub const AUDIENCES: &str = "spring.security.oauth2.resourceserver.jwt.audiences";
pub const USERNAME_CLAIM: &str = "datajobs.authorization.jwt.claim.username";
pub const AUTHORITIES_CLAIM: &str = "datajobs.authorization.authorities-claim-name";
pub const AUTHORIZED_ROLES: &str = "datajobs.authorization.authorized-roles";
pub const CUSTOM_CLAIM: &str = "datajobs.authorization.custom-claim-name";
pub const CUSTOM_CLAIM_VALUES: &str = "datajobs.authorization.authorized-custom-claim-values";
pub const GROUPS_CLAIM: &str = "vdk.access.groups-claim";
pub const REQUIRE_AT_JWT: &str = "vdk.access.require-at-jwt";
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
    setting(
        ADDRESS,
        "127.0.0.1",
        "Address to listen on, 0.0.0.0 for all; any other than loopback requires authentication",
    ),
    setting(PORT, "8092", "Port to listen on; 0 for any free port"),
    setting(CERTIFICATE, "", "PEM file with the certificate chain; enables TLS"),
    setting(
        CERTIFICATE_KEY,
        "",
        "PEM file with the private key; both files are reloaded when they change",
    ),
    setting(
        CLIENT_AUTH,
        "none",
        "need: clients need a certificate of an authority in server.ssl.trust-certificate, in \
         addition to other authentication; none: no client certificates",
    ),
    setting(CLIENT_AUTHORITIES, "", "PEM file with the certificate authorities of clients"),
    setting(
        MAX_CONNECTIONS,
        "8192",
        "Maximum number of open connections, of which one address gets three quarters; a new one \
         takes the place of an idle one, or is closed immediately",
    ),
    setting(
        KEEP_ALIVE,
        "75s",
        "Time between two requests after which a connection is closed; keep it above that of a \
         load balancer in front, which is often 60 s",
    ),
    setting(LOG_LEVEL, "INFO", "Log level: ERROR, WARN, INFO, DEBUG or TRACE"),
    setting(
        SECURITY,
        "true",
        "true: clients must authenticate; false: every client has full access, for loopback only",
    ),
    setting(
        ISSUER,
        "",
        "URL of an identity provider whose tokens are accepted; its keys are found by OpenID \
         Connect Discovery",
    ),
    setting(ISSUERS, "", "URLs of more identity providers, comma-separated"),
    setting(
        KEY_SET,
        "",
        "URL of the provider's keys (JWK set), in place of discovery; without an issuer, tokens of \
         any issuer that these keys signed are accepted",
    ),
    setting(AUDIENCES, "", "Audiences (aud), comma-separated: a token must have one of them [any]"),
    setting(
        USERNAME_CLAIM,
        "username",
        "Claim with the user name; a token without it belongs to the service account in sub",
    ),
    setting(
        GROUPS_CLAIM,
        "groups",
        "Claim with the groups of the user; as in all claims, a dot leads into an object: \
         realm_access.roles",
    ),
    setting(
        AUTHORITIES_CLAIM,
        "",
        "Claim with the roles for datajobs.authorization.authorized-roles [scope and scp]",
    ),
    setting(AUTHORIZED_ROLES, "", "Roles, comma-separated: a token must have one of them [any]"),
    setting(CUSTOM_CLAIM, "", "Claim that a token must have"),
    setting(
        CUSTOM_CLAIM_VALUES,
        "",
        "Values of that claim, comma-separated: a token must have one of them",
    ),
    setting(
        REQUIRE_AT_JWT,
        "false",
        "true: tokens of identity providers must have the type at+jwt (RFC 9068); false: JWT or no \
         type is accepted, too",
    ),
    setting(
        ACCESS_CA,
        "",
        "PEM file with the certificate authorities of providers and webhook [the system's]",
    ),
    setting(OWN_ISSUER, "vdk-control-service", "Issuer (iss) of the service's own access tokens"),
    setting(
        CLAIMABLE,
        "",
        "true: the first user who grants a role in a team that holds nothing becomes its manager; \
         false: only managers of all teams (*) can grant roles there [true; vdk server: false]",
    ),
    setting(
        AUTHORIZATION,
        "",
        "true: a webhook authorizes requests instead of grants \
         (datajobs.authorization.webhook.endpoint)",
    ),
    setting(WEBHOOK, "", "URL of the authorization webhook"),
    setting(WEBHOOK_RETRIES, "1", "Number of retries if the webhook answers 5xx"),
    setting(WEBHOOK_AUTHENTICATES, "false", "true: the webhook gets a bearer token"),
    setting(
        WEBHOOK_TOKEN_URL,
        "",
        "URL at which vdk.access.webhook.refresh-token is exchanged for that token",
    ),
    secret(
        WEBHOOK_TOKEN,
        "Refresh token for the webhook; if not set, the webhook gets the user's token",
    ),
    setting(
        TRUSTED_PROXIES,
        "",
        "IP addresses and networks (10.0.0.0/8) of trusted proxies, comma-separated; their \
         X-Forwarded-For names the client",
    ),
    setting(
        FOLDER,
        "",
        "Folder of the embedded store [vdk server: that of vdk -u local; otherwise /var/lib/vdk]",
    ),
    setting(
        MASTER_KEY,
        "",
        "File with the master key of the embedded store [master.key in its folder]",
    ),
    setting(
        VAULT,
        "",
        "true: secrets are in Vault or OpenBao; false: secrets are switched off (501); not set: \
         secrets are in the embedded store",
    ),
    setting(
        VAULT_URI,
        "",
        "URL of Vault, such as https://vault.example.org:8200/v1/; for a cluster, its nodes' URLs, \
         comma-separated: if one is unavailable, the next is used",
    ),
    secret(VAULT_ROLE, "Role id of the AppRole login"),
    secret(VAULT_SECRET, "Secret id of the AppRole login"),
    secret(VAULT_TOKEN, "Token for Vault, if AppRole is not used"),
    setting(VAULT_MOUNT, "secret", "Mount of the KV version 2 store"),
    setting(VAULT_META, "", "Path of the store's metadata; only <mount>/metadata/ is accepted"),
    setting(VAULT_NAMESPACE, "", "Namespace, if Vault has namespaces"),
    setting(VAULT_CA, "", "PEM file with the certificate authorities of Vault [the system's]"),
    setting(
        SECRETS_LIMIT,
        "1048576",
        "Maximum size of the secrets of a job, in bytes of JSON as UTF-8",
    ),
    setting(
        PROPERTIES_LIMIT,
        "1048576",
        "Maximum size of the properties of a job, in bytes of JSON as UTF-8",
    ),
    setting(
        DATABASE,
        "",
        "PostgreSQL database of the properties: jdbc:postgresql://host:5432/database; not set: \
         properties are in the embedded store. ?sslmode=verify-full uses TLS and verifies the \
         certificate; ?sslmode=disable uses no TLS [verify-full; on this machine: disable]",
    ),
    setting(DATABASE_USER, "", "User of the database"),
    secret(DATABASE_PASSWORD, "Password of the database's user"),
    setting(DATABASE_POOL, "10", "Maximum number of connections to the database"),
    setting(
        DATABASE_CA,
        "",
        "PEM file with the certificate authorities of the database [the system's]",
    ),
    setting(
        AUDIT,
        "",
        "Audit log: a file, - for standard output, or none [audit.jsonl in the store's folder; - \
         if the embedded store is not used]",
    ),
    secret(
        AUDIT_KEY,
        "Key for HMACs in the audit log: they replace key names and reveal changes (verify-audit)",
    ),
    setting(
        PYTHONS,
        "",
        "Python versions that vdk info shows: a JSON object with the versions as keys, or a \
         comma-separated list",
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
        "Settings, from the properties file or from the environment (server.port is SERVER_PORT \
         there). The environment takes precedence. Names of the original's Helm chart, such as \
         DB_JDBC_URL, are accepted. A secret (*) can also be a file: \
         vdk.vault.token-file or VDK_VAULT_TOKEN_FILE. Defaults are in brackets.\n",
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

//! The names of all environment variables that the command line reads.

pub use vdk_platform::keyring::CREDENTIAL_STORE;
pub use vdk_store::MASTER_KEY_FILE;

/// Folder that holds `.vdk.internal`; default: the user's home folder.
pub const BASE_CONFIG_FOLDER: &str = "VDK_BASE_CONFIG_FOLDER";
/// Base URL of the Control Service, or `local`.
pub const REST_API_URL: &str = "VDK_CONTROL_SERVICE_REST_API_URL";
/// Retries of a command in total; default: 10.
pub const TOTAL_RETRIES: &str = "VDK_CONTROL_HTTP_TOTAL_RETRIES";
/// Retries of a command after failed connections; default: 6.
pub const CONNECT_RETRIES: &str = "VDK_CONTROL_HTTP_CONNECT_RETRIES";
/// Retries of a command after reads whose connection broke; default: 6.
pub const READ_RETRIES: &str = "VDK_CONTROL_HTTP_READ_RETRIES";
/// Seconds that a connection may take; default: 10.
pub const CONNECT_TIMEOUT: &str = "VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS";
/// Seconds that a whole request may take; default: 60.
pub const READ_TIMEOUT: &str = "VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS";
/// Verification of certificates; default: true.
pub const VERIFY_SSL: &str = "VDK_CONTROL_HTTP_VERIFY_SSL";
/// File of certificate authorities to trust instead of the system's.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// Folders of certificate authorities to trust instead of the system's, separated as in `PATH`.
pub const SSL_CERT_DIR: &str = "SSL_CERT_DIR";
/// Variables from which other programs read such a file, but this one does not.
pub const OTHER_CA_BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/// PEM file with the client certificate and its intermediates, for a service that requests one.
pub const CLIENT_CERT_FILE: &str = "VDK_CONTROL_HTTP_CLIENT_CERT_FILE";
/// PEM file with the private key of that certificate.
pub const CLIENT_KEY_FILE: &str = "VDK_CONTROL_HTTP_CLIENT_KEY_FILE";
/// Value of the header `X-OPID`; default: 16 random hexadecimal digits.
pub const OP_ID: &str = "VDK_OP_ID_OVERRIDE";
/// Value of the header `User-Agent`.
pub const USER_AGENT: &str = "VDK_CONTROL_SERVICE_USER_AGENT";
/// API token for commands and for logging in, never written to a disk.
pub const API_TOKEN: &str = "VDK_API_TOKEN";
/// File with the API token, as CI systems mount secrets.
pub const API_TOKEN_FILE: &str = "VDK_API_TOKEN_FILE";
/// Token endpoint that exchanges API tokens for access tokens.
pub const API_TOKEN_URL: &str = "VDK_API_TOKEN_AUTHORIZATION_URL";
/// Client secret of `vdk login -t credentials` and `-t device`.
pub const CLIENT_SECRET: &str = "VDK_CLIENT_SECRET";
/// File with the client secret.
pub const CLIENT_SECRET_FILE: &str = "VDK_CLIENT_SECRET_FILE";
/// Port on this machine for the browser's redirect after a login; default: 31113.
pub const REDIRECT_PORT: &str = "OAUTH2_REDIRECT_URI_PORT";
/// Id of the process that handed its command to the next vdk, and how often; set by vdk itself.
pub const HANDED_OVER: &str = "VDK_HANDED_OVER_BY";
/// The proxy for https; the first variable that is set counts.
pub const HTTPS_PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The same for http.
pub const HTTP_PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// Hosts that no proxy is used for.
pub const NO_PROXIES: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Set for a script behind a web server. `HTTP_PROXY` may then come from a visitor's header, so no
/// proxy is used.
pub const CGI: &str = "REQUEST_METHOD";
/// Names of teams, jobs and keys at services are kept for completion; default: true.
pub const COMPLETION_CACHE: &str = "VDK_COMPLETION_CACHE";
/// Set to anything: no colours (https://no-color.org).
pub const NO_COLOR: &str = "NO_COLOR";

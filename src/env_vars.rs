//! Every environment variable that the command line reads, in one place.

/// Folder that holds `.vdk.internal`; the user's home folder without it.
pub const BASE_CONFIG_FOLDER: &str = "VDK_BASE_CONFIG_FOLDER";
/// Base URL of the Control Service, or `local`.
pub const REST_API_URL: &str = "VDK_CONTROL_SERVICE_REST_API_URL";
/// How many times a command repeats requests altogether; 10.
pub const TOTAL_RETRIES: &str = "VDK_CONTROL_HTTP_TOTAL_RETRIES";
/// How many times a command repeats a connection that failed; 6.
pub const CONNECT_RETRIES: &str = "VDK_CONTROL_HTTP_CONNECT_RETRIES";
/// How many times a command repeats a read whose connection broke; 6.
pub const READ_RETRIES: &str = "VDK_CONTROL_HTTP_READ_RETRIES";
/// Seconds that a connection may take; 10.
pub const CONNECT_TIMEOUT: &str = "VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS";
/// Seconds that a whole request may take; 60.
pub const READ_TIMEOUT: &str = "VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS";
/// Whether certificates are checked; true.
pub const VERIFY_SSL: &str = "VDK_CONTROL_HTTP_VERIFY_SSL";
/// File of certificate authorities that are trusted instead of the system's.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// Folders of certificate authorities that are trusted instead of the system's, with `:` between them.
pub const SSL_CERT_DIR: &str = "SSL_CERT_DIR";
/// What other programs read such a file from, and this one does not.
pub const OTHER_CA_BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/// PEM file with the certificate, and what is between it and its authority, that is shown to a
/// service which asks for one.
pub const CLIENT_CERT_FILE: &str = "VDK_CONTROL_HTTP_CLIENT_CERT_FILE";
/// PEM file with the private key of that certificate.
pub const CLIENT_KEY_FILE: &str = "VDK_CONTROL_HTTP_CLIENT_KEY_FILE";
/// Value of the header `X-OPID`; 16 random hexadecimal digits without it.
pub const OP_ID: &str = "VDK_OP_ID_OVERRIDE";
/// Value of the header `User-Agent`.
pub const USER_AGENT: &str = "VDK_CONTROL_SERVICE_USER_AGENT";
/// File with the master key of the embedded store.
pub const MASTER_KEY_FILE: &str = "VDK_MASTER_KEY_FILE";
/// API token that is used, or logged in with, and never written to a disk.
pub const API_TOKEN: &str = "VDK_API_TOKEN";
/// Where API tokens are exchanged for access tokens.
pub const API_TOKEN_URL: &str = "VDK_API_TOKEN_AUTHORIZATION_URL";
/// Client secret of `vdk login -t credentials` and `-t device`.
pub const CLIENT_SECRET: &str = "VDK_CLIENT_SECRET";
/// Port on this machine to which the browser brings the answer of a login; 31113.
pub const REDIRECT_PORT: &str = "OAUTH2_REDIRECT_URI_PORT";
/// Id of the process that handed its command to the next vdk, and how often; set by vdk itself.
pub const HANDED_OVER: &str = "VDK_HANDED_OVER_BY";
/// `keyring` or `file`: where a new login, or a new master key, is kept.
pub const CREDENTIAL_STORE: &str = "VDK_CREDENTIAL_STORE";
/// The proxy for https; the first one that is set counts.
pub const HTTPS_PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The same for http.
pub const HTTP_PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// Whom no proxy is for.
pub const NO_PROXIES: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Set for a script behind a web server, to which `HTTP_PROXY` may be what a visitor sent as a
/// header: no proxy is used there.
pub const CGI: &str = "REQUEST_METHOD";

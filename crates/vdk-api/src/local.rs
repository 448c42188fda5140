//! Files that the command line and `vdk server` share below the configuration folder
//! (`.vdk.internal`), and the login that `vdk server` makes for its user.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

/// Folder of the embedded store.
pub const STORE_FOLDER: &str = "local";
/// Folder of the locks of running writes.
pub const LOCKS_FOLDER: &str = "locks";

/// Returns the file with the login at the service that `vdk server` runs on `port`.
pub fn server_login_file(port: u16) -> String {
    format!("{STORE_FOLDER}/server-{port}.json")
}

/// Returns the name of the lock that writers of the login in `file` (a name without folders) hold.
pub fn login_lock(file: &str) -> String {
    format!("login {file}")
}

/// Returns the login at a service, in the format of the Python vdk's `vdk-cred.json` with the member
/// `services`: an API token that is exchanged at `url` (its origin) and is for no other service.
pub fn server_login(url: &str, token: &SecretString) -> Zeroizing<String> {
    let token = token.expose_secret();
    let members = json!({
        "api_token": token,
        "api_token_authorization_url": format!("{url}{}", crate::route::TOKEN),
        "auth_type": "api-token",
        "services": [url],
    });
    Zeroizing::new(members.to_string())
}

//! The paths of the command line's files.

use std::path::PathBuf;

/// Returns the configuration folder: `.vdk.internal` below `base`, which is
/// `VDK_BASE_CONFIG_FOLDER` or the home folder. An empty `base` is the working directory, as in the
/// Python vdk.
pub fn config_folder(base: PathBuf) -> PathBuf {
    base.join(".vdk.internal")
}

/// The user's settings, below the configuration folder.
pub const CONFIGURATION: &str = "vdk-configuration.ini";
/// The login made by `vdk login`, below the configuration folder.
pub const CREDENTIALS: &str = "vdk-cred.json";
/// The embedded store's folder, below the configuration folder.
pub const LOCAL_STORE: &str = "local";
/// Locks of running writes, below the configuration folder.
pub const LOCKS: &str = "locks";
/// The settings of a data job, in its folder.
pub const JOB_CONFIG: &str = "config.ini";

/// Returns the login at the `vdk server` on `port`, below the configuration folder.
pub fn server_credentials(port: u16) -> String {
    format!("local/server-{port}.json")
}

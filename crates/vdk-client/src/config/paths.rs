//! The paths of the command line's files.

use std::path::PathBuf;

pub use vdk_api::{
    LOCKS_FOLDER as LOCKS, STORE_FOLDER as LOCAL_STORE, server_login_file as server_credentials,
};

/// Returns the configuration folder: `.vdk.internal` below `base`, which is
/// `VDK_BASE_CONFIG_FOLDER` or the home folder.
pub fn config_folder(base: PathBuf) -> PathBuf {
    base.join(vdk_platform::CONFIG_FOLDER)
}

/// The user's settings, below the configuration folder.
pub const CONFIGURATION: &str = "vdk-configuration.ini";
/// The login made by `vdk login`, below the configuration folder. The Python vdk knows no other.
pub const CREDENTIALS: &str = "vdk-cred.json";
/// The folder of the logins at other services, below the configuration folder.
pub const LOGINS: &str = "logins";
/// The folder of the names for completion, below the configuration folder.
pub const COMPLETION: &str = "completion";
/// The settings of a data job, in its folder.
pub const JOB_CONFIG: &str = "config.ini";
/// The folder of the replacements by generated values that are under way, below the configuration folder.
pub const REPLACING: &str = "replacing";

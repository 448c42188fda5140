//! Sets the limits of this process.

/// The limit of core dumps as this process found it.
#[cfg(unix)]
static CORE_LIMIT: std::sync::OnceLock<rustix::process::Rlimit> = std::sync::OnceLock::new();

/// Keeps memory to this process: no core dump writes it to a disk, and on Linux no other process of
/// the user reads it or the environment.
pub fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = *CORE_LIMIT.get_or_init(|| getrlimit(Resource::Core));
        // Lowering one's own limit cannot be refused. The hard one stays, for a program that is run.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..before });
        #[cfg(target_os = "linux")]
        let _ =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// Sets the limit of core dumps to what it was before [`harden`], for a program that is started.
pub fn restore_core_limit() {
    #[cfg(unix)]
    if let Some(before) = CORE_LIMIT.get() {
        let _ = rustix::process::setrlimit(rustix::process::Resource::Core, *before);
    }
}

/// Allows as many open files, of which every connection is one, as the system lets this process have.
pub fn allow_all_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// Returns the number of files that the system lets this process open, if it is limited.
pub fn most_open_files() -> Option<u64> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    None
}

/// Returns the name of the user who runs this process, or the number if there is no name.
pub fn user_name() -> String {
    let named =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    #[cfg(unix)]
    let number = format!("uid {}", rustix::process::getuid().as_raw());
    #[cfg(not(unix))]
    let number = String::new();
    named.filter(|name| !name.is_empty()).unwrap_or(number)
}

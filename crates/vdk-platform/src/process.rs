//! Sets the limits of this process.

/// Keeps memory to this process: no core dump writes it to a disk, and on Linux no other process of
/// the user reads it or the environment.
pub fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Lowering one's own limit cannot be refused.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        #[cfg(target_os = "linux")]
        let _ =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
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

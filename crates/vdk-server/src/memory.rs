//! Gives memory that was freed back to the system. The C library keeps it: one small allocation at the
//! end of a heap holds all that is free before it, and a burst of requests would count for ever.

#![allow(unsafe_code, reason = "no crate offers malloc_trim by a safe function")]

/// Pages in use above which it is looked for what can be given back: 64 MiB.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const PAGES: usize = 16 * 1024;

/// Gives back what is free, when the process has more memory than it needs at rest.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if resident_pages().is_some_and(|pages| pages > PAGES) {
        // SAFETY: it takes the locks of the allocator itself, and is documented as safe to call from any
        // thread (malloc_trim(3), "MT-Safe").
        unsafe { libc::malloc_trim(0) };
    }
}

/// The second number of /proc/self/statm (proc_pid_statm(5)).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn resident_pages() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm.split(' ').nth(1)?.parse().ok()
}

//! Bounds what the C library keeps of freed memory: one small allocation at the end of a heap holds all
//! free memory before it, and a burst of requests would count forever.

#![allow(unsafe_code, reason = "no crate offers malloc_trim and mallopt by safe functions")]

/// Limits the heaps of the C library. By itself it gives threads heaps of their own, and what one
/// frees is of no use to another: under a burst of requests that took 60 MiB more.
pub fn share_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt changes a setting of the allocator. No other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

/// Returns free memory to the system. This takes about 2 ms for each 10 MiB.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim takes the locks of the allocator itself, and may be called from any
    // thread (malloc_trim(3): MT-Safe).
    unsafe {
        libc::malloc_trim(0);
    }
}

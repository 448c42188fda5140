//! The Control Service as an operator deploys it.

use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// Memory is overwritten when it is let go: also what libraries had of a value in their buffers.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> std::process::ExitCode {
    // Pages of 2 MiB for a few bytes of each size would be most of what an idle service holds.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    vdk_server::main()
}

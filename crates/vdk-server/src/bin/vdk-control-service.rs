//! The Control Service as an operator deploys it.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Memory is overwritten when it is let go: also what libraries had of a value in their buffers.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    vdk_server::main()
}

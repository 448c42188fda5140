//! The Control Service as an operator deploys it.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Zeroes memory when it is freed, including buffers that libraries allocated.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    vdk_server::main()
}

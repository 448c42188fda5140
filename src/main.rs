//! The program `vdk`; its code is in the library.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Zeroes memory when it is freed, including buffers that libraries allocated.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    vdk::main(std::env::args_os().collect())
}

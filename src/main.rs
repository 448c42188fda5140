//! The program `vdk`; all of it is in the library beside.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Memory is overwritten when it is let go: also what libraries had of a value in their buffers.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    vdk::main(std::env::args_os().collect())
}

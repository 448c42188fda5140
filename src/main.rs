//! The program `vdk`; all of it is in the library beside.

use std::process::ExitCode;

fn main() -> ExitCode {
    vdk::main(std::env::args_os().collect())
}

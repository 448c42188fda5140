//! The Control Service as an operator deploys it.

fn main() -> std::process::ExitCode {
    vdk_server::main()
}

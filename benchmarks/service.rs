//! The Control Service that `benchmarks/compare` measures against: the tests' service, by http and by
//! https. It prints both addresses, writes its certificate authority to the file that it is given,
//! and ends with its stdin.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for measurements")]

use std::io::Read;

use vdk_testing::scripted_service::Service;
use vdk_testing::tls::Authority;

fn main() {
    let authority = Authority::new();
    std::fs::write(std::env::args().nth(1).unwrap(), authority.pem()).unwrap();
    let (http, https) = (Service::with_etags(), authority.service(&["127.0.0.1"], |_| {}));
    println!("{}\n{}", http.url(), https.url());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

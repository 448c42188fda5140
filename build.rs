//! Makes the table of `src/lookalike.rs` from the one of the crate `unicode-security`. That one is full
//! of pointers, which the loader has to set at each start of the program: a twentieth of a command's
//! instructions for what hardly any command looks at.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a build may panic, and talks to cargo"
)]

use std::fmt::Write;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let (mut from, mut ends, mut to) = (Vec::new(), Vec::new(), String::new());
    for c in '\0'..=char::MAX {
        // The others are decomposed before they are looked up.
        let text = c.to_string();
        let looks: String = skeleton(&text).collect();
        if looks != text && text.chars().nfd().eq([c]) {
            to.push_str(&looks);
            from.push(c);
            ends.push(u16::try_from(to.len()).unwrap());
        }
    }
    let mut code = String::new();
    let count = from.len();
    writeln!(code, "/// Characters that look like others, in order.").unwrap();
    writeln!(code, "static FROM: [char; {count}] = {from:?};").unwrap();
    writeln!(code, "/// Where in `TO` that which each of them looks like ends.").unwrap();
    writeln!(code, "static ENDS: [u16; {count}] = {ends:?};").unwrap();
    writeln!(code, "static TO: &str = {to:?};").unwrap();
    let folder = std::env::var_os("OUT_DIR").unwrap();
    std::fs::write(Path::new(&folder).join("lookalikes.rs"), code).unwrap();
}

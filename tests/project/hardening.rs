//! How the programs are linked: the flags of `.cargo/config.toml` must not lose what rustc does by itself.

use std::path::Path;
use std::process::Command;

/// Text of the file's headers, as `readelf` tells them.
fn headers(program: &Path) -> String {
    let mut readelf = Command::new("readelf");
    let shown = readelf.env("LC_ALL", "C").arg("-hldW").arg(program).output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
    String::from_utf8(shown.stdout).unwrap()
}

#[test]
fn programs_are_at_random_addresses_and_their_tables_cannot_be_written() {
    let vdk = Path::new(vdk_testing::vdk());
    for name in ["vdk", "vdk-control-service"] {
        let headers = headers(&vdk.with_file_name(name));
        for wanted in ["DYN (Position-Independent Executable file)", "GNU_RELRO", "BIND_NOW"] {
            assert!(headers.contains(wanted), "{name}: {wanted}\n{headers}");
        }
        // The writable segment, and what becomes read-only of it.
        let tables = headers.lines().filter(|line| line.contains(" .data.rel.ro "));
        let has_got: Vec<bool> = tables.map(|line| line.contains(" .got ")).collect();
        assert_eq!(has_got, [true, true], "{name}: {headers}");
        let stack = headers.lines().find(|line| line.contains("GNU_STACK")).unwrap();
        assert!(stack.contains(" RW ") && !stack.contains('E'), "{name}: {stack}");
    }
}

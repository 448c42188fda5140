//! Checks who runs the server behind a Unix socket. In a folder where everybody may create files,
//! anybody could have taken the socket's name.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Rejects a server that runs as `peer`, unless that user may own the socket in `folder`. `owner`
/// is the user that the operator expects, by name or number.
pub fn check(folder: &Path, peer: u32, owner: Option<&str>) -> io::Result<()> {
    let is_expected = match owner {
        Some(owner) => user(owner).ok_or_else(|| denied(format!("no user {owner} found")))? == peer,
        None => {
            let found = folder.metadata()?;
            let own = rustix::process::geteuid().as_raw();
            // Only the owner and a group can create files where others cannot.
            found.mode() & 0o002 == 0 || [0, own, found.uid()].contains(&peer)
        }
    };
    if is_expected {
        return Ok(());
    }
    Err(denied(format!(
        "the server behind the socket in {} runs as user {peer}, who is not its expected owner, so \
         it may be somebody else's. Put the socket into a folder of the server's user, or name \
         that user with the option requirepeer",
        folder.display()
    )))
}

fn denied(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Returns the number of a user of this machine.
fn user(name: &str) -> Option<u32> {
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        if parts.next() != Some(name) {
            return None;
        }
        parts.nth(1)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn rejects_a_stranger_in_a_folder_of_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let (own, stranger) = (rustix::process::geteuid().as_raw(), 54_321);
        let mode = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(folder.path(), mode).unwrap();
        };
        mode(0o1777);
        for user in [0, own] {
            assert!(check(folder.path(), user, None).is_ok());
        }
        assert!(check(folder.path(), stranger, None).is_err());
        assert!(check(folder.path(), stranger, Some("54321")).is_ok());
        assert!(check(folder.path(), own, Some("54321")).is_err());
        assert!(check(folder.path(), 0, Some("root")).is_ok());
        assert!(check(folder.path(), 0, Some("no such user")).is_err());
        mode(0o2775);
        assert!(check(folder.path(), stranger, None).is_ok(), "a group shares the folder");
    }
}

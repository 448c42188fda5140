//! The parts of a row: the columns of an address, the plaintext, and the label that the ciphertext
//! is bound to.

use vdk_api::Author;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::keys::cipher::OVERHEAD;

/// Collection, team and job.
pub(crate) type Names<'a> = (&'a str, &'a str, &'a str);

/// Returns the columns under which an address is stored.
pub(crate) fn columns(address: &Address) -> Names<'_> {
    (address.collection.as_str(), address.owner.team.as_str(), address.owner.job.as_str())
}

/// Returns the label that a ciphertext is bound to. The length of each part precedes it, so that no
/// two addresses give the same bytes.
pub(crate) fn label(role: &[u8], address: &Address, version: u64, written_at: i64) -> Vec<u8> {
    let (collection, team, job) = columns(address);
    let parts = [collection.as_bytes(), team.as_bytes(), job.as_bytes()];
    label_of_columns(role, parts, version, written_at)
}

/// Returns the label for the values of the columns.
pub(crate) fn label_of_columns(
    role: &[u8],
    [collection, team, job]: [&[u8]; 3],
    version: u64,
    written_at: i64,
) -> Vec<u8> {
    let mut label = Vec::with_capacity(96);
    for part in [
        b"vdk-store/1",
        role,
        collection,
        team,
        job,
        &version.to_be_bytes(),
        &written_at.to_be_bytes(),
    ] {
        label.extend_from_slice(&(part.len() as u64).to_be_bytes());
        label.extend_from_slice(part);
    }
    label
}

/// Converts a version to SQLite's signed integers, whose limit it never comes near.
pub(crate) fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Returns the plaintext of a version: its author as a line of JSON, then the document. Leaves room
/// to encrypt it in place.
pub(crate) fn join(author: &Author, text: &str) -> Zeroizing<Vec<u8>> {
    let head = serde_json::json!([author.who, author.op_id]).to_string();
    let mut plain = Zeroizing::new(Vec::with_capacity(head.len() + 1 + text.len() + OVERHEAD));
    plain.extend_from_slice(head.as_bytes());
    plain.push(b'\n');
    plain.extend_from_slice(text.as_bytes());
    plain
}

/// Undoes [`join`]. The first versions of stores have no such line.
pub(crate) fn split(mut plain: Zeroizing<Vec<u8>>) -> Option<(Author, Zeroizing<String>)> {
    let mut author = Author::default();
    if plain.first() == Some(&b'[') {
        let end = plain.iter().position(|byte| *byte == b'\n')?;
        let (who, op_id) = serde_json::from_slice(&plain[..end]).ok()?;
        author = Author { who, op_id };
        plain.drain(..=end);
    }
    let json = String::from_utf8(std::mem::take(&mut *plain)).map(Zeroizing::new).ok()?;
    Some((author, json))
}

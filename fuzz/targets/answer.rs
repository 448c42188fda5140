//! Whatever a service answers, a command ends in words, and in none of the values that it sent.
#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use vdk::fuzz::{Said, TOKEN, on_read, on_write};
use vdk_api::Document;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    status: u16,
    is_write: bool,
    headers: Vec<(u8, &'a [u8])>,
    body: &'a [u8],
}

const HEADERS: [&str; 8] = [
    "etag",
    "retry-after",
    "location",
    "content-type",
    "content-encoding",
    "content-length",
    "x-vdk-write-outcome",
    "x-opid",
];

/// In the document that is written.
const MARK: &str = "s3cr3t";

fuzz_target!(|input: Input<'_>| {
    static SENT: OnceLock<Document> = OnceLock::new();
    let sent = SENT.get_or_init(|| {
        Document::parse(r#"{"a":"s3cr3t","b":["s3cr3t \u00e4",{"c":"s3cr3t"}],"n":31415}"#).unwrap()
    });
    let headers = input.headers.iter().map(|(name, value)| {
        let name = HEADERS[usize::from(*name) % HEADERS.len()];
        (name.as_bytes().to_vec(), value.to_vec())
    });
    let status = 100 + input.status % 500;
    let said = Said { status, headers: headers.collect(), body: input.body.to_vec() };
    let told = if input.is_write {
        match on_write(said, sent) {
            Ok(()) => {
                assert!((200..300).contains(&status), "{status} is no success");
                return;
            }
            Err(told) => told,
        }
    } else {
        match on_read(said) {
            Ok(document) => {
                assert_eq!(status, 200);
                let text = std::str::from_utf8(input.body).unwrap();
                let expected = Document::parse(text).unwrap();
                assert_eq!(*document.to_json(), *expected.to_json());
                return;
            }
            Err(told) => told,
        }
    };
    // What was not sent cannot be given away: somebody else knows it.
    if input.is_write {
        assert!(!told.contains(MARK) && !told.contains("31415"), "{told}");
    }
    assert!(!told.contains(TOKEN), "{told}");
    assert!(told.len() < 64 * 1024, "{} bytes of error", told.len());
});

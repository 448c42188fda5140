//! Whatever a service answers, a command ends in words, and in none of the values that it sent.

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use vdk_api::{Collection, Document, Name, Owner};
use vdk_client::Silent;
use vdk_client::config::HttpSettings;
use vdk_client::http::{Answer, BaseUrl, Http};
use vdk_client::service::{RestService, Written};

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
    let answer = Answer::of(status, headers, input.body.to_vec());
    let answer = answer.map_err(|trouble| format!("{trouble:?}"));
    let told = if input.is_write {
        match answer.and_then(|answer| on_write(answer, sent)) {
            Ok(()) => {
                assert!((200..300).contains(&status), "{status} is no success");
                return;
            }
            Err(told) => told,
        }
    } else {
        match answer.and_then(on_read) {
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
        // A short number may be a part of another word.
        let words = |word: &str| told.split(|c: char| !c.is_alphanumeric()).any(|it| it == word);
        assert!(!told.contains(MARK) && !words("31415"), "{told}");
    }
    assert!(!told.contains(TOKEN), "{told}");
    assert!(told.len() < 64 * 1024, "{} bytes of error", told.len());
});

/// The token that requests carry.
const TOKEN: &str = "token-of-nobody";

thread_local! {
    static SERVICE: RestService = service();
}

/// Makes a service that gets no requests.
fn service() -> RestService {
    let name = |text: &str| Name::new(text).unwrap();
    let base = BaseUrl::parse("http://127.0.0.1:9").unwrap();
    let (settings, reports) = (HttpSettings::default(), std::sync::Arc::new(Silent) as _);
    let http = Http::new(base, settings, (Some(TOKEN.into()), None, None), &reports).unwrap();
    let owner = Owner { team: name("team"), job: name("job") };
    RestService::new(http, &owner, Collection::Secrets, false)
}

/// Returns what a command reads from a response, or the error that it prints.
fn on_read(answer: Answer) -> Result<Document, String> {
    SERVICE.with(|service| service.on_read(answer)).map_err(|error| error.to_string())
}

/// Returns an error if a write of `sent` that gets this response was not stored, or not surely.
fn on_write(answer: Answer, sent: &Document) -> Result<(), String> {
    match SERVICE.with(|service| service.on_write(answer, sent, Some("\"1\""))) {
        Written::Stored { .. } => Ok(()),
        Written::Conflict => Err("conflict".into()),
        Written::Refused(error) | Written::NotNow(error, _) | Written::Unknown(error, _) => {
            Err(error.to_string())
        }
    }
}

//! Tests writes that share a transaction. Each is accepted or rejected by itself, and all accepted
//! ones are stored or none.

use vdk_api::MAX_DOCUMENT_BYTES;
use vdk_store::*;
use zeroize::Zeroizing;

use crate::support::*;

fn write(job: &str, json: &str, expected: Expected) -> Write {
    let json = Zeroizing::new(json.to_string());
    Write { address: secrets(job), json, expected, author: author() }
}

#[test]
fn stores_the_other_writes_when_one_is_rejected() {
    let folder = folder();
    let mut store = open(folder.path());
    store.write_one(write("damaged", "{}", Expected::Any)).unwrap();
    tamper(folder.path(), "UPDATE heads SET tag = zeroblob(28)");
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_DOCUMENT_BYTES));
    let writes = [
        write("a", "{\"n\":1}", Expected::Version(0)),
        write("a", "{\"n\":2}", Expected::Version(1)),
        write("a", "{\"n\":3}", Expected::Version(1)),
        write("large", &large, Expected::Any),
        write("damaged", "{\"n\":1}", Expected::Any),
        write("b", "{\"n\":4}", Expected::Any),
    ];
    let done = store.write_together(&writes).unwrap();
    assert!(matches!(
        &done[..],
        [
            Ok(1),
            Ok(2),
            Err(StoreError::Conflict { current: 2, expected: 1 }),
            Err(StoreError::TooLarge { .. }),
            Err(StoreError::Damaged(_)),
            Ok(1),
        ]
    ));
    drop(store);
    let store = open(folder.path());
    for (job, text, version) in [("a", "{\"n\":2}", 2), ("b", "{\"n\":4}", 1), ("large", "{}", 0)] {
        let read = store.read_text(&secrets(job)).unwrap();
        assert_eq!((read.json.as_str(), read.version), (text, version), "{job}");
    }
    assert!(store.read_version(&secrets("a"), 1).unwrap().is_some());
}

#[test]
fn stores_none_when_the_database_fails() {
    let folder = folder();
    let mut store = open(folder.path());
    store.write_one(write("odd", "{}", Expected::Any)).unwrap();
    // A row in the place of the next version of one document.
    tamper(
        folder.path(),
        "INSERT INTO versions SELECT collection, team, job, 2, written_at, sealed, data_key
         FROM versions",
    );
    let writes = [write("a", "{\"n\":1}", Expected::Any), write("odd", "{}", Expected::Any)];
    assert!(store.write_together(&writes).is_err());
    assert_eq!(store.read_text(&secrets("a")).unwrap().version, 0);
    store.write_one(writes[0].clone()).unwrap();
    assert!(store.write_one(writes[1].clone()).is_err());
    assert_eq!(store.read_text(&secrets("odd")).unwrap().version, 1);
}

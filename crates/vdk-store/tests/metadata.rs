//! Tests that metadata stays with the keys that it is about.

use vdk_store::*;

use crate::support::*;

fn beside(job: &str) -> Address {
    let set = secrets(job);
    Address { owner: set.owner.metadata(), ..set }
}

fn read(store: &Store, address: &Address) -> (String, u64) {
    let stored = store.read(address).unwrap();
    (stored.document.to_json().to_string(), stored.version)
}

fn write(store: &mut Store, address: &Address, json: &str) -> u64 {
    store.write(address, &document(json), Expected::Any, &author()).unwrap()
}

#[test]
fn forgets_the_metadata_of_keys_that_are_removed() {
    let folder = folder();
    let mut store = open(folder.path());
    write(&mut store, &secrets("j"), r#"{"a":1,"b":2}"#);
    write(&mut store, &beside("j"), r#"{"a":{"owner":"x"},"b":{}}"#);
    write(&mut store, &secrets("j"), r#"{"b":3,"c":4}"#);
    assert_eq!(read(&store, &beside("j")), (r#"{"b":{}}"#.into(), 2));
    write(&mut store, &secrets("j"), r#"{"a":1,"b":2}"#);
    assert_eq!(
        read(&store, &beside("j")),
        (r#"{"b":{}}"#.into(), 2),
        "a rollback brings none back"
    );
    let versions = store.versions(&beside("j")).unwrap();
    assert_eq!(versions[0].changes.as_ref().unwrap().removed, ["a"]);
    assert_eq!(versions[0].who.as_deref(), Some("ana"));
}

#[test]
fn forgets_it_also_in_writes_that_share_a_transaction() {
    let folder = folder();
    let mut store = open(folder.path());
    let one = |address: Address, json: &str| Write {
        address,
        json: document(json).to_json(),
        expected: Expected::Any,
        author: author(),
    };
    let all = [
        one(secrets("j"), r#"{"a":1}"#),
        one(beside("j"), r#"{"a":{}}"#),
        one(secrets("j"), "{}"),
        one(beside("j"), r#"{"a":{"owner":"late"}}"#),
        one(secrets("k"), r#"{"a":1}"#),
        one(beside("k"), r#"{"a":{},"b":{}}"#),
    ];
    let versions: Vec<u64> =
        store.write_together(&all).unwrap().into_iter().map(|done| done.unwrap()).collect();
    assert_eq!(versions, [1, 1, 2, 3, 1, 1]);
    assert_eq!(read(&store, &beside("j")).0, "{}", "a key that is gone cannot be described");
    assert_eq!(read(&store, &beside("k")).0, r#"{"a":{}}"#);
}

#[test]
fn leaves_other_documents_alone() {
    let folder = folder();
    let mut store = open(folder.path());
    write(&mut store, &secrets("j"), r#"{"a":1}"#);
    write(&mut store, &beside("j"), r#"{"a":{}}"#);
    let properties = address(vdk_api::Collection::Properties, "team", "j");
    write(&mut store, &properties, r#"{"b":1}"#);
    write(&mut store, &secrets("other"), "{}");
    assert_eq!(read(&store, &beside("j")), (r#"{"a":{}}"#.into(), 1));
    assert_eq!(read(&store, &secrets("j")).1, 1);
}

#[test]
fn writes_secrets_beside_damaged_metadata() {
    let folder = folder();
    let mut store = open(folder.path());
    write(&mut store, &secrets("j"), r#"{"a":1}"#);
    write(&mut store, &beside("j"), r#"{"a":{}}"#);
    let damage = "UPDATE versions SET sealed = zeroblob(40) WHERE job LIKE 'vdk-metadata/%'";
    tamper(folder.path(), damage);
    assert_eq!(write(&mut store, &secrets("j"), "{}"), 2);
}

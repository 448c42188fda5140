//! Tests documents whose names hash to the same slot.

use std::path::Path;

use vdk_store::*;

use crate::support::*;

fn slot(folder: &Path, job: &str) -> i64 {
    let database = rusqlite::Connection::open(folder.join(STORE_FILE)).unwrap();
    let sql = "SELECT slot FROM heads WHERE job = ?1";
    database.query_row(sql, [job], |row| row.get(0)).unwrap()
}

/// Puts other heads into the slots from `first` on.
fn occupy(folder: &Path, first: i64, count: i64) {
    for n in 0..count {
        let slot = first + n;
        tamper(
            folder,
            &format!(
                "INSERT INTO heads VALUES ('secrets', 't', 'x{n}', 1, x'', 1, 1, NULL, 1, {slot})"
            ),
        );
    }
}

#[test]
fn stores_a_colliding_document_in_a_slot_nearby() {
    let (elsewhere, folder) = (folder(), folder());
    let text = document("{\"a\":1}");
    let write = |store: &mut Store, n| {
        let expected = Expected::Version(n);
        store.write(&secrets("j"), &text, expected, &author())
    };
    write(&mut open(elsewhere.path()), 0).unwrap();
    let first = slot(elsewhere.path(), "j");
    assert_eq!(first % 8, 0);
    let mut store = open(folder.path());
    occupy(folder.path(), first, 7);
    assert_eq!(store.read(&secrets("j")).unwrap().version, 0);
    for n in 0..3 {
        assert_eq!(write(&mut store, n).unwrap(), n + 1);
        assert_eq!(slot(folder.path(), "j"), first + 7);
        assert_eq!(store.read(&secrets("j")).unwrap().version, n + 1);
    }
    // A document keeps its slot when an earlier one becomes free.
    tamper(folder.path(), "DELETE FROM heads WHERE job = 'x3'");
    assert_eq!(write(&mut store, 3).unwrap(), 4);
    assert_eq!(slot(folder.path(), "j"), first + 7);
    assert_eq!(store.len().unwrap(), 7);
}

#[test]
fn rejects_a_write_when_all_slots_are_taken() {
    let (elsewhere, folder) = (folder(), folder());
    let write = |store: &mut Store, job| {
        store.write(&secrets(job), &document("{}"), Expected::Any, &author())
    };
    write(&mut open(elsewhere.path()), "j").unwrap();
    let mut store = open(folder.path());
    occupy(folder.path(), slot(elsewhere.path(), "j"), 8);
    let refused = write(&mut store, "j");
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    assert_eq!((store.len().unwrap(), store.read(&secrets("j")).unwrap().version), (8, 0));
    assert_eq!(write(&mut store, "other").unwrap(), 1);
}

//! Property test: the store returns any document as it was written, also as an older version.

use std::cell::RefCell;

use proptest::prelude::*;
use vdk_api::{Author, Collection};
use vdk_store::*;
use vdk_testing::any::{cases, members, object};

use crate::support::*;

#[test]
fn reads_any_document_as_it_was_written() {
    let folder = folder();
    let store = RefCell::new(open(folder.path()));
    let versions = prop::collection::vec((members(6), ".*"), 1..4);
    let input = (versions, any::<bool>(), "[^\\pC/]{1,20}", "\\PC{1,20}");
    let mut runner = proptest::test_runner::TestRunner::new(cases(150));
    let ran = runner.run(&input, |(versions, is_secret, team, job)| {
        let Ok(owner) = named(&team, &job) else { return Ok(()) };
        let collection = if is_secret { Collection::Secrets } else { Collection::Properties };
        let address = Address { collection, owner };
        let mut store = store.borrow_mut();
        // Another case may have used the same names.
        let before = store.read(&address).unwrap().version;
        for (at, (members, who)) in (before..).zip(&versions) {
            let author = Author { who: who.clone(), op_id: format!("{at}\n\"") };
            let written =
                store.write(&address, &document(&object(members)), Expected::Version(at), &author);
            prop_assert_eq!(written.unwrap(), at + 1);
        }
        // A second connection, as another process has it.
        let other = Store::open(folder.path(), &KEYS).unwrap().unwrap();
        for (at, (members, who)) in (before..).zip(&versions) {
            let read = other.read_version(&address, at + 1).unwrap().unwrap();
            prop_assert_eq!((&*read.json, read.version), (&object(members), at + 1));
            prop_assert_eq!((&read.author.who, read.author.op_id), (who, format!("{at}\n\"")));
        }
        let last = object(&versions[versions.len() - 1].0);
        prop_assert_eq!(&*other.read(&address).unwrap().document.to_json(), &last);
        Ok(())
    });
    ran.unwrap();
}

fn named(team: &str, job: &str) -> Result<vdk_api::Owner, vdk_api::NameError> {
    Ok(vdk_api::Owner { team: vdk_api::Name::new(team)?, job: vdk_api::Name::new(job)? })
}

//! The embedded store: a row that is anything else than what was written is an error to who reads
//! its document, and never another value.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::{Arc, Mutex};

use arbitrary::Arbitrary;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;
use vdk_api::{Author, Collection, Document, Name, Owner, Version};
use vdk_store::{Address, Expected, KeyError, KeyPlace, MasterKey, MasterKeys, STORE_FILE, Store};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    table: u8,
    row: u8,
    changes: Vec<(u8, Change<'a>)>,
}

#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Flip {
        at: u16,
        bits: u8,
    },
    Cut(u16),
    Append(&'a [u8]),
    Blob(&'a [u8]),
    Text(&'a str),
    Integer(i64),
    Add(i8),
    Real(f64),
    Null,
    /// What is there in another row.
    From(u8),
    /// The whole row.
    Gone,
}

const TABLES: [&str; 4] = ["versions", "heads", "store", "data_keys"];

fuzz_target!(|input: Input<'_>| {
    LAB.with(|lab| lab.get_or_init(Lab::new).run(&input));
});

thread_local! {
    static LAB: OnceCell<Lab> = const { OnceCell::new() };
}

/// A store, what was written into it, and a way behind its back.
struct Lab {
    folder: TempDir,
    keys: InMemory,
    store: Store,
    database: Connection,
    tables: Vec<Vec<Vec<Value>>>,
    documents: Vec<(Address, String, u64, Vec<Version>)>,
}

/// Keys that are in no file and no keyring.
#[derive(Clone, Default)]
struct InMemory(Arc<Mutex<Vec<MasterKey>>>);

impl InMemory {
    fn add(&self, key: &MasterKey) {
        self.0.lock().unwrap().push(copy(key));
    }
}

impl MasterKeys for InMemory {
    fn create(&self, _: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        let key = MasterKey::generate()?;
        self.add(&key);
        Ok((KeyPlace::Given, key))
    }

    /// Any of them where there is none of that id: what is asked for may be forged as well.
    fn load(&self, _: KeyPlace, id: &str, _: &Path) -> Result<MasterKey, KeyError> {
        let keys = self.0.lock().unwrap();
        Ok(copy(keys.iter().find(|key| key.id() == id).unwrap_or(&keys[0])))
    }

    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        _: &Path,
        _: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        self.add(key);
        Ok(place)
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(self.clone())
    }
}

fn copy(key: &MasterKey) -> MasterKey {
    MasterKey::from_text(&key.to_text()).unwrap()
}

impl Lab {
    fn new() -> Self {
        // In memory, where there is such a folder: nobody needs it on the disk.
        let shared = Path::new("/dev/shm");
        let folder = if shared.is_dir() { TempDir::new_in(shared) } else { TempDir::new() };
        let folder = folder.unwrap();
        let keys = InMemory::default();
        let mut store = Store::open_or_create(folder.path(), &keys).unwrap();
        let database = Connection::open(folder.path().join(STORE_FILE)).unwrap();
        database.execute_batch("PRAGMA synchronous = OFF").unwrap();
        let mut addresses = Vec::new();
        for (collection, job, texts) in [
            (Collection::Secrets, "a", &["{\"a\":1}", "{\"a\":2,\"b\":\"x\"}", "{\"a\":3}"][..]),
            (Collection::Secrets, "b", &["{\"b\":1}"][..]),
            (Collection::Properties, "a", &["{}", "{\"a\":{\"n\":1.50}}"][..]),
            // Too long for its head.
            (
                Collection::Properties,
                "b",
                &["{}", &format!("{{\"l\":\"{}\"}}", "l".repeat(4000))][..],
            ),
        ] {
            let name = |text: &str| Name::new(text).unwrap();
            let owner = Owner { team: name("t"), job: name(job) };
            let address = Address { collection, owner };
            addresses.push(address);
            for text in texts {
                write(&mut store, &addresses[addresses.len() - 1], text);
            }
        }
        break_rotation_off(&mut store, &database);
        write(&mut store, &addresses[0], "{\"a\":4}");
        let documents = addresses.into_iter().map(|address| {
            let read = store.read(&address).unwrap();
            let versions = store.versions(&address).unwrap();
            (address, read.document.to_json().to_string(), read.version, versions)
        });
        let documents = documents.collect();
        let tables: Vec<_> = TABLES.iter().map(|table| rows(&database, table)).collect();
        assert!(tables.iter().all(|rows| !rows.is_empty()) && tables[3].len() == 2);
        Lab { folder, keys, store, database, tables, documents }
    }

    fn run(&self, input: &Input<'_>) {
        let table = usize::from(input.table) % TABLES.len();
        let rows = &self.tables[table];
        let at = usize::from(input.row) % rows.len();
        let mut row = Some(rows[at].clone());
        for (column, change) in &input.changes {
            row = row.and_then(|mut row| {
                let column = usize::from(*column) % row.len();
                let old = row[column].clone();
                row[column] = changed(old, change, rows, column)?;
                Some(row)
            });
        }
        let mut new = rows.clone();
        match row {
            Some(row) => new[at] = row,
            None => drop(new.remove(at)),
        }
        if !self.put(table, &new) {
            return;
        }
        // SQLite turns what it can into the type of its column, and that may be what was there.
        let stored = self::rows(&self.database, TABLES[table]);
        if stored != *rows {
            self.check(table, &rows[at], &stored);
        }
        assert!(self.put(table, rows), "what was there can be put back");
    }

    /// Replaces a whole table; false where it does not take such a row.
    fn put(&self, table: usize, rows: &[Vec<Value>]) -> bool {
        let name = TABLES[table];
        let change = self.database.unchecked_transaction().unwrap();
        change.execute(&format!("DELETE FROM {name}"), []).unwrap();
        for row in rows {
            let marks = vec!["?"; row.len()].join(",");
            let insert = format!("INSERT INTO {name} VALUES ({marks})");
            if change.execute(&insert, params_from_iter(row)).is_err() {
                return false;
            }
        }
        change.commit().unwrap();
        true
    }

    /// `was`: the row that is another now, or is gone.
    fn check(&self, table: usize, was: &[Value], new: &[Vec<Value>]) {
        // Header and keys are read when a store is opened.
        let at_opening = ["store", "data_keys"].contains(&TABLES[table]);
        if !at_opening {
            return self.check_in(&self.store, table, was, new);
        }
        // Who has it open goes by the keys in memory, as long as the header says that they hold.
        if TABLES[table] == "data_keys" {
            self.check_in(&self.store, usize::MAX, &[], new);
        }
        if let Ok(Some(store)) = Store::open(self.folder.path(), &self.keys) {
            self.check_in(&store, table, was, new);
        }
    }

    /// Whether a data key has sealed what is read of a document.
    fn needs(&self, address: &[Value; 3], version: &Value, key: &Value) -> bool {
        let of_it = |row: &&Vec<Value>| row.starts_with(address) && row[3] == *version;
        let columns: [&[usize]; 2] = [&[6], &[5, 8]];
        let mut tables = self.tables.iter().zip(columns);
        tables.any(|(rows, columns)| {
            rows.iter().filter(of_it).any(|row| columns.iter().any(|column| row[*column] == *key))
        })
    }

    /// `table`: where the row was; none of them where nothing may suffer.
    fn check_in(&self, store: &Store, table: usize, was: &[Value], new: &[Vec<Value>]) {
        let table = TABLES.get(table).copied().unwrap_or_default();
        for (address, json, version, versions) in &self.documents {
            let columns = [
                Value::Text(address.collection.to_string()),
                Value::Text(address.owner.team.to_string()),
                Value::Text(address.owner.job.to_string()),
            ];
            let current = Value::Integer(i64::try_from(*version).unwrap());
            let of_it = match table {
                "data_keys" => self.needs(&columns, &current, &was[0]),
                // Which format it is says how all of it is read.
                "store" => true,
                _ => was.starts_with(&columns),
            };
            let is_large = json.len() > 3 << 10;
            let is_read = match table {
                // Of a head, names and version, and its tag where it has no document. In another of
                // its slots it is as good.
                "heads" => {
                    let columns = if is_large { 6 } else { 4 };
                    !new.iter().any(|row| row[..columns] == was[..columns])
                }
                _ => table == "versions" && was[3] == current && is_large,
            };
            match store.read(address) {
                Ok(read) => {
                    assert_eq!((&*read.document.to_json(), read.version), (json, *version));
                    assert!(!(of_it && is_read), "read in spite of {new:?}");
                }
                Err(error) => {
                    assert!(of_it, "{address:?} suffers from {new:?} for {was:?}: {error}")
                }
            }
            for told in versions {
                if let Ok(Some(read)) = store.read_version(address, told.version) {
                    assert_eq!(Some(&read.author.op_id), told.op_id.as_ref());
                }
            }
            if let Ok(left) = store.versions(address) {
                for told in left {
                    let known = versions.iter().find(|v| v.version == told.version).unwrap();
                    assert_eq!((&told.who, &told.op_id), (&known.who, &known.op_id));
                    assert_eq!(told.written_at, known.written_at);
                    assert!(told.changes.is_none() || told.changes == known.changes);
                }
            }
        }
    }
}

fn write(store: &mut Store, address: &Address, text: &str) {
    let author = Author { who: "ana".into(), op_id: text.into() };
    let document = Document::parse(text).unwrap();
    store.write(address, &document, Expected::Any, &author).unwrap();
}

/// Leaves the store as a rotation does that is killed half-way: with two data keys in use.
fn break_rotation_off(store: &mut Store, database: &Connection) {
    let trigger = "CREATE TRIGGER no BEFORE UPDATE ON versions BEGIN SELECT RAISE(ABORT, ''); END";
    database.execute_batch(trigger).unwrap();
    store.rotate(None).unwrap_err();
    database.execute_batch("DROP TRIGGER no").unwrap();
}

fn rows(database: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut select = database.prepare_cached(&format!("SELECT * FROM {table}")).unwrap();
    let columns = select.column_count();
    let rows = select.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
    rows.map(Result::unwrap).collect()
}

fn changed(old: Value, change: &Change<'_>, rows: &[Vec<Value>], column: usize) -> Option<Value> {
    let bytes = |old: Value, with: &dyn Fn(&mut Vec<u8>)| match old {
        Value::Blob(mut blob) => {
            with(&mut blob);
            Value::Blob(blob)
        }
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            with(&mut bytes);
            String::from_utf8(bytes).map_or_else(|e| Value::Blob(e.into_bytes()), Value::Text)
        }
        other => other,
    };
    Some(match change {
        Change::Flip { at, bits } => bytes(old, &|bytes| {
            let length = bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(usize::from(*at) % length) {
                *byte ^= bits;
            }
        }),
        Change::Cut(to) => bytes(old, &|bytes| bytes.truncate(usize::from(*to))),
        Change::Append(more) => bytes(old, &|bytes| bytes.extend_from_slice(more)),
        Change::Blob(blob) => Value::Blob(blob.to_vec()),
        Change::Text(text) => Value::Text((*text).into()),
        Change::Integer(number) => Value::Integer(*number),
        Change::Add(number) => match old {
            Value::Integer(there) => Value::Integer(there.wrapping_add(i64::from(*number))),
            other => other,
        },
        Change::Real(number) => Value::Real(*number),
        Change::Null => Value::Null,
        Change::From(row) => rows[usize::from(*row) % rows.len()][column].clone(),
        Change::Gone => return None,
    })
}

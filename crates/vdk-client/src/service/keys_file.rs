//! Metadata in the file `keys.toml` of a data job's folder, for services that keep none. It is in
//! version control with the job's code, and people edit it: what they wrote stays as it is.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use toml_edit::{DocumentMut, Item, Table, TableLike, TomlError, Value, value};
use vdk_api::{Day, Days, Document, JsonText, KeyMetadata, Version, escape};
use vdk_platform::private_file::read_regular;

use super::{Service, Snapshot, Written};
use crate::http::{BudgetExhausted, Cause};
use crate::{Error, ErrorKind};

/// The name of the file.
pub const KEYS_FILE: &str = "keys.toml";
/// The table with one for each secret.
const SECRETS: &str = "secrets";
/// The fields: in the file, and in JSON.
const FIELDS: [(&str, &str); 7] = [
    ("description", "description"),
    ("owner", "owner"),
    ("rotate_every", "rotateEvery"),
    ("since", "since"),
    ("rotated", "rotated"),
    ("expires", "expires"),
    ("rotating", "rotating"),
];

/// The metadata of a job's secrets in a file.
pub struct KeysFile {
    path: PathBuf,
}

impl KeysFile {
    /// Returns the file in the folder of a data job. It need not be there yet.
    pub fn in_folder(folder: PathBuf) -> Self {
        KeysFile { path: folder.join(KEYS_FILE) }
    }

    /// Reads the text; empty if there is no file.
    fn text(&self) -> Result<String, Error> {
        match read_regular(&self.path) {
            Ok(bytes) => {
                String::from_utf8(bytes.to_vec()).map_err(|_| self.broken("it is not UTF-8"))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    fn broken(&self, why: &str) -> Error {
        let name = escape::name(&self.path.to_string_lossy());
        Error::usage("Cannot use the metadata of the secrets.")
            .why(format!("{name}: {why}."))
            .help("Correct the file. It has a table such as [secrets.db-password] for each key.")
    }

    fn parse(&self, text: &str) -> Result<DocumentMut, Error> {
        text.parse().map_err(|error: TomlError| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let message = error.message().lines().next().unwrap_or_default();
            self.broken(&format!("line {line}: {}", escape::line(message)))
        })
    }

    /// Returns the metadata in the file, as a service returns it.
    fn document(&self, text: &str) -> Result<Document, Error> {
        // Only a document that is not edited knows its lines.
        let parsed = toml_edit::Document::parse(text.to_string())
            .map_err(|_| self.parse(text).err().unwrap_or_else(|| self.broken("it is no TOML")))?;
        let at = |item: &Item| item.span().map_or(1, |span| line_of(text, span.start));
        let mut document = Document::default();
        let Some(secrets) = parsed.get(SECRETS) else { return Ok(document) };
        let table = secrets.as_table_like();
        let table = table.ok_or_else(|| self.broken("[secrets] is no table"))?;
        for (key, item) in table.iter() {
            let wrong = |why: &str| {
                let (line, key) = (at(item), escape::line(key));
                self.broken(&format!("line {line}: in the table of '{key}', {why}"))
            };
            let fields = item.as_table_like().ok_or_else(|| wrong("a table is expected"))?;
            let json = json(fields).map_err(|(item, why)| {
                let (line, key) = (at(item), escape::line(key));
                self.broken(&format!("line {line}: in the table of '{key}', {why}"))
            })?;
            let json = JsonText::parse(&json).map_err(|error| wrong(&error.to_string()))?;
            KeyMetadata::parse(&json).map_err(|error| wrong(&error.to_string()))?;
            document.set(key, json);
        }
        Ok(document)
    }

    fn put(&self, document: &Document, tag: Option<&str>) -> Result<bool, Error> {
        let text = self.text()?;
        if tag.is_some_and(|tag| tag != text) {
            return Ok(false);
        }
        let (before, mut file) = (self.document(&text)?, self.parse(&text)?);
        let table = file.entry(SECRETS).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let table =
            table.as_table_like_mut().ok_or_else(|| self.broken("[secrets] is no table"))?;
        for key in before.keys().filter(|key| document.get(key).is_none()) {
            table.remove(key);
        }
        for (key, json) in document.iter() {
            if before.get(key).is_some_and(|old| old.is_exactly(json)) {
                continue;
            }
            let new = KeyMetadata::parse(json).map_err(|error| self.broken(&error.to_string()))?;
            let item = table.entry(key).or_insert_with(|| Item::Table(Table::new()));
            let fields = item.as_table_like_mut().ok_or_else(|| self.broken("no table"))?;
            set(fields, &new);
        }
        let mut new = file.to_string();
        if text.contains("\r\n") {
            new = new.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        let written = self.replace(&new);
        written.map(|()| true).map_err(|error| {
            let name = escape::name(&self.path.to_string_lossy());
            Error::new(ErrorKind::Unavailable, "Cannot write the metadata of the secrets.")
                .why(format!("{name}: {error}."))
                .help("Make the folder of the job writable.")
        })
    }

    /// Writes the file so that it is whole at any moment, with the rights that it had.
    fn replace(&self, text: &str) -> std::io::Result<()> {
        // A link stays one, and one that leads nowhere is not replaced.
        let path = match self.path.symlink_metadata() {
            Ok(_) => self.path.canonicalize()?,
            Err(_) => self.path.clone(),
        };
        let folder = path.parent().map_or_else(PathBuf::new, PathBuf::from);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".keys-").suffix(".toml");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut new = builder.tempfile_in(folder)?;
        if let Ok(old) = fs::metadata(&path) {
            new.as_file().set_permissions(old.permissions())?;
        }
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(path).map(drop).map_err(|error| error.error)
    }
}

impl Service for KeysFile {
    fn place(&self) -> String {
        escape::name(&self.path.to_string_lossy())
    }

    fn read(&self) -> Result<Snapshot, Error> {
        let text = self.text()?;
        let document = self.document(&text)?;
        Ok(Snapshot { document, is_readable: true, tag: Some(text), version: None })
    }

    fn write(&self, document: &Document, tag: Option<&str>) -> Written {
        match self.put(document, tag) {
            Ok(true) => Written::Stored { conditional: true, version: None },
            Ok(false) => Written::Conflict,
            Err(error) => Written::Refused(error),
        }
    }

    fn versions(&self) -> Result<Vec<Version>, Error> {
        Err(Error::new(ErrorKind::Unavailable, "Cannot list versions of the metadata.")
            .why(format!("{} is a file.", self.place()))
            .help("Version control keeps its versions: git log -p keys.toml"))
    }

    fn read_version(&self, _: u64) -> Result<Document, Error> {
        self.versions().map(|_| Document::default())
    }

    fn wait(&self, _: Cause, _: &str) -> Result<(), BudgetExhausted> {
        Err(BudgetExhausted::Tries(0))
    }
}

/// Returns the fields of a key as JSON.
fn json(fields: &dyn TableLike) -> Result<String, (&Item, String)> {
    let mut members = serde_json::Map::new();
    for (name, item) in fields.iter() {
        let Some((_, member)) = FIELDS.iter().find(|(field, _)| *field == name) else {
            let known: Vec<_> = FIELDS.iter().take(6).map(|(field, _)| *field).collect();
            let name = escape::line(name);
            let why = format!("there is no field {name}; the fields are {}", known.join(", "));
            return Err((item, why));
        };
        let Some(found) = plain(item) else {
            return Err((item, format!("the field {name} has a value of another type")));
        };
        let checked = match name {
            "rotate_every" => found.parse::<Days>().map(drop),
            "since" | "rotated" | "expires" => found.parse::<Day>().map(drop),
            _ => Ok(()),
        };
        checked.map_err(|error| (item, format!("the field {name} is not valid: {error}")))?;
        members.insert((*member).into(), found.into());
    }
    Ok(serde_json::Value::from(members).to_string())
}

/// Writes the fields of a key, and leaves those that do not change as they are written.
fn set(fields: &mut dyn TableLike, new: &KeyMetadata) {
    let day = |day: Day| day.to_string().parse::<toml_edit::Datetime>().ok().map(value);
    let all = [
        new.description.clone().map(value),
        new.owner.clone().map(value),
        new.rotate_every.map(|every| value(every.to_string())),
        new.since.and_then(day),
        new.rotated.and_then(day),
        new.expires.and_then(day),
        new.rotating.as_ref().map(|rotating| value(rotating.to_string())),
    ];
    for ((name, _), item) in FIELDS.iter().zip(all) {
        let old = fields.get(name).and_then(plain);
        match item {
            Some(item) if plain(&item) != old => drop(fields.insert(name, item)),
            Some(_) => {}
            None => drop(fields.remove(name)),
        }
    }
}

/// Returns the text of a field, however it is written.
fn plain(item: &Item) -> Option<String> {
    Some(match item.as_value()? {
        Value::String(text) => text.value().clone(),
        Value::Datetime(day) => day.value().to_string(),
        _ => return None,
    })
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Who to ask: the data team.
title = \"ours\"

[secrets.db-password]  # orders
description = 'Orders DB'
rotate_every = \"90d\"
since = 2026-11-01

[secrets.\"a b\"]
expires = \"2027-01-31\"
";

    fn file(text: &str) -> (tempfile::TempDir, KeysFile) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEYS_FILE), text).unwrap();
        let file = KeysFile::in_folder(folder.path().into());
        (folder, file)
    }

    #[test]
    fn reads_what_people_write() {
        let (_folder, file) = file(FILE);
        assert_eq!(
            *file.read().unwrap().document.to_json(),
            r#"{"db-password":{"description":"Orders DB","rotateEvery":"90d","since":"2026-11-01"},"a b":{"expires":"2027-01-31"}}"#
        );
        let nowhere = KeysFile::in_folder(tempfile::tempdir().unwrap().path().into());
        assert!(nowhere.read().unwrap().document.is_empty());
    }

    #[test]
    fn changes_only_what_is_new() {
        let (folder, file) = file(FILE);
        let before = file.read().unwrap();
        let mut after = before.document.clone();
        let rotated = r#"{"description":"Orders DB","rotateEvery":"90d","since":"2026-11-01","rotated":"2026-11-25"}"#;
        after.set("db-password", JsonText::parse(rotated).unwrap());
        after.set("new", JsonText::parse(r#"{"owner":"x\"y"}"#).unwrap());
        after.remove("a b");
        let tag = before.tag.unwrap();
        assert!(matches!(
            file.write(&after, Some(&tag)),
            Written::Stored { conditional: true, .. }
        ));
        let text = fs::read_to_string(folder.path().join(KEYS_FILE)).unwrap();
        let kept = FILE.split("\n[secrets.\"a b\"]").next().unwrap();
        let expected = format!("{kept}rotated = 2026-11-25\n\n[secrets.new]\nowner = 'x\"y'\n");
        assert_eq!(text, expected);
        assert_eq!(*file.read().unwrap().document.to_json(), *after.to_json());
        assert!(matches!(file.write(&after, Some(&tag)), Written::Conflict));
    }

    #[test]
    fn keeps_the_line_ends_of_the_file() {
        let (folder, file) = file("# ours\r\n[secrets.k]\r\nowner = \"x\"\r\n");
        let new = Document::parse(r#"{"k":{"owner":"y"}}"#).unwrap();
        assert!(matches!(file.write(&new, None), Written::Stored { .. }));
        let text = fs::read_to_string(folder.path().join(KEYS_FILE)).unwrap();
        assert_eq!(text, "# ours\r\n[secrets.k]\r\nowner = \"y\"\r\n");
    }

    #[test]
    fn makes_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::in_folder(folder.path().into());
        let new = Document::parse(r#"{"k":{"owner":"x"}}"#).unwrap();
        assert!(matches!(file.write(&new, Some("")), Written::Stored { .. }));
        let text = fs::read_to_string(folder.path().join(KEYS_FILE)).unwrap();
        assert_eq!(text, "[secrets.k]\nowner = \"x\"\n");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn names_the_line_of_what_is_wrong() {
        for (text, line) in [
            ("[secrets.k]\nowner = \n", "line 2"),
            (
                "\n[secrets.k]\nvalue = \"geheim\"\n",
                "line 3: in the table of 'k', there is no field value",
            ),
            ("[secrets]\nk = \"geheim\"\n", "line 2"),
            ("[secrets.k]\nowner = [\"geheim\"]\n", "line 2"),
            (
                "[secrets.k]\nexpires = \"2026-02-30\"\n",
                "line 2: in the table of 'k', the field expires",
            ),
            ("secrets = \"geheim\"\n", "no table"),
        ] {
            let (_folder, file) = file(text);
            let error = file.read().unwrap_err();
            assert!(error.body.why.contains(line), "{}", error.body.why);
            assert!(!error.to_string().contains("geheim"), "{error}");
            assert_eq!(error.kind, ErrorKind::Usage);
        }
    }
}

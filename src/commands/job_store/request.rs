//! The requests of `vdk job-store`. What a request says may be a secret, so that errors name members and
//! never show what they hold.

use serde::Deserialize;
use serde_json::value::RawValue;
use vdk_api::{Collection, Document, DocumentError, MAX_BODY_BYTES, Name};
use vdk_client::Error;
use vdk_client::change::{Change, NewValue};
use vdk_client::config::checked_name;

/// A request.
#[derive(Debug)]
pub enum Request {
    /// Asks where key/values are.
    Where,
    /// Reads or writes.
    Act(Box<Action>),
}

/// What a request does, and to which key/values.
#[derive(Debug)]
pub struct Action {
    /// Secrets or properties.
    pub collection: Collection,
    /// The team; `None` for the saved default.
    pub team: Option<Name>,
    /// The job.
    pub job: Name,
    /// The id of the execution, for audit and history.
    pub op_id: Option<String>,
    /// What is done to them.
    pub operation: Operation,
}

/// What is done to key/values.
#[derive(Debug)]
pub enum Operation {
    /// Reads all, unless `unless` is still their version.
    Read {
        /// A version that is known already.
        unless: Option<u64>,
    },
    /// Changes some, or replaces all.
    Write(Change),
}

/// The members of a request. Those of newer versions are ignored.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    v: Option<&'a RawValue>,
    op: Option<&'a RawValue>,
    kind: Option<&'a RawValue>,
    team: Option<&'a RawValue>,
    job: Option<&'a RawValue>,
    op_id: Option<&'a RawValue>,
    unless: Option<&'a RawValue>,
    set: Option<&'a RawValue>,
    delete: Option<&'a RawValue>,
    replace: Option<&'a RawValue>,
}

impl Request {
    /// Parses a line. Returns an error that says which member is invalid.
    pub fn parse(line: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(line).map_err(|_| invalid("It is not UTF-8 text."))?;
        let members: Members = serde_json::from_str(text).map_err(|error| {
            let why = match serde_json::from_str::<&RawValue>(text) {
                Ok(_) => "It is not one JSON object with each member once.".to_string(),
                Err(_) => format!("It is not one line of JSON (column {}).", error.column()),
            };
            invalid(why)
        })?;
        if let Some(version) = members.v
            && version.get() != "1"
        {
            return Err(invalid("This vdk speaks version 1 of the protocol.")
                .help("Use a vdk of the same version as the program that sends the request."));
        }
        match text_of(members.op, "op")?.as_deref() {
            Some("where") => Ok(Request::Where),
            Some("read") => {
                let unless = members.unless.filter(|unless| unless.get() != "null");
                let unless = unless.map(|unless| {
                    unless.get().parse().map_err(|_| wrong("unless", "a version number"))
                });
                action(&members, Operation::Read { unless: unless.transpose()? })
            }
            Some("write") => action(&members, Operation::Write(change(&members)?)),
            _ => Err(wrong("op", "where, read or write")),
        }
    }
}

fn action(members: &Members, operation: Operation) -> Result<Request, Error> {
    let collection = match text_of(members.kind, "kind")?.as_deref() {
        Some("secrets") => Collection::Secrets,
        Some("properties") => Collection::Properties,
        _ => return Err(wrong("kind", "secrets or properties")),
    };
    let name = |what, text: String| Ok::<_, Error>(checked_name(what, &text, "the request")?.0);
    let team = text_of(members.team, "team")?.map(|team| name("team", team)).transpose()?;
    let job = text_of(members.job, "job")?.ok_or_else(|| wrong("job", "a name"))?;
    let op_id = text_of(members.op_id, "op_id")?
        .map(|id| id.chars().filter(|c| (' '..='~').contains(c)).take(64).collect::<String>());
    let op_id = op_id.filter(|id| !id.trim().is_empty());
    let job = name("job", job)?;
    Ok(Request::Act(Box::new(Action { collection, team, job, op_id, operation })))
}

fn change(members: &Members) -> Result<Change, Error> {
    let document = |raw: &RawValue, name: &str| {
        let document = Document::parse(raw.get()).map_err(|error| match error {
            DocumentError::NotObject(_) => wrong(name, "an object"),
            error => invalid(format!("Its member {name} cannot be stored: {error}.")),
        })?;
        match document.duplicate() {
            Some(_) => Err(invalid(format!("Its member {name} has a key twice."))),
            None => Ok(document),
        }
    };
    match (members.replace, members.set, members.delete) {
        (Some(all), None, None) => Ok(Change::Replace(document(all, "replace")?)),
        (None, set, delete) if set.is_some() || delete.is_some() => {
            let sets = set.map(|set| document(set, "set")).transpose()?.unwrap_or_default();
            let deletes: Vec<String> = match delete {
                Some(delete) => serde_json::from_str(delete.get())
                    .map_err(|_| wrong("delete", "an array of keys"))?,
                None => Vec::new(),
            };
            if deletes.iter().any(|key| sets.get(key).is_some()) {
                return Err(invalid("It sets and deletes the same key."));
            }
            let sets = sets
                .iter()
                .map(|(key, value)| (key.to_string(), NewValue::Json(value.clone())))
                .collect();
            Ok(Change::Merge { sets, deletes })
        }
        _ => Err(invalid("A write has either replace, or set and delete or one of them.")),
    }
}

/// Returns the text of a member; `None` if it is missing or null.
fn text_of(member: Option<&RawValue>, name: &str) -> Result<Option<String>, Error> {
    let member = member.filter(|member| member.get() != "null");
    member.map(|text| serde_json::from_str(text.get()).map_err(|_| wrong(name, "text"))).transpose()
}

fn invalid(why: impl Into<String>) -> Error {
    Error::usage("Invalid request to the job store.")
        .why(why)
        .help("docs/design/job-store.md describes the requests.")
}

fn wrong(member: &str, expected: &str) -> Error {
    invalid(format!("Its member {member} is not {expected}."))
}

/// Returns the error for a line of more than [`MAX_BODY_BYTES`].
pub fn too_long() -> Error {
    let most = MAX_BODY_BYTES >> 20;
    invalid(format!("It has more than {most} MiB."))
        .help("Keep large values elsewhere, and store only where they are.")
}

/// Returns the error for a request without a team, if no default is saved.
pub fn no_team() -> Error {
    Error::usage("No team is set.")
        .why("Neither the job's configuration nor a saved default names its team.")
        .help("Set team in [owner] of the job's config.ini, or save one: vdk set-default -t TEAM")
}

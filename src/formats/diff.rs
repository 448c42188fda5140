//! What differs between two sets of key/values: a table, or JSON.

use std::borrow::Cow;

use vdk_api::{Collection, JsonText, Kind, escape};
use zeroize::Zeroizing;

use super::notation::{self, json_object, json_string};
use super::text;

/// One of the two sides.
pub enum Side {
    /// A collection of a job.
    Job(JobSide),
    /// A file, by its name.
    File(String),
}

/// A collection of a job as one side.
pub struct JobSide {
    /// The team.
    pub team: String,
    /// The job.
    pub job: String,
    /// The service, or `local`.
    pub place: String,
    /// Secrets or properties.
    pub collection: Collection,
    /// The version, if it has a number.
    pub version: Option<u64>,
}

/// A key whose values differ.
pub struct Difference<'a> {
    /// The key.
    pub key: &'a str,
    /// The value on this side.
    pub here: Option<&'a JsonText>,
    /// The value on the other side.
    pub there: Option<&'a JsonText>,
}

impl Difference<'_> {
    fn word(&self) -> &'static str {
        match (self.here, self.there) {
            (None, _) => "only there",
            (_, None) => "only here",
            (Some(here), Some(there)) if here.kind() == there.kind() => "differs",
            _ => "differs in type",
        }
    }

    /// Describes a value without showing it.
    fn state(&self, value: Option<&JsonText>) -> &'static str {
        match value {
            None => "-",
            Some(value) if self.word() == "differs in type" => kind(value.kind()),
            Some(_) => "set",
        }
    }
}

/// Returns the name of a kind in tables and JSON.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Integer => "integer",
        Kind::Float => "float",
        Kind::Boolean => "boolean",
        Kind::Null => "null",
        Kind::Array => "array",
        Kind::Object => "object",
    }
}

/// Renders the keys that differ, with their values if `values`.
pub fn table(sides: &[Side; 2], differences: &[Difference<'_>], values: bool) -> Zeroizing<String> {
    if differences.is_empty() {
        return Zeroizing::default();
    }
    let cell = |of: &Difference<'_>, value: Option<&JsonText>| match value {
        Some(value) if values => notation::plain(value).into_owned(),
        value => of.state(value).to_string(),
    };
    let rows = differences.iter().map(|of| {
        let [here, there] = [of.here, of.there].map(|value| Cow::from(cell(of, value)));
        [Cow::from(of.key), here, there, of.word().into()]
    });
    let [here, there] = labels(sides);
    Zeroizing::new(text::difference_table(["key", &here, &there, ""], rows))
}

/// Returns what tells the sides apart.
fn labels([here, there]: &[Side; 2]) -> [String; 2] {
    let (one, other) = match (here, there) {
        (Side::Job(one), Side::Job(other)) => (one, other),
        _ => return [here, there].map(name),
    };
    let is_same_place = one.place == other.place;
    let is_same_collection = one.collection == other.collection;
    let is_same_set = is_same_place && is_same_collection && name(here) == name(there);
    [(here, one), (there, other)].map(|(side, of)| {
        let mut parts = vec![name(side)];
        if !is_same_place {
            parts.push(of.place.clone());
        }
        if !is_same_collection {
            parts.push(of.collection.to_string());
        }
        parts
            .extend(of.version.filter(|_| is_same_set).map(|version| format!("version {version}")));
        parts.join(" ")
    })
}

fn name(side: &Side) -> String {
    match side {
        Side::File(name) => name.clone(),
        Side::Job(of) => format!("{}/{}", escape::line(&of.team), escape::line(&of.job)),
    }
}

/// Renders all keys as JSON, with the values that differ if `values`.
pub fn json(
    [here, there]: &[Side; 2],
    differences: &[Difference<'_>],
    same: &[&str],
    values: bool,
) -> Zeroizing<String> {
    let list = |keys: Vec<&str>| {
        format!("[{}]", keys.into_iter().map(json_string).collect::<Vec<_>>().join(", "))
    };
    let keys = |word: &str| {
        let of = differences.iter().filter(|of| of.word().starts_with(word));
        list(of.map(|of| of.key).collect())
    };
    let mut out = Zeroizing::new(format!(
        "{{\"here\": {}, \"there\": {}, \"onlyHere\": {}, \"onlyThere\": {}, \"different\": {}, \
         \"same\": {}",
        json_side(here),
        json_side(there),
        keys("only here"),
        keys("only there"),
        keys("differs"),
        list(same.to_vec()),
    ));
    if values {
        out.push_str(", \"values\": {");
        for (at, of) in differences.iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            out.push_str(&json_string(of.key));
            out.push_str(": ");
            let sides = [("here", of.here), ("there", of.there)];
            let members = sides.into_iter().filter_map(|(side, value)| Some((side, value?)));
            json_object(&members.collect(), &mut out);
            // Its line end.
            out.pop();
        }
        out.push('}');
    }
    out.push_str("}\n");
    out
}

fn json_side(side: &Side) -> String {
    match side {
        Side::File(name) => format!("{{\"file\": {}}}", json_string(name)),
        Side::Job(of) => format!(
            "{{\"team\": {}, \"job\": {}, \"place\": {}, \"collection\": \"{}\", \"version\": {}}}",
            json_string(&of.team),
            json_string(&of.job),
            json_string(&of.place),
            of.collection,
            of.version.map_or("null".into(), |version| version.to_string()),
        ),
    }
}

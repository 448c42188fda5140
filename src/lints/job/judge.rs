//! The rules: what the code uses, compared with the keys that are set.

use std::collections::{BTreeMap, HashSet};

use vdk_api::{Collection, Document, Kind, MAX_DOCUMENT_BYTES, is_credential};
use vdk_client::nearest;

use super::ignores::Ignore;
use super::{Code, Finding, How, Level, Place, Rule, files, options};
use crate::lints::credential;

/// A key that is set, without its value.
struct Key {
    name: String,
    /// Whether its value is a boolean, if that is known.
    is_boolean: bool,
    /// Whether its value looks like a credential, which is looked at for properties only.
    is_credential: bool,
}

/// The keys of one collection.
#[derive(Default)]
pub struct Set {
    keys: Vec<Key>,
    names: HashSet<String>,
    /// The size of the set as JSON, in bytes, if it is known.
    size: Option<usize>,
}

impl Set {
    /// Takes the keys of a document, and of its values only what they look like.
    pub fn of(document: &Document, collection: Collection) -> Self {
        let is_property = collection == Collection::Properties;
        let keys = document.iter().map(|(name, value)| Key {
            name: name.into(),
            is_boolean: value.kind() == Kind::Boolean,
            is_credential: is_property && value.to_text().is_some_and(|text| is_credential(&text)),
        });
        let names = document.keys().map(String::from).collect();
        Set { keys: keys.collect(), names, size: Some(document.to_json().len()) }
    }

    /// Takes names alone.
    pub fn named(names: impl IntoIterator<Item = String>) -> Self {
        let key = |name: String| Key { name, is_boolean: false, is_credential: false };
        let keys: Vec<_> = names.into_iter().map(key).collect();
        let names = keys.iter().map(|key| key.name.clone()).collect();
        Set { keys, names, size: None }
    }

    fn has(&self, key: &str) -> bool {
        self.names.contains(key)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.name.as_str())
    }
}

/// The keys of a job, as far as they are known.
#[derive(Default)]
pub struct Keys {
    pub secrets: Option<Set>,
    pub properties: Option<Set>,
}

impl Keys {
    fn of(&self, collection: Collection) -> Option<&Set> {
        match collection {
            Collection::Secrets => self.secrets.as_ref(),
            Collection::Properties => self.properties.as_ref(),
        }
    }
}

/// What a check found.
pub struct Report {
    /// The findings, in the order of places.
    pub findings: Vec<Finding>,
    /// How many names the code uses.
    pub used: usize,
    /// How many keys are set, as far as they are known.
    pub set: usize,
    /// Where a name is known at run time only.
    pub dynamic: Vec<Place>,
}

/// Most comparisons of names for suggestions: a second of time.
const MAX_COMPARED: usize = 500_000;

const BOTH: [Collection; 2] = [Collection::Secrets, Collection::Properties];

/// Applies the rules for which `is_wanted` returns true.
pub fn judge(mut code: Code, keys: &Keys, is_wanted: impl Fn(Rule) -> bool) -> Report {
    let mut findings = std::mem::take(&mut code.findings);
    findings.extend(missing(&code, keys));
    findings.extend(dynamic(&code));
    findings.extend(named_like_credentials(&code, keys));
    let is_read = findings.iter().all(|finding| finding.rule != Rule::VDK012);
    let mut are_all_known = true;
    for collection in BOTH {
        if let Some(set) = keys.of(collection) {
            findings.extend(about_set(set, collection));
            match is_read && is_all_known(&code, collection) {
                true => findings.extend(unused(&code, set, collection)),
                false => are_all_known = false,
            }
        }
    }
    // Tests use names of their own.
    findings.retain(|finding| {
        let is_test = finding.place.as_ref().is_some_and(|place| files::is_test(&place.file));
        is_wanted(finding.rule) && (!is_test || finding.rule == Rule::VDK012)
    });
    let has_keys = keys.secrets.is_some() && keys.properties.is_some();
    apply_ignores(&mut code.ignores, &mut findings, |rule| {
        is_wanted(rule)
            && (has_keys || !rule.needs_keys())
            && (are_all_known || rule != Rule::VDK003)
    });
    findings.retain(|finding| is_wanted(finding.rule));
    findings.sort_by(|one, other| {
        (&one.place, one.rule, &one.key).cmp(&(&other.place, other.rule, &other.key))
    });
    findings.dedup_by(|one, other| {
        (&one.place, one.rule, &one.key, one.collection, &one.message)
            == (&other.place, other.rule, &other.key, other.collection, &other.message)
    });
    let used: HashSet<_> = code.uses.iter().map(|one| (one.collection, &one.key)).collect();
    let set = BOTH.iter().filter_map(|one| keys.of(*one)).map(|set| set.keys.len()).sum();
    let mut dynamic: Vec<Place> = code.dynamic.iter().map(|(place, _)| place.clone()).collect();
    dynamic.sort();
    dynamic.dedup();
    Report { findings, used: used.len(), set, dynamic }
}

/// VDK001, VDK002, VDK005 and VDK009: names that are not set where the code looks for them.
fn missing(code: &Code, keys: &Keys) -> Vec<Finding> {
    let mut suggested = 0;
    let those = |is_it: fn(How) -> bool| -> HashSet<(Collection, &str)> {
        let uses = code.uses.iter().filter(|one| is_it(one.how));
        uses.map(|one| (one.collection, one.key.as_str())).collect()
    };
    let read = those(|how| matches!(how, How::Read { .. }));
    let (written, tested) = (those(|how| how == How::Written), those(|how| how == How::Tested));
    let mut found = Vec::new();
    for one in &code.uses {
        let (Some(set), here) = (keys.of(one.collection), one.collection) else { continue };
        let (there, getter) = match here {
            Collection::Secrets => (Collection::Properties, "get_property"),
            Collection::Properties => (Collection::Secrets, "get_secret"),
        };
        let key = &one.key;
        let is_there = keys.of(there).is_some_and(|set| set.has(key));
        // Code may look on one side and then on the other.
        let that = (there, key.as_str());
        let looks_there =
            one.how != How::Substituted && (read.contains(&that) || tested.contains(&that));
        if is_there && looks_there {
            continue;
        }
        if set.has(key) || matches!(one.how, How::Written | How::Tested) {
            continue;
        }
        let finding = match one.how {
            How::Substituted if is_there => Finding::new(
                Rule::VDK009,
                format!("'{key}' is a secret, and SQL keeps {{{key}}} as it stands"),
            ),
            // An argument of the run may fill it.
            How::Substituted => continue,
            _ if is_there => {
                let message =
                    format!("'{key}' is in the {there}, not in the {here}: read it with {getter}");
                let finding = Finding::new(Rule::VDK005, message);
                // The code may also look there, in a way that cannot be followed.
                match is_all_known(code, there) {
                    true => finding,
                    false => Finding { level: Level::Warning, ..finding },
                }
            }
            how => {
                let this = (here, key.as_str());
                if written.contains(&this) {
                    continue;
                }
                let may_be_absent = how == How::Read { default: true }
                    || tested.contains(&this)
                    || code.written.contains(&here);
                let (rule, what) = match here {
                    Collection::Secrets => (Rule::VDK001, "secret"),
                    Collection::Properties => (Rule::VDK002, "property"),
                };
                let mut message = format!("{what} '{key}' is not set");
                if may_be_absent {
                    message.push_str(", and the code may do without it");
                }
                let level = if may_be_absent { Level::Warning } else { rule.level() };
                // It is compared with every key.
                suggested += set.keys.len();
                let suggestion = (suggested <= MAX_COMPARED)
                    .then(|| nearest(key, set.names()).map(String::from))
                    .flatten();
                Finding { level, suggestion, ..Finding::new(rule, message) }
            }
        };
        found.push(finding.at(&one.place).of(here, key));
    }
    found
}

/// VDK011: names that are known at run time only, and whole sets.
fn dynamic(code: &Code) -> Vec<Finding> {
    let names = code.dynamic.iter().map(|(place, collection)| {
        let message = format!("which key of the {collection} is used is known at run time only");
        Finding::new(Rule::VDK011, message).at(place).about(*collection)
    });
    let sets = code.whole.iter().map(|(place, collection)| {
        let message =
            format!("all {collection} are taken, and which of them are used is not known");
        Finding::new(Rule::VDK011, message).at(place).about(*collection)
    });
    names.chain(sets).collect()
}

/// VDK004: properties that look like credentials, at their first use if there is one.
fn named_like_credentials(code: &Code, keys: &Keys) -> Vec<Finding> {
    let properties = keys.properties.iter().flat_map(|set| &set.keys);
    let mut names: BTreeMap<&str, bool> = BTreeMap::new();
    for key in properties {
        if key.is_credential || credential::is_named_so(&key.name) {
            names.insert(&key.name, key.is_credential);
        }
    }
    let is_secret = |key: &str| keys.secrets.as_ref().is_some_and(|set| set.has(key));
    for one in code.uses.iter().filter(|one| one.collection == Collection::Properties) {
        // In SQL it may be an argument. One that is a secret is VDK005.
        if one.how != How::Substituted && credential::is_named_so(&one.key) && !is_secret(&one.key)
        {
            names.entry(&one.key).or_insert(false);
        }
    }
    let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
    for one in code.uses.iter().filter(|one| one.collection == Collection::Properties) {
        first.entry(&one.key).or_insert(&one.place);
    }
    let each = names.into_iter().map(|(key, by_value)| {
        let of = if by_value { "value" } else { "name" };
        let message =
            format!("property '{key}' looks like a credential by its {of}, and is not encrypted");
        let finding = Finding::new(Rule::VDK004, message).of(Collection::Properties, key);
        match first.get(key) {
            Some(place) => finding.at(place),
            None => finding,
        }
    });
    each.collect()
}

/// VDK006, VDK007 and VDK010: what is set, whatever the code does.
fn about_set(set: &Set, collection: Collection) -> Vec<Finding> {
    let mut found = Vec::new();
    for key in &set.keys {
        let why = match key {
            key if key.name.contains(char::is_whitespace) => "has white space in its name",
            key if key.is_boolean => "is a boolean",
            _ => continue,
        };
        let message = format!("'{}' {why}, which set_all_{collection} refuses", key.name);
        found.push(Finding::new(Rule::VDK006, message).of(collection, &key.name));
    }
    if let Some(size) = set.size.filter(|size| *size >= MAX_DOCUMENT_BYTES / 10 * 8) {
        let message = format!(
            "the {collection} have {size} bytes, of {MAX_DOCUMENT_BYTES} that can be stored"
        );
        found.push(Finding::new(Rule::VDK010, message).about(collection));
    }
    if collection == Collection::Secrets {
        for key in set.names().filter(|key| options::is_option(key)) {
            let set_here =
                options::variables(key).into_iter().find(|name| std::env::var_os(name).is_some());
            let message = match set_here {
                Some(name) => format!(
                    "secret '{key}' has the name of an option of VDK, and {name} in this \
                     environment wins over it"
                ),
                None => format!("secret '{key}' overrides the option of VDK with its name"),
            };
            found.push(Finding::new(Rule::VDK007, message).of(collection, key));
        }
    }
    found
}

/// Returns whether the code shows every key of a collection that it may use.
fn is_all_known(code: &Code, collection: Collection) -> bool {
    let is_it = |(_, of): &(Place, Collection)| *of == collection;
    !code.is_handed
        && !code.open.contains(&collection)
        && !code.dynamic.iter().any(is_it)
        && !code.whole.iter().any(is_it)
}

/// Returns whether VDK itself takes a secret, in its main section or in another one of the job.
fn is_option(code: &Code, key: &str) -> bool {
    let lower = key.to_lowercase();
    options::is_option(key) || code.sections.iter().any(|section| lower.contains(section.as_str()))
}

/// VDK003: keys that are set and not used.
fn unused(code: &Code, set: &Set, collection: Collection) -> Vec<Finding> {
    let used: HashSet<&str> = code.uses.iter().map(|one| one.key.as_str()).collect();
    let is_used = |key: &str| {
        used.contains(key)
            || code.texts.contains(key)
            || (collection == Collection::Secrets && is_option(code, key))
    };
    let what = if collection == Collection::Secrets { "secret" } else { "property" };
    let keys = set.names().filter(|key| !is_used(key));
    keys.map(|key| {
        Finding::new(Rule::VDK003, format!("{what} '{key}' is set and not used"))
            .of(collection, key)
    })
    .collect()
}

/// Removes what is ignored, and tells the ignores that hit nothing although their rules ran.
fn apply_ignores(
    ignores: &mut [Ignore],
    findings: &mut Vec<Finding>,
    has_run: impl Fn(Rule) -> bool,
) {
    findings.retain(|finding| {
        let mut is_ignored = false;
        for ignore in ignores.iter_mut().filter(|ignore| ignore.hits(finding)) {
            (ignore.is_used, is_ignored) = (true, true);
        }
        !is_ignored
    });
    let stale = ignores.iter().filter(|ignore| !ignore.is_used);
    let stale = stale.filter(|ignore| ignore.rule().is_none_or(&has_run));
    findings.extend(stale.map(Ignore::stale));
}

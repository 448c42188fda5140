//! Answers a query for jobs: which of them, in which order, which page, and which fields.

use serde_json::{Map, Value, json};

use super::query::{Field, Request};

/// Largest page.
const LARGEST: u64 = 1_000;
/// The size of a page that a query does not name.
const PAGE: u64 = 100;

/// The jobs of a team, sorted.
pub struct Listing<'a> {
    /// The team.
    pub team: &'a str,
    /// The names of its jobs.
    pub jobs: Vec<String>,
}

impl Listing<'_> {
    /// Returns what a query selects of its page; as the original does, without the level `jobs`.
    pub fn answer(mut self, request: &Request) -> Result<Value, String> {
        let [asked] = request.fields.as_slice() else {
            return Err("A query selects one field: jobs.".into());
        };
        if asked.name != "jobs" {
            return Err(unknown(asked));
        }
        let wanted = Wanted::new(&asked.arguments)?;
        let (team, fields) = (self.team, content_fields(asked));
        self.jobs.retain(|job| wanted.filters.iter().all(|filter| filter.holds(team, job)));
        if let Some(text) = &wanted.search {
            self.jobs.retain(|job| is_found(&self::job(team, job), &fields, text));
        }
        if wanted.is_descending {
            self.jobs.reverse();
        }
        // A wrong field is wrong also where there are no jobs.
        select(&page(vec![job(team, "")], 0, 0), asked)?;
        let total = self.jobs.len() as u64;
        let start = (wanted.page - 1).saturating_mul(wanted.size);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let size = usize::try_from(wanted.size).unwrap_or(usize::MAX);
        let content = self.jobs.iter().skip(start).take(size).map(|name| job(team, name));
        let page = page(content.collect(), total, total.div_ceil(wanted.size));
        select(&page, asked)
    }
}

fn page(content: Vec<Value>, items: u64, pages: u64) -> Value {
    json!({ "content": content, "totalItems": items, "totalPages": pages })
}

/// Returns what is known of a job, in the form of the original service.
fn job(team: &str, name: &str) -> Value {
    json!({
        "jobName": name,
        "config": {
            "team": team,
            "description": null,
            "sourceUrl": null,
            "schedule": { "scheduleCron": null, "nextRunEpochSeconds": null },
            "contacts": {
                "notifiedOnJobFailureUserError": [],
                "notifiedOnJobFailurePlatformError": [],
                "notifiedOnJobSuccess": [],
                "notifiedOnJobDeploy": [],
            },
        },
        "deployments": [],
    })
}

/// Returns the fields of `value` that `field` selects.
fn select(value: &Value, field: &Field) -> Result<Value, String> {
    match value {
        Value::Object(all) => {
            if field.fields.is_empty() {
                return Err(format!("Say which fields of {} are wanted.", short(&field.name)));
            }
            let mut selected = Map::new();
            for wanted in &field.fields {
                let value = all.get(&wanted.name).ok_or_else(|| unknown(wanted))?;
                selected.insert(wanted.key.clone(), select(value, wanted)?);
            }
            Ok(selected.into())
        }
        Value::Array(items) => items.iter().map(|item| select(item, field)).collect(),
        _ if !field.fields.is_empty() => Err(unknown(&field.fields[0])),
        scalar => Ok(scalar.clone()),
    }
}

fn unknown(field: &Field) -> String {
    format!("The field {} is not known there.", short(&field.name))
}

fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

fn content_fields(asked: &Field) -> Vec<&Field> {
    let contents = asked.fields.iter().filter(|field| field.name == "content");
    contents.flat_map(|content| &content.fields).collect()
}

/// Returns whether one of the fields that were asked for contains `text`.
fn is_found(value: &Value, fields: &[&Field], text: &str) -> bool {
    fields.iter().any(|field| match value.get(&field.name) {
        Some(Value::String(own)) => contains(own, text),
        Some(of @ Value::Object(_)) => is_found(of, &field.fields.iter().collect::<Vec<_>>(), text),
        _ => false,
    })
}

/// Ignores case, as the original does.
fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// The arguments of the field `jobs`.
struct Wanted {
    page: u64,
    size: u64,
    filters: Vec<Filter>,
    is_descending: bool,
    search: Option<String>,
}

impl Wanted {
    fn new(arguments: &Map<String, Value>) -> Result<Self, String> {
        const KNOWN: [&str; 4] = ["pageNumber", "pageSize", "filter", "search"];
        if let Some(other) = arguments.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!("The argument {} of jobs is not known.", short(other)));
        }
        let search = match arguments.get("search") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
            Some(_) => return Err("search is not a string.".into()),
        };
        let mut is_descending = false;
        let mut filters = Vec::new();
        let given = match arguments.get("filter") {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(all)) => all,
            Some(one) => std::slice::from_ref(one),
        };
        for one in given {
            let (filter, descends) = Filter::new(one)?;
            is_descending |= descends && filter.property == "jobName";
            filters.push(filter);
        }
        Ok(Wanted {
            page: number(arguments, "pageNumber", 1, u64::MAX)?,
            size: number(arguments, "pageSize", PAGE, LARGEST)?,
            filters,
            is_descending,
            search,
        })
    }
}

fn number(
    arguments: &Map<String, Value>,
    name: &str,
    otherwise: u64,
    most: u64,
) -> Result<u64, String> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(otherwise),
        Some(value) => match value.as_u64().filter(|number| (1..=most).contains(number)) {
            Some(number) => Ok(number),
            None if most == u64::MAX => Err(format!("{name} is not a number from 1.")),
            None => Err(format!("{name} is not a number from 1 to {most}.")),
        },
    }
}

/// One of the filters of a query.
struct Filter {
    property: String,
    pattern: Option<String>,
}

impl Filter {
    /// Reads a filter, and whether it sorts descending.
    fn new(value: &Value) -> Result<(Self, bool), String> {
        let text = |name: &str| match value.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("{name} of a filter is not a string.")),
        };
        let property = text("property")?.ok_or("A filter needs a property.")?;
        let is_known = property == "jobName"
            || property == "team"
            || ["config.", "deployments."].iter().any(|of| property.starts_with(of));
        if !is_known {
            return Err(format!("The property {} of a filter is not known.", short(&property)));
        }
        let descends = match text("sort")?.as_deref() {
            None | Some("ASC") => false,
            Some("DESC") => true,
            Some(_) => return Err("sort of a filter is ASC or DESC.".into()),
        };
        let pattern = text("pattern")?.filter(|pattern| !pattern.is_empty());
        Ok((Filter { property, pattern }, descends))
    }

    fn holds(&self, team: &str, job: &str) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        match self.property.as_str() {
            "jobName" => contains(job, pattern),
            "team" | "config.team" => contains(team, pattern),
            // Nothing is known of it.
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(query: &str) -> Result<Value, String> {
        let jobs = ["Load", "import", "load-2"].map(String::from).to_vec();
        Listing { team: "sales", jobs }.answer(&Request::parse(query, None, None)?)
    }

    #[test]
    fn answers_what_the_python_client_asks() {
        let query = "{ jobs(pageNumber: 1, pageSize: 100, filter: [{ property: \"config.team\", \
                     pattern: \"sales\", sort: ASC }, { property: \"jobName\", sort: ASC }]) { \
                     content { jobName config { team description schedule { scheduleCron } } \
                     deployments { enabled status } } } }";
        let data = answer(query).unwrap();
        assert_eq!(data["content"].as_array().unwrap().len(), 3);
        let first = json!({
            "jobName": "Load",
            "config": {
                "team": "sales", "description": null, "schedule": { "scheduleCron": null },
            },
            "deployments": [],
        });
        assert_eq!(data["content"][0], first);
        assert_eq!(data.get("totalItems"), None);
    }

    #[test]
    fn pages_filters_sorts_and_searches() {
        for (arguments, expected, total) in [
            ("pageNumber: 2, pageSize: 2", json!(["load-2"]), 3),
            ("pageNumber: 3, pageSize: 2", json!([]), 3),
            ("filter: {property: \"jobName\", pattern: \"LOAD\"}", json!(["Load", "load-2"]), 2),
            (
                "filter: [{property: \"jobName\", sort: DESC}], pageSize: 2",
                json!(["load-2", "import"]),
                3,
            ),
            ("filter: [{property: \"team\", pattern: \"other\"}]", json!([]), 0),
            ("filter: [{property: \"config.description\", pattern: \"x\"}]", json!([]), 0),
            ("search: \"-2\"", json!(["load-2"]), 1),
            ("search: \"sales\"", json!([]), 0),
        ] {
            let data = answer(&format!("{{jobs({arguments}) {{content {{jobName}} totalItems}}}}"))
                .unwrap();
            let names: Vec<_> = data["content"].as_array().unwrap().iter().collect();
            let names: Vec<_> = names.iter().map(|job| job["jobName"].clone()).collect();
            assert_eq!(
                (json!(names), &data["totalItems"]),
                (expected, &json!(total)),
                "{arguments}"
            );
        }
        let data = answer("{jobs(search: \"SALE\") {content {config {team}} totalPages}}").unwrap();
        assert_eq!(data["totalPages"], 1);
        let data = answer("{all: jobs(pageSize: 2) {pages: totalPages}}").unwrap();
        assert_eq!(data, json!({ "pages": 2 }));
    }

    #[test]
    fn rejects_what_it_cannot_answer() {
        for (query, why) in [
            ("", "query"),
            ("{", "no GraphQL"),
            ("{jobs {content}}", "which fields of content"),
            ("{jobs}", "which fields of jobs"),
            ("{jobs {content {jobName {x}}}}", "field x"),
            ("{jobs {content {passwords}}}", "field passwords"),
            ("{other {content {jobName}}}", "field other"),
            ("{jobs {totalItems} again: jobs {totalItems}}", "one field"),
            ("{jobs(pageSize: 0) {totalItems}}", "pageSize"),
            ("{jobs(pageSize: 1001) {totalItems}}", "1000"),
            ("{jobs(pageNumber: -1) {totalItems}}", "pageNumber"),
            ("{jobs(pageNumber: \"1\") {totalItems}}", "pageNumber"),
            ("{jobs(limit: 1) {totalItems}}", "limit"),
            ("{jobs(filter: {pattern: \"a\"}) {totalItems}}", "property"),
            ("{jobs(filter: {property: \"secrets\"}) {totalItems}}", "secrets"),
            ("{jobs(filter: {property: \"jobName\", sort: UP}) {totalItems}}", "ASC"),
            ("{jobs(search: 5) {totalItems}}", "search"),
        ] {
            let told = answer(query).unwrap_err();
            assert!(told.contains(why), "{query}: {told}");
        }
    }
}

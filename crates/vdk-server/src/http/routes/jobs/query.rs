//! Reads a GraphQL query (October 2021) as a tree of fields: one operation, with variables and
//! without fragments and directives. Its depth and length are limited.

use apollo_parser::Parser;
use apollo_parser::cst::{
    Argument, CstNode, Definition, Document, OperationDefinition, Selection, SelectionSet, Value,
};
use serde_json::{Map, Value as Json};

/// Deepest nesting. Each level of a query costs stack.
const DEPTH: usize = 32;
/// Most tokens.
const TOKENS: usize = 1_000;
/// Longest query, in bytes. An alias comes back with every job.
const LENGTH: usize = 4_096;

const EXPECTED: &str =
    "A query is expected: {jobs(pageNumber: 1, pageSize: 25) {content {jobName}}}";

/// A query as a tree.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// The fields of the operation.
    pub fields: Vec<Field>,
}

/// A field that a query selects.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its name in the answer.
    pub key: String,
    /// Its arguments. A word of an enumeration is a string.
    pub arguments: Map<String, Json>,
    /// The fields of its value.
    pub fields: Vec<Field>,
}

impl Request {
    /// Reads a query. `operation` chooses one of several, and `variables` is a JSON object. The
    /// error says why it is no query.
    pub fn parse(
        text: &str,
        operation: Option<&str>,
        variables: Option<&str>,
    ) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err(EXPECTED.into());
        }
        if text.len() > LENGTH {
            return Err(format!("The query has more than {LENGTH} bytes."));
        }
        let tree = Parser::new(text).recursion_limit(DEPTH).token_limit(TOKENS).parse();
        if let Some(error) = tree.errors().next() {
            let (at, why) = (error.index(), error.message().trim_end_matches('.'));
            return Err(format!("The query is no GraphQL: {why} at byte {at}."));
        }
        let variables = match variables.filter(|text| !text.trim().is_empty()) {
            Some(text) => serde_json::from_str(text)
                .map_err(|_| "The variables of the query are no JSON object.".to_string())?,
            None => Map::new(),
        };
        let chosen = choose(&tree.document(), operation)?;
        let is_query = chosen.operation_type().is_none_or(|of| of.query_token().is_some());
        if !is_query {
            return Err("Only queries are supported, not mutations and subscriptions.".into());
        }
        let variables = with_defaults(&chosen, variables)?;
        Ok(Request { fields: fields(chosen.selection_set(), &variables)? })
    }
}

fn choose(document: &Document, name: Option<&str>) -> Result<OperationDefinition, String> {
    let mut operations = Vec::new();
    for definition in document.definitions() {
        match definition {
            Definition::OperationDefinition(operation) => operations.push(operation),
            Definition::FragmentDefinition(_) => return Err("Fragments are not supported.".into()),
            _ => return Err("A query is expected, not a definition of types.".into()),
        }
    }
    let name = name.filter(|name| !name.is_empty());
    let has_name = |of: &OperationDefinition| {
        name.is_none_or(|name| of.name().is_some_and(|own| own.text() == name))
    };
    let mut found = operations.into_iter().filter(has_name);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) if name.is_some() => Err("The query has no operation of that name.".into()),
        (None, _) => Err(EXPECTED.into()),
        (Some(_), Some(_)) => {
            Err("The query has several operations: choose one by operation_name.".into())
        }
    }
}

fn with_defaults(
    operation: &OperationDefinition,
    mut given: Map<String, Json>,
) -> Result<Map<String, Json>, String> {
    let definitions = operation.variable_definitions();
    for definition in definitions.iter().flat_map(|all| all.variable_definitions()) {
        let name = definition.variable().and_then(|variable| variable.name());
        let value = definition.default_value().and_then(|default| default.value());
        if let (Some(name), Some(value)) = (name, value)
            && !given.contains_key(name.text().as_str())
        {
            given.insert(name.text().to_string(), json(value, &Map::new())?);
        }
    }
    Ok(given)
}

fn fields(
    selected: Option<SelectionSet>,
    variables: &Map<String, Json>,
) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    for selection in selected.iter().flat_map(SelectionSet::selections) {
        let Selection::Field(field) = selection else {
            return Err("Fragments are not supported.".into());
        };
        if field.directives().is_some() {
            return Err("Directives are not supported.".into());
        }
        let name = field.name().map(|name| name.text().to_string()).unwrap_or_default();
        let alias = field.alias().and_then(|alias| alias.name());
        let key = alias.map_or_else(|| name.clone(), |alias| alias.text().to_string());
        let mut arguments = Map::new();
        for argument in field.arguments().iter().flat_map(|all| all.arguments()) {
            let (name, value) = argument_of(&argument, variables)?;
            if arguments.insert(name, value).is_some() {
                return Err(format!("The field {key} has an argument twice."));
            }
        }
        let fields_of = self::fields(field.selection_set(), variables)?;
        fields.push(Field { name, key, arguments, fields: fields_of });
    }
    Ok(fields)
}

fn argument_of(
    argument: &Argument,
    variables: &Map<String, Json>,
) -> Result<(String, Json), String> {
    let name = argument.name().map(|name| name.text().to_string()).unwrap_or_default();
    let value = argument.value().ok_or_else(|| format!("The argument {name} has no value."))?;
    Ok((name, json(value, variables)?))
}

fn json(value: Value, variables: &Map<String, Json>) -> Result<Json, String> {
    Ok(match value {
        Value::Variable(variable) => {
            let name = variable.name().map(|name| name.text().to_string()).unwrap_or_default();
            variables.get(&name).cloned().unwrap_or(Json::Null)
        }
        Value::StringValue(text) => String::from(text).into(),
        Value::IntValue(number) => {
            i32::try_from(number).map_err(|_| "A number in the query is too large.")?.into()
        }
        Value::FloatValue(number) => {
            f64::try_from(number).map_err(|_| "A number in the query is too large.")?.into()
        }
        Value::BooleanValue(truth) => truth.true_token().is_some().into(),
        Value::NullValue(_) => Json::Null,
        Value::EnumValue(word) => word.source_string().trim().into(),
        Value::ListValue(list) => {
            list.values().map(|value| json(value, variables)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Value::ObjectValue(object) => {
            let mut map = Map::new();
            for field in object.object_fields() {
                let name = field.name().map(|name| name.text().to_string()).unwrap_or_default();
                let value = field.value().ok_or("An object in the query is incomplete.")?;
                map.insert(name, json(value, variables)?);
            }
            map.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str, name: Option<&str>, variables: Option<&str>) -> Result<Request, String> {
        Request::parse(text, name, variables)
    }

    #[test]
    fn reads_fields_arguments_and_variables() {
        let text = "query Q($n: Int = 2, $p: String) { all: jobs(pageNumber: $n, search: $p, filter: \
                    [{property: \"a\\\"b\", sort: DESC, on: true, none: null}]) { totalItems } }";
        let read = parse(text, Some("Q"), Some(r#"{"p": "x"}"#)).unwrap();
        let [jobs] = read.fields.as_slice() else { panic!("{read:?}") };
        assert_eq!((jobs.name.as_str(), jobs.key.as_str()), ("jobs", "all"));
        let filter = json!([{ "property": "a\"b", "sort": "DESC", "on": true, "none": null }]);
        let expected = json!({ "pageNumber": 2, "search": "x", "filter": filter });
        assert_eq!(Json::from(jobs.arguments.clone()), expected);
        assert_eq!(jobs.fields[0].name, "totalItems");
        let both = "query A {jobs {x}} query B {other {x}}";
        assert_eq!(parse(both, Some("B"), None).unwrap().fields[0].name, "other");
    }

    #[test]
    fn rejects_what_it_does_not_know() {
        for (text, name, variables, why) in [
            ("", None, None, "query"),
            ("jobs", None, None, "no GraphQL"),
            ("{jobs {x}} {jobs {x}}", None, None, "several"),
            ("query A {jobs {x}}", Some("B"), None, "of that name"),
            ("mutation {jobs {x}}", None, None, "mutations"),
            ("{jobs {...F}} fragment F on J {x}", None, None, "Fragments"),
            ("{jobs {... on J {x}}}", None, None, "Fragments"),
            ("{jobs @skip(if: true) {x}}", None, None, "Directives"),
            ("type J {x: Int}", None, None, "types"),
            ("{jobs(a: 1, a: 2) {x}}", None, None, "twice"),
            ("{jobs(a: 99999999999) {x}}", None, None, "too large"),
            ("{jobs {x}}", None, Some("[]"), "variables"),
        ] {
            let told = parse(text, name, variables).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn limits_depth_and_length() {
        for text in [
            "{a".repeat(2_000),
            "[".repeat(4_000),
            "{a".repeat(100_000),
            "[".repeat(100_000),
            "{jobs(a: ".to_string() + &"[".repeat(100_000),
        ] {
            assert!(parse(&text, None, None).is_err());
        }
        assert!(parse(&format!("{{jobs {{{}}}}}", "x ".repeat(10_000)), None, None).is_err());
    }
}

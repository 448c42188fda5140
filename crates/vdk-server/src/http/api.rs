//! The paths of the API, and its description in OpenAPI 3.1.

use serde_json::{Map, Value, json};
use vdk_api::{ACCESS_JOB, Collection, MAX_KEYS, MAX_NAME_CHARACTERS, RESERVED_JOB, SERVICE_TEAM};

/// Path of the service's information.
pub const INFO: &str = "/data-jobs/for-team/{team}/info";

/// Path at which an API token is exchanged for an access token.
pub const TOKEN: &str = "/oauth2/token";

/// Path of the keys that sign access tokens.
pub const KEYS: &str = "/.well-known/jwks.json";

/// Path of the metadata of the service as an authorization server.
pub const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Path of a team's OAuth credentials.
pub const CREDENTIALS: &str = "/data-jobs/teams/{team}/oauth-credentials";

/// Path of the client id among them.
pub const CLIENT_ID: &str = "/data-jobs/teams/{team}/oauth-credentials/client-id";

/// Path at which the teams of client ids are looked up.
pub const CLIENT_IDS: &str = "/data-jobs/oauth-credentials/client-ids";

/// Path of a team's grants.
pub const ACCESS: &str = "/data-jobs/for-team/{team}/access";

/// Path of one grant.
pub const GRANT: &str = "/data-jobs/for-team/{team}/access/{kind}/{name}";

/// Returns the path of a job's key/values.
pub fn key_values(collection: Collection) -> String {
    format!("/data-jobs/for-team/{{team}}/jobs/{{job}}/deployments/{{deployment}}/{collection}")
}

/// Returns the path of their versions.
pub fn versions(collection: Collection) -> String {
    format!("{}/versions", key_values(collection))
}

/// Returns the path for a rollback to one of them.
pub fn roll_back(collection: Collection) -> String {
    format!("{}/{{version}}/rollback", versions(collection))
}

/// Returns the document that describes the API.
pub fn document() -> Value {
    let mut paths = Map::new();
    for collection in [Collection::Secrets, Collection::Properties] {
        paths.insert(key_values(collection), key_values_item(collection));
        paths.insert(versions(collection), versions_item(collection));
        paths.insert(roll_back(collection), roll_back_item(collection));
    }
    paths.insert(INFO.into(), info_item());
    paths.insert("/livez".into(), health_item("Report whether the process is running", false));
    paths.insert(
        "/readyz".into(),
        health_item("Report whether requests can be served, and what is unavailable", true),
    );
    super::openapi_access::add(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "VDK Control Service: secrets and properties",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Secrets and properties of data jobs. Each set is read and written as \
                one JSON object. Values are returned exactly as they were sent.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas(), "parameters": parameters(), "responses": responses(),
            "securitySchemes": super::openapi_access::security_schemes(),
        },
    })
}

fn key_values_item(collection: Collection) -> Value {
    let written = written(collection);
    let mut write = operation(collection, "write", &format!("Replace the {collection} of a job"));
    write["description"] =
        "Without a condition, the last write wins. With If-Match, the write requires that one of \
        these versions is current. With If-None-Match: *, it requires that nothing was ever \
        written. If the condition fails, the response is 412 with the current version. A \
        successful write creates a new version."
            .into();
    write["parameters"] =
        json!([reference("parameters", "If-Match"), reference("parameters", "If-None-Match")]);
    write["requestBody"] = json!({
        "required": true,
        "content": {"application/json": {"schema": reference("schemas", "KeyValues")}},
    });
    answers(&mut write, &[400, 408, 412, 413, 415, 502, 503, 507], Some(written));
    let mut read = operation(collection, "read", &format!("Read the {collection} of a job"));
    read["description"] = "If the job was never written, the result is an empty object.".into();
    read["parameters"] = json!([{
        "name": "version", "in": "query", "required": false,
        "description": "A kept version; if omitted, the current one.",
        "schema": version_schema(),
    }]);
    let good = (
        "200",
        json!({
            "description": format!("The {collection}, as they were written"),
            "headers": etag(),
            "content": {"application/json": {"schema": reference("schemas", "KeyValues")}},
        }),
    );
    answers(&mut read, &[400, 404, 502, 503], Some(good));
    if collection == Collection::Secrets {
        for operation in [&mut read, &mut write] {
            operation["responses"]["501"] = reference("responses", "501");
        }
    }
    json!({"parameters": job(), "get": read, "put": write})
}

fn versions_item(collection: Collection) -> Value {
    let about = format!("List who wrote which {collection}, and when");
    let mut read = operation(collection, "versions", &about);
    let good = (
        "200",
        json!({
            "description": "The kept versions without values, newest first",
            "headers": etag(),
            "content": {"application/json": {"schema": reference("schemas", "Versions")}},
        }),
    );
    answers(&mut read, &[400, 502, 503], Some(good));
    if collection == Collection::Secrets {
        read["responses"]["501"] = reference("responses", "501");
    }
    json!({"parameters": job(), "get": read})
}

fn roll_back_item(collection: Collection) -> Value {
    let about = format!("Write an older version of the {collection} as a new version");
    let mut write = operation(collection, "rollBack", &about);
    write["parameters"] = json!([
        {"name": "version", "in": "path", "required": true, "schema": version_schema()},
        reference("parameters", "If-Match"),
        reference("parameters", "If-None-Match"),
    ]);
    answers(&mut write, &[400, 404, 412, 413, 502, 503, 507], Some(written(collection)));
    if collection == Collection::Secrets {
        write["responses"]["501"] = reference("responses", "501");
    }
    json!({"parameters": job(), "post": write})
}

fn info_item() -> Value {
    let mut read = json!({
        "operationId": "info", "tags": ["service"], "summary": "Describe this service",
        "parameters": [team("A team")],
    });
    let schema = json!({
        "type": "object",
        "required": ["api_version", "supported_python_versions"],
        "properties": {
            "api_version": {"type": "string"},
            "supported_python_versions": {"type": "array", "items": {"type": "string"}},
        },
    });
    let good = (
        "200",
        json!({
            "description": "Its version and the Python versions that jobs can use",
            "content": {"application/json": {"schema": schema}},
        }),
    );
    answers(&mut read, &[400, 503], Some(good));
    json!({"get": read})
}

fn health_item(about: &str, can_fail: bool) -> Value {
    let id = if can_fail { "ready" } else { "live" };
    let content = json!({"application/json": {"schema": {
        "type": "object", "required": ["status"], "properties": {"status": {"type": "string"}},
    }}});
    let mut read = json!({
        "operationId": id, "tags": ["service"], "summary": about,
        "responses": {"200": {"description": "The check passed", "content": content}},
    });
    if can_fail {
        read["responses"]["503"] =
            json!({"description": "A part of the service is unavailable", "content": content});
    }
    json!({"get": read})
}

fn operation(collection: Collection, verb: &str, summary: &str) -> Value {
    json!({"operationId": format!("{verb}-{collection}"), "tags": [collection.as_str()], "summary": summary})
}

/// Adds the responses of an operation: references to errors, and the successful one.
pub fn answers(operation: &mut Value, problems: &[u16], good: Option<(&str, Value)>) {
    let problems = problems
        .iter()
        .map(|status| (status.to_string(), reference("responses", &status.to_string())));
    let good = good.into_iter().map(|(status, answer)| (status.to_string(), answer));
    operation["responses"] = good.chain(problems).collect::<Map<_, _>>().into();
}

fn written(collection: Collection) -> (&'static str, Value) {
    let status = match collection {
        Collection::Secrets => "202",
        Collection::Properties => "204",
    };
    (status, json!({"description": "Written durably", "headers": etag()}))
}

fn etag() -> Value {
    json!({"ETag": {
        "description": "The version's number in double quotes; \"0\" if nothing was ever written",
        "schema": {"type": "string", "pattern": "^\"[0-9]+\"$"},
    }})
}

fn version_schema() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX})
}

/// Returns the parameters that name a job.
fn job() -> Value {
    let mut job = name("job", "The data job");
    job["schema"]["not"] = json!({"enum": [RESERVED_JOB, ACCESS_JOB]});
    let deployment = json!({
        "name": "deployment", "in": "path", "required": true,
        "description": "Ignored: a job has one set for all its deployments. Clients send TODO.",
        "schema": {"type": "string", "minLength": 1},
    });
    json!([team("The team of the job"), job, deployment])
}

/// Returns the path parameter that names a team.
pub fn team(about: &str) -> Value {
    let mut team = name("team", about);
    team["schema"]["not"] = json!({"const": SERVICE_TEAM});
    team
}

/// Returns a path parameter that is a name.
pub fn name(parameter: &str, about: &str) -> Value {
    json!({
        "name": parameter, "in": "path", "required": true, "description": about,
        "schema": {
            "type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS,
            // No control characters or slashes, which Vault cannot store, and not only white space.
            "pattern": r"^(?!\.{1,2}$)[^\x00-\x1f\x7f-\x9f/\\]*[^\x00-\x1f\x7f-\x9f/\\\s][^\x00-\x1f\x7f-\x9f/\\]*$",
        },
    })
}

fn parameters() -> Value {
    let condition = |name: &str, about: &str, schema: Value| {
        json!({
            "name": name, "in": "header", "required": false, "description": about,
            "schema": schema,
        })
    };
    json!({
        "If-Match": condition(
            "If-Match",
            "Write only if one of these entity tags is current; *: only if anything was written",
            json!({"type": "string"}),
        ),
        "If-None-Match": condition(
            "If-None-Match", "Write only if nothing was ever written", json!({"type": "string", "enum": ["*"]})
        ),
    })
}

fn schemas() -> Value {
    let mut schemas = key_value_schemas();
    for (name, schema) in super::openapi_access::schemas() {
        schemas[name] = schema;
    }
    schemas
}

fn key_value_schemas() -> Value {
    let text_or_null = json!({"type": ["string", "null"]});
    let keys = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "KeyValues": {
            "type": "object",
            "description": "Keys and values. A value is any JSON, nested at most 128 levels deep",
            "additionalProperties": true,
            "maxProperties": MAX_KEYS,
        },
        "Versions": {
            "type": "object", "required": ["versions"],
            "properties": {"versions": {"type": "array", "items": reference("schemas", "Version")}},
        },
        "Version": {
            "type": "object",
            "required": ["version", "writtenAt", "who", "opId", "changes"],
            "properties": {
                "version": version_schema(),
                "writtenAt": {"type": "string", "format": "date-time"},
                "who": text_or_null,
                "opId": text_or_null,
                "changes": {"oneOf": [reference("schemas", "Changes"), {"type": "null"}],
                    "description": "Null if the version before it is no longer kept"},
            },
        },
        "Changes": {
            "type": "object", "required": ["added", "changed", "removed"],
            "properties": {"added": keys, "changed": keys, "removed": keys},
        },
        "Error": {
            "type": "object",
            "required": ["what", "why", "consequences", "countermeasures"],
            "properties": {
                "what": {"type": "string", "minLength": 1},
                "why": {"type": "string", "minLength": 1},
                "consequences": {"type": "string", "minLength": 1},
                "countermeasures": {"type": "string", "minLength": 1},
            },
        },
    })
}

fn responses() -> Value {
    let problem = |about: &str| {
        json!({
            "description": about,
            "content": {"application/json": {"schema": reference("schemas", "Error")}},
        })
    };
    let mut conflict = problem("Another version is current; ETag names it");
    conflict["headers"] = etag();
    let mut away = problem("The storage or the audit log is unavailable; the body says which");
    away["headers"] = json!({
        "Retry-After": {"schema": {"type": "string"}},
        vdk_api::NOT_KNOWN_HEADER: {
            "description": "unknown: the write may have been stored",
            "schema": {"type": "string"},
        },
    });
    let mut unknown = problem("The client is not authenticated: no token, or an invalid one");
    unknown["headers"] = json!({"WWW-Authenticate": {"schema": {"type": "string"}}});
    let mut too_many = problem("Rate limit: too many invalid tokens from this address");
    too_many["headers"] = json!({"Retry-After": {"schema": {"type": "string"}}});
    json!({
        "400": problem("Invalid request"),
        "401": unknown,
        "403": problem("The client is not authorized to do this in this team"),
        "404": problem("No such version, grant or credentials found"),
        "408": problem("Timeout: the body did not arrive in time"),
        "409": problem("The change conflicts with existing grants or credentials"),
        "412": conflict,
        "413": problem("The document exceeds the limit"),
        "415": problem("The body is not application/json, or is compressed"),
        "429": too_many,
        "501": problem("The storage of secrets is switched off"),
        "502": problem("The storage denies access to this service"),
        "503": away,
        "507": problem("The disk of the storage is full"),
    })
}

/// Returns a reference within the document.
pub fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_every_member_that_is_sent() {
        let changes = Some(vdk_api::Changes::default());
        let version = vdk_api::Version::new(1, 0, vdk_api::Author::default(), changes);
        let sent = serde_json::to_value(&version).unwrap();
        let described = &schemas()["Version"]["properties"];
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&sent), names(described));
        assert_eq!(names(&sent["changes"]), names(&schemas()["Changes"]["properties"]));
        let error = serde_json::to_value(vdk_api::ErrorBody::default()).unwrap();
        assert_eq!(names(&error), names(&schemas()["Error"]["properties"]));
    }
}

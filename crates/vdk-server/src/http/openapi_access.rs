//! The part of the API's description that concerns access.

use serde_json::{Map, Value, json};

use super::api::{
    ACCESS, CLIENT_ID, CLIENT_IDS, CREDENTIALS, GRANT, KEYS, METADATA, TOKEN, answers, name,
    reference, team,
};
use super::authenticate::OPEN;

/// Adds the paths about access, and the requirement of a token to all that are not open.
pub fn add(paths: &mut Map<String, Value>) {
    paths.insert(ACCESS.into(), access_item());
    paths.insert(GRANT.into(), grant_item());
    paths.insert(CREDENTIALS.into(), credentials_item());
    paths.insert(CLIENT_ID.into(), client_id_item());
    paths.insert(CLIENT_IDS.into(), client_ids_item());
    for (path, item) in paths.iter_mut().filter(|(path, _)| !OPEN.contains(&path.as_str())) {
        let has_team = path.contains("{team}");
        for method in ["get", "put", "post", "delete"] {
            let Some(operation) = item.get_mut(method) else { continue };
            let mut refusals = vec!["401", "429", "503"];
            if has_team {
                refusals.push("403");
            }
            for status in refusals {
                operation["responses"][status] = reference("responses", status);
            }
            operation["security"] = json!([{"bearer": []}]);
        }
    }
    paths.insert(TOKEN.into(), token_item());
    paths.insert(
        KEYS.into(),
        open_item("keys", "Get the public keys of the service's access tokens", "keys"),
    );
    let about = "Get the metadata of the authorization server (RFC 8414)";
    paths.insert(METADATA.into(), open_item("metadata", about, "issuer"));
}

/// Returns the methods by which clients authenticate.
pub fn security_schemes() -> Value {
    json!({"bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token of a configured identity provider, or of /oauth2/token in \
            exchange for an API token",
    }})
}

/// Returns the schemas of requests and responses.
pub fn schemas() -> [(&'static str, Value); 3] {
    let role = json!({"type": "string", "enum": ["reader", "writer", "manager"]});
    let text = json!({"type": "string"});
    let grant = json!({
        "type": "object", "required": ["kind", "name", "role", "grantedBy", "grantedAt"],
        "properties": {
            "kind": {"type": "string", "enum": ["user", "service-account", "group"]},
            "name": text, "role": role, "grantedBy": text,
            "grantedAt": {"type": "string", "format": "date-time"},
        },
    });
    [
        (
            "Grants",
            json!({
                "type": "object", "required": ["grants"],
                "properties": {"grants": {"type": "array", "items": reference("schemas", "Grant")}},
            }),
        ),
        ("Grant", grant),
        (
            "GrantRole",
            json!({
                "type": "object", "required": ["role"], "additionalProperties": false,
                "properties": {"role": role},
            }),
        ),
    ]
}

fn access_item() -> Value {
    let mut list = json!({
        "operationId": "listAccess", "tags": ["access"],
        "summary": "List the grants of a team; for its managers",
    });
    let good = json!({
        "description": "The grants; an empty list if there are none",
        "content": {"application/json": {"schema": reference("schemas", "Grants")}},
    });
    answers(&mut list, &[400], Some(("200", good)));
    json!({"parameters": [team("A team, or * for grants in all teams")], "get": list})
}

fn grant_item() -> Value {
    let mut grant = json!({
        "operationId": "grantAccess", "tags": ["access"],
        "summary": "Grant a role in a team, or change a grant",
        "description": "For managers of the team. If a team never had grants and holds no data \
            and no credentials, the first user who grants a role in it becomes its manager. The \
            operator can disable this.",
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": reference("schemas", "GrantRole")}},
        },
    });
    answers(&mut grant, &[400, 409, 413], Some(("204", json!({"description": "Granted"}))));
    let mut revoke = json!({
        "operationId": "revokeAccess", "tags": ["access"],
        "summary": "Revoke a grant; for managers of the team",
    });
    answers(&mut revoke, &[400, 404, 409], Some(("204", json!({"description": "Revoked"}))));
    let kind = json!({
        "name": "kind", "in": "path", "required": true,
        "description": "Kind of the name",
        "schema": {"type": "string", "enum": ["user", "service-account", "group"]},
    });
    let team = team("A team, or * for all");
    let grantee = name("name", "User name, client id, or group");
    json!({"parameters": [team, kind, grantee], "put": grant, "delete": revoke})
}

fn application(with_secret: bool) -> Value {
    let text = json!({"type": "string"});
    let mut schema = json!({
        "type": "object", "required": ["teamName", "clientId"],
        "properties": {"teamName": text, "clientId": text},
    });
    if with_secret {
        schema["properties"]["clientSecret"] = text;
        schema["required"] = json!(["teamName", "clientId", "clientSecret"]);
    }
    schema
}

fn found(schema: &Value) -> Value {
    json!({"description": "Found", "content": {"application/json": {"schema": schema}}})
}

fn credentials_item() -> Value {
    let mut read = json!({
        "operationId": "readCredentials", "tags": ["access"],
        "summary": "Read the OAuth credentials of a team; for its writers",
    });
    answers(&mut read, &[400, 404, 501], Some(("200", found(&application(true)))));
    let blank = json!({"type": "string", "pattern": "\\S"});
    let body = json!({
        "type": "object", "required": ["clientId", "clientSecret"],
        "properties": {"clientId": blank, "clientSecret": blank},
    });
    let mut write = json!({
        "operationId": "writeCredentials", "tags": ["access"],
        "summary": "Set the OAuth credentials of a team; for its managers",
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
    });
    let written = json!({"description": "Written"});
    answers(&mut write, &[400, 409, 413, 501], Some(("202", written)));
    json!({"parameters": [team("The team")], "get": read, "put": write})
}

fn client_id_item() -> Value {
    let mut read = json!({
        "operationId": "readClientId", "tags": ["access"],
        "summary": "Read the client id of a team's OAuth credentials; for its readers",
    });
    answers(&mut read, &[400, 404, 501], Some(("200", found(&application(false)))));
    json!({"parameters": [team("The team")], "get": read})
}

fn client_ids_item() -> Value {
    let ids = json!({"type": "array", "items": {"type": "string"}});
    let mut ask = json!({
        "operationId": "findClientIds", "tags": ["access"],
        "summary": "Find the teams of client ids; unknown ids are omitted",
        "requestBody": {"required": true, "content": {"application/json": {"schema": ids}}},
    });
    let schema = json!({"type": "array", "items": application(false)});
    answers(&mut ask, &[400, 501], Some(("200", found(&schema))));
    json!({"post": ask})
}

fn token_item() -> Value {
    let form = json!({
        "type": "object", "required": ["grant_type", "refresh_token"],
        "properties": {
            "grant_type": {"const": "refresh_token"},
            "refresh_token": {"type": "string", "description": "The API token"},
        },
    });
    let token = json!({
        "type": "object", "required": ["access_token", "token_type", "expires_in"],
        "properties": {
            "access_token": {"type": "string"}, "token_type": {"const": "Bearer"},
            "expires_in": {"type": "integer", "description": "Seconds"},
        },
    });
    let error = json!({
        "type": "object", "required": ["error"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    });
    let json = |schema: &Value| json!({"application/json": {"schema": schema}});
    json!({"post": {
        "operationId": "token", "tags": ["access"], "security": [],
        "summary": "Exchange an API token for an access token (RFC 6749, section 6)",
        "requestBody": {
            "required": true,
            "content": {"application/x-www-form-urlencoded": {"schema": form}},
        },
        "responses": {
            "200": {"description": "An access token", "content": json(&token)},
            "400": {"description": "An error (RFC 6749, section 5.2)", "content": json(&error)},
            "429": reference("responses", "429"),
            "503": reference("responses", "503"),
        },
    }})
}

fn open_item(id: &str, about: &str, required: &str) -> Value {
    let schema = json!({"type": "object", "required": [required]});
    json!({"get": {
        "operationId": id, "tags": ["access"], "summary": about, "security": [],
        "responses": {
            "200": {"description": "Found", "content": {"application/json": {"schema": schema}}},
            "503": reference("responses", "503"),
        },
    }})
}

//! The description of the API: a document for tools, and a page for people that loads nothing from
//! elsewhere.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::storage::HasRoom;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    code,pre{font:14px/1.4 ui-monospace,monospace;background:#8881;border-radius:3px;padding:.1em .3em}\
    summary{cursor:pointer;padding:.3rem 0}summary b{display:inline-block;width:3.5em}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;\
    border-top:1px solid #8884;padding:.3rem .6rem .3rem 0}details{border-bottom:1px solid #8884}\
    @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}";

/// The document and the page. Few ever ask for them, so they are made for the first who does.
static MADE: OnceLock<(Bytes, Bytes)> = OnceLock::new();

/// Returns the router of the description, which needs no token.
pub fn router<S: Clone + Send + Sync + 'static>(document: fn() -> OpenApi) -> Router<S> {
    let made = move || {
        MADE.get_or_init(|| {
            let document = serde_json::to_value(document()).unwrap_or_default();
            (document.to_string().into(), render(&document).into())
        })
    };
    let page = get(async move || page(made().1.clone()));
    Router::new()
        .route("/", page.clone())
        .route("/docs", page)
        .route("/openapi.json", get(async move || json(made().0.clone())))
}

fn json(document: Bytes) -> Response {
    (Extension(HasRoom), [(header::CONTENT_TYPE, "application/json")], document).into_response()
}

fn page(html: Bytes) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    (
        Extension(HasRoom),
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, policy),
        ],
        html,
    )
        .into_response()
}

fn render(api: &Value) -> String {
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport \
         content='width=device-width'><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>\
         <p>{about} Version {version}. <a href=/openapi.json>OpenAPI document</a></p>",
        title = text(&api["info"]["title"]),
        about = text(&api["info"]["description"]),
        version = text(&api["info"]["version"]),
    );
    for (path, item) in members(&api["paths"]) {
        for method in ["get", "put", "post", "delete"] {
            if let Some(operation) = item.get(method) {
                html.push_str(&render_operation(api, path, method, item, operation));
            }
        }
    }
    html.push_str("<h2>Schemas</h2>");
    for (name, schema) in members(&api["components"]["schemas"]) {
        let json = serde_json::to_string_pretty(schema).unwrap_or_default();
        html.push_str(&format!(
            "<details id='{0}'><summary>{0}</summary><pre>{1}</pre></details>",
            escape(name),
            escape(&json)
        ));
    }
    html
}

fn render_operation(
    api: &Value,
    path: &str,
    method: &str,
    item: &Value,
    operation: &Value,
) -> String {
    let mut rows = String::new();
    let own = operation["parameters"].as_array().into_iter().flatten();
    for parameter in item["parameters"].as_array().into_iter().flatten().chain(own) {
        let parameter = resolve(api, parameter);
        rows.push_str(&format!(
            "<tr><td><code>{}</code><td>{}<td>{}",
            text(&parameter["name"]),
            text(&parameter["in"]),
            text(&parameter["description"])
        ));
    }
    if let Some(body) = operation.get("requestBody") {
        rows.push_str(&format!("<tr><td>body<td>JSON<td>{}", schema_link(body)));
    }
    let mut answers = String::new();
    for (status, answer) in members(&operation["responses"]) {
        let answer = resolve(api, answer);
        answers.push_str(&format!(
            "<tr><td>{}<td>{} {}",
            escape(status),
            text(&answer["description"]),
            schema_link(answer)
        ));
    }
    format!(
        "<details><summary><b>{}</b> <code>{}</code><br>{}</summary><p>{}</p><table>{rows}</table>\
         <h4>Responses</h4><table>{answers}</table></details>",
        method.to_uppercase(),
        escape(path),
        text(&operation["summary"]),
        text(&operation["description"]),
    )
}

fn schema_link(content: &Value) -> String {
    let schema = &content["content"]["application/json"]["schema"]["$ref"];
    let name = schema.as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    if name.is_empty() { String::new() } else { format!("<a href='#{0}'>{0}</a>", escape(name)) }
}

/// Resolves a reference within the document.
fn resolve<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(pointer) => api.pointer(pointer).unwrap_or(value),
        None => value,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes::described;

    #[test]
    fn shows_every_operation_and_loads_nothing() {
        let api = serde_json::to_value(described().2).unwrap();
        let html = render(&api);
        for (path, _) in members(&api["paths"]) {
            assert!(html.contains(&escape(path)), "{path}");
        }
        assert!(
            html.contains("If-Match") && !html.contains("http://") && !html.contains("<script")
        );
    }
}

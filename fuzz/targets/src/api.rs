//! The HTTP API on an embedded store: no request makes it panic or fail, every refusal has the
//! four-part body, and what is accepted reads back.

use std::cell::RefCell;
use std::path::Path;

use arbitrary::Arbitrary;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vdk_api::Document;
use vdk_server::Api;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// Whether a token is demanded.
    closed: bool,
    requests: Vec<Asked<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Asked<'a> {
    method: u8,
    path: Where<'a>,
    query: &'a str,
    headers: Vec<(u8, &'a [u8])>,
    body: &'a [u8],
}

#[derive(Arbitrary, Debug)]
enum Where<'a> {
    KeyValues {
        team: &'a [u8],
        job: &'a [u8],
        secrets: bool,
        rest: u8,
    },
    /// One of few documents, so that what is written is found again.
    Known {
        job: u8,
        secrets: bool,
        rest: u8,
    },
    Team {
        team: &'a [u8],
        rest: u8,
    },
    Fixed(u8),
    Raw(&'a str),
}

const METHODS: [&str; 9] =
    ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "WEIRD"];
const HEADERS: [&str; 12] = [
    "if-match",
    "if-none-match",
    "content-type",
    "content-encoding",
    "content-length",
    "authorization",
    "x-opid",
    "x-forwarded-for",
    "expect",
    "host",
    "range",
    "x-any",
];
const RESTS: [&str; 6] =
    ["", "/versions", "/versions/1/rollback", "/versions/2/rollback", "/versions/x/rollback", "/x"];
const TEAM_RESTS: [&str; 6] = [
    "info",
    "access",
    "access/user/ana",
    "access/group/%2Fa%2Fb",
    "access/robot/x",
    "oauth-credentials",
];
const FIXED: [&str; 11] = [
    "/",
    "/docs",
    "/openapi.json",
    "/livez",
    "/readyz",
    "/metrics",
    "/oauth2/token",
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/data-jobs/oauth-credentials/client-ids",
    "/nowhere",
];

/// After so many runs the store is made anew: it would fill the memory.
const RUNS: u32 = 20_000;

fuzz_target!(|input: Input<'_>| {
    LAB.with(|lab| {
        let mut lab = lab.borrow_mut();
        if lab.as_ref().is_none_or(|lab| lab.runs == 0) {
            *lab = None;
        }
        lab.get_or_insert_with(Lab::new).run(input);
    });
});

thread_local! {
    static LAB: RefCell<Option<Lab>> = const { RefCell::new(None) };
}

/// Two services, each on a store of its own: an open one, and one that demands tokens.
struct Lab {
    runtime: Runtime,
    open: Api,
    closed: Api,
    runs: u32,
    _folders: [TempDir; 2],
}

impl Lab {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let shared = Path::new("/dev/shm");
        let folder = || if shared.is_dir() { TempDir::new_in(shared) } else { TempDir::new() };
        let folders = [folder().unwrap(), folder().unwrap()];
        let [open, closed] =
            [(&folders[0], false), (&folders[1], true)].map(|(folder, security)| {
                let file = folder.path().join("application.properties");
                let text = format!("featureflag.security.enabled={security}\n");
                std::fs::write(&file, text).unwrap();
                let line = ["vdk-control-service", "--config", file.to_str().unwrap()];
                let options = vdk_server::command().try_get_matches_from(line).unwrap();
                let store = folder.path().join("store");
                let settings = vdk_server::settings(&options, store).unwrap();
                let keys = vdk_store::FileKeyring::beside_store();
                runtime.block_on(vdk_server::api(settings, &keys)).unwrap()
            });
        Lab { runtime, open, closed, runs: RUNS, _folders: folders }
    }

    fn run(&mut self, input: Input<'_>) {
        self.runs -= 1;
        let api = if input.closed { &self.closed } else { &self.open };
        for asked in input.requests.into_iter().take(8) {
            self.runtime.block_on(ask(api, input.closed, asked));
        }
    }
}

async fn ask(api: &Api, closed: bool, asked: Asked<'_>) {
    let path = path(&asked.path);
    let target =
        if asked.query.is_empty() { path.clone() } else { format!("{path}?{}", asked.query) };
    let Ok(uri) = target.parse::<Uri>() else { return };
    let method = METHODS[usize::from(asked.method) % METHODS.len()];
    let mut request = Request::new(Body::from(asked.body.to_vec()));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = uri;
    for (name, value) in asked.headers {
        let name = HeaderName::from_static(HEADERS[usize::from(name) % HEADERS.len()]);
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().append(name, value);
        }
    }
    let (head, body) = answer(api, request).await;
    let status = head.status;
    assert!(!status.is_server_error(), "{method} {target} is answered {status}: {body:?}");
    if closed && path.starts_with("/data-jobs") {
        assert!(!status.is_success(), "{method} {target} is let in without a token");
    }
    if status.is_client_error() && method != "HEAD" && path != "/oauth2/token" {
        four_parts(&body);
    }
    for name in ["x-opid", "cache-control", "x-content-type-options"] {
        assert!(head.headers.contains_key(name), "{method} {target} has no {name}");
    }
    let is_key_values = path.ends_with("/secrets") || path.ends_with("/properties");
    if method == "PUT" && status.is_success() && is_key_values {
        let sent = Document::parse(std::str::from_utf8(asked.body).unwrap()).unwrap();
        let mut again = Request::new(Body::empty());
        *again.uri_mut() = path.parse().unwrap();
        let (read, text) = answer(api, again).await;
        assert_eq!(read.status, StatusCode::OK);
        assert_eq!(text, sent.to_json().as_bytes(), "{path} reads back as something else");
        assert_eq!(read.headers.get("etag"), head.headers.get("etag"));
    }
}

async fn answer(api: &Api, request: Request<Body>) -> (axum::http::response::Parts, Vec<u8>) {
    let response: Response<Body> = api.clone().answer(request).await;
    let (head, body) = response.into_parts();
    (head, body.collect().await.unwrap().to_bytes().to_vec())
}

fn four_parts(body: &[u8]) {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        panic!("an error without a JSON body: {}", String::from_utf8_lossy(body))
    };
    let keys: Vec<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(keys, ["what", "why", "consequences", "countermeasures"]);
    assert!(members.values().all(|part| part.as_str().is_some_and(|text| !text.is_empty())));
}

fn path(path: &Where<'_>) -> String {
    let collection = |secrets: bool| if secrets { "secrets" } else { "properties" };
    let segment = |bytes: &[u8]| percent_encode(bytes, NON_ALPHANUMERIC).to_string();
    let key_values = |team: String, job: String, secrets, rest: u8| {
        let rest = RESTS[usize::from(rest) % RESTS.len()];
        let collection = collection(secrets);
        format!("/data-jobs/for-team/{team}/jobs/{job}/deployments/TODO/{collection}{rest}")
    };
    match path {
        Where::KeyValues { team, job, secrets, rest } => {
            key_values(segment(team), segment(job), *secrets, *rest)
        }
        Where::Known { job, secrets, rest } => {
            key_values("t".into(), format!("j{}", job % 4), *secrets, *rest)
        }
        Where::Team { team, rest } => match TEAM_RESTS[usize::from(*rest) % TEAM_RESTS.len()] {
            rest @ "oauth-credentials" => format!("/data-jobs/teams/{}/{rest}", segment(team)),
            rest => format!("/data-jobs/for-team/{}/{rest}", segment(team)),
        },
        Where::Fixed(n) => FIXED[usize::from(*n) % FIXED.len()].into(),
        Where::Raw(text) => (*text).into(),
    }
}

//! Compares the API with a model. Any document is read as it was written, and any sequence of
//! reads, conditional writes and rollbacks has the status, version and text of the model.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vdk_api::VERSIONS_KEPT;
use vdk_testing::any::{cases, members, object};

/// The API on a temporary store, called without a socket.
struct InProcessApi {
    runtime: Runtime,
    api: vdk_server::Api,
    _folder: TempDir,
}

struct Answer {
    status: u16,
    etag: Option<String>,
    length: Option<String>,
    body: String,
}

impl InProcessApi {
    fn new(security: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("application.properties");
        std::fs::write(&file, format!("featureflag.security.enabled={security}\n")).unwrap();
        let line = ["vdk-control-service", "--config", file.to_str().unwrap()];
        let options = vdk_server::command().try_get_matches_from(line).unwrap();
        let settings = vdk_server::settings(&options, folder.path().join("store")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let keys = vdk_store::FileKeyring::beside_store();
        let api = runtime.block_on(vdk_server::api(settings, &keys)).unwrap();
        InProcessApi { runtime, api, _folder: folder }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        self.runtime.block_on(async {
            let (head, body) = self.api.clone().answer(request).await.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let header = |name| Some(head.headers.get(name)?.to_str().ok()?.to_string());
            Answer {
                status: head.status.as_u16(),
                etag: header("etag"),
                length: header("content-length"),
                body: String::from_utf8(body.to_vec()).unwrap(),
            }
        })
    }
}

fn path(job: &str, is_secret: bool) -> String {
    let collection = if is_secret { "secrets" } else { "properties" };
    format!("/data-jobs/for-team/t/jobs/{job}/deployments/TODO/{collection}")
}

#[test]
fn returns_any_unambiguous_document_unchanged() {
    let api = InProcessApi::new(false);
    let mut runner = TestRunner::new(cases(1000));
    let ran = runner.run(&(members(8), any::<bool>()), |(members, is_secret)| {
        let (path, text) = (path("any", is_secret), object(&members));
        let put = api.ask("PUT", &path, &[], &text);
        if let Some(why) = vdk_api::ambiguity(&text) {
            prop_assert!(put.status == 400 && put.body.contains(&why.to_string()), "{}", put.body);
            return Ok(());
        }
        prop_assert!(put.status == if is_secret { 202 } else { 204 }, "{}", put.body);
        let got = api.ask("GET", &path, &[], "");
        prop_assert_eq!((got.status, got.etag, got.body), (200, put.etag, text));
        Ok(())
    });
    ran.unwrap();
}

/// A step of a history.
#[derive(Clone, Debug)]
enum Step {
    Get,
    GetVersion(VersionRef),
    Put(Condition, u32),
    RollBack(Condition, VersionRef),
}

/// A version, relative to the current one or absolute.
#[derive(Clone, Copy, Debug)]
enum VersionRef {
    Back(u64),
    Ahead(u64),
    Number(u64),
}

#[derive(Clone, Debug)]
struct Condition {
    /// `If-Match`. `None` means no header, an empty list means `*`.
    matching: Option<Vec<VersionRef>>,
    /// `If-None-Match: *`.
    absent: bool,
}

fn version_ref() -> impl Strategy<Value = VersionRef> {
    prop_oneof![
        4 => Just(VersionRef::Back(0)),
        2 => (1..12u64).prop_map(VersionRef::Back),
        1 => (1..3u64).prop_map(VersionRef::Ahead),
        1 => (0..3u64).prop_map(VersionRef::Number),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let matching = prop::option::of(prop::collection::vec(version_ref(), 0..3));
    (matching, prop::bool::weighted(0.2))
        .prop_map(|(matching, absent)| Condition { matching, absent })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Get),
        1 => version_ref().prop_map(Step::GetVersion),
        5 => (condition(), any::<u32>()).prop_map(|(when, n)| Step::Put(when, n)),
        1 => (condition(), version_ref()).prop_map(|(when, which)| Step::RollBack(when, which)),
    ]
}

/// All texts that were current, oldest first.
#[derive(Default)]
struct Model(Vec<String>);

impl Model {
    fn version(&self) -> u64 {
        self.0.len() as u64
    }

    fn number(&self, which: VersionRef) -> u64 {
        match which {
            VersionRef::Back(n) => self.version().saturating_sub(n),
            VersionRef::Ahead(n) => self.version() + n,
            VersionRef::Number(n) => n,
        }
    }

    /// Returns the text of a version if it is still kept.
    fn text(&self, version: u64) -> Option<&String> {
        let is_kept = version + VERSIONS_KEPT > self.version();
        self.0.get(usize::try_from(version.checked_sub(1)?).ok()?).filter(|_| is_kept)
    }

    fn current(&self) -> String {
        self.0.last().cloned().unwrap_or("{}".into())
    }

    fn holds(&self, condition: &Condition) -> bool {
        let matches = match &condition.matching {
            None => true,
            Some(list) if list.is_empty() => self.version() > 0,
            Some(list) => list.iter().any(|which| self.number(*which) == self.version()),
        };
        matches && (!condition.absent || self.version() == 0)
    }

    fn headers(&self, condition: &Condition) -> Vec<(&'static str, String)> {
        let tags = |list: &Vec<VersionRef>| {
            let tags = list.iter().map(|which| format!("\"{}\"", self.number(*which)));
            if list.is_empty() { "*".into() } else { tags.collect::<Vec<_>>().join(", ") }
        };
        let matching = condition.matching.as_ref().map(|list| ("if-match", tags(list)));
        matching
            .into_iter()
            .chain(condition.absent.then(|| ("if-none-match", "*".into())))
            .collect()
    }

    /// Applies a step to the model. Returns the expected response, without the body of an error.
    fn answer(&mut self, step: &Step, good: u16) -> (u16, Option<u64>, Option<String>) {
        let (condition, text) = match step {
            Step::Get => return (200, Some(self.version()), Some(self.current())),
            Step::GetVersion(which) => {
                let number = self.number(*which);
                return match self.text(number) {
                    _ if number == 0 => (400, None, None),
                    None => (404, None, None),
                    Some(text) => (200, Some(number), Some(text.clone())),
                };
            }
            Step::Put(condition, n) => (condition, format!("{{\"n\":{n}}}")),
            Step::RollBack(condition, which) => match self.text(self.number(*which)).cloned() {
                _ if self.number(*which) == 0 => return (400, None, None),
                None => return (404, None, None),
                Some(text) => (condition, text),
            },
        };
        if !self.holds(condition) {
            return (412, Some(self.version()), None);
        }
        self.0.push(text);
        (good, Some(self.version()), Some(String::new()))
    }
}

#[test]
fn matches_the_model_for_any_history() {
    let api = InProcessApi::new(false);
    let steps = prop::collection::vec((0..2usize, any::<bool>(), step()), 1..30);
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(cases(300));
    let ran = runner.run(&steps, |steps| {
        case.set(case.get() + 1);
        let mut models: [[Model; 2]; 2] = Default::default();
        for (job, is_secret, step) in steps {
            let model = &mut models[job][usize::from(is_secret)];
            let path = path(&format!("j{}-{job}", case.get()), is_secret);
            let answer = match &step {
                Step::Get => api.ask("GET", &path, &[], ""),
                Step::GetVersion(which) => {
                    let path = format!("{path}?version={}", model.number(*which));
                    api.ask("GET", &path, &[], "")
                }
                Step::Put(condition, n) => {
                    let body = format!("{{\"n\":{n}}}");
                    api.ask("PUT", &path, &model.headers(condition), &body)
                }
                Step::RollBack(condition, which) => {
                    let path = format!("{path}/versions/{}/rollback", model.number(*which));
                    api.ask("POST", &path, &model.headers(condition), "")
                }
            };
            let good = if is_secret { 202 } else { 204 };
            let (status, version, text) = model.answer(&step, good);
            let version = version.map(|version| format!("\"{version}\""));
            prop_assert_eq!((answer.status, &answer.etag), (status, &version), "{:?}", step);
            if let Some(text) = text {
                prop_assert_eq!(&answer.body, &text, "{:?}", step);
            }
        }
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn answers_head_with_the_headers_of_get_and_no_body() {
    for (security, path, status) in [
        (true, path("j", true), 401),
        (false, path("j", true), 200),
        (false, "/nowhere".to_string(), 404),
    ] {
        let api = InProcessApi::new(security);
        let [get, head] = ["GET", "HEAD"].map(|method| api.ask(method, &path, &[], ""));
        assert_eq!((get.status, head.status), (status, status));
        assert!(!get.body.is_empty());
        assert_eq!(head.body, "", "{path}");
        assert_eq!(head.length, Some(get.body.len().to_string()), "{path}");
    }
    // The length would be that of the document (RFC 9110, section 8.6).
    let (api, path) = (InProcessApi::new(false), path("j", true));
    let tag = api.ask("GET", &path, &[], "").etag.unwrap();
    for method in ["GET", "HEAD"] {
        let same = api.ask(method, &path, &[("If-None-Match", tag.clone())], "");
        assert_eq!((same.status, same.length), (304, None), "{method}");
    }
}

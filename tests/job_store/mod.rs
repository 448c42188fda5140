//! Tests of `vdk job-store`, the protocol between a program and the store of a job's key/values.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::control_service::Service as ControlService;
use vdk_testing::scripted_service::{Fault, Service};

/// A running `vdk job-store`.
struct Store {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Store {
    fn start(home: &Home) -> Self {
        let mut command = home.command(["job-store"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Store { child, answers }
    }

    /// Sends a line and returns the answer.
    fn ask(&mut self, line: impl std::fmt::Display) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.answer().1
    }

    /// Returns the next answer, as text and parsed.
    fn answer(&mut self) -> (String, Value) {
        let mut text = String::new();
        self.answers.read_line(&mut text).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        (text, value)
    }

    /// Ends the input; returns the exit code and what stands on stderr.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

/// Returns a request about the secrets of job `j` of team `t`, with these members besides.
fn request(op: &str, more: Value) -> Value {
    let mut all = json!({"op": op, "kind": "secrets", "team": "t", "job": "j"});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn read() -> Value {
    request("read", json!({}))
}

#[test]
fn reads_and_writes_in_one_process() {
    let etags = Service::with_etags();
    let plain = Service::plain();
    for url in ["local", &etags.url(), &plain.url()] {
        let home = Home::at(url);
        let mut store = Store::start(&home);

        assert_eq!(store.ask(r#"{"v": 1, "op": "where"}"#)["place"], url);
        assert_eq!(store.ask(read())["document"], json!({}));
        let set = r#""set": {"a": 1.50, "big": 123456789012345678901, "b": "x"}"#;
        let write = r#"{"op":"write","kind":"secrets","team":"t","job":"j","later":true,"#;
        let written = store.ask(format!("{write}{set}}}"));
        assert!(written.get("error").is_none() && written.get("version").is_some(), "{written}");
        // Keys that are gone already are no error: the result is what was wanted.
        store.ask(request("write", json!({"set": {"b": "y"}, "delete": ["gone", "a"]})));
        assert_eq!(home.all(), r#"{"big": 123456789012345678901, "b": "y"}"#, "{url}");
        store.ask(request("write", json!({"replace": {"only": null}})));
        let now = store.ask(read());
        assert_eq!(now["document"], json!({"only": null}));
        let again = store.ask(request("read", json!({"unless": now["version"]})));
        match now["version"].as_u64() {
            Some(version) => assert_eq!(again, json!({"unchanged": true, "version": version})),
            None => assert_eq!(again, now),
        }
        // The other kind is another set.
        let other = r#"{"op":"read","kind":"properties","team":"t","job":"j"}"#;
        assert_eq!(store.ask(other)["document"], json!({}));
        let (code, stderr) = store.end();
        assert_eq!(code, Some(0), "{stderr}");
    }
}

#[test]
fn answers_invalid_requests_and_goes_on() {
    let home = Home::at("local");
    let mut store = Store::start(&home);
    let write = |member: &str| {
        format!(r#"{{"op":"write","kind":"secrets","team":"t","job":"j",{member}}}"#)
    };
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for line in [
        "geheim".to_string(),
        "[\"geheim\"]".into(),
        "{\"op\":\"geheim\"}".into(),
        "{\"v\":2,\"op\":\"where\"}".into(),
        "{\"op\":\"where\",\"op\":\"where\"}".into(),
        "{\"op\":\"read\",\"kind\":\"geheim\",\"team\":\"t\",\"job\":\"j\"}".into(),
        "{\"op\":\"read\",\"kind\":\"secrets\",\"team\":\"t\"}".into(),
        "{\"op\":\"read\",\"kind\":\"secrets\",\"team\":\"t\",\"job\":\"\"}".into(),
        "{\"op\":\"read\",\"kind\":\"secrets\",\"team\":\"t\",\"job\":\"j\",\"unless\":\"geheim\"}"
            .into(),
        write("\"set\":\"geheim\""),
        write("\"set\":{\"k\":NaN,\"s\":\"geheim\"}"),
        write("\"set\":{\"k\":\"geheim\",\"k\":1}"),
        write(&format!("\"set\":{{\"k\":{deep}}}")),
        write("\"delete\":\"geheim\""),
        write("\"set\":{\"k\":\"geheim\"},\"delete\":[\"k\"]"),
        write("\"set\":{\"k\":1},\"replace\":{\"s\":\"geheim\"}"),
        "{\"op\":\"write\",\"kind\":\"secrets\",\"team\":\"t\",\"job\":\"j\"}".into(),
        // Over 16 MiB.
        write(&format!("\"set\":{{\"k\":\"{}\"}}", "geheim".repeat(3 << 20))),
        // Over the limit of the store.
        write(&format!("\"set\":{{\"k\":\"{}\"}}", "geheim".repeat(200_000))),
    ] {
        let shown = line.get(..100).unwrap_or(&line);
        writeln!(store.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        let (text, answer) = store.answer();
        assert_eq!((&answer["exit"], &answer["blame"]), (&json!(2), &json!("user")), "{shown}");
        for part in ["what", "why", "consequences", "countermeasures"] {
            assert!(answer["error"][part].as_str().is_some_and(|part| !part.is_empty()), "{text}");
        }
        assert!(!text.contains("geheim"), "{text}");
    }
    assert_eq!(store.ask(read())["document"], json!({}));
    assert_eq!(store.end().0, Some(0));
    // What is no text, and a last line without an end.
    let bytes = [b"\xff\n".as_slice(), read().to_string().as_bytes()].concat();
    let run = home.run_with(["job-store"], bytes).done();
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
}

#[test]
fn says_who_can_mend_an_error() {
    let service = Service::with_etags();
    let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let mut store = Store::start(&home);
    for (fault, exit, status, blame) in [
        (Fault::Answer(401, "", ""), 3, json!(401), "config"),
        (Fault::Answer(403, "", ""), 3, json!(403), "user"),
        (Fault::Answer(404, "", ""), 4, json!(404), "user"),
        (Fault::Answer(501, "", ""), 6, json!(501), "platform"),
        (Fault::Answer(503, "", ""), 6, json!(503), "platform"),
        (Fault::Answer(200, "", "<html>"), 6, Value::Null, "platform"),
        (Fault::Close, 6, Value::Null, "platform"),
    ] {
        service.next("GET", [fault.clone()]);
        let answer = store.ask(read());
        let found = (&answer["exit"], &answer["status"], &answer["blame"]);
        assert_eq!(found, (&json!(exit), &status, &json!(blame)), "{fault:?}: {answer}");
    }
    for (fault, exit, status, blame) in [
        (Fault::Answer(400, "", ""), 2, json!(400), "user"),
        (Fault::Answer(413, "", ""), 2, json!(413), "user"),
        (Fault::Answer(500, "", ""), 6, json!(500), "platform"),
    ] {
        service.next("PUT", [fault.clone()]);
        let answer = store.ask(request("write", json!({"set": {"k": "geheim"}})));
        let found = (&answer["exit"], &answer["status"], &answer["blame"]);
        assert_eq!(found, (&json!(exit), &status, &json!(blame)), "{fault:?}: {answer}");
        assert!(!answer.to_string().contains("geheim"), "{answer}");
    }
    // The outcome of a write is not known.
    service.next("PUT", [Fault::Close]);
    service.next("GET", [Fault::Answer(200, "", "{}"), Fault::Answer(500, "", "")]);
    let answer = store.ask(request("write", json!({"set": {"k": 1}})));
    assert_eq!((&answer["exit"], &answer["blame"]), (&json!(7), &json!("platform")), "{answer}");
    // The same error has the same blame, whatever was asked before.
    let local = Home::at("local");
    let mut store = Store::start(&local);
    let without_team = r#"{"op":"read","kind":"secrets","job":"j"}"#;
    let first = store.ask(without_team);
    assert_eq!(first["blame"], "config");
    store.ask(read());
    assert_eq!(store.ask(without_team), first);
    // What the user configures.
    for (name, value) in [
        ("VDK_CONTROL_SERVICE_REST_API_URL", "ftp://x"),
        ("VDK_CONTROL_HTTP_TOTAL_RETRIES", "many"),
        ("SSL_CERT_FILE", "/nowhere.pem"),
    ] {
        let home = Home::at("https://localhost:9").with(name, value);
        let answer = Store::start(&home).ask(read());
        assert_eq!((&answer["exit"], &answer["blame"]), (&json!(2), &json!("config")), "{answer}");
    }
    let nowhere = Store::start(&Home::new()).ask(read());
    assert_eq!((&nowhere["exit"], &nowhere["blame"]), (&json!(2), &json!("config")), "{nowhere}");
    assert_eq!(Store::start(&Home::new()).ask(r#"{"op":"where"}"#), json!({"place": null}));
    // A store that cannot be read is on this machine.
    let home = Home::at("local");
    std::fs::create_dir_all(home.config("local")).unwrap();
    std::fs::write(home.config("local/store.db"), "no store").unwrap();
    let answer = Store::start(&home).ask(read());
    assert_eq!((&answer["exit"], &answer["blame"]), (&json!(6), &json!("config")), "{answer}");
}

#[test]
fn has_new_retries_for_each_request() {
    let service = Service::with_etags();
    let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "2");
    let mut store = Store::start(&home);
    for _ in 0..3 {
        service.next("GET", [Fault::Answer(503, "", ""), Fault::Answer(503, "", "")]);
        assert_eq!(store.ask(read())["document"], json!({}));
    }
}

#[test]
fn logs_in_again_when_the_login_that_it_keeps_is_refused() {
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    let log_in = |token: &str| {
        let login = json!({"access_token": token, "access_token_expiration_time": 1e11,
            "auth_type": "api-token", "services": [service.url()]});
        home.write_config("vdk-cred.json", login.to_string());
    };
    log_in("old");
    let mut store = Store::start(&home);
    service.next("GET", [Fault::Answer(401, "", "")]);
    assert_eq!(store.ask(read())["status"], 401);
    // It was never accepted, so that a second try would be refused as well: until somebody logs in.
    assert_eq!(service.count("GET"), 1);
    log_in("new");
    store.ask(read());
    let tokens: Vec<_> = service
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_string())
        .collect();
    assert_eq!(tokens, ["Bearer old", "Bearer new"]);
    service.next("GET", [Fault::Answer(401, "", "")]);
    assert_eq!(store.ask(read())["document"], json!({}));
    service.next("PUT", [Fault::Answer(401, "", "")]);
    let written = store.ask(request("write", json!({"set": {"k": 1}})));
    assert!(written["version"].is_number(), "{written}");
    assert_eq!(service.stored("secrets"), r#"{"k":1}"#);
}

#[test]
fn exchanges_an_api_token_once_and_names_the_execution() {
    let service = ControlService::start(&[("FEATUREFLAG_SECURITY_ENABLED", "true")]);
    let token = service.token(&["--user", "ana", "--team", "t", "--role", "writer"]);
    let home = Home::at(&service.url("")).with("VDK_API_TOKEN", token);
    let mut store = Store::start(&home);
    let run = "hello-1732880000";
    for n in 0..5 {
        let more = json!({"set": {"k": n}, "op_id": format!("{run}\n{}", "x".repeat(100))});
        let written = store.ask(request("write", more));
        assert!(written["version"].is_number(), "{written}");
        assert_eq!(store.ask(read())["document"], json!({"k": n}));
    }
    // The service says that nothing has changed without the values.
    let unchanged = json!({"unchanged": true, "version": 5});
    assert_eq!(store.ask(request("read", json!({"unless": 5}))), unchanged);
    assert_eq!(service.audit().matches("\"status\":304").count(), 1);
    assert_eq!(store.ask(request("read", json!({"unless": 4})))["version"], 5);
    let history = home.secrets(&["history", "-o", "json"]).done().stdout;
    let id = format!("{run}{}", "x".repeat(64 - run.len()));
    assert!(history.contains(&id) && !history.contains(&format!("{id}x")), "{history}");
    let audit = service.audit();
    let exchanges = audit.lines().filter(|line| line.contains("exchange")).count();
    // One by job-store, and one by history.
    assert_eq!(exchanges, 2, "{audit}");
}

#[test]
fn finds_defaults_that_are_saved_while_it_runs() {
    let home = Home::new();
    let mut store = Store::start(&home);
    assert_eq!(store.ask(read())["blame"], "config");
    home.run(["set-default", "-u", "local", "-t", "t"]).done();
    assert_eq!(store.ask(r#"{"op":"where"}"#)["place"], "local");
    assert_eq!(store.ask(r#"{"op":"read","kind":"secrets","job":"j"}"#)["document"], json!({}));
}

#[test]
fn ignores_the_job_of_the_working_folder() {
    let home = Home::at("local");
    home.file("config.ini", "[owner]\nteam = another\n");
    let read = r#"{"op":"read","kind":"secrets","job":"j"}"#;
    let refused = Store::start(&home).ask(read);
    assert_eq!((&refused["exit"], &refused["blame"]), (&json!(2), &json!("config")), "{refused}");
    home.run(["set-default", "-t", "t"]).done();
    home.secrets(&["--set", "k", "v"]).done();
    assert_eq!(Store::start(&home).ask(read)["document"], json!({"k": "v"}));
}

#[test]
fn keeps_all_keys_of_parallel_processes() {
    let service = Service::with_etags();
    for url in ["local", &service.url()] {
        let homes: Vec<_> = match url {
            "local" => vec![Home::at(url)],
            _ => (0..8).map(|_| Home::at(url)).collect(),
        };
        std::thread::scope(|scope| {
            for n in 0..8 {
                let home = &homes[n % homes.len()];
                scope.spawn(move || {
                    let mut store = Store::start(home);
                    for round in 0..5 {
                        let key = format!("k{n}-{round}");
                        let set = request("write", json!({"set": {key: n}}));
                        assert!(store.ask(set)["version"].is_number());
                    }
                });
            }
        });
        let all: Value = serde_json::from_str(&homes[0].all()).unwrap();
        assert_eq!(all.as_object().unwrap().len(), 40, "{url}");
    }
}

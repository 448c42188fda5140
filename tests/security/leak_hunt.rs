//! The leak hunt: one marked secret, and one token, through every command and option of the real
//! client and the real service; then both are searched for wherever they must not be.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::{Home, Run};

const MARK: &str = "Fnord-5ecReT-4711";
const JOB: [&str; 7] = ["-v", "DEBUG", "secrets", "-n", "j", "-t", "t"];

/// Where the service keeps its audit log, below its home.
const AUDIT: &str = "audit.jsonl";

#[test]
fn a_secret_and_a_token_are_nowhere_but_where_they_belong() {
    let operator = Home::new();
    let audit = operator.path().join(AUDIT);
    let settings = [("VDK_AUDIT_FILE", audit.to_str().unwrap()), ("RUST_LOG", "trace")];
    let server = Server::with(&operator, &settings);
    let create = "server token create --user ana --team t --role manager".split(' ');
    let token = operator.run(create).done().stdout.trim().to_string();
    let home = Home::at(&server.url())
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "full")
        .with("VDK_CREDENTIAL_STORE", "file");
    let hunt = Hunt { secrets: vec![MARK.into(), token.clone()] };

    let mut login = Session::start(&home, &["-v", "DEBUG", "login"]);
    login.expect("API token").send(format!("{token}\r"));
    let (status, screen) = login.end();
    assert!(status.success(), "{screen}");
    hunt.clean("the screen of login", &screen);
    let kept = home.config("vdk-cred.json");
    let bearer = std::fs::read_to_string(&kept).unwrap();
    let bearer: serde_json::Value = serde_json::from_str(&bearer).unwrap();
    let bearer = bearer["access_token"].as_str().unwrap().to_string();
    let hunt = Hunt { secrets: [hunt.secrets, vec![bearer]].concat() };

    let mut prompt = Session::start(&home, &[&JOB[..], &["--set", "typed"]].concat());
    prompt.expect("typed: ").send(format!("{MARK}\r"));
    let (status, screen) = prompt.end();
    assert!(status.success(), "{screen}");
    hunt.clean("the screen of a prompt", &screen);

    every_command(&home, &hunt);
    every_refusal(&home, &hunt);
    the_store_of_this_machine(&hunt);
    raw_requests(&server, &hunt);

    hunt.clean("the service's log", &server.log());
    hunt.clean("the audit log", &std::fs::read_to_string(&audit).unwrap());
    hunt.clean("metrics", &get(&server, "/metrics"));
    // The client's home has the login; the service's home has neither, not even sealed or hashed
    // in a way that shows it.
    assert_eq!(hunt.files(home.path()), [kept]);
    assert_eq!(hunt.files(operator.path()), Vec::<PathBuf>::new());
    home.run(["logout"]).done();
    assert_eq!(hunt.files(home.path()), Vec::<PathBuf>::new());
}

/// What is looked for.
struct Hunt {
    secrets: Vec<String>,
}

impl Hunt {
    #[track_caller]
    fn clean(&self, place: &str, text: &str) {
        for secret in &self.secrets {
            // Nor the first half of it.
            let half = &secret[..secret.len() / 2];
            assert!(!text.contains(half), "in {place}: {text}");
        }
    }

    #[track_caller]
    fn silent(&self, run: &Run) {
        self.clean("stderr", &run.stderr);
        self.clean("stdout", &run.stdout);
    }

    /// Every file below a folder that has one of them in it.
    fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(self.files(&path));
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let holds = |secret: &String| {
                let half = &secret.as_bytes()[..secret.len() / 2];
                bytes.windows(half.len()).any(|part| part == half)
            };
            if self.secrets.iter().any(holds) {
                found.push(path);
            }
        }
        found
    }
}

/// What succeeds: only what asks for values shows them, and only on stdout.
fn every_command(home: &Home, hunt: &Hunt) {
    let run = |args: &[&str]| home.run([&JOB[..], args].concat()).done();
    let with = |args: &[&str], input: &str| home.run_with([&JOB[..], args].concat(), input).done();
    let all = format!("{{\"a\": \"{MARK}\", \"n\": 5, \"o\": {{\"x\": \"{MARK}\"}}}}");
    for done in [
        with(&["--set", "a"], &format!("{MARK}\n")),
        run(&["--set", "b", MARK]),
        with(&["--set-file", "c", "-"], MARK),
        run(&["--set-json", "d", &all]),
        run(&["--set", "a", MARK, "--dry-run"]),
        run(&["--list"]),
        run(&["--list", "-o", "json"]),
        run(&["--delete", "b", "--dry-run"]),
        run(&["--delete", "b"]),
        with(&["--overwrite-all", "-", "--dry-run"], &all),
        with(&["--overwrite-all", "-"], &all),
        run(&["history"]),
        run(&["history", "-o", "json"]),
        run(&["rollback", "1", "--dry-run"]),
        run(&["rollback", "1"]),
        with(&["--overwrite-all", "-"], &all),
        home.run(["-v", "DEBUG", "login", "--status"]).done(),
        home.run(["-v", "DEBUG", "login", "--status", "-o", "json"]).done(),
        home.run(["-v", "DEBUG", "access", "grant", "--user", "bob", "reader", "-t", "t"]).done(),
        home.run(["-v", "DEBUG", "access", "list", "-t", "t"]).done(),
        home.run(["-v", "DEBUG", "access", "revoke", "--user", "bob", "-t", "t"]).done(),
        home.run(["-v", "DEBUG", "set-default", "-t", "t"]).done(),
        home.run(["-v", "DEBUG", "reset-default", "-t"]).done(),
        home.run(["-v", "DEBUG", "info", "-t", "t"]).done(),
        home.run(["version"]).done(),
    ] {
        hunt.silent(&done);
    }
    for format in ["text", "json", "raw", "yaml", "shell", "dotenv"] {
        let get = run(&["--get", "a", "-o", format]);
        assert!(get.stdout.contains(MARK));
        hunt.clean("stderr", &get.stderr);
        let list = home.run([&JOB[..], &["--list", "--show-secrets", "-o", format]].concat());
        hunt.clean("stderr", &list.stderr);
    }
}

/// The store that `-u local` uses: nothing of it is in the open, nor in a copy of it.
fn the_store_of_this_machine(hunt: &Hunt) {
    let home = Home::at("local").with("RUST_LOG", "trace");
    let job = |args: &[&str]| home.run([&JOB[..], args].concat()).done();
    let local = |args: &[&str]| home.run([&["-v", "DEBUG", "local"], args].concat()).done();
    for done in [
        job(&["--set", "a", MARK]),
        job(&["--set", "a", "other"]),
        job(&["history"]),
        job(&["rollback", "1"]),
        job(&["--list"]),
        local(&["status"]),
        local(&["backup", "copy.db"]),
        local(&["rotate-key"]),
    ] {
        hunt.silent(&done);
    }
    assert!(job(&["--get", "a"]).stdout.contains(MARK));
    assert_eq!(hunt.files(home.path()), Vec::<PathBuf>::new());
}

/// What is refused: by the command line, by clap, by the service, and by nobody who is there.
fn every_refusal(home: &Home, hunt: &Hunt) {
    let run = |args: &[&str]| home.run([&JOB[..], args].concat());
    let with = |args: &[&str], input: &str| home.run_with([&JOB[..], args].concat(), input);
    let half = format!("{{\"a\": \"{MARK}");
    let large = format!("{MARK}{}", "x".repeat(1 << 20));
    let elsewhere = format!("http://user:{MARK}@127.0.0.1:1");
    for refused in [
        run(&["--set", "n", MARK]),
        run(&["--set", "o", MARK]),
        run(&["--set", "a", "two", MARK]),
        run(&["--set", "a", &format!("--{MARK}"), "--nope"]),
        run(&[&format!("--set=a={MARK}")]),
        run(&["--set", &format!("a={MARK}")]),
        run(&["--set-json", "a", MARK]),
        run(&["--set-json", "a", &half]),
        with(&["--overwrite-all", "-"], &half),
        with(&["--overwrite-all", "-"], &format!("[\"{MARK}\"]")),
        with(&["--overwrite-all", "-"], &format!("{{\"a\": {MARK}}}")),
        with(&["--overwrite-all", "-"], &format!("{{\"a\":\"{MARK}\",\"a\":\"{MARK}\"}}")),
        run(&["--overwrite-all", &half]),
        with(&["--set-file", "a", "-"], &large),
        run(&["--set", "a", MARK, "--delete", "nope"]),
        run(&["--set", "a", MARK, "--list"]),
        run(&["--set", "a", MARK, "--nope"]),
        run(&["-u", &elsewhere, "--list"]),
        run(&["-u", "http://127.0.0.1:1", "--set", "a", MARK]),
        home.run_with(["-v", "DEBUG", "login"], format!("{MARK}\n")),
        home.run_with(["-v", "DEBUG", "login"], format!("{MARK}\r\nX: y\n")),
        home.run(["-v", "DEBUG", "login", "--allow", &elsewhere]),
    ] {
        assert_ne!(refused.code, 0, "{refused:?}");
        hunt.silent(&refused);
    }
}

/// What no sound client sends.
fn raw_requests(server: &Server, hunt: &Hunt) {
    let at = "/data-jobs/for-team/t/jobs/j/deployments/TODO/secrets";
    for (line, headers, body) in [
        (format!("PUT {at}"), "", format!("{{\"a\":\"{MARK}\"")),
        (format!("PUT {at}"), "If-Match: \"77\"\r\n", format!("{{\"a\":\"{MARK}\"}}")),
        (format!("PUT {at}"), "Content-Type: text/plain\r\n", MARK.to_string()),
        (format!("POST {at}"), "", MARK.to_string()),
        ("POST /oauth2/token".to_string(), "", format!("refresh_token={MARK}")),
        (format!("GET {at}?x={MARK}"), "", String::new()),
        (format!("GET /{MARK}"), "", String::new()),
    ] {
        let bearer = format!("Authorization: Bearer {MARK}\r\n{headers}");
        hunt.clean("an answer", &ask(server, &line, &bearer, &body));
    }
}

fn get(server: &Server, path: &str) -> String {
    ask(server, &format!("GET {path}"), "", "")
}

fn ask(server: &Server, line: &str, headers: &str, body: &str) -> String {
    let url = server.url();
    let mut stream = std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}");
    write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
    std::io::read_to_string(stream).unwrap()
}

/// While a value is in memory: nothing of it in arguments or environment, and no core dump.
#[test]
fn processes_show_nothing_and_leave_no_core() {
    let service = Service::with_etags();
    service.always("PUT", Fault::Hang);
    let home = Home::at(&service.url());
    let mut command = home.command([&JOB[..], &["--set", "a"]].concat());
    // As it may be set in the shell that starts it.
    command = vdk_testing::with_core_dumps(command);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(MARK.as_bytes()).unwrap();
    vdk_testing::wait::eventually("it sends the value", || service.count("PUT") > 0);
    let hunt = Hunt { secrets: vec![MARK.into()] };
    for file in ["cmdline", "environ"] {
        // Only root may look into the environment of a process that is not dumpable.
        let Ok(bytes) = std::fs::read(format!("/proc/{}/{file}", child.id())) else {
            assert_eq!(file, "environ");
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(if file == "cmdline" { "--set" } else { "HOME=" }), "{text}");
        hunt.clean(file, &text);
    }
    let mut kill = std::process::Command::new("kill");
    kill.args(["-ABRT", &child.id().to_string()]);
    vdk_testing::finish(kill).done();
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    assert_eq!(hunt.files(home.path()), Vec::<PathBuf>::new());
}

//! Uses one marked secret and one token in every command of the real client and service. Then it
//! searches for both wherever they must not be.

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

/// The audit log, in the home of the service.
const AUDIT: &str = "audit.jsonl";

#[test]
fn leaks_no_secret_or_token_in_any_command() {
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
    let search = LeakSearch { secrets: vec![MARK.into(), token.clone()] };

    let mut login = Session::start(&home, &["-v", "DEBUG", "login"]);
    login.expect("API token").send(format!("{token}\r"));
    let (status, screen) = login.end();
    assert!(status.success(), "{screen}");
    search.assert_absent("the screen of login", &screen);
    let kept = home.config("vdk-cred.json");
    let bearer = std::fs::read_to_string(&kept).unwrap();
    let bearer: serde_json::Value = serde_json::from_str(&bearer).unwrap();
    let bearer = bearer["access_token"].as_str().unwrap().to_string();
    let search = LeakSearch { secrets: [search.secrets, vec![bearer]].concat() };

    let mut prompt = Session::start(&home, &[&JOB[..], &["--set", "typed"]].concat());
    prompt.expect("typed: ").send(format!("{MARK}\r"));
    let (status, screen) = prompt.end();
    assert!(status.success(), "{screen}");
    search.assert_absent("the screen of a prompt", &screen);

    every_command(&home, &search);
    every_transfer(&home, &search);
    every_refusal(&home, &search);
    every_local_command(&search);
    raw_requests(&server, &search);

    search.assert_absent("the service's log", &server.log());
    search.assert_absent("the audit log", &std::fs::read_to_string(&audit).unwrap());
    search.assert_absent("metrics", &get(&server, "/metrics"));
    // The client's home contains the login. The service's home contains neither secret, in any form
    // that reveals it.
    assert_eq!(search.files(home.path()), [kept]);
    assert_eq!(search.files(operator.path()), Vec::<PathBuf>::new());
    home.run(["logout"]).done();
    assert_eq!(search.files(home.path()), Vec::<PathBuf>::new());
}

/// The secrets to search for.
struct LeakSearch {
    secrets: Vec<String>,
}

impl LeakSearch {
    #[track_caller]
    fn assert_absent(&self, place: &str, text: &str) {
        for secret in &self.secrets {
            // The first half must not occur either.
            let half = &secret[..secret.len() / 2];
            assert!(!text.contains(half), "in {place}: {text}");
        }
    }

    #[track_caller]
    fn assert_silent(&self, run: &Run) {
        self.assert_absent("stderr", &run.stderr);
        self.assert_absent("stdout", &run.stdout);
    }

    /// Returns the files below a folder that contain a secret.
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

/// Runs commands that succeed. Only those that ask for values show them, and only on stdout.
fn every_command(home: &Home, search: &LeakSearch) {
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
        search.assert_silent(&done);
    }
    for format in ["text", "json", "raw", "yaml", "shell", "dotenv"] {
        let get = run(&["--get", "a", "-o", format]);
        assert!(get.stdout.contains(MARK));
        search.assert_absent("stderr", &get.stderr);
        let list = home.run([&JOB[..], &["--list", "--show-secrets", "-o", format]].concat());
        search.assert_absent("stderr", &list.stderr);
    }
}

/// Runs what takes keys in, compares, moves and edits them, on jobs of their own.
fn every_transfer(home: &Home, search: &LeakSearch) {
    fn words<'a>(args: &[&'a str]) -> Vec<&'a str> {
        [&["-v", "DEBUG", "secrets", "-n", "from", "-t", "t"], args].concat()
    }
    let run = |args: &[&str]| home.run(words(args)).done();
    let import = |args: &[&str], text: String| {
        home.run_with(words(&[&["import", "-", "-f", "dotenv"], args].concat()), text).done()
    };
    let edit = |args: &[&str]| {
        let mut command = home.command(words(args));
        command.env("EDITOR", "sed -i s/4711/4711-edited/");
        vdk_testing::finish(command).done()
    };
    for done in [
        import(&[], format!("a='{MARK}'\nb='{MARK}'\n")),
        import(&["--dry-run"], format!("a='x{MARK}'\n")),
        import(&["--overwrite"], format!("a='x{MARK}'\n")),
        run(&["diff", "--to-name", "to"]),
        run(&["diff", "--to-version", "1", "-o", "json"]),
        run(&["copy", "a", "--to-name", "to"]),
        run(&["move", "b", "--to-name", "to", "--dry-run"]),
        run(&["move", "b", "--to-name", "to"]),
        run(&["move", "a", "--rename", "a=c"]),
        edit(&["edit", "-y"]),
        edit(&["edit", "c", "-y"]),
    ] {
        search.assert_silent(&done);
    }
    for refused in [
        home.run_with(words(&["import", "-", "-f", "dotenv"]), format!("z=${MARK}\n"))
            .failed(2, "stdin:1:3"),
        home.run_with(words(&["import", "-", "-f", "json"]), format!("{{\"z\": {MARK}}}"))
            .failed(2, "no JSON"),
        home.run(words(&["copy", "c", "--to-name", "from"])).failed(2, "Both sides"),
    ] {
        search.assert_silent(&refused);
    }
}

/// Runs commands on the local store. Neither the store nor a copy reveals the secret.
fn every_local_command(search: &LeakSearch) {
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
        search.assert_silent(&done);
    }
    assert!(job(&["--get", "a"]).stdout.contains(MARK));
    assert_eq!(search.files(home.path()), Vec::<PathBuf>::new());
}

/// Runs commands that fail: by the command line, clap, the service, or an unreachable address.
fn every_refusal(home: &Home, search: &LeakSearch) {
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
        search.assert_silent(&refused);
    }
}

/// Sends requests that no valid client sends.
fn raw_requests(server: &Server, search: &LeakSearch) {
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
        search.assert_absent("an answer", &ask(server, &line, &bearer, &body));
    }
}

fn get(server: &Server, path: &str) -> String {
    ask(server, &format!("GET {path}"), "", "")
}

fn ask(server: &Server, line: &str, headers: &str, body: &str) -> String {
    let url = server.url();
    let mut stream = std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}");
    write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
    std::io::read_to_string(stream).unwrap()
}

/// Checks arguments, environment and core dumps while the value is in memory.
#[test]
fn hides_a_value_from_proc_and_core_dumps() {
    let service = Service::with_etags();
    service.always("PUT", Fault::Hang);
    let home = Home::at(&service.url());
    let mut command = home.command([&JOB[..], &["--set", "a"]].concat());
    // The parent shell may have enabled core dumps.
    command = vdk_testing::with_core_dumps(command);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(MARK.as_bytes()).unwrap();
    vdk_testing::wait::eventually("it sends the value", || service.count("PUT") > 0);
    let search = LeakSearch { secrets: vec![MARK.into()] };
    for file in ["cmdline", "environ"] {
        // Only root can read the environment of a process that is not dumpable.
        let Ok(bytes) = std::fs::read(format!("/proc/{}/{file}", child.id())) else {
            assert_eq!(file, "environ");
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(if file == "cmdline" { "--set" } else { "HOME=" }), "{text}");
        search.assert_absent(file, &text);
    }
    let mut kill = std::process::Command::new("kill");
    kill.args(["-ABRT", &child.id().to_string()]);
    vdk_testing::finish(kill).done();
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    assert_eq!(search.files(home.path()), Vec::<PathBuf>::new());
}

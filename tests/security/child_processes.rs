//! Traces every program that a command starts and checks that no secret is in its arguments or
//! environment.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use vdk_testing::process::write_program;
use vdk_testing::server::Server;
use vdk_testing::{Home, Run};

const MARK: &str = "Fnord-5ecReT-4711";
/// The variable that vdk adds for another vdk.
const HANDED_OVER: &str = "VDK_HANDED_OVER_BY=";

/// An execve call, successful or not.
#[derive(Debug)]
struct ProgramStart {
    program: String,
    arguments: Vec<String>,
    environment: Vec<String>,
}

impl ProgramStart {
    /// Parses a line of strace: `4711 execve("/bin/x", ["x"], ["A=b"]) = 0`, or its first half.
    fn read(line: &str) -> Option<Self> {
        let (_, call) = line.split_once(" execve(")?;
        let parts = call.split_once(" <unfinished").or(call.rsplit_once(") = "));
        // All text here is ASCII, so C string literals are JSON strings.
        let parts = serde_json::from_str(&format!("[{}]", parts.unwrap().0));
        let (program, arguments, environment) = parts.unwrap_or_else(|_| panic!("{line}"));
        Some(ProgramStart { program, arguments, environment })
    }

    fn shows(&self, secret: &str) -> bool {
        // The first half must not occur either.
        let half = &secret[..secret.len() / 2];
        self.arguments.iter().chain(&self.environment).any(|text| text.contains(half))
    }
}

/// Runs a command under strace with `input` on stdin. Returns its result, its own start, and the
/// starts of other programs.
fn trace(command: &Command, input: &str) -> (Run, ProgramStart, Vec<ProgramStart>) {
    // On a busy machine strace may fail to start the command.
    for _ in 0..20 {
        let (run, text) = try_to_trace(command, input);
        assert!(!text.contains("execveat("), "{text}");
        let mut started = text.lines().filter_map(ProgramStart::read);
        if let Some(own) = started.next() {
            return (run, own, started.collect());
        }
    }
    panic!("strace does not begin");
}

fn try_to_trace(command: &Command, input: &str) -> (Run, String) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut traced = Command::new("timeout");
    traced.args(["-s", "KILL", "60", "strace", "-f", "-q", "-v", "-s", "100000"]);
    traced.args(["-e", "trace=execve,execveat", "-e", "signal=none", "-o"]).arg(log.path());
    traced.arg(command.get_program()).args(command.get_args()).env_clear();
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    traced.current_dir(command.get_current_dir().unwrap()).stdin(Stdio::piped());
    let mut child = traced.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let run = Run::from(child.wait_with_output().unwrap());
    (run, std::fs::read_to_string(log.path()).unwrap())
}

/// Writes a program that only exits with `code`.
fn program(home: &Home, folder: &str, name: &str, code: i32) -> String {
    let folder = home.path().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    write_program(&path, &format!("#!/bin/sh\nexit {code}\n"));
    path.to_str().unwrap().to_string()
}

/// Makes a home at `url` with everything that a command might start: a display, an editor, a pager,
/// a bus launcher.
fn home(url: &str) -> Home {
    let home = Home::at(url);
    for name in ["dbus-launch", "xdg-open", "pinentry", "secret-tool", "x-www-browser"] {
        program(&home, "desktop", name, 0);
    }
    let path = format!("{}:/usr/bin:/bin", home.path().join("desktop").display());
    home.with("PATH", path)
        .with("DISPLAY", ":99")
        .with("EDITOR", "/bin/false")
        .with("PAGER", "/bin/false")
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn starts_no_other_program() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let create = "server token create --user ana --team t --role manager".split(' ');
    let token = operator.run(create).done().stdout.trim().to_string();
    let logged_in = home(&server.url());
    let by_variable = home(&server.url()).with("VDK_API_TOKEN", &token);
    let local = home("local");
    let all = format!("{{\"a\":\"{MARK}\",\"b\":\"{MARK}\"}}");
    let check = |home: &Home, line: &str, input: &str| {
        let words = line.replace("secrets", "secrets -n j -t t");
        let (run, own, started) = trace(&home.command(words.split(' ')), input);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        assert!(own.environment.iter().any(|text| text == "DISPLAY=:99"), "{own:?}");
        assert!(started.is_empty(), "{line}: {started:?}");
        assert!(!own.shows(MARK), "{own:?}");
    };
    check(&logged_in, "login", &token);
    for home in [&logged_in, &by_variable, &local] {
        check(home, "secrets --set a", MARK);
        check(home, "secrets --set-file b -", MARK);
        for format in ["text", "json", "raw", "yaml", "shell", "dotenv"] {
            check(home, &format!("secrets --get a -o {format}"), "");
        }
        check(home, "secrets --list --show-secrets", "");
        check(home, "-v DEBUG secrets --overwrite-all - -y", &all);
        check(home, "secrets --delete b", "");
        check(home, "secrets history", "");
        check(home, "secrets rollback 1", "");
        check(home, "secrets --delete-all -y", "");
    }
    for line in ["access list -t t", "info -t t", "login --status", "version", "completion bash"] {
        check(&logged_in, line, "");
    }
    check(&logged_in, "logout", "");
    for line in ["local status", "local backup copy.db", "local rotate-key", "local export-key key"]
    {
        check(&local, line, "");
    }
    // The service's program replaces this process and starts nothing.
    let create = "server token create --user bob --team t --role reader";
    let home = operator_home(&operator);
    let (run, own, started) = trace(&home.command(create.split(' ')), "");
    let token = run.done().stdout;
    let [service] = started.as_slice() else { panic!("{started:?}") };
    assert_eq!(Path::new(&service.program).file_name().unwrap(), "vdk-control-service");
    assert_eq!(service.environment, own.environment);
    let key = std::fs::read_to_string(operator.config("local/master.key")).unwrap();
    assert!(!service.shows(token.trim()) && !service.shows(key.trim()), "{service:?}");
}

/// Returns the operator's home with such a desktop.
fn operator_home(operator: &Home) -> Home {
    let folder = operator.path().to_str().unwrap();
    home("local").with("VDK_BASE_CONFIG_FOLDER", folder)
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn gives_the_browser_only_the_address() {
    let home = home("http://127.0.0.1:9")
        .with("VDK_API_TOKEN", format!("{MARK}-token"))
        .with("VDK_CLIENT_SECRET", format!("{MARK}-client"))
        .with("OAUTH2_REDIRECT_URI_PORT", "0");
    let (first, second) = (program(&home, "own", "first", 1), program(&home, "own", "second", 1));
    let mut login = home.command(
        "login -t credentials -i cli -d http://127.0.0.1:9/a -e http://127.0.0.1:9/token --timeout 2"
            .split(' '),
    );
    // No program can show the page, so the user gets the address.
    program(&home, "desktop", "xdg-open", 1);
    login.env("BROWSER", format!("{first}:{second} --new %s"));
    // On a busy machine the browser may run for more than a second. Then it counts as a browser
    // that shows the page.
    let (run, own, started) = (0..20)
        .map(|_| trace(&login, &format!("{MARK}-code\n")))
        .find(|(_, _, started)| started.len() > 2)
        .unwrap();
    assert!(run.code == 1 && run.stderr.contains("not completed within 2 seconds"), "{run:?}");
    assert!(own.shows(MARK), "it is there to be passed on");
    let programs: Vec<_> = started.iter().map(|one| one.program.as_str()).collect();
    assert_eq!(programs[..2], [first.as_str(), second.as_str()]);
    assert!(programs[2..].iter().all(|program| program.ends_with("/xdg-open")), "{programs:?}");
    for one in &started {
        assert!(!one.shows(MARK), "{one:?}");
        assert!(one.arguments.last().unwrap().starts_with("http://127.0.0.1:9/a?"), "{one:?}");
        assert!(one.environment.iter().all(|text| own.environment.contains(text)), "{one:?}");
    }
    assert_eq!(started[1].arguments[1], "--new");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn passes_arguments_and_environment_to_another_vdk_unchanged() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let create = "server token create --user ana --team t --role manager".split(' ');
    let token = operator.run(create).done().stdout.trim().to_string();
    let home = home(&server.url());
    let other = program(&home, "desktop", "vdk", 5);
    home.run_with(["login"], &token).done();
    let saved = std::fs::read_to_string(home.config("vdk-cred.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    let access = saved["access_token"].as_str().unwrap();
    let run = ["run", "job", "--arguments", "{\"a\":1}"];
    let (ended, own, started) = trace(&home.command(run), MARK);
    let [handed] = started.as_slice() else { panic!("{started:?}") };
    assert_eq!((ended.code, &handed.program), (5, &other), "{ended:?}");
    assert_eq!(handed.arguments[1..], run);
    // The other vdk may read the saved login, but it must not be visible to others.
    assert!([MARK, &token, access].iter().all(|secret| !handed.shows(secret)), "{handed:?}");
    let (added, kept): (Vec<&String>, Vec<&String>) =
        handed.environment.iter().partition(|text| text.starts_with(HANDED_OVER));
    assert_eq!((added.len(), kept), (1, own.environment.iter().collect()));
    // A token that the user has set in a variable is passed on.
    let mut with_token = home.command(run);
    with_token.env("VDK_API_TOKEN", &token);
    let (_, own, started) = trace(&with_token, "");
    assert!(own.shows(&token) && started[0].shows(&token));
    assert!(!started[0].arguments.iter().any(|text| text.contains(&token)), "{started:?}");
}

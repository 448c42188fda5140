//! Tests a token in the environment beside a saved login.

use serde_json::Value;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::server::Server;
use vdk_testing::{Home, finish};

#[test]
fn shows_the_environment_token_before_the_login_that_it_hides() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let token = operator.run(["server", "token", "create", "--user", "ana"]).done().stdout;
    let home = Home::at(&server.url());
    home.run_with(["login"], &token).done();
    let with_variable = |args: &[&str], value: &str| {
        let mut command = home.command(args);
        command.env("VDK_API_TOKEN", value);
        finish(command)
    };
    let shown = with_variable(&["login", "--status"], token.trim()).done().stdout;
    let service = server.url();
    assert!(shown.contains("VDK_API_TOKEN; every command uses it"), "{shown}");
    assert!(shown.contains(&format!("the saved login of ana for {service}")), "{shown}");
    assert!(!shown.contains(token.trim()), "{shown}");
    let json = with_variable(&["login", "--status", "-o", "json"], token.trim()).done().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["store"], &json["hidden"]["user"]), (&"VDK_API_TOKEN".into(), &"ana".into()));
    // An empty variable counts as unset.
    assert!(with_variable(&["login", "--status"], " ").done().stdout.contains("user     ana"));
    let run = with_variable(&["logout"], token.trim()).done();
    assert!(run.stderr.contains("VDK_API_TOKEN is still set, and commands use it"), "{run:?}");
    let shown = with_variable(&["login", "--status"], token.trim()).done().stdout;
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn reads_the_token_from_a_file() {
    let service = Service::with_etags();
    service.put("secrets", r#"{"a":"1"}"#);
    let url = service.url();
    let home = Home::at(&url).with("VDK_API_TOKEN_AUTHORIZATION_URL", format!("{url}/token"));
    let file = home.file("token", "geheim-token\r\n");
    let get = |variables: &[(&str, &str)]| {
        let mut command = home.command("secrets -n j -t t --get a -o raw".split(' '));
        command.envs(variables.iter().copied());
        finish(command)
    };
    let granted = r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#;
    service.next("POST", [Fault::Answer(200, "", granted)]);
    assert_eq!(get(&[("VDK_API_TOKEN_FILE", &file)]).done().stdout, "1");
    let sent = |part: &str| service.requests().iter().any(|request| request.body.contains(part));
    assert!(sent("refresh_token=geheim-token") && !sent("%0D"));
    let count = service.requests().len();
    let empty = home.file("empty", "\n");
    let missing = home.path().join("missing");
    for (variables, words) in [
        (&[("VDK_API_TOKEN", "x"), ("VDK_API_TOKEN_FILE", &*file)][..], "are both set"),
        (&[("VDK_API_TOKEN_FILE", &empty)], "the file is empty"),
        (&[("VDK_API_TOKEN_FILE", missing.to_str().unwrap())], "No such file"),
        (&[("VDK_API_TOKEN_FILE", "~/token")], "begins with ~"),
        (&[("VDK_API_TOKEN_FILE", "geheim-token")], "VDK_API_TOKEN_FILE"),
        // In a CI system, a variable often contains something else than the secret.
        (&[("VDK_API_TOKEN", "$CI_TOKEN")], "the name of a variable"),
        (&[("VDK_API_TOKEN", "${CI_TOKEN}")], "the name of a variable"),
        (&[("VDK_API_TOKEN", "***")], "the mask"),
        (&[("VDK_API_TOKEN", "[MASKED]")], "the mask"),
        (&[("VDK_API_TOKEN", &file)], "set VDK_API_TOKEN_FILE"),
    ] {
        let run = get(variables).failed(2, words);
        let hidden = ["CI_TOKEN}", "geheim"];
        assert!(!hidden.iter().any(|word| run.stderr.contains(word)), "{run:?}");
    }
    assert_eq!(service.requests().len(), count, "nothing was sent");
    let mut command = home.command(["login", "--status"]);
    command.env("VDK_API_TOKEN_FILE", &file);
    let shown = finish(command).done().stdout;
    assert!(shown.contains("VDK_API_TOKEN_FILE; every command uses it"), "{shown}");
}

/// Commands in a row exchange the token once, if there is a place in memory for what they get.
#[cfg(target_os = "linux")]
#[test]
fn exchanges_the_token_once_for_many_commands() {
    use std::os::unix::fs::PermissionsExt;
    let service = Service::with_etags();
    let url = service.url();
    let granted = r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#;
    service.always("POST", Fault::Answer(200, "", granted));
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let only_own = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(memory.path(), only_own).unwrap();
    let runtime = memory.path().to_str().unwrap();
    let home = Home::at(&url).with("VDK_API_TOKEN", "vdk_0123456789abcdef_geheim");
    let list = |folder: &str, expected: usize| {
        let before = service.count("POST");
        for _ in 0..5 {
            let mut command = home.command("secrets -n j -t t --list".split(' '));
            finish({
                command.env("XDG_RUNTIME_DIR", folder);
                command
            })
            .done();
        }
        assert_eq!(service.count("POST") - before, expected, "{folder}");
    };
    list(runtime, 1);
    let files: Vec<_> = std::fs::read_dir(memory.path().join("vdk")).unwrap().collect();
    let file = files[0].as_ref().unwrap().path();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!((files.len(), mode), (1, 0o600));
    let text = std::fs::read_to_string(&file).unwrap() + &file.display().to_string();
    assert!(text.contains("tok.en") && !text.contains("geheim"), "{text}");
    // The service no longer takes the access token: another one is fetched, once.
    service.next("GET", [Fault::Answer(401, "", "")]);
    list(runtime, 1);
    // A damaged file counts as none, and so does a token that has ended.
    std::fs::write(&file, "{").unwrap();
    list(runtime, 1);
    std::fs::write(&file, r#"{"access_token":"tok.en","access_token_expiration_time":1}"#).unwrap();
    list(runtime, 1);
    // A folder on a disk, and one that others may read, get nothing.
    list(home.path().to_str().unwrap(), 5);
    let open = memory.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
    list(open.to_str().unwrap(), 5);
    list("relative", 5);
    assert_eq!(std::fs::read_dir(&open).unwrap().count(), 0);
    // Another token has a file of its own.
    let mut other = home.command("secrets -n j -t t --list".split(' '));
    other.env("XDG_RUNTIME_DIR", runtime).env("VDK_API_TOKEN", "vdk_0123456789abcdef_other");
    let before = service.count("POST");
    finish(other).done();
    assert_eq!(service.count("POST"), before + 1);
}

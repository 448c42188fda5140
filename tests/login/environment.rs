//! Tests a token in the environment beside a saved login.

use serde_json::Value;
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

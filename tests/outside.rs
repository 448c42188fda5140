//! Against what others made: the Python vdk, shells, the keyring of the desktop, a full disk. They
//! need what `./tests/run` installs, so `cargo test` leaves them out.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::service::Service;
use common::{Home, Run, finish};

/// The folder with the Python vdk's programs, as `./tests/run` tells it.
fn python_bin() -> PathBuf {
    PathBuf::from(std::env::var_os("VDK_TEST_PYTHON_BIN").unwrap())
}

/// The Python command line on the same home, whose answers are the reference.
fn python(home: &Home, url: &str, args: &[&str]) -> Run {
    let mut command = Command::new(python_bin().join("vdkcli"));
    command
        .args(["secrets", "-n", "j", "-t", "t"])
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("VDK_CONTROL_SERVICE_REST_API_URL", url);
    finish(command)
}

const EVERY_TYPE: &str = r#"{"s":"a b","e":"","u":"ü☃😀","i":-7,"big":123456789012345678901234567890,"f":1.5,"b":true,"n":null,"a":[1,"x",null,{"y":[]}],"o":{"z":1,"a":false},"":"empty key","sp ace":"x","multi\nline":"l1\nl2\t\"q\" \\ /"}"#;

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn both_command_lines_read_and_write_the_same_job() {
    let service = Service::plain();
    let (url, home) = (service.url(), Home::at(&service.url()));
    let file = home.file("all.json", EVERY_TYPE);
    for writer_is_python in [true, false] {
        let overwrite = ["--overwrite-all-job-secrets", &file];
        if writer_is_python {
            python(&home, &url, &overwrite).done();
        } else {
            home.secrets(&overwrite).done();
        }
        let theirs = python(&home, &url, &["--list", "-o", "json"]).done().stdout;
        assert_eq!(
            home.secrets(&["--get-all", "-o", "json"]).done().stdout,
            theirs,
            "byte for byte"
        );
        for key in ["s", "u", "i", "big", "f", "b", "n", "a", "o", "multi\nline", "sp ace", "nope"]
        {
            let get = ["--get", key, "-o", "json"];
            let theirs = python(&home, &url, &get).done().stdout;
            assert_eq!(home.secrets(&get).done().stdout, theirs, "{key}");
        }
        for change in [
            &["--set", "s", "-5", "--set", "new", "x=y", "--delete", "n"][..],
            &["--set", "i", " 1_000 ", "--set", "f", "2", "--set", "b", "FALSE"],
            &["--set", "f", "1e22", "--set", "i", "１２"],
            &["--set", "f", ".5", "--set", "big", "-0"],
        ] {
            let before = service.stored("secrets");
            python(&home, &url, change).done();
            let theirs = service.stored("secrets");
            service.put("secrets", &before);
            home.secrets(change).done();
            let ours = python(&home, &url, &["--list", "-o", "json"]).done().stdout;
            service.put("secrets", &theirs);
            assert_eq!(
                python(&home, &url, &["--list", "-o", "json"]).done().stdout,
                ours,
                "{change:?}"
            );
        }
        for refused in [
            &["--set", "i", "1.0"][..],
            &["--set", "f", "1,5"],
            &["--set", "b", "1"],
            &["--set", "a", "[1]"],
            &["--set", "s", "x", "--list"],
        ] {
            assert_eq!(python(&home, &url, refused).code, 2, "{refused:?}");
            assert_eq!(home.secrets(refused).code, 2, "{refused:?}");
        }
        service.put("secrets", "{}");
    }
    let ini = "[defaults]\nteam-name = 100%%\nrest-api-url = http://x\n\n";
    home.write_config("vdk-configuration.ini", ini);
    let mut set = Command::new(python_bin().join("vdkcli"));
    set.args(["set-default", "-t", "from python"]).env("HOME", home.path());
    finish(set).done();
    let run = home.run(["secrets", "-n", "j", "--list"]).done();
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    assert!(service.requests().last().unwrap().path.contains("/from%20python/"));
}

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn commands_that_are_not_ours_reach_the_python_vdk() {
    let home = Home::new();
    let own = Path::new(env!("CARGO_BIN_EXE_vdk"));
    let copies = ["first", "second"].map(|name| {
        let folder = home.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::copy(own, folder.join("vdk")).unwrap();
        folder
    });
    let python = python_bin();
    let folders = [copies[0].as_path(), copies[1].as_path(), copies[0].as_path(), python.as_path()];
    let path =
        std::env::join_paths(folders.into_iter().chain([Path::new("/usr/bin"), Path::new("/bin")]))
            .unwrap();
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("PATH", &path).env("LC_ALL", "C.UTF-8");
        finish(command)
    };
    let help = run(&["run", "--help"]).done().stdout;
    assert!(help.contains("DATA_JOB_DIRECTORY"), "{help}");
    assert_eq!(run(&["run", "no such job"]).code, 2, "its exit code");
    assert!(run(&["version"]).done().stdout.starts_with("Version: "), "ours stay ours");

    let job = home.path().join("my-job");
    std::fs::create_dir(&job).unwrap();
    std::fs::write(job.join("config.ini"), "[owner]\nteam = t\n").unwrap();
    std::fs::write(job.join("10_step.py"), "def run(job_input):\n    print('ran ' + str(6 * 7))\n")
        .unwrap();
    let ran = run(&["run", job.to_str().unwrap()]);
    assert!(
        ran.code == 0 && (ran.stdout.contains("ran 42") || ran.stderr.contains("ran 42")),
        "{ran:?}"
    );
}

#[test]
#[ignore = "needs zsh and fish: ./tests/run"]
fn completions_work_in_their_shells() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let shell = |program: &str, script: &str| {
        let mut command = Command::new(program);
        command
            .args(["-c", &script.replace("DIR", root.to_str().unwrap())])
            .env("HOME", "/nonexistent");
        finish(command).done().stdout
    };
    let bash = shell(
        "bash",
        "source DIR/vdk.bash; COMP_WORDS=(vdk secrets --over); COMP_CWORD=2; _vdk vdk --over secrets; echo ${COMPREPLY[@]}",
    );
    assert_eq!(bash.trim(), "--overwrite-all");
    let fish = shell("fish", "source DIR/vdk.fish; complete -C 'vdk secrets --show'");
    assert!(fish.starts_with("--show-secrets"), "{fish}");
    let zsh = shell(
        "zsh",
        "fpath=(DIR $fpath); autoload -Uz compinit; compinit -u -D; print ${_comps[vdk]}; autoload +X _vdk && print loaded",
    );
    assert_eq!(zsh, "_vdk\nloaded\n");
}

/// Runs a script on a home and a session bus of its own. With `unlock` there is an unlocked keyring,
/// whose process id the script has in `$KEYRING`; it ends with the script.
fn with_bus(script: &str, unlock: bool) -> Run {
    let home = Home::new();
    let start = "gnome-keyring-daemon --foreground --unlock --components=secrets \
                 <<< password >/dev/null 2>&1 & KEYRING=$!
                 trap 'kill -KILL $KEYRING' EXIT
                 until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
                 org.freedesktop.DBus.GetNameOwner string:org.freedesktop.secrets >/dev/null 2>&1
                 do kill -0 $KEYRING || exit 99; done\n";
    let runtime = home.path().join("runtime");
    std::fs::create_dir(&runtime).unwrap();
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "bash", "-c", &format!("{}{script}", if unlock { start } else { "" })])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("VDK", env!("CARGO_BIN_EXE_vdk"))
        .env("VDK_CONTROL_SERVICE_REST_API_URL", "local");
    finish(command)
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn the_master_key_lives_in_the_keyring() {
    let run = with_bus(
        "$VDK secrets -n j -t t --set a MARKED && $VDK secrets -n j -t t --get a -o raw && echo \
         && $VDK local status -o json && ls $HOME/.vdk.internal/local \
         && $VDK local export-key $HOME/key && rm -rf $HOME/.local/share/keyrings/* \
         && grep -rlE \"MARKED|$(cat $HOME/key)\" $HOME --exclude=key; true",
        true,
    )
    .done();
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], "MARKED", "{run:?}");
    assert!(lines[1].contains("the operating system's keyring"), "{run:?}");
    assert!(!lines[2..].contains(&"master.key"), "{run:?}");
    assert_eq!(lines[2..], ["create.lock", "store.db"], "no other file, no hit: {run:?}");
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn a_keyring_that_is_locked_or_hangs_is_an_error_in_time() {
    let run = with_bus(
        "$VDK secrets -n j -t t --set a 1 || exit 9; kill -STOP $KEYRING; SECONDS=0; $VDK secrets -n j -t t --get a; echo code $? after $SECONDS; \
         $VDK secrets -n j -t t --set b 2; echo code $?; ls $HOME/.vdk.internal/local",
        true,
    );
    assert!(run.stderr.contains("the keyring did not answer within 2 seconds"), "{run:?}");
    assert!(
        run.stdout.contains("code 6 after 2") || run.stdout.contains("code 6 after 3"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("master.key"), "no silent file: {run:?}");

    // A bus without a keyring, and no bus at all: the file, said once.
    let run = with_bus(
        "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; \
         $VDK secrets -n j -t t --set a 1 && $VDK secrets -n j -t t --get a -o raw",
        false,
    )
    .done();
    assert_eq!(
        (run.stdout.as_str(), run.stderr.matches("master.key").count()),
        ("1", 1),
        "{run:?}"
    );
    let run = with_bus(
        "VDK_CREDENTIAL_STORE=keyring DBUS_SESSION_BUS_ADDRESS= $VDK secrets -n j -t t --set a 1",
        false,
    );
    assert!(run.code == 6 && run.stderr.contains("the keyring is not there"), "{run:?}");
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn a_login_lives_in_the_keyring() {
    let operator = Home::new();
    let server = common::server::Server::secured(&operator);
    let create = ["server", "token", "create", "--user", "ana", "--team", "t", "--role", "writer"];
    let token = operator.run(create).done().stdout;
    let log_in = format!(
        "export VDK_CONTROL_SERVICE_REST_API_URL={}; echo '{}' | $VDK login || exit 9; ",
        server.url(),
        token.trim()
    );
    // Used, renewed, shown, in no file, and gone after the logout.
    let run = with_bus(
        &format!(
            "{log_in} $VDK secrets -n j -t t --set a 1 && $VDK secrets -n j -t t --get a -o raw && echo \
             && $VDK login --status && stat -c '%a' $HOME/.vdk.internal/vdk-cred.json \
             && grep -rlE 'vdk_[0-9a-f]|eyJ' $HOME; \
             $VDK logout && ls $HOME/.vdk.internal; $VDK secrets -n j -t t --list; echo code $?; \
             $VDK login --status; echo code $?"
        ),
        true,
    );
    assert!(run.stdout.starts_with("Login Successful\n1\n"), "{run:?}");
    for words in ["ana", "kept in  the keyring", "\n600\n", "\nlocks\n", "code 3\ncode 3"] {
        assert!(run.stdout.contains(words), "no '{words}' in {run:?}");
    }
    assert!(!run.stdout.contains("vdk-cred") && !run.stderr.contains("no keyring"), "{run:?}");

    // One that hangs, or is locked, is an error in time, and never a silent file.
    let run = with_bus(
        &format!(
            "{log_in} kill -STOP $KEYRING; SECONDS=0; $VDK secrets -n j -t t --list; echo code $? after $SECONDS; \
             echo '{0}' | $VDK login; echo code $?; grep -rlE 'vdk_[0-9a-f]' $HOME; kill -CONT $KEYRING; \
             dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
             org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null; \
             SECONDS=0; $VDK secrets -n j -t t --list; echo code $? locked after $SECONDS",
            token.trim()
        ),
        true,
    );
    let in_time =
        |what: &str| (0..=3).any(|n| run.stdout.contains(&format!("code 3{what} after {n}")));
    assert!(in_time("") && in_time(" locked"), "{run:?}");
    assert!(run.stderr.contains("the keyring did not answer within 2 seconds"), "{run:?}");
    assert!(!run.stdout.contains("/.vdk.internal"), "{run:?}");

    // Without a bus the file, and said so; where the keyring is demanded, nothing.
    let run = with_bus(
        &format!(
            "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; {log_in} \
             $VDK secrets -n j -t t --list; echo code $?; $VDK logout; \
             echo '{}' | VDK_CREDENTIAL_STORE=keyring $VDK login; echo code $?; ls $HOME/.vdk.internal",
            token.trim()
        ),
        false,
    );
    assert!(run.stderr.contains("there is no keyring here; the login is in"), "{run:?}");
    assert!(run.stdout.ends_with("code 0\ncode 3\nlocks\n"), "no file: {run:?}");
}

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn the_python_vdk_logs_in_to_our_service_and_we_use_its_login() {
    let operator = Home::new();
    let server = common::server::Server::secured(&operator);
    let url = server.url();
    let create = ["server", "token", "create", "--user", "ana", "--team", "t", "--role", "writer"];
    let token = operator.run(create).done().stdout;
    let home = Home::at(&url);
    let mut login = Command::new(python_bin().join("vdkcli"));
    login
        .args([
            "login",
            "-t",
            "api-token",
            "-a",
            token.trim(),
            "-u",
            &format!("{url}/oauth2/token"),
        ])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("OAUTHLIB_INSECURE_TRANSPORT", "1");
    assert!(finish(login).done().stdout.contains("Login Successful"));
    python(&home, &url, &["--set", "a", "1"]).done();
    let run = home.secrets(&["--get", "a", "-o", "raw"]).done();
    assert_eq!(run.stdout, "1");
    assert!(run.stderr.contains("could be read by other users"), "{run:?}");
    // What we have made of it is still the Python vdk's.
    assert_eq!(
        python(&home, &url, &["--get", "a", "-o", "json"]).done().stdout,
        "{\"a\": \"1\"}\n"
    );
    let revoked = operator.run(["server", "token", "list", "-o", "json"]).done().stdout;
    let list: serde_json::Value = serde_json::from_str(&revoked).unwrap();
    assert_eq!(list.as_array().unwrap().iter().filter(|token| token["user"] == "ana").count(), 1);
}

#[test]
#[ignore = "mounts a small disk, as root: ./tests/run"]
fn full_and_read_only_disks() {
    let home = Home::at("local");
    let disk = home.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let sh = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(home.path());
        finish(command)
    };
    sh("mount -t tmpfs -o size=1m tmpfs disk").done();
    let at = |args: &[&str]| {
        let mut command = home.command([&["secrets", "-n", "j", "-t", "t"], args].concat());
        command.env("VDK_BASE_CONFIG_FOLDER", &disk);
        finish(command)
    };
    let result = std::panic::catch_unwind(|| {
        at(&["--set", "a", "1"]).done();
        let _ = std::fs::write(disk.join("filler"), vec![0; 2_000_000]);
        let big = home.file("big", "x".repeat(400_000));
        at(&["--set-file", "b", &big]).failed(6, "full");
        assert_eq!(
            at(&["--get-all", "-o", "json"]).done().stdout,
            "{\"a\": \"1\"}\n",
            "reads go on"
        );
        std::fs::remove_file(disk.join("filler")).unwrap();
        at(&["--set", "c", "3"]).done();
        sh("mount -o remount,ro disk").done();
        at(&["--set", "d", "4"]).failed(6, "cannot be written");
        assert_eq!(at(&["--get", "c", "-o", "raw"]).done().stdout, "3", "reads go on");
        let mut default = home.command(["set-default", "-t", "t"]);
        default.env("VDK_BASE_CONFIG_FOLDER", &disk);
        finish(default).failed(2, "Read-only");
    });
    sh("umount disk").done();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn the_main_job() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n";
    let account =
        "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN\\nx\\n\"\n}\n";
    let password = "it's \"$HOME\" `id` \\ !x  ";
    let service = Service::plain();
    for url in ["local".to_string(), service.url()] {
        let home = Home::at(&url);
        let job = home.path().join("ingest-orders");
        std::fs::create_dir(&job).unwrap();
        std::fs::write(job.join("config.ini"), "[owner]\nteam = t\n").unwrap();
        std::fs::write(job.join("key.pem"), pem).unwrap();
        std::fs::write(job.join("account.json"), account).unwrap();
        let script = "set -e
            $VDK secrets --set token 'eyJhbGciOi.J9-_' --set-file pem key.pem --set-file account account.json
            printf '%s\\n' \"$PASSWORD\" | $VDK secrets --set password
            $VDK secrets --list -o json
            $VDK secrets --get pem -o raw > key.copy; cmp key.pem key.copy
            $VDK secrets --get account -o raw > account.copy; cmp account.json account.copy
            value=$($VDK secrets --get password -o raw); [ \"$value\" = \"$PASSWORD\" ]
            unset token pem account password
            eval \"$($VDK secrets --get-all -o shell)\"
            [ \"$password\" = \"$PASSWORD\" ] && [ \"$token\" = 'eyJhbGciOi.J9-_' ]
            printf %s \"$pem\" | cmp - key.pem";
        let mut sh = home.command::<&str>([]);
        let environment: Vec<_> =
            sh.get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect();
        sh = Command::new("sh");
        sh.args(["-c", script]).current_dir(&job).env_clear().envs(environment);
        sh.env("VDK", env!("CARGO_BIN_EXE_vdk")).env("PASSWORD", password);
        let run = finish(sh).done();
        assert_eq!(run.stdout, "[\"token\", \"pem\", \"account\", \"password\"]\n");
        let all = ["secrets", "-n", "ingest-orders", "-t", "t", "--get-all", "-o", "json"];
        let ours = home.run(all).done().stdout;
        if url != "local" {
            let mut theirs = Command::new(python_bin().join("vdkcli"));
            theirs
                .args([
                    "secrets",
                    "-n",
                    "ingest-orders",
                    "-t",
                    "t",
                    "--list",
                    "-o",
                    "json",
                    "-u",
                    &url,
                ])
                .env("HOME", home.path());
            assert_eq!(finish(theirs).done().stdout, ours, "byte for byte");
        }
    }
}

//! Tests with the Python vdk, shells and full disks. They are ignored by `cargo test` because they
//! need what `./tests/run` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use vdk_testing::disk::Disk;
use vdk_testing::process::copy_program;
use vdk_testing::scripted_service::Service;
use vdk_testing::{Home, Run, finish};

/// Returns the folder of the Python vdk's programs, which `./tests/run` sets.
fn python_bin() -> PathBuf {
    PathBuf::from(std::env::var_os("VDK_TEST_PYTHON_BIN").unwrap())
}

/// Runs the Python command line on the same home. Its results are the reference.
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
fn reads_and_writes_jobs_as_the_python_vdk_does() {
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
    assert_eq!(run.stderr, "note: team 'from python' (the saved default)\n");
    assert!(service.requests().last().unwrap().path.contains("/from%20python/"));
}

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn passes_other_commands_to_the_python_vdk() {
    let home = Home::new();
    let own = vdk_testing::vdk();
    let copies = ["first", "second"].map(|name| {
        let folder = home.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        copy_program(own, &folder.join("vdk"));
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
#[ignore = "needs the Python vdk: ./tests/run"]
fn shares_a_login_with_the_python_vdk() {
    let operator = Home::new();
    let server = vdk_testing::server::Server::secured(&operator);
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
    assert!(run.stderr.contains("other users of this machine could read"), "{run:?}");
    // The Python vdk can still use the login after vdk has changed it.
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
fn reports_full_and_read_only_disks_and_keeps_reading() {
    let home = Home::at("local");
    let disk = Disk::mount("1m");
    let at = |args: &[&str]| {
        let mut command = home.command([&["secrets", "-n", "j", "-t", "t"], args].concat());
        command.env("VDK_BASE_CONFIG_FOLDER", disk.path());
        finish(command)
    };
    at(&["--set", "a", "1"]).done();
    let _ = std::fs::write(disk.path().join("filler"), vec![0; 2_000_000]);
    let big = home.file("big", "x".repeat(400_000));
    at(&["--set-file", "b", &big]).failed(6, "full");
    assert_eq!(at(&["--get-all", "-o", "json"]).done().stdout, "{\"a\": \"1\"}\n", "reads go on");
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    at(&["--set", "c", "3"]).done();
    disk.sh("mount -o remount,ro disk");
    at(&["--set", "d", "4"]).failed(6, "cannot be written");
    assert_eq!(at(&["--get", "c", "-o", "raw"]).done().stdout, "3", "reads go on");
    let mut default = home.command(["set-default", "-t", "t"]);
    default.env("VDK_BASE_CONFIG_FOLDER", disk.path());
    finish(default).failed(2, "Read-only");
}

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn stores_and_exports_credentials_in_a_script() {
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
        sh.env("VDK", vdk_testing::vdk()).env("PASSWORD", password);
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

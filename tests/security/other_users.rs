//! Tests several users on one machine: vdk does not trust files of others and does not reveal its
//! own. The tests need root to become other users and to read memory.

#[cfg(feature = "service")]
use std::os::unix::fs::FileExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use vdk_testing::process::copy_program;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::wait::eventually;
use vdk_testing::{Home, Run, finish};

const US: u32 = 64_001;
const THEM: u32 = 64_002;
/// A copy of the binary in the home. Other users may not be able to read the build folder.
const COPY: &str = "vdk-of-the-test";

/// Returns the same command for a user without privileges.
fn as_user(user: u32, command: &Command) -> Command {
    as_user_by(user, &[], command)
}

/// Returns the same command for a user without privileges, started by the program `by`.
fn as_user_by(user: u32, by: &[&str], command: &Command) -> Command {
    let mut other = Command::new("setpriv");
    other.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
    other.args(by);
    let copy = command.get_current_dir().map(|home| home.join(COPY));
    match copy.filter(|_| Path::new(command.get_program()).is_absolute()) {
        Some(copy) => other.arg(copy),
        None => other.arg(command.get_program()),
    };
    other.args(command.get_args()).env_clear();
    other.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    other.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
    other
}

/// Makes a home that belongs to `user`.
fn home_of(user: u32, url: &str) -> Home {
    let home = Home::at(url);
    chown(home.path(), Some(user), Some(user)).unwrap();
    copy_program(vdk_testing::vdk(), &home.path().join(COPY));
    home
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn works_with_a_umask_that_excludes_the_owner() {
    let home = home_of(US, "local");
    let run = |args: &[&str]| {
        let command = home.command([&["secrets", "-n", "j", "-t", "t"], args].concat());
        let by = ["sh", "-c", "umask 177; exec \"$@\"", "sh"];
        finish(as_user_by(US, &by, &command))
    };
    run(&["--set", "a", "1"]).done();
    assert_eq!(run(&["--get", "a", "-o", "raw"]).done().stdout, "1");
    // A folder from elsewhere keeps its mode; the error has the command that helps.
    set_mode(&home.config(""), 0o600);
    run(&["--list"]).failed(2, "chmod 700");
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn fails_in_words_when_no_thread_can_be_started() {
    /// A user without any other process.
    const ALONE: u32 = 64_003;
    let service = Service::with_etags();
    service.put("secrets", r#"{"a":"1"}"#);
    let home = home_of(ALONE, &service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let run = |url: &str, args: &[&str]| {
        let job = ["secrets", "-n", "j", "-t", "t", "-u", url];
        let command = home.command([&job[..], args].concat());
        finish(as_user_by(ALONE, &["prlimit", "--nproc=1"], &command))
    };
    // Neither a store nor a service needs a thread, but looking up a name does.
    for url in [&*service.url(), "local"] {
        run(url, &["--set", "a", "2"]).done();
        assert_eq!(run(url, &["--get", "a", "-o", "raw"]).done().stdout, "2");
    }
    let named = service.url().replace("127.0.0.1", "localhost");
    let none = run(&named, &["--get", "a"]).failed(6, "Resource temporarily unavailable");
    assert!(!none.stderr.contains("panic"), "{none:?}");
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn secrets(home: &Home, user: u32, args: &[&str]) -> Run {
    let job = ["secrets", "-n", "j", "-t", "t"];
    finish(as_user(user, &home.command([&job[..], args].concat())))
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn rejects_a_folder_or_login_of_another_user() {
    let service = Service::plain();
    let home = home_of(US, "local");
    secrets(&home, US, &["--set", "a", "1"]).done();
    let folder = home.config("");
    assert_eq!((mode(&folder), mode(&home.config("local"))), (0o700, 0o700));

    // The owner of the folder decides where secrets go.
    chown(&folder, Some(THEM), None).unwrap();
    set_mode(&folder, 0o777);
    for args in [&["--list"][..], &["--set", "a", "2"], &["-u", &service.url(), "--list"]] {
        secrets(&home, US, args).failed(2, "belongs to another user");
    }
    // A symbolic link to it is rejected, too.
    let linking = home_of(US, "local");
    symlink(&folder, linking.path().join(".vdk.internal")).unwrap();
    secrets(&linking, US, &["--set", "a", "2"]).failed(2, "belongs to another user");
    chown(&folder, Some(US), None).unwrap();
    let run = secrets(&home, US, &["--list"]).done();
    assert!(run.stderr.contains("could be changed by other users"), "{}", run.stderr);
    assert_eq!(mode(&folder), 0o755);
    assert!(!secrets(&home, US, &["--list"]).done().stderr.contains("could be changed"));

    // A container volume whose mode cannot be changed is used with a warning.
    chown(&folder, Some(0), None).unwrap();
    set_mode(&folder, 0o777);
    let run = secrets(&home, US, &["--list"]).done();
    assert!(run.stderr.contains("can be changed by anyone else"), "{}", run.stderr);
    chown(&folder, Some(US), None).unwrap();
    set_mode(&folder, 0o700);

    // Another user has put a login, a master key or a store there.
    let login = r#"{"access_token":"their.token","access_token_expiration_time":1e11}"#;
    home.write_config("vdk-cred.json", login);
    chown(home.config("vdk-cred.json"), Some(THEM), None).unwrap();
    for readable in [0o644, 0o600] {
        set_mode(&home.config("vdk-cred.json"), readable);
        secrets(&home, US, &["-u", &service.url(), "--list"]).failed(3, "belongs to another user");
    }
    assert!(service.requests().is_empty());
    let key = home.config("local/master.key");
    chown(&key, Some(THEM), None).unwrap();
    set_mode(&key, 0o644);
    secrets(&home, US, &["--get", "a"]).failed(6, "master.key");
    set_mode(&key, 0o600);
    secrets(&home, US, &["--get", "a"]).failed(6, "master.key");
    chown(&key, Some(US), None).unwrap();
    secrets(&home, US, &["--get", "a"]).done();
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn never_writes_through_links_to_other_files() {
    let home = home_of(US, "local");
    let victim = home.file("victim", "theirs");
    chown(&victim, Some(US), None).unwrap();
    let service = Service::plain();
    let at = |args: &[&str]| secrets(&home, US, &[&["-u", &service.url()], args].concat());
    at(&["--set", "a", "1"]).done();
    for name in ["vdk-cred.json", "local", "locks"] {
        let path = home.config(name);
        let _ = std::fs::remove_dir_all(&path);
        symlink(&victim, &path).unwrap();
        secrets(&home, US, &["--set", "a", "1"]);
        at(&["--set", "a", "1"]);
        finish(as_user(US, &home.command(["logout"])));
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "theirs", "{name}");
        let _ = std::fs::remove_file(&path);
    }
    // A named pipe in place of the login must not block vdk.
    let pipe = home.config("vdk-cred.json");
    let mut mkfifo = Command::new("mkfifo");
    mkfifo.arg(&pipe);
    finish(mkfifo).done();
    chown(&pipe, Some(US), None).unwrap();
    at(&["--list"]).failed(3, "it is not a regular file");
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn hides_its_memory_from_other_processes_of_the_user() {
    let service = Service::plain();
    service.always("GET", Fault::Hang);
    let home = home_of(US, &service.url()).with("VDK_API_TOKEN_AUTHORIZATION_URL", "");
    let mut running = as_user(US, &home.command("secrets -n j -t t --list".split(' ')));
    let mut child = running.spawn().unwrap();
    eventually("it asks", || service.count("GET") > 0);
    for file in ["mem", "environ", "maps"] {
        let mut look = Command::new("head");
        look.args(["-c", "1", &format!("/proc/{}/{file}", child.id())]).env("LC_ALL", "C");
        let run = finish(as_user(US, &look));
        assert!(run.code != 0 && run.stderr.contains("denied"), "{run:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The same access works for another process, so the test is valid.
    let mut sleep = Command::new("sleep");
    sleep.arg("600").env("PATH", "/bin");
    let mut sleep = as_user(US, &sleep).spawn().unwrap();
    let comm = format!("/proc/{}/comm", sleep.id());
    eventually("it sleeps", || std::fs::read_to_string(&comm).unwrap() == "sleep\n");
    let mut look = Command::new("head");
    look.args(["-c", "1", &format!("/proc/{}/environ", sleep.id())]);
    finish(as_user(US, &look)).done();
    sleep.kill().unwrap();
    sleep.wait().unwrap();
}

/// Counts how often `mark` occurs in the writable memory of a process.
#[cfg(feature = "service")]
fn in_memory(id: u32, mark: &[u8]) -> usize {
    let memory = std::fs::File::open(format!("/proc/{id}/mem")).unwrap();
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let at = |hex| u64::from_str_radix(hex, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(at(to) - at(from)).unwrap()];
        // Memory that was unmapped meanwhile, or belongs to the kernel, cannot be read.
        if memory.read_exact_at(&mut bytes, at(from)).is_ok() {
            found += bytes.windows(mark.len()).filter(|part| *part == mark).count();
        }
    }
    found
}

/// Also covers buffers that libraries have freed.
#[cfg(feature = "service")]
#[test]
#[ignore = "needs root: ./tests/run"]
fn leaves_no_value_in_the_memory_of_the_service() {
    const MARK: &str = "Fnord-Zq7-5ecReT-8190";
    let operator = Home::new();
    let server = vdk_testing::server::Server::start(&operator);
    let client = Home::at(&server.url());
    let job = ["secrets", "-n", "j", "-t", "t"];
    let set = [&job[..], &["--set-file", "a", "-"]].concat();
    client.run_with(set, MARK).done();
    assert_eq!(client.secrets(&["--get", "a", "-o", "raw"]).done().stdout, MARK);
    // The service frees closed connections after a moment.
    eventually("it is gone", || in_memory(server.id(), MARK.as_bytes()) == 0);
    // The search finds what is in memory.
    assert!(in_memory(server.id(), b"vdk") > 0);
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn keeps_the_users_ownership_when_root_writes() {
    use std::os::unix::fs::MetadataExt;
    let service = Service::plain();
    let home = home_of(US, "local");
    let as_root = |args: &[&str]| finish(home.command(args)).done();
    as_root(&["secrets", "-n", "j", "-t", "t", "--set", "a", "1"]);
    as_root(&["secrets", "-n", "j", "-t", "t", "--set", "a", "1", "-u", &service.url()]);
    as_root(&["set-default", "-t", "t"]);
    home.write_config(
        "vdk-cred.json",
        "{\"access_token\":\"x\",\"access_token_expiration_time\":1e11}",
    );
    chown(home.config("vdk-cred.json"), Some(US), Some(US)).unwrap();
    as_root(&["login", "--allow", "https://vdk.example.org"]);
    let mut folders = vec![home.path().to_path_buf()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let found = path.symlink_metadata().unwrap();
            if path.ends_with(COPY) {
                continue;
            }
            assert_eq!((found.uid(), found.gid()), (US, US), "{}", path.display());
            seen += 1;
            if found.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(seen >= 8, "{seen}");
    secrets(&home, US, &["--set", "a", "2"]).done();
    // A file that an older build left behind is reported.
    chown(home.config("vdk-cred.json"), Some(0), Some(0)).unwrap();
    set_mode(&home.config("vdk-cred.json"), 0o600);
    let run = secrets(&home, US, &["-u", &service.url(), "--list"]);
    assert!(run.stderr.contains("belongs to root") && run.stderr.contains("sudo chown"), "{run:?}");
}

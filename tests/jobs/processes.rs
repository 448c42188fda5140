//! Tests the process behind a data job: threads share it, forks do not, and a write that it has begun ends
//! whatever happens to the job.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::Value;
use vdk_testing::scripted_service::{Fault, Gate, Service};
use vdk_testing::server::Server;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, finish};

use super::{all, core, job, program, run, set};

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn serves_threads_and_forks_and_survives_the_end_of_the_child() {
    let server_home = Home::new();
    let server = Server::start(&server_home);
    for home in [Home::at("local"), Home::at(&server.url())] {
        for (name, keys) in [("threads", 8), ("forks", 5)] {
            job(&home, name).done();
            let kept: Value = serde_json::from_str(&all(&home, "secrets", name)).unwrap();
            assert_eq!(kept.as_object().unwrap().len(), keys, "{name}: {kept}");
        }
        job(&home, "killed").done();
        assert_eq!(all(&home, "secrets", "killed"), r#"{"after": "the kill"}"#);
    }
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn ends_a_write_that_ctrl_c_interrupts() {
    let (service, gate) = (Service::with_etags(), Gate::default());
    // The write is tried again after this answer, which comes after the end of the job.
    service.next("PUT", [Fault::Behind(gate.clone(), 503, "Retry-After: 0\r\n", "")]);
    let home = Home::at(&service.url());
    let mut command = run(&core(), &home, "hello", "{}");
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let job = command.spawn().unwrap();
    eventually("the job writes", || service.count("PUT") == 1);
    let group = format!("-{}", job.id());
    assert!(
        std::process::Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success()
    );
    let ended = job.wait_with_output().unwrap();
    assert!(!ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(all(&home, "secrets", "hello"), "{}");
    gate.open();
    eventually("the secret is stored", || all(&home, "secrets", "hello").contains("token"));
}

#[test]
#[ignore = "needs vdk-core, the wheel and strace: ./tests/run"]
fn starts_one_program_and_passes_no_value_to_it() {
    let home = Home::at("local");
    set(&home, "hello", "db-user", "s3cret-user");
    let log = home.path().join("strace");
    let mut command = program(std::path::Path::new("/usr/bin"), &home, "strace");
    command.args(["-f", "-v", "-s", "10000", "-e", "trace=execve", "-o"]).arg(&log);
    let job = run(&core(), &home, "hello", "{}");
    command.arg(core().join("vdk-python")).args(job.get_args());
    finish(command).done();
    let calls = std::fs::read_to_string(&log).unwrap();
    let programs = calls.lines().filter(|line| line.contains("vdk-native\", ")).count();
    assert_eq!(programs, 1, "{calls}");
    assert!(!calls.contains("s3cret-user") && !calls.contains("t0p-s3cret"), "{calls}");
}

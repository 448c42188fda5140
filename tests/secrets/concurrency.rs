//! Tests many processes at once and killed processes: no acknowledged write is lost, and none is
//! half stored.

use std::process::Stdio;
use std::time::Duration;

use vdk_testing::scripted_service::Service;
use vdk_testing::{Home, Run};

/// Starts `count` processes at once and expects each to succeed.
fn at_once(home: &Home, count: usize, args: impl Fn(usize) -> Vec<String>) {
    let children: Vec<_> = (0..count)
        .map(|n| {
            let mut command = home.command(args(n));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        Run::from(child.wait_with_output().unwrap()).done();
    }
}

fn set_different_keys(home: &Home, collection: &str, count: usize) {
    let words = |more: &[&str]| -> Vec<String> {
        [&[collection, "-n", "j", "-t", "t"], more].concat().into_iter().map(String::from).collect()
    };
    at_once(home, count, |n| words(&["--set", &format!("k{n}"), "v"]));
    let list = home.run(words(&["--list", "-o", "json"])).done().stdout;
    assert_eq!(list.matches("\"k").count(), count, "{list}");
    // Half of the keys are deleted while new ones are set.
    at_once(home, count, |n| {
        if n % 2 == 0 {
            words(&["--delete", &format!("k{n}")])
        } else {
            words(&["--set", &format!("new{n}"), "v"])
        }
    });
    let list = home.run(words(&["--list", "-o", "json"])).done().stdout;
    assert_eq!(
        (list.matches("\"k").count(), list.matches("\"new").count()),
        (count / 2, count / 2)
    );
}

#[test]
fn thirty_two_processes_set_thirty_two_keys() {
    for service in [Service::plain(), Service::with_etags()] {
        set_different_keys(&Home::at(&service.url()), "secrets", 32);
        set_different_keys(&Home::at(&service.url()), "properties", 32);
    }
    set_different_keys(&Home::at("local"), "secrets", 32);
    set_different_keys(&Home::at("local"), "properties", 32);
}

#[test]
fn loses_no_write_from_separate_homes_with_entity_tags() {
    let service = Service::with_etags();
    let homes: Vec<_> = (0..8).map(|_| Home::at(&service.url())).collect();
    std::thread::scope(|scope| {
        for (n, home) in homes.iter().enumerate() {
            scope.spawn(move || {
                for i in 0..4 {
                    home.secrets(&["--set", &format!("k{n}-{i}"), "v"]).done();
                }
            });
        }
    });
    assert_eq!(homes[0].all().matches("\"k").count(), 32);
}

#[test]
fn keeps_acknowledged_writes_when_killed_at_any_moment() {
    let home = Home::at("local");
    home.secrets(&["--set", "n", "start", "--set", "pad", &"x".repeat(20_000)]).done();
    let mut acknowledged = "start".to_string();
    let mut killed = 0;
    for n in 0..100u64 {
        let value = n.to_string();
        let mut child =
            home.command(["secrets", "-n", "j", "-t", "t", "--set", "n", &value]).spawn().unwrap();
        // The kill moves from before the start of the process to after its end.
        std::thread::sleep(Duration::from_micros(n * 150));
        let _ = child.kill();
        let status = child.wait().unwrap();
        let now = home.secrets(&["--get", "n", "-o", "raw"]).done().stdout;
        if status.success() {
            assert_eq!(now, value, "an acknowledged write is there");
        } else {
            killed += 1;
            assert!(
                now == value || now == acknowledged,
                "{now} is neither {value} nor {acknowledged}"
            );
        }
        acknowledged = now;
    }
    assert_eq!(home.secrets(&["--get", "pad", "-o", "raw"]).done().stdout.len(), 20_000);
    assert!(killed > 10, "only {killed} were killed in time");
}

#[test]
fn recovers_when_killed_while_creating_the_store() {
    for n in 0..30u64 {
        let home = Home::at("local");
        let mut child =
            home.command(["secrets", "-n", "j", "-t", "t", "--set", "a", "1"]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(n * 400));
        let _ = child.kill();
        child.wait().unwrap();
        home.secrets(&["--set", "b", "2"]).done();
        assert!(home.all().contains("\"b\": \"2\""));
    }
}

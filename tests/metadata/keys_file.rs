//! Tests `keys.toml`, for a service that keeps no metadata.

use serde_json::json;
use vdk_testing::Home;
use vdk_testing::scripted_service::Service;

use super::{SECRET, described, secrets};

/// Makes the folder of job j, and returns a home whose commands work there.
fn home_at(service: &Service) -> Home {
    let home = Home::at(&service.url());
    std::fs::create_dir(home.path().join("j")).unwrap();
    std::fs::write(home.path().join("j/config.ini"), "[owner]\nteam = t\n").unwrap();
    home
}

fn in_folder(home: &Home, words: &[&str]) -> vdk_testing::Run {
    let mut command = home.command([&["secrets"], words].concat());
    command.current_dir(home.path().join("j"));
    let run = vdk_testing::Run::from(command.output().unwrap());
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run:?}");
    run
}

#[test]
fn keeps_metadata_in_the_folder_of_the_job() {
    let service = Service::plain();
    service.put("secrets", &json!({"k": "old", "other": 1}).to_string());
    let home = home_at(&service);
    let path = home.path().join("j/keys.toml");
    in_folder(&home, &["describe", "k", "--owner", "ana", "--rotate-every", "90d"]).done();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("[secrets.k]\nowner = \"ana\"\nrotate_every = \"90d\"\nsince = "));
    std::fs::write(&path, format!("# ours\n{text}")).unwrap();
    home.file("new", SECRET);
    in_folder(&home, &["rotate", "k", "--file", "../new"]).done();
    assert!(service.stored("secrets").contains(SECRET));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# ours\n") && text.contains("\nrotated = 2"), "{text}");
    assert!(!text.contains("rotating") && !text.contains(SECRET), "{text}");
    let run = in_folder(&home, &["describe", "-o", "json"]).done();
    assert!(run.stdout.contains("\"owner\": \"ana\""), "{run:?}");
    let run = in_folder(&home, &["-n", "j", "list", "--expiring", "90d", "-o", "json"]).done();
    assert!(run.stdout.contains("\"key\": \"k\""), "{run:?}");
    // The file is that of the team in its config.ini.
    let run = in_folder(&home, &["-t", "dev", "describe", "k", "--owner", "x"]);
    assert_eq!(run.code, 4, "{run:?}");
    service.put("secrets", &json!({"k": "old"}).to_string());
    // A key that is gone is not shown.
    in_folder(&home, &["--delete", "k", "-y"]).done();
    assert!(!in_folder(&home, &["describe"]).done().stdout.contains("ana"));
}

#[test]
fn says_where_it_would_be() {
    let service = Service::plain();
    service.put("secrets", &json!({"k": SECRET}).to_string());
    let home = home_at(&service);
    secrets(&home, "describe").failed(6, "keys.toml");
    home.file("new", "another");
    secrets(&home, "rotate k --file new").failed(6, "keeps none");
    assert!(service.stored("secrets").contains(SECRET), "nothing was written");
    let path = home.path().join("j/keys.toml");
    std::fs::write(&path, "[secrets.k]\nowner = \"x\"\n\n[secrets.k]\n").unwrap();
    in_folder(&home, &["describe"]).failed(2, "line 4: duplicate key");
    std::fs::write(&path, "[secrets.k]\nvalue = \"geheim-7\"\n").unwrap();
    in_folder(&home, &["describe", "k", "--owner", "y"]).failed(2, "there is no field value");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[secrets.k]\nvalue = \"geheim-7\"\n");
    // The store has its own.
    let local = Home::at("local");
    local.secrets(&["--set", "k", SECRET]).done();
    secrets(&local, "describe k --owner x").done();
    assert_eq!(described(&local, "k")["owner"], json!("x"));
}

//! Tests `--set-generated`.

use vdk_testing::Home;

use super::refused;

#[test]
fn sets_random_values_in_the_same_write_as_others() {
    let home = Home::at("local");
    home.secrets(&["--set", "old", "x"]).done();
    let line =
        ["--set-generated", "a", "--set-generated", "b", "9", "--set", "c", "1", "--delete", "old"];
    let run = home.secrets(&line).done();
    assert_eq!(run.stdout, "");
    let value = |key: &str| home.secrets(&["--get", key, "-o", "raw"]).done().stdout;
    assert_eq!((value("a").len(), value("b").len(), value("c").as_str()), (32, 9, "1"));
    let versions = home.secrets(&["history", "-o", "json"]).done().stdout;
    assert_eq!(versions.matches("\"version\"").count(), 2, "{versions}");
    let before = value("a");
    let run =
        home.secrets(&["--set-generated=a", "100", "--alphabet", "base64url", "--print"]).done();
    assert_eq!(run.stdout.trim_end(), value("a"));
    assert!(value("a").len() == 100 && value("a") != before);
    let run = home.secrets(&["--set-generated", "new", "--dry-run"]).done();
    assert!(run.stdout.contains("added") && !home.all().contains("new"), "{run:?}");
}

#[test]
fn refuses_what_is_not_valid() {
    let home = Home::at("local");
    for (line, words) in [
        (&["--set-generated", "a", "7"][..], "from 8 to 4096"),
        (&["--set-generated", "a", "geheim-7"], ""),
        (&["--set-generated", ""], "The key of --set-generated is empty"),
        (&["--set-generated", "a", "--set", "a", "1"], "given by both"),
        (&["--set-generated", "a", "--list"], "cannot be used together"),
        (&["--set-generated", "a", "--alphabet", "emoji"], "possible values"),
        (&["--print", "--list"], "--set-generated"),
        (&["--set-generated", "a", "--print", "--dry-run"], "--print"),
    ] {
        let run = home.secrets(line);
        refused(&run, words);
        assert!(!run.stderr.contains("geheim"), "{run:?}");
    }
    home.run(["properties", "-n", "j", "-t", "t", "--set-generated", "a"])
        .failed(2, "Unknown option");
    assert_eq!(home.all(), "{}");
}

#[test]
fn prints_a_generated_value_as_asked_or_tells_that_it_is_stored() {
    let home = Home::at("local");
    let at = ["secrets", "-n", "j", "-t", "t"];
    let new = ["--set-generated", "a", "20", "--print"];
    let value = || home.run(at.iter().chain(&["--get", "a", "-o", "raw"])).done().stdout;
    let printed = home.run(at.iter().chain(&new).chain(&["-o", "json"])).done().stdout;
    assert_eq!(printed, format!("{{\"a\": \"{}\"}}\n", value()));
    for words in [&new[..], &["rotate", "a", "--generate", "20", "--print"]] {
        let before = value();
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = home.command(at.iter().chain(words)).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(6) && told.contains("It is stored"), "{told}");
        assert_ne!(value(), before);
    }
}

//! The formats: what is exported comes back, and what is no file of a format is refused by its place.

use vdk_testing::Home;
use vdk_testing::scripted_service::Service;

use super::{HOSTILE, TYPED, import, import_text};

/// Values that files of other programs break.
/// Exports `json` in a format and imports that into another job. Returns what is stored then.
fn round_trip(json: &str, format: &str, subset: &[&str]) -> String {
    let home = Home::at("local");
    home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-"], json).done();
    let exported = home.secrets(&[&["export", "-o", format], subset].concat()).done().stdout;
    let home = Home::at("local");
    import_text(&home, &["-f", format], exported).done();
    home.all()
}

fn document(json: &str) -> vdk_api::Document {
    vdk_api::Document::parse(json).unwrap()
}

#[test]
fn brings_back_what_was_exported() {
    let large = format!(r#"{{"large": "{}"}}"#, "0'\\\"".repeat(50 * 1024));
    for json in [HOSTILE, TYPED, &large] {
        for format in ["json", "yaml"] {
            assert_eq!(
                *document(&round_trip(json, format, &[])).to_json(),
                *document(json).to_json()
            );
        }
    }
    for json in [HOSTILE, &large] {
        for format in ["toml", "properties"] {
            assert_eq!(
                *document(&round_trip(json, format, &[])).to_json(),
                *document(json).to_json()
            );
        }
    }
    let typed = round_trip(TYPED, "toml", &["--except", "o,z,n"]);
    assert_eq!(typed, r#"{"f": 1.50, "t": true, "list": []}"#);
}

#[test]
fn brings_back_strings_of_formats_that_have_nothing_else() {
    let all = document(HOSTILE);
    let fits =
        [("docker", "lines,crlf,blanks,nul,=x,#x,a b,key: v"), ("k8s", "=x,#x,a b,key: v,\u{430}")];
    for (format, except) in fits {
        let back = round_trip(HOSTILE, format, &["--except", except]);
        let mut expected = all.clone();
        expected.remove_all(|key| except.split(',').any(|word| word == key));
        assert_eq!(*document(&back).to_json(), *expected.to_json(), "{format}");
    }
    assert_eq!(
        round_trip(r#"{"a": [1, null], "n": 1.50}"#, "k8s", &[]),
        r#"{"a": "[1, null]", "n": "1.50"}"#
    );
}

#[test]
fn reads_dotenv_and_finds_the_format_by_the_ending() {
    let pem = "-----BEGIN\\nMII=\\n-----END\\n";
    let text = format!("\u{feff}# c\r\nexport A=1\r\nB='$2a$10$x'\r\n\r\nPEM=\"{pem}\"\r\n");
    let expected = r#"{"A": "1", "B": "$2a$10$x", "PEM": "-----BEGIN\nMII=\n-----END\n"}"#;
    for name in [".env", "prod.env", ".env.local", "X.ENV"] {
        let home = Home::at("local");
        home.file(name, &text);
        import(&home, &[name]).done();
        assert_eq!(home.all(), expected, "{name}");
    }
    for (name, text) in
        [("x.json", r#"{"a": 1}"#), ("x.yml", "a: 1"), ("x.YAML", "{a: 1}"), ("x.toml", "a = 1")]
    {
        let home = Home::at("local");
        home.file(name, text);
        import(&home, &[name]).done();
        assert_eq!(home.all(), r#"{"a": 1}"#, "{name}");
    }
    let home = Home::at("local");
    import(&home, &["x.txt"]).failed(2, "Use -f with one of: json, yaml");
    import_text(&home, &[], "a=1").failed(2, "Use -f with one of");
    import(&home, &["missing.env"]).failed(2, "'missing.env'");
    home.file("empty.env", "");
    import(&home, &["empty.env"]).failed(2, "It is empty");
    home.file("latin.env", b"A=\xe9\n");
    import(&home, &["latin.env"]).failed(2, "not UTF-8");
    assert!(!home.config("local").exists());
}

#[test]
fn names_places_and_keys_but_no_text() {
    const MARK: &str = "Fnord-5ecReT-4711";
    let home = Home::at("local");
    for (format, text, place) in [
        ("dotenv", format!("A=1\nB={MARK}$x\n"), "stdin:2:20: '$' outside of single quotes"),
        ("dotenv", format!("A='{MARK}\n"), "stdin:1:3: a quote that is not closed"),
        ("dotenv", format!("{MARK}\n"), "stdin:1:18: a name and '='"),
        ("docker", format!("{MARK}\n"), "stdin:1:1: no '='"),
        ("json", format!("{{\"a\": {MARK}}}"), "stdin:1:"),
        ("json", format!("[\"{MARK}\"]"), "an array"),
        ("json", format!("{{\"a\":1,\"a\":\"{MARK}\"}}"), "a key that occurs twice"),
        ("yaml", format!("a: &x {MARK}\nb: *x\n"), "stdin:1:"),
        ("yaml", format!("a: !x {MARK}\n"), "stdin:1:"),
        ("yaml", format!("a: \"{MARK}\n"), "no YAML"),
        ("yaml", format!("a: @{MARK}\n"), "no YAML"),
        ("yaml", format!("a: [1, {MARK}: {{x\n"), "no YAML"),
        ("toml", format!("a = {MARK}\n"), "stdin:1:"),
        ("toml", format!("a = \"{MARK}\n"), "no TOML"),
        ("toml", format!("a = \"\\{MARK}\"\n"), "no TOML"),
        ("properties", format!("a={MARK}\\u00\n"), "stdin:1:1: a '\\u'"),
        ("k8s", format!("kind: Secret\ndata: {{a: {MARK}%}}\n"), "no base64"),
        ("k8s", format!("kind: {MARK}\n"), "not the manifest"),
    ] {
        let run = import_text(&home, &["-f", format], &text).failed(2, place);
        assert!(!run.stderr.contains("Fnord"), "{format}: {}", run.stderr);
        assert!(run.stderr.contains("Nothing was changed."), "{}", run.stderr);
    }
    let text: String = (0..20).map(|n| format!("K{n}=$x\n")).collect();
    let run = import_text(&home, &["-f", "dotenv"], text).failed(2, "(key 'K9')");
    assert!(run.stderr.contains("And 10 more places.") && !run.stderr.contains("K10"));
    assert!(!home.config("local").exists());
}

#[test]
fn takes_text_as_it_stands_if_asked_to() {
    let home = Home::at("local");
    let text = "HASH=$2a$10$x\nPATHS=C:\\dir\nNOTE=it's #1\n";
    import_text(&home, &["-f", "dotenv", "--literal"], text).done();
    assert_eq!(home.all(), r#"{"HASH": "$2a$10$x", "PATHS": "C:\\dir", "NOTE": "it's"}"#);
    let home = Home::at("local");
    let run = import_text(&home, &["-f", "yaml"], "zip: 007\n").failed(2, "stdin:1:6");
    assert!(run.stderr.contains("--literal"), "{}", run.stderr);
    import_text(&home, &["-f", "yaml", "--literal"], "zip: 007\nno: no\n").done();
    assert_eq!(home.all(), r#"{"zip": "007", "no": "no"}"#);
}

#[test]
fn reads_manifests_of_kubernetes() {
    let home = Home::at("local");
    let manifest =
        "apiVersion: v1\nkind: Secret\ndata:\n  a: YQ==\n  b: eA==\nstringData: {b: '2'}\n";
    home.file("secret.yaml", manifest);
    let run = import(&home, &["secret.yaml"]).failed(2, "-f k8s");
    assert!(run.stderr.contains("-f yaml"), "{}", run.stderr);
    import(&home, &["secret.yaml", "-f", "k8s"]).done();
    assert_eq!(home.all(), r#"{"a": "a", "b": "2"}"#);
    for text in ["kind: Secret\ndata: {a: /w==}\n", r#"{"kind": "Secret", "data": {"a": "%"}}"#] {
        import_text(&home, &["-f", "k8s"], text).failed(2, "(key 'a')");
    }
}

#[test]
fn stays_small_whatever_a_file_holds() {
    let home = Home::at("local");
    let laughs: String = std::iter::once("a0: &a0 [x, x]\n".to_string())
        .chain((1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)))
        .collect();
    import_text(&home, &["-f", "yaml"], laughs).failed(2, "an anchor");
    for (format, open, close) in
        [("yaml", "[", "]"), ("json", "[", "]"), ("toml", "[", "]"), ("yaml", "{a: ", "}")]
    {
        let deep = (open.repeat(100_000), close.repeat(100_000));
        let text = match format {
            "json" => format!("{{\"a\": {}1{}}}", deep.0, deep.1),
            "yaml" => format!("a: {}1{}", deep.0, deep.1),
            _ => format!("a = {}1{}", deep.0, deep.1),
        };
        let run = import_text(&home, &["-f", format], text);
        assert_eq!(run.code, 2, "{format}: {}", run.stderr);
    }
}

#[test]
fn refuses_more_than_is_stored_before_it_is_sent() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    let half = "x".repeat(600 * 1024);
    import_text(&home, &["-f", "dotenv"], format!("A={half}\n")).done();
    let sent = service.requests().len();
    let text = format!("B={half}\n");
    let run = import_text(&home, &["-f", "dotenv"], text).failed(2, "1048576");
    assert!(run.stderr.contains("1228") && run.stderr.contains("Nothing was changed."));
    let more = service.requests();
    assert!(more[sent..].iter().all(|request| request.method == "GET"), "{more:?}");
}

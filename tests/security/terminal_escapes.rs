//! Tests that hostile text cannot control a terminal, forge a row of a table or a line of an error,
//! or enter a header.

use serde_json::{Map, Value};
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::session::Session;
use vdk_testing::{Home, Run};

const ROUNDS: usize = 20;
const KEYS: usize = 250;

/// Makes strings that a terminal, a table or a header would interpret. A fixed seed makes the same
/// strings in every run.
struct HostileText(u64);

impl HostileText {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn char_between(&mut self, from: u32, to: u32) -> char {
        char::from_u32(from + u32::try_from(self.below((to - from + 1) as usize)).unwrap()).unwrap()
    }

    fn part(&mut self) -> String {
        match self.below(12) {
            0 => self.char_between(0, 0x1f).to_string(),
            1 => self.char_between(0x7f, 0x9f).to_string(),
            2 => format!("\u{1b}[{}m", self.below(100)),
            3 => "\u{1b}]52;c;aGk=\u{7}".into(),
            4 => "\u{1b}P1$r\u{1b}\\".into(),
            5 => format!("\r\n{}", "x".repeat(self.below(5))),
            6 => ["\u{61c}", "\u{200e}", "\u{202a}", "\u{202e}", "\u{2066}"][self.below(5)].into(),
            7 => self.char_between(0x200b, 0x200f).to_string(),
            8 => self.char_between(0xe0020, 0xe007f).to_string(),
            9 => ["\u{feff}", "\u{2028}", "\u{2029}", "\u{ad}"][self.below(4)].into(),
            _ => self.char_between(0x20, 0x7e).to_string(),
        }
    }

    fn text(&mut self) -> String {
        (0..=self.below(6)).map(|_| self.part()).collect()
    }
}

/// Asserts that a terminal interprets no character but line feeds.
#[track_caller]
fn assert_harmless(text: &str) {
    let bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{feff}' | '\u{ad}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}')
    };
    assert!(!text.contains(bad), "{text:?}");
}

#[test]
fn escapes_keys_and_values_in_tables() {
    let mut hostile = HostileText(0x9e37_79b9_7f4a_7c15);
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    for round in 0..ROUNDS {
        let mut members = Map::new();
        while members.len() < KEYS {
            let (key, value) = (hostile.text(), format!("V:{}", hostile.text()));
            members.insert(key, Value::String(value));
        }
        let json = Value::Object(members.clone()).to_string();
        service.put("secrets", &json);
        let list = home.secrets(&["--list"]).done();
        assert_eq!(list.stdout.lines().count(), KEYS + 2, "a row for each key below the head");
        let all = home.secrets(&["--get-all"]).done();
        let columns: Vec<_> = all.stdout.lines().skip(2).map(|row| row.find("V:")).collect();
        assert_eq!(columns.len(), KEYS);
        // Keys are shown in ASCII here, so bytes equal columns.
        assert!(columns.iter().all(|column| *column == columns[0]), "{}", all.stdout);
        let json = home.secrets(&["--get-all", "-o", "json"]).done();
        assert_eq!(serde_json::from_str::<Map<String, Value>>(&json.stdout).unwrap(), members);
        let yaml = home.secrets(&["--get-all", "-o", "yaml"]).done();
        for run in [&list, &all, &json, &yaml] {
            assert_harmless(&run.stdout);
            assert_harmless(&run.stderr);
        }
        if round == 0 {
            let args = ["secrets", "-n", "j", "-t", "t", "--get-all"];
            let (status, screen) = Session::start(&home, &args).end();
            assert!(status.success());
            // The terminal adds a carriage return before each line feed.
            assert_harmless(&screen.replace("\r\n", "\n"));
        }
    }
}

#[test]
fn escapes_names_keys_and_responses_in_errors() {
    let mut hostile = HostileText(0x2545_f491_4f6c_dd1d);
    let service = Service::plain();
    let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let check = |run: Run| {
        assert_harmless(&run.stdout);
        assert_harmless(&run.stderr);
        for part in ["what: ", "why: ", "consequences: ", "countermeasures: "] {
            let lines = run.stderr.lines().filter(|line| line.starts_with(part));
            assert!(lines.count() <= 1, "{}", run.stderr);
        }
        assert!(!run.stderr.lines().any(|line| line.starts_with("Forged")), "{}", run.stderr);
    };
    for _ in 0..30 {
        let word = format!("{}\nwhat: done\r\nForged: 1{}", hostile.text(), hostile.text());
        let words = serde_json::json!({"what": word, "why": word, "consequences": word});
        service.next("GET", [Fault::Answer(400, "", words.to_string().leak())]);
        check(home.secrets(&["--list"]));
        let raw: String = hostile.text().replace(['\r', '\n', '\0'], "");
        let location = format!("Location: http://{raw}/\u{1b}[2J{raw}\r\n").leak();
        service.next("GET", [Fault::Answer(307, location, "")]);
        check(home.secrets(&["--list"]));
        service.put("secrets", &serde_json::json!({&word: 1}).to_string());
        let word = word.replace('\0', "");
        check(home.secrets(&["--get", &word, "--get", "x"]));
        check(home.secrets(&["--set", &word, &word]));
        check(home.secrets(&["--delete", &word, "--dry-run"]));
        check(home.secrets(&["-o", &word]));
        check(home.secrets(&["--overwrite-all", &word]));
        check(home.run(["secrets", "-n", &word, "-t", "t", "--list"]));
        check(home.run(["secrets", "-n", "j", "-t", &word, "--list"]));
        check(home.run(["secrets", "-u", &word, "-n", "j", "-t", "t", "--list"]));
        check(home.run([&word]));
        for name in ["VDK_OP_ID_OVERRIDE", "VDK_CONTROL_SERVICE_USER_AGENT"] {
            let home = Home::at(&service.url()).with(name, word.as_str());
            check(home.secrets(&["--list"]));
        }
    }
    for request in service.requests() {
        assert!(request.path.starts_with("/data-jobs/for-team/"), "{request:?}");
        assert!(!request.headers.iter().any(|(name, _)| name == "forged"), "{request:?}");
    }
}

#[test]
fn warns_of_a_key_that_looks_like_another() {
    let (plain, tagged) = (Service::plain(), Service::with_etags());
    for url in ["local", &plain.url(), &tagged.url()] {
        let home = Home::at(url);
        let first = home.secrets(&["--set", "password", "1"]).done();
        assert!(!first.stderr.contains("looks like"), "{}", first.stderr);
        let told =
            "warning: the new key 'p\\u{430}ssword' looks like 'password' but is a different key\n";
        let dry = home.secrets(&["--set", "p\u{430}ssword", "2", "--dry-run"]).done();
        assert_eq!(dry.stderr, told);
        let set = home.run_with(["secrets", "-n", "j", "-t", "t", "--set", "p\u{430}ssword"], "2");
        assert_eq!(set.done().stderr, told);
        assert_eq!(home.all(), r#"{"password": "1", "p\u0430ssword": "2"}"#);
        // The key is new only once. Similar ASCII characters cause no warning.
        for (key, value) in [("p\u{430}ssword", "3"), ("passw0rd", "4"), ("passvvord", "5")] {
            assert_eq!(home.secrets(&["--set", key, value]).done().stderr, "", "{key}");
        }
        let gone = home.secrets(&["--delete", "password"]).done();
        assert_eq!(gone.stderr, "");
        let back = home.secrets(&["--set", "password", "1"]).done();
        assert!(back.stderr.contains("'password' looks like 'p\\u{430}ssword'"), "{}", back.stderr);
    }
}

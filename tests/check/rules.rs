//! Each rule: what it finds, and what it leaves alone.

use vdk_testing::Home;

use super::{check, findings, found, job};

fn step(lines: &str) -> String {
    let lines = lines.split('\n').map(|line| format!("    {line}\n"));
    format!("def run(job_input):\n{}", lines.collect::<String>())
}

/// Checks one step, and returns the rules that found something.
fn rules(lines: &str, secrets: &[&str], properties: &[&str]) -> Vec<String> {
    let all = found(&step(lines), secrets, properties);
    all.iter().map(|finding| finding.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn finds_names_that_are_not_set() {
    for (read, error) in [("get_secret", "VDK001"), ("get_property", "VDK002")] {
        let (without, with) = (format!("{error} error"), format!("{error} warning"));
        assert_eq!(
            rules(&format!("job_input.{read}('k')"), &[], &[]),
            std::slice::from_ref(&without)
        );
        assert_eq!(rules(&format!("job_input.{read}('k', None)"), &[], &[]), [without]);
        assert_eq!(rules(&format!("job_input.{read}('k', x)"), &[], &[]), [with]);
    }
    let tested = "p = job_input.get_all_properties()\nif 'k' in p: p['k']";
    assert_eq!(rules(tested, &[], &[]), ["VDK002 warning"]);
    // The job sets it by itself.
    let written =
        "p = job_input.get_all_properties()\np['k'] = p.get('k')\njob_input.set_all_properties(p)";
    assert_eq!(rules(written, &[], &[]), [""; 0]);
}

#[test]
fn suggests_the_key_that_was_meant() {
    let home = Home::new();
    job(&home, &[("10_step.py", &step("job_input.get_secret('db-pasword')"))]);
    let run = check(&home, r#"{"secrets": ["db-password"], "properties": []}"#, &[]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_eq!(
        run.stdout,
        "job: note VDK003: secret 'db-password' is set and not used.\n\
         job/10_step.py:2:26: error VDK001: secret 'db-pasword' is not set. Set: 'db-password'.\n\
         1 error, 1 note; 1 name used, 1 set.\n"
    );
}

#[test]
fn finds_reads_from_the_wrong_side() {
    assert_eq!(rules("job_input.get_property('k')", &["k"], &[]), ["VDK005 error"]);
    assert_eq!(rules("job_input.get_secret('k')", &[], &["k"]), ["VDK005 error"]);
    // Both sides are looked at, one after the other.
    for both in [
        "v = job_input.get_property('k', v)\nv = job_input.get_secret('k', v)",
        "return job_input.get_secret('k') or job_input.get_property('k')",
        "s = job_input.get_all_secrets()\nif 'k' in s: s['k']\njob_input.get_property('k')",
    ] {
        assert_eq!(rules(both, &["k"], &[]), [""; 0], "{both}");
    }
}

#[test]
fn only_warns_where_code_may_do_without() {
    for read in [
        "job_input.get_secret('k') or 1",
        "if job_input.get_secret('k'): pass",
        "if job_input.get_secret('k') is None: pass",
        "v = job_input.get_secret('k')\nif not v: pass",
        "self.v = job_input.get_secret('k')\nif self.v in (None, ''): pass",
        "while job_input.get_secret('k'): pass",
        "try: job_input.get_all_secrets()['k']\nexcept KeyError: pass",
        "k = 'k' if x else 'l'\njob_input.get_secret(k)",
        "k = 'k'\nif x: k = 'l'\njob_input.get_secret(k)",
    ] {
        let mut all = rules(read, &["l"], &[]);
        all.retain(|one| one != "VDK003 note");
        assert_eq!(all, ["VDK001 warning"], "{read}");
    }
    for other in [
        "s = job_input.get_all_secrets()\ns = load(s['l'])\ns['k']",
        "job_input.get_all_secrets().pop('k', None)",
        "if 'k' in job_input.get_all_secrets().keys(): pass",
    ] {
        let all = rules(other, &["l"], &[]);
        assert!(all.iter().all(|one| one.starts_with("VDK003")), "{other} {all:?}");
    }
}

#[test]
fn finds_credentials() {
    assert_eq!(
        rules("job_input.get_property('db-password')", &[], &["db-password"]),
        ["VDK004 warning"]
    );
    assert_eq!(rules("job_input.get_property('token_url')", &[], &["token_url"]), [""; 0]);
    let default = "job_input.get_secret('k', 'Fnord-5ecReT')";
    assert_eq!(rules(default, &["k"], &[]), ["VDK008 error"]);
    assert_eq!(rules("job_input.get_secret('k', '')", &["k"], &[]), [""; 0]);
    assert_eq!(rules("job_input.get_property('k', 'x')", &[], &["k"]), [""; 0]);
    let home = Home::new();
    job(
        &home,
        &[(
            "config.ini",
            "[owner]\nteam = t\n[vdk]\ntrino_password = Fnord\nurl = https://a:Fnord@b\nimpala_password = ${X}\ntrino_user = etl\n",
        )],
    );
    let config = ["VDK008 error config.ini:4 trino_password", "VDK008 error config.ini:5 url"];
    assert_eq!(findings(&home, &[], &[]), config);
}

#[test]
fn finds_what_jobs_cannot_write() {
    for line in [
        "p = job_input.get_all_properties()\np['a'] = True",
        "p = job_input.get_all_properties()\np['a b'] = 1",
        "job_input.get_all_properties().update(a=False)",
        "job_input.set_all_properties(dict(a=True))",
    ] {
        assert_eq!(rules(line, &[], &[]), ["VDK006 warning"], "{line}");
    }
    for written in ["{'a b': 1}", "{'a': True}", "{**job_input.get_all_secrets(), 'a': False}"] {
        assert_eq!(
            rules(&format!("job_input.set_all_secrets({written})"), &[], &[]),
            ["VDK006 warning"]
        );
    }
    assert_eq!(rules("job_input.set_all_secrets({'a': 'True'})", &[], &[]), [""; 0]);
    assert_eq!(rules("job_input.get_secret('a b')", &["a b"], &[]), ["VDK006 warning"]);
}

#[test]
fn finds_secrets_that_are_options_of_vdk() {
    assert_eq!(rules("pass", &["trino_password"], &[]), ["VDK007 note"]);
    // VDK finds an option by its whole name.
    assert_eq!(rules("job_input.get_secret('trino-password')", &["trino-password"], &[]), [""; 0]);
    let home = Home::new().with("VDK_TRINO_PASSWORD", "x");
    job(&home, &[("10_step.py", "")]);
    let run = check(&home, r#"{"trino_password": "***"}"#, &[]).done();
    assert!(run.stdout.contains("VDK_TRINO_PASSWORD in this environment wins over it"), "{run:?}");
}

#[test]
fn finds_secrets_in_sql() {
    let home = Home::new();
    let sql =
        "select * from {schema}.{k}\nwhere a = {unknown} and {{k}} and ${k} -- {k}\n/* {k} */";
    job(&home, &[("10_step.SQL", sql)]);
    assert_eq!(findings(&home, &["k"], &["schema"]), ["VDK009 error 10_step.SQL:1 k"]);
    assert_eq!(findings(&home, &[], &["schema", "k"]), [""; 0]);
    assert_eq!(
        rules("job_input.execute_query(f'select {{k}} {x}')", &["k"], &[]),
        ["VDK009 error"]
    );
}

#[test]
fn tells_what_it_cannot_know() {
    assert_eq!(rules("job_input.get_secret(x)", &[], &[]), ["VDK011 note"]);
    let home = Home::new();
    job(&home, &[("10_step.py", "def run(:\n"), ("20_step.py", "job_input.get_secret('k')")]);
    let expected = ["VDK012 warning 10_step.py:1 -", "VDK001 error 20_step.py:1 k"];
    assert_eq!(findings(&home, &["not-used"], &[]), expected);
}

#[test]
fn ignores_what_a_comment_names() {
    let ignored =
        "job_input.get_secret(\n        'k',  # vdk: ignore[VDK001] the platform sets it\n    )";
    assert_eq!(rules(ignored, &[], &[]), [""; 0]);
    let text = "job_input.get_secret('''# vdk: ignore[VDK001]''')";
    assert_eq!(rules(text, &[], &[]), ["VDK001 error"]);
    for spelled in ["# VDK:ignore [vdk001]", "# why. vdk: ignore[VDK003, VDK001]"] {
        let all = rules(&format!("job_input.get_secret('k')  {spelled}"), &[], &[]);
        assert!(!all.contains(&"VDK001 error".into()), "{spelled} {all:?}");
    }
    let other = "job_input.get_secret('k')  # vdk: ignore[VDK002]";
    assert_eq!(rules(other, &[], &[]), ["VDK001 error", "VDK013 note"]);
    assert_eq!(rules("pass  # vdk: ignore[VDK999]", &[], &[]), ["VDK013 note"]);
    let home = Home::new();
    let config =
        "[owner]\nteam = t\n[check]\nignore = VDK003[old],  # why\n  VDK004, VDK003[gone]\n";
    job(&home, &[("config.ini", config), ("10_step.sql", "{k} -- vdk: ignore[VDK009] known")]);
    let expected =
        ["VDK003 note - other", "VDK013 note config.ini:4 -", "VDK013 note config.ini:4 gone"];
    let mut all = findings(&home, &["k", "old", "other"], &[]);
    all.sort();
    assert_eq!(all, expected);
    // A rule that did not run hits nothing, and is no mistake.
    let run = home.run(["check", "job", "--offline"]);
    assert!(
        run.stdout.starts_with(
            "job/config.ini:4:1: note VDK013: the ignore of VDK004 hits nothing.\n1 note;"
        ),
        "{run:?}"
    );
    let run = check(&home, "{}", &["--rule", "VDK001,vdk002"]).done();
    assert_eq!(run.stdout, "nothing found; 1 name used, 0 set.\n");
}

//! Files that are broken, hostile or not for us, and keys that cannot be read.

use vdk_testing::Home;

use super::{check, findings, job};

#[test]
fn reads_what_it_can_and_tells_the_rest() {
    let home = Home::new();
    job(
        &home,
        &[
            (
                "crlf.py",
                "\u{feff}job_input.get_secret('crlf')\r\njob_input.get_secret('line-2')\r\n",
            ),
            ("venv/pyvenv.cfg", ""),
            ("venv/lib/x.py", "job_input.get_secret('venv')"),
            (".git/x.py", "job_input.get_secret('git')"),
            ("tests/test_x.py", "job_input.get_secret('test')"),
            ("test_step.py", "job_input.get_secret('step')"),
            ("line.sql", &"{a}".repeat(500_000)),
            ("note.txt", "job_input.get_secret('text')"),
            ("n.ipynb", "{\"cells\": 5}"),
            ("many.py", &"x = x.copy().set(x.copy())\n".repeat(3000)),
            ("deep.py", &format!("x = {}1{}", "(".repeat(100_000), ")".repeat(100_000))),
            ("minus.py", &format!("x = {}1", "-".repeat(100_000))),
            ("chain.py", &format!("x = a{}", ".b".repeat(100_000))),
            ("sub/config.ini", "[vdk]\npassword = x"),
        ],
    );
    let folder = home.path().join("job");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    write("latin.py", b"# -*- coding: latin-1 -*-\njob_input.get_secret('sch\xf6n')\n");
    write("bytes.py", b"x = '\xf6'\n");
    write("nul.py", b"\0\0");
    std::fs::File::create(folder.join("big.py")).unwrap().set_len(1 << 30).unwrap();
    std::os::unix::fs::symlink("..", folder.join("sub/loop")).unwrap();
    std::os::unix::fs::symlink("/etc/hosts", folder.join("out.py")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.py")).status().unwrap();
    assert!(made.success());
    let expected = [
        "VDK012 warning big.py:1 -",
        "VDK012 warning bytes.py:1 -",
        "VDK012 warning chain.py:1 -",
        "VDK001 error crlf.py:1 crlf",
        "VDK001 error crlf.py:2 line-2",
        "VDK012 warning deep.py:1 -",
        "VDK001 error latin.py:2 schön",
        "VDK012 warning minus.py:1 -",
        "VDK012 warning n.ipynb:1 -",
        "VDK012 warning nul.py:1 -",
        "VDK012 warning out.py:1 -",
        "VDK012 warning pipe.py:1 -",
        "VDK012 warning sub/loop:1 -",
        "VDK001 error test_step.py:1 step",
    ];
    assert_eq!(findings(&home, &["not-used"], &[]), expected);
}

#[test]
fn shows_no_value() {
    let home = Home::new();
    let canary = "Fnord-5ecReT-4711";
    let step = format!(
        "job_input.get_secret('k', '{canary}')\nx = '{canary}'\njob_input.get_secret(f'{{x}}')\n"
    );
    let config = format!("[owner]\nteam = t\n[vdk]\napi_token = {canary}\n");
    job(&home, &[("10_step.py", &step), ("config.ini", &config)]);
    for format in ["text", "json", "sarif", "github"] {
        let keys = format!("{{\"k\": \"{canary}\"}}");
        let words = ["-v", "DEBUG", "check", "job", "--stdin-keys", "-o", format];
        let run = home.run_with([&words[..], &["--rule", "VDK008"]].concat(), keys);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(!format!("{run:?}").contains("Fnord"), "{run:?}");
    }
}

#[test]
fn refuses_keys_that_it_cannot_read() {
    let home = Home::new();
    job(&home, &[("10_step.py", "")]);
    for keys in
        ["", "[1]", "{", r#"{"secrets": [1]}"#, r#"{"secrets": ["a"], "properties": [["Fnord"]]}"#]
    {
        let run = check(&home, keys, &[]).failed(2, "the keys that are set");
        assert!(!run.stderr.contains("Fnord"), "{run:?}");
    }
    check(&home, "{}", &[]).done();
}

#[test]
fn repeats_no_argument_of_other_code() {
    // A call of another module with the name of a function of the job.
    let step = "import psycopg2, redis\n\
        class Db:\n    def connect(self, job_input, prefix):\n        return job_input.get_secret(prefix)\n\
        class Failed(Exception):\n    pass\n\
        def run(job_input):\n    psycopg2.connect(job_input, 'Fnord-1')\n    redis.Redis().connect(1, 'Fnord-2')\n\
        \n    unknown.connect(2, 'Fnord-3')\n    Db().connect(job_input, 'k')\n";
    let home = Home::new();
    job(&home, &[("10_step.py", step)]);
    let run = check(&home, r#"{"secrets": ["not-used"], "properties": []}"#, &[]);
    assert!(
        run.stdout.contains("secret 'k' is not set") && !run.stdout.contains("Fnord"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("VDK003"), "{run:?}");
    // A decorator that gives an argument, and a method that is called on its class.
    let step = "def with_input(f): return lambda *a: f(VDK.get_initialized_job_input(), *a)\n\
        @with_input\ndef login(job_input, name, password): return job_input.get_secret(name) == password\n\
        class Db:\n    def __init__(self, job_input): self.ji = job_input\n    \
        def check(self, value, name): return self.ji.get_secret(name) == value\n\
        def run(job_input):\n    login('a', 'Fnord-4')\n    Db.check(Db(job_input), 'Fnord-5', 'k')\n";
    job(&home, &[("10_step.py", step)]);
    let run = check(&home, r#"{"secrets": [], "properties": []}"#, &[]);
    assert!(
        run.stdout.contains("secret 'k' is not set") && !run.stdout.contains("Fnord"),
        "{run:?}"
    );
}

#[test]
fn takes_seconds_at_most_for_code_that_is_hard_to_follow() {
    let home = Home::new();
    let functions = (0..2000).map(|i| {
        let next = (i + 1) % 2000;
        format!("def f{i}(x): f{next}(x); f{next}(x + x); return job_input.get_secret(x)\n")
    });
    let itself =
        format!("def f(x):\n    job_input.get_secret(x)\n{}", "    f(x + 'i')\n".repeat(100));
    job(&home, &[("10_step.py", &functions.collect::<String>()), ("20_step.py", &itself)]);
    // Without limits it would take longer than anybody waits.
    home.run(["check", "job", "--offline", "-o", "json"]).done();
}

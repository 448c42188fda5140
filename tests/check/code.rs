//! Which names are found in code, by a truth table over jobs (`jobs/`, `truth.json`).

use serde_json::{Value, json};
use vdk_testing::Home;

use super::found;

#[test]
fn finds_every_name_and_tells_no_used_one_as_not_used() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check");
    let truth = std::fs::read_to_string(format!("{root}/truth.json")).unwrap();
    let truth: serde_json::Map<String, Value> = serde_json::from_str(&truth).unwrap();
    let (home, mut names, mut wrong) = (Home::new(), 0, Vec::new());
    for (job, of_job) in &truth {
        let listed = |collection: &str| of_job[collection].as_array().cloned().unwrap_or_default();
        let (mut secrets, mut properties) = (listed("secrets"), listed("properties"));
        let count = secrets.len() + properties.len();
        names += count;
        secrets.push("not-used".into());
        properties.push("not-used".into());
        let keys = json!({"secrets": secrets, "properties": properties}).to_string();
        let folder = format!("{root}/jobs/{job}");
        let words = ["check", &folder, "--stdin-keys", "-o", "json", "--fail-on", "never"];
        let run = home.run_with(words, keys).done();
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        if report["used"] != count {
            wrong.push(format!("{job}: {count} names, and {} are found", report["used"]));
        }
        let mut unknown = 0;
        for finding in report["findings"].as_array().unwrap() {
            match finding["rule"].as_str().unwrap() {
                "VDK003" if finding["key"] == "not-used" => {}
                "VDK004" | "VDK007" => {}
                "VDK011" => unknown += 1,
                _ => wrong.push(format!("{job}: {finding}")),
            }
        }
        if of_job["dynamic"] != unknown {
            wrong.push(format!("{job}: {unknown} names are known at run time only"));
        }
    }
    assert!(names >= 60, "{names}");
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn follows_what_python_does_with_names() {
    let step = |line: &str| format!("KEY = 'k'\ndef run(job_input):\n    {line}\n");
    for line in [
        "job_input.get_secret('k')",
        "job_input.get_secret(KEY)",
        "job_input.get_secret(f'{KEY}')",
        "job_input.get_secret('' + KEY)",
        "x = job_input; x.get_secret('k')",
        "x = job_input.get_secret; x('k')",
        "if (x := job_input.get_secret('k')): pass",
        "job_input.get_secret(\n    'k',\n    )",
        "[job_input.get_secret(x) for x in ('k',)]",
        "(lambda: job_input.get_secret('k'))()",
        "job_input.get_all_secrets()['k']",
        "job_input.get_all_secrets().get('k')",
        "x = job_input.get_all_secrets(); x['k']",
        "for x in ('n',): pass\n    for x in ('k',): job_input.get_secret(x)",
        "for _, x in {'a': 'k'}.items(): job_input.get_secret(x)",
        "x = job_input if y else None; x.get_secret('k')",
        "return {'a': [job_input.get_secret('k')]}",
    ] {
        let of = found(&step(line), &[], &[]);
        assert_eq!(of.len(), 1, "{line}: {of:?}");
        let is_tested = line.starts_with("if");
        let level = if is_tested { "warning" } else { "error" };
        assert!(of[0].starts_with(&format!("VDK001 {level} 10_step.py:")), "{of:?}");
        assert!(of[0].ends_with(" k"), "{of:?}");
        assert_eq!(found(&step(line), &["k"], &[]), [""; 0], "{line}");
    }
    for line in [
        "pass  # job_input.get_secret('k')",
        "'''job_input.get_secret('k')'''",
        "other.get_secret('k')",
        "job_input.get_arguments().get('k')",
        "pass",
    ] {
        assert_eq!(found(&step(line), &[], &[]), [""; 0], "{line}");
    }
}

#[test]
fn tells_no_key_as_not_used_if_code_may_use_any() {
    let step = |line: &str| format!("def run(job_input):\n    {line}\n");
    let is_told = |line: &str| {
        found(&step(line), &["k"], &[]).iter().any(|finding| finding.starts_with("VDK003"))
    };
    assert!(is_told("pass"));
    for line in [
        "job_input.get_secret(input())",
        "print(job_input.get_all_secrets())",
        "for key in job_input.get_all_secrets(): pass",
        "elsewhere.load(job_input)",
        "print('k')",
        "print('{k}')",
        "getattr(job_input, 'get_' + 'secret')('x')",
        "return job_input",
        "later = [job_input.get_secret]",
        "context.anything.get_secret(f'{x}')",
        "other.all = job_input.get_all_secrets()",
        "get = job_input.get_secret; load(get)",
        ")",
    ] {
        assert!(!is_told(line), "{line}");
    }
}

/// Jobs in whose code a name is put together, so that `used` is seen only if the whole way is followed.
#[test]
fn tells_no_used_key_as_not_used_where_it_cannot_follow() {
    for step in [
        // A function that is used as a value, besides a call.
        "def run(job_input):\n    def one(name): return job_input.get_secret('us' + name)\n    one('x')\n    list(map(one, ['ed']))\n",
        // A set in an attribute, read where its object is not known.
        "class A:\n    def __init__(self, job_input): self.all = job_input.get_all_secrets()\ndef read(a, x): return a.all['us' + x]\ndef run(job_input): read(A(job_input), 'ed')\n",
        // The input in an attribute of such an object.
        "class A:\n    def __init__(self, job_input): self.ji = job_input\ndef read(a, x): return a.ji.get_secret('us' + x)\ndef run(job_input): read(A(job_input), 'ed')\n",
        // A base class from elsewhere.
        "from company import Base\nclass A(Base):\n    def __init__(self, job_input): super().__init__(job_input)\ndef run(job_input): A(job_input).run()\n",
        // A function from elsewhere with the name of one here.
        "import company\ndef load(job_input): return company.load(job_input)\ndef run(job_input): load(job_input)\n",
        "def run(job_input):\n    ji = None\n    def init():\n        nonlocal ji\n        ji = job_input\n    init()\n    ji.get_secret('us' + input())\n",
        // Names and collections that change.
        "def run(job_input):\n    for k in ('ed', 'x'):\n        k = 'us' + k\n        job_input.get_secret(k)\n",
        "def run(job_input):\n    keys = ['x']\n    keys.append('us' + 'ed')\n    for k in keys: job_input.get_secret(k)\n",
        "KEYS = {'a': 'x'}\ndef run(job_input):\n    KEYS['a'] = 'us' + input()\n    job_input.get_secret(KEYS['a'])\n",
        "class Config:\n    env = 'x'\ndef run(job_input):\n    c = Config()\n    c.env = 'us' + input()\n    job_input.get_secret(c.env)\n",
        "class Config:\n    env = 'x'\ndef run(job_input):\n    setattr(Config, 'env', input())\n    job_input.get_secret(Config.env + 'ed')\n",
        "def run(job_input):\n    s = None\n    def init():\n        nonlocal s\n        s = job_input.get_all_secrets()\n    init()\n    s['us' + input()]\n",
        "def run(job_input):\n    s = job_input.get_all_secrets()\n    load(**s.copy())\n",
        // Classes of which only one is seen.
        "class Base:\n    def cred(self, k): ...\nclass Db(Base):\n    def __init__(self, ji): self.ji = ji\n    def cred(self, k): return self.ji.get_secret('us' + k)\ndef load(source: Base): return source.cred('ed')\ndef run(job_input):\n    db = Db(job_input)\n    db.cred('x')\n    load(db)\n",
        "from company import Settings\nclass Mine(Settings):\n    env = 'x'\ndef run(job_input): job_input.get_secret(Mine().env + 'ed')\n",
        "def run(job_input):\n    class L:\n        def __init__(self, e): self.e = e\n        @classmethod\n        def make(cls): return cls('us')\n        def get(self): return job_input.get_secret(self.e + 'ed')\n    L('x').get()\n    L.make().get()\n",
        // A decorator that changes the argument.
        "def wrap(f): return lambda ji, k: f(ji, 'us' + k)\n@wrap\ndef load(ji, k): return ji.get_secret(k)\ndef run(job_input): load(job_input, 'ed')\n",
    ] {
        let all = found(step, &["used"], &[]);
        assert!(!all.iter().any(|finding| finding.starts_with("VDK003")), "{step}\n{all:?}");
    }
    // SQL that is put together, or is in other texts.
    for query in
        ["dedent('from {used}')", "q + x", "open('q').read()", "' '.join(['from', '{used}'])"]
    {
        let step = format!(
            "def run(job_input):\n    q = 'select 1'\n    job_input.execute_query({query})\n"
        );
        let all = found(&step, &[], &["used"]);
        assert!(!all.iter().any(|finding| finding.starts_with("VDK003")), "{step}\n{all:?}");
    }
}

#[test]
fn takes_names_of_the_class_that_an_object_is_of() {
    let step = "class Base:\n    PREFIX = 'base'\n    def __init__(self, job_input): self.ji = job_input\n    \
        def secret(self, name): return self.ji.get_secret(f'{self.PREFIX}-{name}')\n\
        class Crm(Base):\n    PREFIX = 'crm'\n    def go(self): return self.secret('user')\n\
        def run(job_input): Crm(job_input).go()\n";
    let all = found(step, &["crm-user"], &[]);
    assert_eq!(all, ["VDK001 warning 10_step.py:7 base-user"]);
    // Of two parts that come in pairs, not every combination is read.
    let pairs = "def run(job_input):\n    for a, b in (('x', '1'), ('y', '2')): job_input.get_secret(f'{a}-{b}')\n";
    let all = found(pairs, &["x-1", "y-2"], &[]);
    assert!(all.iter().all(|finding| finding.starts_with("VDK001 warning")), "{all:?}");
    let home = vdk_testing::Home::new();
    super::job(
        &home,
        &[
            ("crm/__init__.py", ""),
            ("crm/config.py", "KEY = 'crm-key'"),
            (
                "crm/load.py",
                "from . import config\ndef load(job_input): job_input.get_secret(config.KEY)",
            ),
            ("billing/__init__.py", ""),
            ("billing/config.py", "KEY = 'billing-key'"),
            (
                "billing/load.py",
                "from .config import KEY\ndef load(job_input): job_input.get_secret(KEY)",
            ),
            (
                "10_step.py",
                "from crm import load\nfrom billing import load as other\ndef run(job_input):\n    load.load(job_input)\n    other.load(job_input)\n",
            ),
        ],
    );
    let expected =
        ["VDK001 error billing/load.py:2 billing-key", "VDK001 error crm/load.py:2 crm-key"];
    assert_eq!(super::findings(&home, &[], &[]), expected);
}

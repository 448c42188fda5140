//! Tests the contract of `Backend` on each storage: the embedded store, OpenBao, PostgreSQL.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use vdk_api::{Author, Changes, Collection, Document, Name, Owner, VERSIONS_KEPT};
use vdk_server::storage::{Backend, Embedded, Expected, Postgres, StorageError, Vault};
use vdk_server::{DatabaseTls, VaultLogin, VaultSettings};
use vdk_store::FileKeyring;
use vdk_testing::control_service::peers::{Bao, Database};
use zeroize::Zeroizing;

type Engine = Arc<dyn Backend>;

#[tokio::test(flavor = "multi_thread")]
async fn meets_the_contract_on_the_embedded_store() {
    let folder = tempfile::tempdir().unwrap();
    let keys = FileKeyring::beside_store();
    let (secrets, properties) = Embedded::open(folder.path(), &keys, (1 << 20, 1 << 20)).unwrap();
    contract(Arc::new(secrets)).await;
    contract(Arc::new(properties)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs OpenBao: ./tests/run"]
async fn meets_the_contract_on_openbao() {
    let bao = Bao::start();
    // The token lasts 6 seconds, so it is renewed or replaced during the test.
    contract(vault(&bao, VaultLogin::AppRole(bao.role.clone().into(), bao.secret.clone().into())))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs OpenBao: ./tests/run"]
async fn meets_the_contract_on_openbao_in_development_mode() {
    let bao = Bao::development();
    let engine = vault(&bao, VaultLogin::Token(bao.root.clone().into()));
    contract(engine.clone()).await;
    // The credentials of a team have the original's format in both directions.
    let (at, path) = (owner("t", "team-oauth-credentials"), "secret/data/t/team-oauth-credentials");
    let members = r#"{"teamName":"t","clientId":"app","clientSecret":"a\"b"}"#;
    engine.write(&at, text(members), Expected::Version(0), &author("ana")).await.unwrap();
    let stored = bao.ask("GET", path, &serde_json::Value::Null).json()["data"]["data"].clone();
    assert_eq!(stored, serde_json::from_str::<serde_json::Value>(members).unwrap());
    bao.ask("POST", path, &serde_json::json!({"data": {"teamName": "t", "clientId": "theirs"}}));
    let read = engine.read(&at).await.unwrap();
    assert!(read.json.contains("theirs") && read.version == 2);
    // This mount requires a version with every write. Only one writer succeeds at a time, and all
    // must succeed within the time limit.
    bao.ask("POST", "secret/config", &serde_json::json!({"cas_required": true}));
    loses_no_parallel_write(&engine, Expected::Any, "cas", 4).await;
}

fn vault(bao: &Bao, login: VaultLogin) -> Engine {
    let nodes = vec![format!("http://{}/v1/", bao.address).parse().unwrap()];
    let (mount, namespace, ca) = ("secret".into(), None, None);
    Arc::new(Vault::new(VaultSettings { nodes, login, mount, namespace, ca }).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./tests/run"]
async fn meets_the_contract_on_postgresql() {
    let database = Database::start();
    let open = |collection| {
        let config = format!("postgresql://vdk:geheim@127.0.0.1:{}/postgres", database.port);
        let config = config.parse().unwrap();
        let (schema, socket_owner, ca) = (None, None, None);
        let (tls, pool) = (DatabaseTls::None, 4);
        let settings = vdk_server::Database { config, schema, socket_owner, tls, ca, pool };
        Arc::new(Postgres::new(settings, collection).unwrap())
    };
    // Both migrate the schema at the same time, as two replicas do.
    let (one, two) = (open(Collection::Properties), open(Collection::Secrets));
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    assert_eq!((first, second), (Ok(()), Ok(())));
    contract(one).await;
    contract(two).await;
}

/// Checks the whole contract. Each part uses its own jobs.
async fn contract(engine: Engine) {
    assert_eq!(engine.ready().await, Ok(()));
    starts_empty(&engine).await;
    keeps_text_to_the_byte(&engine).await;
    checks_conditions(&engine).await;
    keeps_recent_versions(&engine).await;
    never_mixes_up_two_names(&engine).await;
    knows_teams_with_documents(&engine).await;
    loses_no_parallel_write(&engine, Expected::Version(0), "conditional", 16).await;
    loses_no_parallel_write(&engine, Expected::Any, "any", 16).await;
    stores_or_rejects_large_documents(&engine).await;
    engine.finish().await;
}

async fn knows_teams_with_documents(engine: &Engine) {
    let name = |text: &str| Name::new(text).unwrap();
    for team in ["has", "has one", "Has%2", "hä", "empty"] {
        assert_eq!(engine.has_team(&name(team)).await, Ok(false), "{team}");
        let json = if team == "empty" { "{}" } else { r#"{"a":1}"# };
        for job in ["j", "k"] {
            let at = owner(team, job);
            engine.write(&at, text(json), Expected::Version(0), &author("ana")).await.unwrap();
        }
        assert_eq!(engine.has_team(&name(team)).await, Ok(true), "{team}");
        assert!(engine.teams(1000).await.unwrap().iter().any(|found| found == team), "{team}");
        assert_eq!(engine.jobs(&name(team), 1000).await.unwrap(), ["j", "k"], "{team}");
        assert_eq!(engine.jobs(&name(team), 1).await.unwrap(), ["j"], "{team}");
    }
    let teams = engine.teams(1000).await.unwrap();
    assert_eq!(teams.iter().collect::<HashSet<_>>().len(), teams.len(), "{teams:?}");
    assert_eq!(engine.teams(2).await.unwrap().len(), 2);
    for team in ["ha", "has ", "h", "*", "HAS"] {
        assert_eq!(engine.has_team(&name(team)).await, Ok(false), "{team}");
        assert_eq!(engine.jobs(&name(team), 1000).await, Ok(Vec::new()), "{team}");
    }
    for job in ["b", "Z", "ä", "a b", "a%2"] {
        let at = owner("sorted", job);
        engine.write(&at, text("{}"), Expected::Any, &author("ana")).await.unwrap();
    }
    let sorted = engine.jobs(&name("sorted"), 1000).await.unwrap();
    assert_eq!(sorted, ["Z", "a b", "a%2", "b", "ä"]);
}

fn owner(team: &str, job: &str) -> Owner {
    let name = |text| Name::new(text).unwrap();
    Owner { team: name(team), job: name(job) }
}

fn document(json: &str) -> Document {
    Document::parse(json).unwrap()
}

fn text(json: &str) -> Zeroizing<String> {
    document(json).to_json()
}

fn author(who: &str) -> Author {
    Author { who: who.into(), op_id: "op-1".into() }
}

async fn write(
    engine: &Engine,
    job: &str,
    json: &str,
    expected: Expected,
) -> Result<u64, StorageError> {
    engine.write(&owner("t", job), text(json), expected, &author("ana")).await
}

async fn starts_empty(engine: &Engine) {
    let at = owner("t", "nothing");
    let stored = engine.read(&at).await.unwrap();
    assert_eq!((stored.json.as_str(), stored.version), ("{}", 0));
    assert_eq!(engine.read_version(&at, 1).await.unwrap_err(), StorageError::NoSuchVersion);
    assert_eq!(engine.versions(&at).await, Ok(Vec::new()));
}

async fn keeps_text_to_the_byte(engine: &Engine) {
    let at = owner("t", "text");
    for (version, json) in (1..).zip([
        r#"{"z":1.50,"a":{"n":null,"y":1E400,"x":[null,1e5]},"":"","n":123456789012345678901234567890}"#,
        r#"{"u":"\u00e4\/\u0000\u2028<>&'","ü\n☃":"\\\"","\ud83d\ude00":"😀"}"#,
        "{}",
    ]) {
        assert_eq!(write(engine, "text", json, Expected::Any).await, Ok(version));
        let stored = engine.read(&at).await.unwrap();
        assert_eq!((*stored.json == *document(json).to_json(), stored.version), (true, version));
    }
}

async fn checks_conditions(engine: &Engine) {
    let write = async |json: &str, expected| write(engine, "conditions", json, expected).await;
    let conflict = |current| Err(StorageError::Conflict { current: Some(current) });
    assert_eq!(write("{\"a\":1}", Expected::Version(1)).await, conflict(0));
    assert_eq!(write("{\"a\":1}", Expected::Version(0)).await, Ok(1));
    assert_eq!(write("{\"a\":2}", Expected::Version(0)).await, conflict(1));
    assert_eq!(write("{\"a\":2}", Expected::Version(2)).await, conflict(1));
    assert_eq!(write("{\"a\":2}", Expected::Version(1)).await, Ok(2));
    assert_eq!(write("{\"a\":3}", Expected::Version(1)).await, conflict(2));
    assert_eq!(write("{\"a\":3}", Expected::Any).await, Ok(3));
    assert_eq!(*engine.read(&owner("t", "conditions")).await.unwrap().json, "{\"a\":3}");
}

async fn keeps_recent_versions(engine: &Engine) {
    let at = owner("t", "versions");
    for (n, who) in ["ana", "bob", ""].into_iter().enumerate() {
        let json = format!("{{\"same\":0,\"n\":{n},\"only {n}\":null}}");
        engine.write(&at, text(&json), Expected::Any, &author(who)).await.unwrap();
    }
    let versions = engine.versions(&at).await.unwrap();
    let told: Vec<_> = versions.iter().map(|v| (v.version, v.who.as_deref())).collect();
    assert_eq!(told, [(3, None), (2, Some("bob")), (1, Some("ana"))]);
    let own = |keys: &[&str]| keys.iter().map(|key| key.to_string()).collect();
    let changes =
        Changes { added: own(&["only 1"]), changed: own(&["n"]), removed: own(&["only 0"]) };
    assert_eq!(versions[1].changes, Some(changes));
    let age = humantime::parse_rfc3339(&versions[0].written_at).unwrap().elapsed().unwrap();
    assert!(age.as_secs() < 60, "{versions:?}");
    for n in 3..=VERSIONS_KEPT + 2 {
        write(engine, "versions", &format!("{{\"n\":{n}}}"), Expected::Any).await.unwrap();
    }
    let versions = engine.versions(&at).await.unwrap();
    assert_eq!(versions.len() as u64, VERSIONS_KEPT);
    let oldest = versions.last().unwrap();
    assert_eq!((oldest.version, &oldest.changes), (4, &None), "what was before it is gone");
    assert_eq!(*engine.read_version(&at, 4).await.unwrap().json, "{\"n\":3}");
    assert_eq!(engine.read_version(&at, 3).await.unwrap_err(), StorageError::NoSuchVersion);
    assert_eq!(engine.read_version(&at, 99).await.unwrap_err(), StorageError::NoSuchVersion);
}

/// Every job has its own document, or the storage rejects its name.
async fn never_mixes_up_two_names(engine: &Engine) {
    let parts = [
        "a",
        "A",
        "a.",
        ".a",
        "...",
        "a b",
        "a%2Fb",
        "a|b",
        "a:b",
        "a;b",
        "a?b",
        "a#b",
        "a*",
        "a+b",
        "ä",
        "a\u{308}",
        "å",
        "Å",
        "metadata",
        "data",
        "%",
        "%20",
        "'",
        "\"",
        "a ",
        " a",
        "\u{202e}a",
        "-",
        "~",
        "1",
    ];
    // Other notations of the same characters, characters that case folding, normalization,
    // encodings or languages take for others, and names with a meaning in storages, URLs and SQL.
    let odd = "a A %2F %2f %252F %00 %2e%2e a%2e ..a a.. .... é e\u{301} \u{212b} \u{fb01} fi ß ẞ ss SS i I ı \
               İ Σ σ ς \u{212a} K k \u{ff41} \u{430} a\u{200b} a\u{200d} a\u{feff} \u{feff}a a\u{ad} \u{fffd} \
               \u{1f600} \u{10ffff} team-oauth-credentials Team-OAuth-Credentials vdk-control-service \
               secrets properties delete undelete destroy subkeys config null NULL 0 00 01 -0 1e0 nan \
               true a&b a=b a$b $1 a`b {a} [a] <a> a^b a@b a!b ~0 ~1 a\\b a, \\a";
    let long = [255, 254].map(|length| "x".repeat(length));
    let odd = odd.split(' ').chain(["a\u{a0}", "a\u{3000}", "\u{a0}a"]);
    let odd = odd.chain(long.iter().map(String::as_str));
    // Team and job joined in various ways.
    let separators = "| || : :: ; , . _ - -- + & = # @ ~ ^ $ ! ' \" \\ %2F %2f %7C %00 %0A %20 \u{2044} \
                      \u{2215} \u{ff0f} \u{29f8} secrets";
    let joined = separators.split(' ').chain([" ", "  ", "\u{a0}"]);
    let joined =
        joined.flat_map(|by| [(format!("a{by}b"), "c".into()), ("a".into(), format!("b{by}c"))]);
    let joined: Vec<(String, String)> = joined.collect();
    let mut all: Vec<_> =
        parts.iter().flat_map(|team| parts.iter().map(move |job| owner(team, job))).collect();
    all.extend(odd.flat_map(|name| [owner("o", name), owner(name, "o")]));
    all.extend(joined.iter().map(|(team, job)| owner(team, job)));
    let different: HashSet<_> = all.iter().collect();
    assert!(different.len() == all.len() && all.len() > 1000, "{} names", all.len());
    let mut written = HashMap::new();
    for (n, at) in all.iter().enumerate() {
        match engine
            .write(at, text(&format!("{{\"n\":{n}}}")), Expected::Version(0), &author(""))
            .await
        {
            Ok(version) => assert_eq!((version, written.insert(at.clone(), n)), (1, None)),
            Err(fault) => assert!(matches!(fault, StorageError::Name(_)), "{at:?}: {fault}"),
        }
    }
    let kept = written.len();
    assert!(kept * 3 > all.len() * 2 && kept * (kept - 1) / 2 > 10_000, "{kept} of {}", all.len());
    for (at, n) in written {
        assert_eq!(*engine.read(&at).await.unwrap().json, format!("{{\"n\":{n}}}"), "{at:?}");
    }
}

/// Each writer adds a key. None is lost.
async fn loses_no_parallel_write(engine: &Engine, first: Expected, job: &str, count: usize) {
    let at = owner("writers", job);
    let tasks: Vec<_> = (0..count)
        .map(|n| {
            let (engine, at) = (engine.clone(), at.clone());
            tokio::spawn(async move {
                if first == Expected::Any {
                    let json = document(&format!("{{\"n\":{n}}}"));
                    return engine
                        .write(&at, json.to_json(), first, &author("ana"))
                        .await
                        .map(|_| ());
                }
                loop {
                    let stored = engine.read(&at).await?;
                    let mut document = document(&stored.json);
                    document.set(format!("key {n}"), vdk_api::JsonText::from_text("x"));
                    let expected = Expected::Version(stored.version);
                    match engine.write(&at, document.to_json(), expected, &author("ana")).await {
                        Err(StorageError::Conflict { .. }) => {}
                        written => return written.map(|_| ()),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    let stored = engine.read(&at).await.unwrap();
    assert_eq!(stored.version, count as u64);
    if first != Expected::Any {
        assert_eq!(document(&stored.json).len(), count);
    }
}

/// A document up to the limit is read back, or rejected as too large before anything is written.
/// The limits of storages differ.
async fn stores_or_rejects_large_documents(engine: &Engine) {
    for (job, value) in [
        ("x", "x".repeat(900_000)),
        ("lt", "<".repeat(1_000_000)),
        ("quotes", "\"".repeat(400_000)),
    ] {
        let mut large = Document::default();
        large.set("k", vdk_api::JsonText::from_text(&value));
        let at = owner("large", job);
        match engine.write(&at, large.to_json(), Expected::Any, &author("ana")).await {
            Ok(_) => assert!(*engine.read(&at).await.unwrap().json == *large.to_json()),
            Err(fault) => {
                assert!(matches!(fault, StorageError::TooLarge(_)), "{fault}");
                assert_eq!(engine.read(&at).await.unwrap().version, 0);
            }
        }
    }
    let many: String =
        (0..5000).map(|n| format!(",\"key {n}\":123456789012345678901234567890")).collect();
    let many = document(&format!("{{{}}}", &many[1..]));
    engine
        .write(&owner("large", "many"), many.to_json(), Expected::Any, &author("ana"))
        .await
        .unwrap();
    assert!(*engine.read(&owner("large", "many")).await.unwrap().json == *many.to_json());
}

//! Tests what the service takes for its tables in PostgreSQL: their schema, encoding, owner and form.

use serde_json::Value;
use vdk_testing::control_service::peers::{Database, Settings};
use vdk_testing::control_service::{Service, eventually, path};

/// The tables as the service makes them.
const TABLES: &str = "
    CREATE TABLE vdk_schema (version integer PRIMARY KEY);
    INSERT INTO vdk_schema VALUES (1);
    CREATE TABLE vdk_heads (collection text COLLATE \"C\" NOT NULL, team text COLLATE \"C\" NOT NULL,
        job text COLLATE \"C\" NOT NULL, version bigint NOT NULL,
        PRIMARY KEY (collection, team, job));
    CREATE TABLE vdk_versions (collection text COLLATE \"C\" NOT NULL,
        team text COLLATE \"C\" NOT NULL, job text COLLATE \"C\" NOT NULL, version bigint NOT NULL,
        written_at bigint NOT NULL, who text NOT NULL, op_id text NOT NULL, json text NOT NULL,
        PRIMARY KEY (collection, team, job, version));";
/// A trigger that keeps a copy of every value.
const TRIGGER: &str = "
    CREATE TABLE seen (json text);
    GRANT ALL ON seen TO PUBLIC;
    CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO seen VALUES (NEW.json); RETURN NEW; END';
    CREATE TRIGGER see BEFORE INSERT ON vdk_versions FOR EACH ROW EXECUTE FUNCTION see();";

fn start(settings: &Settings) -> Service {
    let all: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&all)
}

fn put(service: &Service) -> u16 {
    service.put(&path("properties", "t", "j"), "{\"a\":\"geheim\"}", None).status
}

/// Returns the lines of the log at level WARN.
fn warnings(service: &Service) -> String {
    let log = service.log();
    let lines = log.lines().filter(|line| {
        serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"] == "WARN")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn refuses_tables_of_another_role() {
    let database = Database::start();
    database.sql(&[
        "CREATE ROLE mallory",
        "GRANT CREATE ON SCHEMA public TO mallory",
        &format!(
            "SET ROLE mallory; {TABLES} {TRIGGER}
             GRANT ALL ON vdk_heads, vdk_versions, vdk_schema TO PUBLIC"
        ),
    ]);
    let service = start(&database.settings());
    let at = path("properties", "t", "j");
    service.put(&at, "{\"a\":\"geheim\"}", None).problem(502, "denies access to this service");
    service.get(&at).problem(502, "denies access to this service");
    assert_eq!(service.get("/readyz").status, 503);
    service.logs("belongs to the role mallory");
    assert_eq!(database.sql(&["SELECT count(*) FROM seen"]), "0");
    for table in ["vdk_heads", "vdk_versions", "vdk_schema"] {
        database.sql(&[&format!("ALTER TABLE {table} OWNER TO vdk")]);
    }
    database.sql(&["DROP TRIGGER see ON vdk_versions"]);
    eventually("the tables are ours", || put(&service) == 204);
    assert_eq!(service.get("/readyz").status, 200);
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn warns_of_triggers_and_refuses_views_and_rules() {
    let database = Database::start();
    database.sql(&[TABLES, TRIGGER]);
    let service = start(&database.settings());
    assert_eq!(put(&service), 204);
    assert!(warnings(&service).contains("triggers see everything"), "{}", service.log());
    database.sql(&["CREATE RULE lose AS ON INSERT TO vdk_versions DO ALSO NOTHING"]);
    assert_eq!(service.get("/readyz").status, 503);
    assert_eq!(put(&service), 502, "requests are refused from then on");
    service.logs("has rules or row security");
    database.sql(&["DROP RULE lose ON vdk_versions"]);
    eventually("requests are served", || put(&service) == 204);
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn warns_of_new_tables_with_their_schema() {
    let database = Database::start();
    let first = start(&database.settings());
    assert_eq!(put(&first), 204);
    database.sql(&["CREATE SCHEMA other", "ALTER ROLE vdk SET search_path = other"]);
    let second = start(&database.settings());
    let told = warnings(&second);
    assert!(told.contains("empty tables") && told.contains("\"other\""), "{told}");
    assert!(told.contains("\"public\""), "it names where tables are: {told}");
    database.sql(&["ALTER ROLE vdk RESET search_path", "DROP SCHEMA other CASCADE"]);
    let third = start(&database.settings());
    assert!(!third.log().contains("empty tables"), "{}", third.log());
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn uses_the_schema_of_the_jdbc_url() {
    let database = Database::start();
    database.sql(&["CREATE SCHEMA \"control 1\"", "CREATE SCHEMA other"]);
    let address = format!("127.0.0.1:{}/postgres", database.port);
    let by_name = "currentSchema=%22control%201%22&ApplicationName=vdk+prod&prepareThreshold=0";
    let service = start(&database.settings_at(&format!("{address}?{by_name}")));
    assert_eq!(put(&service), 204);
    let count =
        |schema: &str| database.sql(&[&format!("SELECT count(*) FROM {schema}.vdk_versions")]);
    assert_eq!(count("\"control 1\""), "1");
    let sessions = "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'vdk prod'";
    assert_eq!(database.sql(&[sessions]), "t");
    assert_eq!(service.get("/readyz").status, 200);
    let by_options = "options=-c%20search_path%3Dother";
    let service = start(&database.settings_at(&format!("{address}?{by_options}")));
    assert_eq!((put(&service), count("other")), (204, "1".into()));
    let missing = start(&database.settings_at(&format!("{address}?currentSchema=missing")));
    assert_eq!(put(&missing), 502);
    missing.logs("schema \\\"missing\\\" does not exist");
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn refuses_a_new_database_that_lacks_characters() {
    let database = Database::start();
    for encoding in ["LATIN1", "UTF8"] {
        database.sql(&[&format!(
            "CREATE DATABASE in_{encoding} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )]);
    }
    let address = |name: &str| format!("127.0.0.1:{}/{name}", database.port);
    let service = start(&database.settings_at(&address("in_latin1")));
    let at = path("properties", "t", "j");
    service.get(&at).problem(502, "denies access to this service");
    service.logs("has the encoding LATIN1");
    assert_eq!(service.get("/readyz").status, 503);
    let service = start(&database.settings_at(&address("in_utf8")));
    assert_eq!(service.put(&at, "{\"a\":\"€ 😀\"}", None).status, 204);
    // Tables that are there from before keep serving what they can.
    let mut client = database.client(&[TABLES]);
    assert!(
        client.env("PGDATABASE", "in_latin1").args(["-d", "in_latin1"]).status().unwrap().success()
    );
    let service = start(&database.settings_at(&address("in_latin1")));
    assert_eq!(service.put(&at, "{\"a\":\"ä\"}", None).status, 204);
    assert_eq!(service.get(&at).body, "{\"a\":\"ä\"}");
    service.put(&at, "{\"a\":\"€\"}", None).problem(400, "encoding of the database");
    assert!(warnings(&service).contains("LATIN1"), "{}", service.log());
}

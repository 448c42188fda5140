//! Makes the rows about OpenBao and PostgreSQL.

use std::cell::RefCell;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use vdk_testing::control_service::eventually;
use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::control_service::slow_proxy::{Pace, SlowProxy};
use vdk_testing::report::Row;

use super::{row, start};

/// Makes the rows about OpenBao.
pub fn vault(bao: Bao, database: &Database) -> Vec<Row> {
    const POLICY: &str =
        "path \"secret/*\" { capabilities = [\"create\", \"read\", \"update\", \"patch\"] }";
    let slow = SlowProxy::in_front_of(bao.address);
    let service = start(&[bao.settings(), database.settings()]);
    let uri = vec![("VDK_VAULT_URI", format!("http://{}/v1/", slow.address))];
    let behind = start(&[bao.settings(), database.settings(), uri]);
    let revoke_tokens = || {
        let accessors = bao.ask("GET", "auth/token/accessors?list=true", &Value::Null).json();
        for accessor in accessors["data"]["keys"].as_array().unwrap() {
            let accessor = json!({ "accessor": accessor });
            let found = bao.ask("POST", "auth/token/lookup-accessor", &accessor);
            if found.status == 200 && found.json()["data"]["display_name"] == "approle" {
                bao.ask("POST", "auth/token/revoke-accessor", &accessor);
            }
        }
    };
    let policy = |policy: &str| {
        bao.ask("PUT", "sys/policies/acl/vdk", &json!({ "policy": policy }));
    };
    let secret_id = json!({"secret_id": bao.secret});
    let of_role = |what: &str| format!("auth/approle/role/vdk/{what}");
    let mut rows = vec![
        row("OpenBao sealed", &service, "secrets", || bao.seal(), || bao.unseal()),
        row("OpenBao stopped", &service, "secrets", || bao.signal("STOP"), || bao.signal("CONT")),
        row(
            "OpenBao holds its answers back",
            &behind,
            "secrets",
            || slow.pace(Pace::Held),
            || {
                slow.pace(Pace::AtOnce);
            },
        ),
        row(
            "OpenBao answers ten bytes a second",
            &behind,
            "secrets",
            || slow.pace(Pace::Dripping),
            || {
                slow.pace(Pace::AtOnce);
            },
        ),
        row("its token revoked", &service, "secrets", revoke_tokens, || ()),
        row(
            "its secret id and its token revoked",
            &service,
            "secrets",
            || {
                bao.ask("POST", &of_role("secret-id/destroy"), &secret_id);
                revoke_tokens();
            },
            || drop(bao.ask("POST", &of_role("custom-secret-id"), &secret_id)),
        ),
        row(
            "its policy taken away",
            &service,
            "secrets",
            || policy("path \"other/*\" { capabilities = [\"read\"] }"),
            || policy(POLICY),
        ),
    ];
    let bao = RefCell::new(bao);
    rows.push(row(
        "OpenBao killed",
        &service,
        "secrets",
        || bao.borrow_mut().stop(),
        || bao.borrow_mut().restart(),
    ));
    rows
}

/// Makes the rows about PostgreSQL.
pub fn database(bao: &Bao, database: Database) -> Vec<Row> {
    const READ_ONLY: &str = "default_transaction_read_only";
    let slow = SlowProxy::in_front_of(([127, 0, 0, 1], database.port).into());
    let service = start(&[bao.settings(), database.settings()]);
    let url = format!("jdbc:postgresql://{}/postgres", slow.address);
    let behind =
        start(&[bao.settings(), database.settings(), vec![("SPRING_DATASOURCE_URL", url)]]);
    let sleepers = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let run = |statements: &[&str]| {
        let mut client = database.client(statements);
        client.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let clients = RefCell::new(Vec::<Child>::new());
    let end_clients = || {
        for mut client in clients.borrow_mut().drain(..) {
            client.kill().unwrap();
            client.wait().unwrap();
        }
    };
    let notice = "SET client_connection_check_interval = '50ms'";
    let mut rows = vec![
        row(
            "PostgreSQL stopped",
            &service,
            "properties",
            || database.signal("STOP"),
            || {
                database.signal("CONT");
            },
        ),
        row(
            "PostgreSQL holds its answers back",
            &behind,
            "properties",
            || slow.pace(Pace::Held),
            || {
                slow.pace(Pace::AtOnce);
            },
        ),
        row(
            "PostgreSQL answers ten bytes a second",
            &behind,
            "properties",
            || slow.pace(Pace::Dripping),
            || {
                slow.pace(Pace::AtOnce);
            },
        ),
        row(
            "PostgreSQL takes no writes",
            &service,
            "properties",
            || {
                database.sql(&[
                    &format!("ALTER SYSTEM SET {READ_ONLY} = on"),
                    "SELECT pg_reload_conf()",
                ]);
                eventually("it takes none", || {
                    database.sql(&[&format!("SHOW {READ_ONLY}")]) == "on"
                });
            },
            || {
                let back = format!("ALTER SYSTEM RESET {READ_ONLY}");
                database.sql(&[
                    &format!("SET {READ_ONLY} = off"),
                    &back,
                    "SELECT pg_reload_conf()",
                ]);
            },
        ),
        row(
            "another holds the row",
            &service,
            "properties",
            || {
                let lock = "BEGIN; SELECT 1 FROM vdk_heads FOR UPDATE; SELECT pg_sleep(600)";
                clients.borrow_mut().push(run(&[notice, lock]));
                eventually("the row is held", || database.sql(&[sleepers]) == "1");
            },
            end_clients,
        ),
    ];
    // This closes the service's connections and takes their places.
    rows.push(row(
        "all connections of PostgreSQL in use",
        &service,
        "properties",
        || {
            // It waits for their end. Otherwise places would become free afterwards.
            let gone = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity \
                        WHERE backend_type = 'client backend' AND application_name != 'psql'";
            database.sql(&[gone]);
            let mut clients = clients.borrow_mut();
            eventually("they are in use", || {
                clients.push(run(&[notice, "SELECT pg_sleep(600)"]));
                let before = clients.len();
                clients.retain_mut(|client| client.try_wait().unwrap().is_none());
                before > clients.len()
            });
        },
        end_clients,
    ));
    let database = RefCell::new(database);
    rows.push(row(
        "PostgreSQL killed",
        &service,
        "properties",
        || database.borrow_mut().kill(),
        || database.borrow_mut().run(),
    ));
    rows
}

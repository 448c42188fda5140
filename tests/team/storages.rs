//! The same on OpenBao and PostgreSQL.

use vdk_testing::Home;
use vdk_testing::control_service::Service;
use vdk_testing::control_service::peers::{Bao, Database};

use super::{find, generate, replace};
use crate::metadata::{check_describe, check_expiring, check_rotate};

/// Runs `check` with a home whose commands use a service on a new OpenBao and PostgreSQL.
fn on_both(check: impl FnOnce(&Home)) {
    let (bao, database) = (Bao::start(), Database::start());
    let settings = [bao.settings(), database.settings()].concat();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    check(&Home::at(&service.url("")));
    for value in ["Fnord", "geheim"] {
        assert!(!service.log().contains(value) && !service.audit().contains(value));
    }
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn finds_and_replaces() {
    on_both(|home| {
        find::fill(home);
        find::check_finds(home);
    });
    on_both(replace::check_replaces);
    on_both(generate::check);
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn keeps_metadata() {
    on_both(|home| {
        check_describe(home);
        check_expiring(home);
    });
    on_both(check_rotate);
}

//! Tests Vault tokens that may be used only a few times.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use vdk_testing::control_service::peers::{Bao, Settings};
use vdk_testing::control_service::{Service, path};

fn start(settings: &Settings) -> Service {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&settings)
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn logs_in_again_before_the_uses_of_a_token_are_over() {
    const REQUESTS: usize = 6;
    let bao = Bao::start();
    for (uses, clients) in [(5, 60), (2, 4), (1, 1)] {
        let limit = json!({"token_num_uses": uses});
        bao.ask("POST", "auth/approle/role/vdk", &limit);
        let service = start(&bao.settings());
        let (failed, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for client in 0..clients {
                let (service, failed, done) = (&service, &failed, &done);
                scope.spawn(move || {
                    for n in 0..REQUESTS {
                        let at = path("secrets", "t", &format!("{uses}-{client}"));
                        let answer = match n % 2 {
                            0 => service.put(&at, &format!("{{\"n\":{n}}}"), None),
                            _ => service.get(&at),
                        };
                        let count = if answer.status < 300 { done } else { failed };
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let (failed, done) = (failed.into_inner(), done.into_inner());
        assert_eq!(failed + done, clients * REQUESTS);
        // Nearly all fail without it. A busy machine may make a few too slow.
        assert!(failed <= 3 + done / 100, "{failed} of {} failed", failed + done);
        let warning = "Vault limits the uses of a token";
        service.logs(warning);
        assert_eq!(service.log().matches(warning).count(), 1);
        assert_eq!(service.get("/readyz").status, 200);
    }
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn warns_of_a_given_token_with_few_uses() {
    let bao = Bao::development();
    let body = json!({"policies": ["root"], "num_uses": 50});
    let made = bao.ask("POST", "auth/token/create", &body).json();
    let token = made["auth"]["client_token"].as_str().unwrap();
    let service = start(&bao.settings_of(token, "secret"));
    service.logs("vdk.vault.token can be used only");
    assert_eq!(service.get(&path("secrets", "t", "j")).status, 200);
}

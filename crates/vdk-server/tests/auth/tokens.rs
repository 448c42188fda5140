//! Tests attacks with tokens: mutated, guessed and revoked ones, and those of another team.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use fastrand::Rng;
use ring::hmac;
use serde_json::json;
use vdk_testing::control_service::issuer::{Issuer, Key};
use vdk_testing::control_service::rsa;
use vdk_testing::control_service::{Answer, SECURED, Service, eventually, now, path};

/// Sends a request for which a trusted proxy reports the client address `from`.
fn ask_from(service: &Service, from: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("X-Forwarded-For", from), ("Authorization", bearer.as_str())];
    service.send("GET", &path("secrets", "t", "j"), &headers, "")
}

#[test]
fn rejects_ten_thousand_mutated_tokens() {
    const ALPHABET: &[u8] = b"ABCabc019-_.=+/ {}\"\x80\xff";
    let issuer = Issuer::start();
    let (key, curve) = (Key::ed(1), Key::ec());
    issuer.publish(&[("k", &key), ("c", &curve)]);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", &issuer.uri),
        ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let root = service.access("root", "*", "manager");
    let granted = service.ask(
        "PUT",
        "/data-jobs/for-team/t/access/user/ana",
        Some(&root),
        "{\"role\":\"reader\"}",
    );
    assert_eq!(granted.status, 204);
    let claims = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"});
    let good = [
        service.access("ana", "t", "writer"),
        key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims),
        curve.sign(&json!({"alg": "ES256", "kid": "c"}), &claims),
    ];
    for token in &good {
        assert_eq!(ask_from(&service, "10.255.0.1", token).status, 200);
    }
    let statuses = Mutex::new(BTreeMap::new());
    let (service, good, statuses) = (&service, &good, &statuses);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            scope.spawn(move || {
                let mut random = Rng::with_seed(seed);
                for n in 0..2500 {
                    let of = &good[random.usize(..good.len())];
                    let mut token = of.clone().into_bytes();
                    for _ in 0..random.usize(1..4) {
                        let at = random.usize(..token.len().max(1));
                        match random.u8(..5) {
                            _ if token.len() < 2 => {}
                            0 => token[at] = ALPHABET[random.usize(..ALPHABET.len())],
                            1 => drop(token.remove(at)),
                            2 => token.insert(at, ALPHABET[random.usize(..ALPHABET.len())]),
                            3 => token.truncate(at.max(1)),
                            // Appends the rest of another token.
                            _ => {
                                let other = good[random.usize(..good.len())].as_bytes();
                                token.truncate(at.max(1));
                                token.extend_from_slice(&other[at.min(other.len())..]);
                            }
                        }
                    }
                    let changed = String::from_utf8_lossy(&token).into_owned();
                    if good.iter().any(|good| good == changed.trim()) {
                        continue;
                    }
                    let from = format!("10.{seed}.{}.{}", n / 1000, n / 12 % 250);
                    let answer = ask_from(service, &from, &changed);
                    assert!(matches!(answer.status, 401 | 403 | 429), "{changed}: {answer:?}");
                    answer.problem(answer.status, "");
                    *statuses.lock().unwrap().entry(answer.status).or_insert(0) += 1;
                }
            });
        }
    });
    println!("{:?}", statuses.lock().unwrap());
    assert!(statuses.lock().unwrap().values().sum::<usize>() > 9000);
    assert!(!service.log().contains("panic"), "{}", service.log());
    for token in good {
        assert_eq!(ask_from(service, "10.255.0.1", token).status, 200);
    }
}

#[test]
fn rejects_hmac_signatures_with_the_issuers_public_key() {
    let issuer = Issuer::start();
    let key = Key::rsa();
    issuer.publish(&[("r", &key)]);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", &issuer.uri),
        ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let claims = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"});
    let info = |from: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("X-Forwarded-For", from), ("Authorization", bearer.as_str())];
        service.send("GET", "/data-jobs/for-team/t/info", &headers, "")
    };
    let good = key.sign(&json!({"alg": "RS256", "kid": "r"}), &claims);
    assert_eq!(info("10.0.0.1", &good).status, 200);
    let signed = |header: serde_json::Value, kind, secret: &[u8]| {
        let part = |value: &serde_json::Value| BASE64.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let tag = hmac::sign(&hmac::Key::new(kind, secret), signed.as_bytes());
        format!("{signed}.{}", BASE64.encode(tag))
    };
    let kinds =
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    for (n, secret) in rsa::public_files().iter().enumerate() {
        for (m, (name, kind)) in kinds.into_iter().enumerate() {
            let from = format!("10.1.{n}.{m}");
            for header in [json!({"alg": name, "kid": "r"}), json!({"alg": name})] {
                info(&from, &signed(header, kind, secret))
                    .problem(401, "algorithm is not supported");
            }
            // A wrong algorithm name in the header does not help either.
            let header = json!({"alg": "RS256", "kid": "r"});
            info(&from, &signed(header, kind, secret)).problem(401, "signature is invalid");
        }
    }
    assert_eq!(info("10.0.0.1", &good).status, 200);
}

#[test]
fn rejects_tokens_that_are_too_long() {
    let (issuer, key, service) = Issuer::with_service();
    let signed = |name: &str, size: usize| {
        let mut claims = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"});
        claims[name] = "x".repeat(size).into();
        key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims)
    };
    let info = |token: &str| service.ask("GET", "/data-jobs/for-team/t/info", Some(token), "");
    let good = signed("long", 1000);
    assert_eq!(info(&good).status, 200);
    info(&signed("long", 26_000)).problem(401, "too long");
    info(&"x".repeat(36_000)).problem(401, "too long");
    // These exceed the limit of all headers.
    for token in ["x".repeat(1 << 20), signed("long", 1 << 20), ".".repeat(1 << 20)] {
        info(&token).problem(431, "headers are too large");
    }
    // The body with an API token has a limit, too.
    for token in ["x".repeat(1 << 20), format!("vdk_0123456789abcdef_{}", "x".repeat(1 << 20))] {
        let answer = service.try_exchange(&token);
        assert!(matches!(answer.status, 400 | 413), "{answer:?}");
    }
    assert_eq!(service.get("/readyz").status, 200);
    assert_eq!(info(&good).status, 200);
    assert!(!service.log().contains("panic"), "{}", service.log());
}

#[test]
fn reveals_nothing_about_a_team_to_other_teams() {
    let service = Service::start(&SECURED);
    let (a, root) = (service.access("ana", "a", "manager"), service.access("root", "*", "manager"));
    for collection in ["secrets", "properties"] {
        let there = path(collection, "b", "there");
        let put = service.ask("PUT", &there, Some(&root), "{\"a\":1}");
        assert!(put.status < 300, "{put:?}");
        for (method, rest, body) in [
            ("GET", "", ""),
            ("PUT", "", "{\"a\":2}"),
            ("PUT", "", "no JSON"),
            ("GET", "?version=1", ""),
            ("GET", "/versions", ""),
            ("POST", "/versions/1/rollback", ""),
        ] {
            let said = ["there", "not-there"].map(|job| {
                let at = format!("{}{rest}", path(collection, "b", job));
                let answer = service.ask(method, &at, Some(&a), body);
                answer.problem(403, "needs the role");
                let mut headers = answer.headers;
                headers.remove("x-opid");
                headers.remove("date");
                (headers, answer.body)
            });
            assert_eq!(said[0], said[1], "{method} {rest}");
        }
        assert_eq!(service.ask("GET", &there, Some(&root), "").body, "{\"a\":1}");
    }
}

#[test]
fn rate_limits_guesses_at_one_token_from_many_addresses() {
    let service =
        Service::start(&[SECURED[0], ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1,127.0.0.2")]);
    let token = service.token(&["--user", "ana", "--team", "t", "--role", "reader"]);
    let wrong = format!("{}{}", &token[..token.len() - 43], "x".repeat(43));
    let exchange = |n: u8, token: &str| {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let from = format!("10.0.0.{n}, 127.0.0.2");
        service.send("POST", "/oauth2/token", &[("X-Forwarded-For", &from)], form)
    };
    for n in 0..10 {
        assert_eq!(exchange(n, &wrong).json()["error"], "invalid_grant");
    }
    let refused = exchange(100, &wrong);
    refused.problem(429, "Too many");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 61);
    assert_eq!(exchange(101, &token).status, 200, "whoever has it is not kept out");
    // Without a trusted proxy, the service ignores the header of the client.
    let open = Service::start(&SECURED);
    let statuses: Vec<_> =
        (0..12).map(|n| ask_from(&open, &format!("10.0.0.{n}"), "x.y.z").status).collect();
    assert_eq!((statuses[..10].to_vec(), statuses[10], statuses[11]), (vec![401; 10], 429, 429));
}

#[test]
fn rate_limits_an_ipv6_network_as_one_client() {
    if let Err(error) = std::net::TcpListener::bind("[::1]:0") {
        eprintln!("not tried: this machine has no ::1 ({error})");
        return;
    }
    let settings = [SECURED[0], ("SERVER_ADDRESS", "::1"), ("VDK_ACCESS_TRUSTED_PROXIES", "::1")];
    let service = Service::start(&settings);
    assert!(service.address.is_ipv6());
    let status = |from: &str| ask_from(&service, from, "x.y.z").status;
    let within: Vec<_> = (0..11).map(|n| status(&format!("2001:db8:0:1:{n}::{n}"))).collect();
    assert_eq!((&within[..10], within[10]), (&[401; 10][..], 429));
    assert_eq!(status("[2001:db8:0:1::]:4711"), 429, "with brackets and a port");
    assert_eq!(status("2001:db8:0:2::"), 401);
    assert_eq!(status("::ffff:10.0.0.1"), 401, "one of IPv4");
    let access = service.access("ana", "t", "writer");
    let at = path("secrets", "t", "j");
    assert_eq!(service.ask("PUT", &at, Some(&access), "{\"a\":1}").status, 202);
    assert_eq!(service.ask("GET", &at, Some(&access), "").body, "{\"a\":1}");
    assert!(service.audit().contains("\"from\":\"2001:db8:0:1::/64\""), "{}", service.audit());
}

#[test]
fn ends_a_revoked_token_on_all_replicas() {
    let one = Service::start(&SECURED);
    let other = Service::start_in(&one.shared_folder(), &SECURED);
    let token = one.token(&["--user", "ana", "--team", "t", "--role", "writer"]);
    let access = one.exchange(&token);
    let at = path("secrets", "t", "j");
    let status = |service: &Service| service.ask("GET", &at, Some(&access), "").status;
    assert_eq!((status(&one), status(&other)), (200, 200));
    let id = token.split('_').nth(1).unwrap();
    one.operate(&["token", "revoke", id]);
    let revoked = Instant::now();
    for service in [&one, &other] {
        eventually("the access token ends", || status(service) == 401);
        assert_eq!(service.try_exchange(&token).json()["error"], "invalid_grant");
    }
    println!("revoked on both after {:.1} s", revoked.elapsed().as_secs_f64());
}

#[test]
fn accepts_a_new_token_on_the_other_replica_at_once() {
    let one = Service::start(&SECURED);
    let other = Service::start_in(&one.shared_folder(), &SECURED);
    let at = path("secrets", "t", "j");
    for _ in 0..3 {
        let access = one.access("ana", "t", "writer");
        // From now on the other replica has a cached list of tokens, without the next one.
        assert_eq!(other.ask("GET", &at, Some(&access), "").status, 200);
    }
}

#[test]
#[ignore = "measures, and asserts nothing: run it alone, with --release and --nocapture"]
fn measures_the_time_of_right_and_wrong_tokens() {
    let service = Service::start(&[SECURED[0], ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1")]);
    let token = service.token(&["--user", "ana", "--team", "t", "--role", "reader"]);
    let access = service.exchange(&token);
    let root = service.access("root", "*", "manager");
    service.ask("PUT", &path("secrets", "u", "there"), Some(&root), "{\"a\":1}");
    let (id, tail) = (&token[..token.len() - 43], "A".repeat(43));
    let unknown = format!("vdk_0123456789abcdef_{tail}");
    let near =
        format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    let signed = &access[..access.rfind('.').unwrap() + 1];
    let forged = |random: &mut Rng| {
        let bytes: String = (0..86).map(|_| random.alphanumeric()).collect();
        format!("{signed}{bytes}")
    };
    let exchange = |from: &str, token: &str| {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        service.send("POST", "/oauth2/token", &[("X-Forwarded-For", from)], form)
    };
    let at = |job: &str| path("secrets", "u", job);
    let mut random = Rng::with_seed(1);
    let mut spent: BTreeMap<&str, Vec<f64>> = Default::default();
    for n in 0..1000 {
        let from = format!("10.1.{}.{}", n / 250, n % 250);
        let forged = forged(&mut random);
        let mut timed = |name, ask: &dyn Fn() -> Answer| {
            let started = Instant::now();
            let _ = ask();
            spent.entry(name).or_default().push(started.elapsed().as_secs_f64() * 1e6);
        };
        timed("exchange, right", &|| exchange(&from, &token));
        timed("exchange, unknown id", &|| exchange(&from, &unknown));
        // After ten failures a minute, the service refuses tokens without checking them.
        if n < 5 {
            timed("exchange, wrong in the last character", &|| exchange(&from, &near));
            timed("exchange, wrong from the first on", &|| exchange(&from, &format!("{id}{tail}")));
        }
        timed("request, right", &|| ask_from(&service, &from, &access));
        timed("request, forged", &|| ask_from(&service, &from, &forged));
        let other = |job: &str| service.ask("GET", &at(job), Some(&access), "");
        timed("another team's job, there", &|| other("there"));
        timed("another team's job, not there", &|| other("not-there"));
    }
    for (name, mut times) in spent {
        times.sort_by(f64::total_cmp);
        let part = |n: usize| times[times.len() * n / 100];
        println!("{name:40} {:7.0} us, 10th {:7.0}, 90th {:7.0}", part(50), part(10), part(90));
    }
}

//! Tests the service behind a real reverse proxy.

use vdk_testing::control_service::nginx::Nginx;
use vdk_testing::control_service::{Answer, Service, http, path};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
#[ignore = "needs nginx: ./tests/run"]
fn accepts_writes_with_the_weak_tags_that_nginx_makes_when_it_compresses() {
    let service = Service::start(&[]);
    let directives =
        "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0; gzip_comp_level 1;";
    let nginx = Nginx::in_front_of(service.address, directives);
    let ask = |method: &str, at: &str, headers: &[(&str, &str)], body: &str| -> Answer {
        http(nginx.address, method, at, headers, body.as_bytes()).unwrap()
    };
    for collection in ["secrets", "properties"] {
        let at = path(collection, "t", "j");
        let first = ask("PUT", &at, &[JSON, ("If-None-Match", "*")], r#"{"n":1}"#);
        assert!(first.status < 300, "{first:?}");
        let read = ask("GET", &at, &[("Accept-Encoding", "gzip")], "");
        assert_eq!(read.header("content-encoding"), "gzip", "{read:?}");
        let tag = read.header("etag").to_string();
        assert_eq!(tag, "W/\"1\"", "the proxy weakens the tag");
        let second = ask("PUT", &at, &[JSON, ("If-Match", &tag)], r#"{"n":2}"#);
        assert!(second.status < 300, "{second:?}");
        // A second write on the same version conflicts, as with a strong tag.
        ask("PUT", &at, &[JSON, ("If-Match", &tag)], r#"{"n":3}"#).problem(412, "at version 2");
        let back =
            ask("POST", &format!("{at}/versions/1/rollback"), &[("If-Match", "W/\"2\"")], "");
        assert!(back.status < 300, "{back:?}");
        assert_eq!(service.get(&at).body, r#"{"n":1}"#);
    }
}

//! Tests responses and changes that do not come from the storage itself, such as those of a proxy.
//! If one were taken for "nothing is stored", a write could replace everything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::control_service::{Service, eventually, path};

/// A response in place of OpenBao's, for requests whose path contains a part.
type Replacement = Option<(&'static str, &'static str)>;

/// A proxy in front of OpenBao.
struct Proxy {
    address: SocketAddr,
    replacement: Arc<Mutex<Replacement>>,
}

impl Proxy {
    fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let replacement: Arc<Mutex<Replacement>> = Arc::default();
        let seen = replacement.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let seen = seen.clone();
                std::thread::spawn(move || forward(client, target, &seen));
            }
        });
        Proxy { address, replacement }
    }

    /// Sends this response to all requests whose path contains the part.
    fn respond_with(&self, replacement: Replacement) {
        *self.replacement.lock().unwrap() = replacement;
    }
}

/// Forwards one request and its response.
fn forward(
    mut client: TcpStream,
    target: SocketAddr,
    replacement: &Mutex<Replacement>,
) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let first = head.lines().next()?.to_string();
    let now = *replacement.lock().unwrap();
    if let Some((part, answer)) = now
        && first.contains(part)
    {
        return client.write_all(answer.as_bytes()).ok();
    }
    let mut storage = TcpStream::connect(target).ok()?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    storage.write_all(&[head.as_bytes(), &body].concat()).ok()?;
    let mut answer = Vec::new();
    storage.read_to_end(&mut answer).ok()?;
    client.write_all(&answer).ok()
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn returns_503_when_a_response_is_not_from_vault() {
    let bao = Bao::start();
    let proxy = Proxy::start(bao.address);
    let settings = bao.settings_at(proxy.address);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    let at = path("secrets", "t", "j");
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 202);
    assert_eq!(service.get(&path("secrets", "t", "none")).header("etag"), "\"0\"");
    const HTML: &str =
        "Content-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>no</html>";
    let html = |status: &str| -> &'static str { format!("HTTP/1.1 {status}\r\n{HTML}").leak() };
    let json = |status: &str, body: &str| -> &'static str {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .leak()
    };
    for answer in [
        html("404 Not Found"),
        html("200 OK"),
        html("400 Bad Request"),
        html("403 Forbidden"),
        html("413 Payload Too Large"),
        json("404 Not Found", ""),
        json("200 OK", "{}"),
        json("200 OK", "{\"data\":null}"),
        json("404 Not Found", "{\"message\":\"no Route matched\"}"),
    ] {
        proxy.respond_with(Some(("/secret/data/t/", answer)));
        service.get(&at).problem(503, "The secrets' storage");
        service.get(&format!("{at}?version=1")).problem(503, "The secrets' storage");
        proxy.respond_with(Some(("/secret/metadata/t/", answer)));
        service.get(&format!("{at}/versions")).problem(503, "The secrets' storage");
        proxy.respond_with(Some(("/secret/data/vdk-control-service/", answer)));
        assert_eq!(service.get("/readyz").status, 503, "{answer}");
    }
    proxy.respond_with(None);
    let read = service.get(&at);
    assert_eq!((read.status, read.header("etag")), (200, "\"1\""));
    assert_eq!(service.get("/readyz").status, 200);
    // At the login a 404 is not a refusal. After a refusal the service would wait for minutes.
    proxy.respond_with(Some(("auth/approle/login", html("404 Not Found"))));
    let late = Service::start(&settings);
    late.get(&at).problem(503, "The secrets' storage");
    proxy.respond_with(None);
    eventually("it is let in", || late.get(&at).status == 200);
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn is_ready_in_a_vault_namespace() {
    let bao = Bao::development();
    let made = bao.ask("POST", "sys/namespaces/ns1", &json!({}));
    assert!((200..300).contains(&made.status), "{made:?}");
    let token = bao.root.clone();
    let kv = json!({"type": "kv", "options": {"version": "2"}});
    bao.ask("POST", "ns1/sys/mounts/secret", &kv);
    let uri = format!("http://{}/v1/", bao.address);
    let service = Service::start(&[
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true"),
        ("VDK_VAULT_URI", &uri),
        ("VDK_VAULT_TOKEN", &token),
        ("VDK_VAULT_NAMESPACE", "ns1"),
    ]);
    let at = path("secrets", "t", "j");
    eventually("the mount is ready", || service.put(&at, "{\"a\":1}", None).status == 202);
    let stored = bao.ask("GET", "ns1/secret/data/t/j", &Value::Null);
    assert!(stored.body.contains("secretsJson"), "{stored:?}");
    let ready = service.get("/readyz");
    assert_eq!(ready.status, 200, "{ready:?}");
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn is_not_ready_while_tables_are_missing() {
    let database = Database::start();
    let settings = database.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    let at = path("properties", "t", "j");
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 204);
    let ready = || service.get("/readyz").status;
    assert_eq!(ready(), 200);
    for (broken, mended) in [
        ("ALTER TABLE vdk_versions RENAME TO gone", "ALTER TABLE gone RENAME TO vdk_versions"),
        ("ALTER TABLE vdk_heads RENAME TO gone", "ALTER TABLE gone RENAME TO vdk_heads"),
    ] {
        database.sql(&[broken]);
        service.get(&at).problem(503, "The properties' storage");
        assert_eq!(ready(), 503, "{broken}");
        database.sql(&[mended]);
        eventually("it works again", || service.get(&at).body == "{\"a\":1}");
        assert_eq!(ready(), 200);
    }
    // An empty database, such as a new one, gets its tables by itself.
    database.sql(&["DROP TABLE vdk_heads, vdk_versions, vdk_schema"]);
    eventually("the tables are made", || service.put(&at, "{\"b\":2}", None).status == 204);
    assert_eq!(service.get(&at).body, "{\"b\":2}");
    assert_eq!(ready(), 200);
}

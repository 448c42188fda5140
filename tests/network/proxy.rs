//! Tests proxies from the environment: what they see, and what errors say about them.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use vdk_testing::Home;
use vdk_testing::tls::Authority;

/// Only the proxy can resolve this name.
const FAR: &str = "https://vdk.test:8443";
const PASSWORD: &str = "k7-of-the-proxy";
const MARK: &str = "k7-hidden-9w";

/// A proxy on loopback. It records the heads of its requests.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy that connects all clients to `target`, or sends this status.
    fn start(target: Result<SocketAddr, &'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let seen = seen.clone();
                std::thread::spawn(move || serve(client, target, &seen));
            }
        });
        Proxy { address, heads }
    }

    /// Returns the URL with a user and a password.
    fn url(&self) -> String {
        format!("http://ana:{PASSWORD}@{}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, target: Result<SocketAddr, &str>, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    seen.lock().unwrap().push(head);
    let mut client = client;
    match target {
        Ok(address) => {
            let service = TcpStream::connect(address).unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let (mut from, mut to) = (service.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            let _ = std::io::copy(&mut reader, &mut &service);
        }
        Err(status) => {
            let _ = write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        }
    }
}

fn home(url: &str) -> Home {
    Home::at(url).with("VDK_CONTROL_HTTP_CONNECT_RETRIES", "0")
}

#[test]
fn shows_the_proxy_only_the_address_and_its_own_password() {
    let authority = Authority::new();
    let service = authority.service(&["vdk.test"], |_| {});
    let proxy = Proxy::start(Ok(service.address));
    let home = home(FAR).with("HTTPS_PROXY", proxy.url());
    let file = home.file("ca.pem", authority.pem());
    let home = home.with("SSL_CERT_FILE", file);
    let run = home
        .run_with(["-v", "DEBUG", "secrets", "-n", "j", "-t", "t", "--set-file", "a", "-"], MARK);
    assert!(!run.done().stderr.contains(PASSWORD));
    assert_eq!(service.stored("secrets"), format!("{{\"a\":\"{MARK}\"}}"));
    let heads = proxy.heads().concat();
    assert!(heads.starts_with("CONNECT vdk.test:8443 HTTP/1.1\r\n"), "{heads}");
    // "ana:k7-of-the-proxy", in Base64.
    assert!(heads.contains("Basic YW5hOms3LW9mLXRoZS1wcm94eQ=="), "{heads}");
    for request in service.requests() {
        let names: Vec<_> = request.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
        assert!(!names.iter().any(|name| name.starts_with("proxy")), "{names:?}");
    }
}

#[test]
fn names_a_failing_proxy_without_its_password() {
    let gone = vdk_testing::port::free_port();
    for (proxy, cause) in [
        (
            Proxy::start(Err("407 Proxy Authentication Required")).url(),
            "requires a valid user and password",
        ),
        (Proxy::start(Err("403 Forbidden")).url(), "refused to connect to it"),
        (format!("http://ana:{PASSWORD}@127.0.0.1:{gone}"), "Connection refused"),
    ] {
        let home = home(FAR).with("HTTPS_PROXY", &proxy);
        let run = home.run(["-v", "DEBUG", "secrets", "-n", "j", "-t", "t", "--list"]);
        let run = run.failed(6, "cannot be reached: the proxy 127.0.0.1:");
        for words in [cause, " of HTTPS_PROXY"] {
            assert!(run.stderr.contains(words), "no '{words}' in {}", run.stderr);
        }
        assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
        let token = format!("{FAR}/token");
        home.run(["login", "-u", &token, "-a", MARK])
            .failed(6, "cannot be reached: the proxy 127.0.0.1:");
    }
}

#[test]
fn bypasses_the_proxy_for_loopback_and_no_proxy() {
    let proxy = Proxy::start(Err("502 Bad Gateway"));
    let home = home(FAR).with("HTTPS_PROXY", proxy.url()).with("HTTP_PROXY", proxy.url());
    let run = home.secrets(&["-u", "http://127.0.0.1:1", "--list"]).failed(6, "cannot be reached");
    assert!(!run.stderr.contains("the proxy"), "{}", run.stderr);
    let home = home.with("NO_PROXY", "other.test,.vdk.test");
    let run = home.secrets(&["--list"]).failed(6, "cannot be reached");
    assert!(!run.stderr.contains("the proxy"), "{}", run.stderr);
    assert!(proxy.heads().is_empty());
}

#[test]
fn rejects_an_invalid_proxy_instead_of_bypassing_it() {
    for proxy in ["http://ana:k7-of-the-proxy@:", "ftp://h", "socks5h://ana:k7-of-the-proxy@h"] {
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            let home = home(FAR).with(variable, proxy);
            let run = home.secrets(&["--list"]).failed(2, variable);
            assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
            assert!(!run.stderr.contains("trying"), "{}", run.stderr);
            home.run(["login", "-u", FAR, "-a", MARK]).failed(6, variable);
            // The proxy is not for these addresses, so they still work.
            let run = home.secrets(&["-u", "http://127.0.0.1:1", "--list"]);
            run.failed(6, "cannot be reached");
            let home = home.with("NO_PROXY", "vdk.test");
            home.secrets(&["--list"]).failed(6, "cannot be reached");
        }
    }
}

#[test]
fn reads_no_proxy_as_curl_and_requests_do() {
    let proxy = Proxy::start(Err("502 Bad Gateway"));
    let through = |url: &str, excepted: &str| {
        let home = home(url).with("VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS", "0.2");
        let home = home.with("HTTPS_PROXY", proxy.url()).with("NO_PROXY", excepted);
        let before = proxy.heads().len();
        home.secrets(&["--list"]).failed(6, "cannot be reached");
        proxy.heads().len() > before
    };
    // Documentation addresses, which nobody has (RFC 5737, RFC 3849).
    let (v4, v6) = ("https://192.0.2.7:8443", "https://[2001:db8::7]:8443");
    for (url, excepted) in [
        (v4, "*"),
        (v6, "*"),
        (FAR, "*"),
        (v4, "x, 192.0.2.7"),
        (v4, "192.0.2.7:8443"),
        (v6, "[2001:db8::7]"),
        (v6, "2001:db8:0::7"),
        (v6, "[2001:db8::7]:8443"),
        (FAR, "other.test vdk.test"),
        (FAR, "vdk.test:8443"),
        (FAR, "TEST"),
        (FAR, "*.test"),
    ] {
        assert!(!through(url, excepted), "{url} by {excepted}");
    }
    for (url, excepted) in [
        (v4, "192.0.2.70"),
        (v4, "192.0.2.7:443"),
        (v6, "[2001:db8::70]"),
        (FAR, "dk.test"),
        (FAR, "vdk.test:443"),
    ] {
        assert!(through(url, excepted), "{url} by {excepted}");
    }
}

#[test]
fn names_the_proxy_when_it_requires_a_login_for_plain_http() {
    let proxy = Proxy::start(Err("407 Proxy Authentication Required"));
    let home = home("http://vdk.test:8092").with("HTTP_PROXY", proxy.url());
    let run = home.secrets(&["--list"]).failed(6, "requires a valid user and password");
    assert!(run.stderr.contains("of HTTP_PROXY") && !run.stderr.contains(PASSWORD), "{run:?}");
}

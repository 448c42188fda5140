//! Tests certificates of services and clients. Nothing is sent to a service that is not trusted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, KeyPair};
use vdk_testing::scripted_service::Service;
use vdk_testing::tls::{Authority, common_name, expired, not_yet, serve};
use vdk_testing::{Home, finish};

fn home(authority: &Authority, service: &Service) -> Home {
    let home = Home::at(&service.url());
    let file = home.file("ca.pem", authority.pem());
    home.with("SSL_CERT_FILE", file)
}

#[test]
fn connects_to_a_service_with_a_trusted_certificate() {
    let authority = Authority::new();
    let service = authority.service(&["127.0.0.1"], |_| {});
    let home = home(&authority, &service);
    home.secrets(&["--set", "a", "1"]).done();
    assert_eq!(home.all(), "{\"a\": \"1\"}");
}

#[test]
fn sends_nothing_to_untrusted_services() {
    let authority = Authority::new();
    let stranger = Authority::new().service(&["127.0.0.1"], |_| {});
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let self_signed = serve(own.self_signed(&own_key).unwrap().der().clone(), &own_key);
    for (service, cause) in [
        (authority.service(&["127.0.0.1"], expired), "expired on Fri, 01 Jan 2021"),
        (authority.service(&["127.0.0.1"], not_yet), "valid from Sun, 01 Jan 2090"),
        (authority.service(&["example.org"], |_| {}), "not for 127.0.0.1, but for example.org"),
        (authority.service(&[], common_name), "no name in subjectAltName"),
        (stranger, "the authority that it names did not sign it"),
        (self_signed, "not signed by an authority"),
    ] {
        let home = home(&authority, &service);
        let run = home.secrets(&["--set", "a", "geheim"]).failed(6, "cannot be trusted");
        assert!(run.stderr.contains(cause), "no '{cause}' in {}", run.stderr);
        assert!(!run.stderr.contains("retrying in"), "{}", run.stderr);
        assert!(service.requests().is_empty());
        for word in ["false", "NO"] {
            let trusting = Home::at(&service.url()).with("VDK_CONTROL_HTTP_VERIFY_SSL", word);
            let run = trusting.secrets(&["--list"]).done();
            assert!(run.stderr.contains("VDK_CONTROL_HTTP_VERIFY_SSL is off"), "{}", run.stderr);
        }
        let checking = home.with("VDK_CONTROL_HTTP_VERIFY_SSL", "yes");
        checking.secrets(&["--list"]).failed(6, "cannot be trusted");
    }
}

/// Uses OpenSSL for what rustls and rcgen refuse to make.
#[test]
#[ignore = "needs openssl: ./tests/run"]
fn rejects_weak_keys_signatures_and_tls_versions() {
    let home = Home::new();
    let openssl = |args: &str| {
        let mut command = Command::new("openssl");
        command.args(args.split(' ')).current_dir(home.path());
        finish(command).done();
    };
    home.file("names", "subjectAltName=IP:127.0.0.1");
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca");
    for (name, bits, digest) in
        [("weak", 1024, "sha256"), ("sha1", 2048, "sha1"), ("good", 2048, "sha256")]
    {
        openssl(&format!(
            "req -newkey rsa:{bits} -nodes -keyout {name}.key -out {name}.csr -subj /CN=x"
        ));
        openssl(&format!(
            "x509 -req -{digest} -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names \
             -out {name}.pem"
        ));
    }
    let ca = home.path().join("ca.pem");
    for (name, version, words) in [
        ("weak", "-tls1_2", "not safe"),
        ("weak", "-tls1_3", "not safe"),
        ("sha1", "-tls1_2", "the signature algorithm of its certificate"),
        ("good", "-tls1", "no TLS newer than 1.1"),
        ("good", "-tls1_1", "no TLS newer than 1.1"),
        // A page of OpenSSL's server shows that the connection was accepted.
        ("good", "-tls1_2", "HTML"),
        ("good", "-tls1_3", "HTML"),
    ] {
        let mut server = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cipher", "ALL:@SECLEVEL=0"])
            .args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key"), version])
            .current_dir(home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_string));
        let client = Home::at(&format!("https://{}", address.unwrap()))
            .with("SSL_CERT_FILE", ca.to_str().unwrap());
        let run = client.secrets(&["--set", "a", "geheim"]);
        server.kill().unwrap();
        server.wait().unwrap();
        run.failed(6, words);
    }
}

#[test]
fn rejects_invalid_certificate_bundles() {
    let authority = Authority::new();
    let service = authority.service(&["127.0.0.1"], |_| {});
    let with = |text: &str| {
        let home = Home::at(&service.url());
        let file = home.file("ca.pem", text);
        home.with("SSL_CERT_FILE", file).secrets(&["--list"]).failed(2, "ca.pem");
    };
    with("");
    with("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n");
    Home::at(&service.url())
        .with("SSL_CERT_FILE", "/no/such")
        .secrets(&["--list"])
        .failed(2, "/no/such");
    // Plain http does not use the bundle.
    let plain = Service::plain();
    Home::at(&plain.url()).with("SSL_CERT_FILE", "/no/such").secrets(&["--list"]).done();
}

const CERTIFICATE: &str = "VDK_CONTROL_HTTP_CLIENT_CERT_FILE";
const KEY: &str = "VDK_CONTROL_HTTP_CLIENT_KEY_FILE";

#[test]
fn authenticates_with_a_client_certificate() {
    let (authority, members) = (Authority::new(), Authority::new());
    let service = authority.service_for(&members);
    let with = |certificate: &str, key: &str| {
        let home = home(&authority, &service);
        let (certificate, key) = (home.file("me.pem", certificate), home.file("me.key", key));
        home.with(CERTIFICATE, certificate).with(KEY, key)
    };
    let (mine, key) = members.certificate(&[], |_| {});
    let member = with(&mine.pem(), &key.serialize_pem());
    member.secrets(&["--set", "a", "1"]).done();
    assert_eq!(member.all(), "{\"a\": \"1\"}");

    let before = service.requests().len();
    let own = members.certificate(&[], expired);
    let old = with(&own.0.pem(), &own.1.serialize_pem());
    // This authority has the same name as the right one.
    let own = authority.certificate(&[], |_| {});
    let namesake = with(&own.0.pem(), &own.1.serialize_pem());
    let alone = KeyPair::generate().unwrap();
    let signed = CertificateParams::new(Vec::<String>::new()).unwrap().self_signed(&alone).unwrap();
    let stranger = with(&signed.pem(), &alone.serialize_pem());
    for (home, cause) in [
        (
            home(&authority, &service),
            "requires a client certificate that it trusts, but none was sent",
        ),
        (old, "has expired"),
        (namesake, "rejected the one that was sent"),
        (stranger, "not signed by an authority that it trusts"),
    ] {
        for command in [&["--set", "a", "geheim"][..], &["--list"]] {
            let run = home.secrets(command).failed(3, cause);
            assert!(run.stderr.contains("Nothing was changed"), "{}", run.stderr);
            assert!(!run.stderr.contains("retrying in"), "{}", run.stderr);
        }
    }
    assert_eq!(service.requests().len(), before);

    // Missing files and a key of another certificate are reported before anything is sent.
    let other = with(&mine.pem(), &own.1.serialize_pem());
    let words = "it is not the key of the certificate";
    other.secrets(&["--list"]).failed(2, words);
    // The same holds if the first request is for a token.
    let token = ("VDK_API_TOKEN", "vdk_0123456789abcdef_geheim");
    other.with(token.0, token.1).secrets(&["--list"]).failed(2, words);
    let nobody = home(&authority, &service).with(token.0, token.1);
    let run = nobody.secrets(&["--list"]).failed(3, "requires a client certificate that it trusts");
    assert!(run.stderr.contains("VDK_CONTROL_HTTP_CLIENT_CERT_FILE"), "{}", run.stderr);
    with("", &key.serialize_pem()).secrets(&["--list"]).failed(2, "it contains no certificate");
    let run = with(&mine.pem(), "geheim").secrets(&["--list"]).failed(2, "no private key");
    assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    // A variable may contain the key on one line.
    let pem = key.serialize_pem();
    for joined in [pem.replace('\n', "\\n"), pem.replace('\n', " ")] {
        let bad_key = with(&mine.pem(), &joined);
        let bundle = home(&authority, &service);
        let file = bundle.file("joined.pem", &joined);
        let bad_bundle = bundle.with("SSL_CERT_FILE", file);
        for (home, words) in [(bad_key, "it is not PEM text"), (bad_bundle, "joined.pem")] {
            let run = home.secrets(&["--list"]).failed(2, words);
            // The error contains neither the text nor a list of its bytes.
            let body = pem.lines().nth(1).unwrap();
            assert!(!run.stderr.contains(&body[..8]) && !run.stderr.contains("45, 45"), "{run:?}");
        }
    }
    let half = home(&authority, &service).with(CERTIFICATE, "me.pem");
    half.secrets(&["--list"]).failed(2, "the certificate needs it");
    assert_eq!(service.requests().len(), before);
}

#[test]
fn trusts_a_listed_certificate_for_its_own_names() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    // `openssl req -x509` makes such a certificate: it is self-signed and an authority.
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let own = params.self_signed(&key).unwrap();
    let service = serve(own.der().clone(), &key);
    let home = Home::at(&service.url());
    let file = home.file("own.pem", own.pem());
    let trusting = home.with("SSL_CERT_FILE", &file);
    trusting.secrets(&["--set", "a", "1"]).done();
    assert_eq!(trusting.all(), "{\"a\": \"1\"}");
    // The certificate is rejected if it is for another name, expired, or only similar.
    let mut other = CertificateParams::new(vec!["example.org".into()]).unwrap();
    other.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let other = other.self_signed(&key).unwrap();
    let mut over = params.clone();
    expired(&mut over);
    let over = over.self_signed(&key).unwrap();
    for (certificate, pem, words) in [
        (other.der().clone(), other.pem(), "not for 127.0.0.1"),
        (over.der().clone(), over.pem(), "expired on"),
        (own.der().clone(), other.pem(), "that of an authority"),
    ] {
        let service = serve(certificate, &key);
        let home = Home::at(&service.url());
        let file = home.file("listed.pem", pem);
        let run = home.with("SSL_CERT_FILE", file).secrets(&["--set", "a", "1"]);
        let run = run.failed(6, words);
        assert!(!run.stderr.contains("CaUsedAsEndEntity"), "{}", run.stderr);
        assert!(service.requests().is_empty());
    }
}

#[test]
fn reads_authorities_from_folders() {
    let (authority, another) = (Authority::new(), Authority::new());
    let service = authority.service(&["127.0.0.1"], |_| {});
    let home = Home::at(&service.url());
    for (folder, pem) in [("good", authority.pem()), ("bad", another.pem())] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
        std::fs::write(home.path().join(folder).join("0123abcd.0"), pem).unwrap();
    }
    std::fs::write(home.path().join("good/README"), "no certificate").unwrap();
    std::fs::create_dir(home.path().join("empty")).unwrap();
    let list = |variables: &[(&str, &str)]| {
        let mut command = home.command("secrets -n j -t t --list".split(' '));
        command.envs(variables.iter().copied());
        finish(command)
    };
    list(&[("SSL_CERT_DIR", "good")]).done();
    list(&[("SSL_CERT_DIR", "bad:good")]).done();
    list(&[("SSL_CERT_DIR", "bad")]).failed(6, "cannot be trusted");
    list(&[("SSL_CERT_DIR", "empty")]).failed(2, "SSL_CERT_DIR");
    list(&[("SSL_CERT_DIR", "gone")]).failed(2, "'gone'");
    for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
        let run = list(&[(name, "x.pem"), ("SSL_CERT_DIR", "bad")]).failed(6, name);
        assert!(run.stderr.contains("SSL_CERT_FILE"), "{}", run.stderr);
    }
}

#[test]
fn reports_a_port_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            // If data is unread when the socket closes, the client may lose the response.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let run = Home::at(&url).secrets(&["--list"]).failed(6, "does not use TLS");
    assert!(run.stderr.contains("Is it http:// instead of https://?"), "{run:?}");
    assert!(!run.stderr.contains("InvalidContentType"), "{run:?}");
    assert!(!run.stderr.contains("SSL_CERT_FILE"), "{run:?}");
}

//! A minimal identity provider and a webhook. The provider signs any token, valid or not; the tests
//! of the command line have a real provider.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

use super::{SECURED, Service, rsa};

/// A running provider.
pub struct Issuer {
    pub uri: String,
    keys: Arc<Mutex<Vec<Value>>>,
    /// The number of requests for its keys.
    pub key_requests: Arc<Mutex<u32>>,
}

/// A signing key of the provider.
pub enum Key {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    pub fn ed(seed: u8) -> Self {
        Key::Ed(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub fn ec() -> Self {
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Key::Ec(EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).unwrap())
    }

    pub fn rsa() -> Self {
        Key::Rsa(rsa::key())
    }

    fn jwk(&self, id: &str) -> Value {
        match self {
            Key::Ed(key) => json!({
                "kty": "OKP", "crv": "Ed25519", "kid": id, "x": BASE64.encode(key.public_key()),
            }),
            Key::Ec(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y})
            }
            Key::Rsa(_) => json!({"kty": "RSA", "kid": id, "n": rsa::MODULUS, "e": rsa::EXPONENT}),
        }
    }

    /// Signs a token with this header and these claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = match self {
            Key::Ed(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
            Key::Ec(key) => {
                key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
            }
            Key::Rsa(key) => {
                let mut bytes = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut bytes)
                    .unwrap();
                bytes
            }
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

impl Issuer {
    /// Starts a provider with the key `k`, and a service that accepts its tokens.
    pub fn with_service() -> (Self, Key, Service) {
        let (issuer, key) = (Issuer::start(), Key::ed(1));
        issuer.publish(&[("k", &key)]);
        let uri = ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", &*issuer.uri);
        let service = Service::start(&[SECURED[0], uri]);
        (issuer, key, service)
    }

    /// Starts a provider. Its thread ends with the test program.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let uri = format!("http://{address}");
        let (keys, key_requests) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (served, counted, own) = (keys.clone(), key_requests.clone(), uri.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let body = if first.contains("openid-configuration") {
                    json!({"issuer": own, "jwks_uri": format!("{own}/keys")})
                } else {
                    *counted.lock().unwrap() += 1;
                    json!({"keys": *served.lock().unwrap()})
                };
                let body = body.to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            }
        });
        Issuer { uri, keys, key_requests }
    }

    pub fn publish(&self, keys: &[(&str, &Key)]) {
        *self.keys.lock().unwrap() = keys.iter().map(|(id, key)| key.jwk(id)).collect();
    }
}

/// A webhook with scripted responses. It records the requests that it gets.
pub struct Webhook {
    pub url: String,
    /// The next responses: status and body. The last one is repeated.
    pub answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
    /// Bodies and `Authorization` headers.
    pub requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Webhook {
    /// Starts a webhook that grants every request. Its thread ends with the test program.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/authorize", listener.local_addr().unwrap());
        let (answers, requests) =
            (Arc::new(Mutex::new(vec![(200, "")])), Arc::new(Mutex::new(Vec::new())));
        let (next, seen) = (answers.clone(), requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut length, mut bearer) = (0, String::new());
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let Some((name, value)) = line.trim_end().split_once(": ") else {
                        if line.trim().is_empty() {
                            break;
                        }
                        continue;
                    };
                    match name.to_lowercase().as_str() {
                        "content-length" => length = value.parse().unwrap(),
                        "authorization" => bearer = value.into(),
                        _ => {}
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                seen.lock().unwrap().push((String::from_utf8(body).unwrap(), bearer));
                let mut next = next.lock().unwrap();
                let (status, text) = if next.len() > 1 { next.remove(0) } else { next[0] };
                let size = text.len();
                let head =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: {size}\r\nConnection: close");
                let _ = write!(stream, "{head}\r\n\r\n{text}");
            }
        });
        Webhook { url, answers, requests }
    }
}

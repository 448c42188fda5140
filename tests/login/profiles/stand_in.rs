//! A stand-in for an identity provider, after what its documentation says: addresses, metadata, the
//! bodies of its answers, and what becomes of a refresh token.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vdk_testing::scripted_service::{Request, listen, response};

/// What happens to a refresh token that was used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It stays.
    Never,
    /// It is replaced. For a moment the old one gets the same answer again.
    WithGrace,
    /// It is replaced. If the old one is used again, the whole login is revoked.
    Strict,
}

/// The properties of one provider.
#[derive(Clone, Copy)]
pub struct Profile {
    pub name: &'static str,
    /// What follows the host in the issuer's name.
    pub issuer: &'static str,
    pub authorization: &'static str,
    pub token: &'static str,
    pub device: Option<&'static str>,
    pub revocation: Option<&'static str>,
    pub rotation: Rotation,
    /// More members of a granted token.
    pub granted: &'static str,
    /// The answer to a device whose code was not entered yet.
    pub pending: (u16, &'static str),
    /// The members of the device code's address and time.
    pub device_members: &'static str,
    /// The answer to a refresh token that is not valid.
    pub ended: (u16, &'static str),
    /// Options of the login.
    pub options: &'static [&'static str],
    /// Parameters without which there is no refresh token or no token for the service.
    pub needed: &'static [(&'static str, &'static str)],
    /// The client's secret, if the provider gives one to programs on a user's machine.
    pub secret: Option<&'static str>,
}

/// What the provider has granted, and what was asked of it.
#[derive(Default)]
pub struct State {
    /// The number of the valid refresh token.
    pub current: u32,
    pub is_revoked: bool,
    /// Renewals that were granted.
    pub renewals: u32,
    /// Answers to renewals that get lost after the provider has replaced the token.
    pub lose: u32,
    revocations: u32,
    polls: u32,
}

pub struct Provider {
    address: SocketAddr,
    profile: Profile,
    state: Arc<Mutex<State>>,
}

impl Provider {
    pub fn start(profile: Profile) -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let (shared, own) = (state.clone(), Arc::new(OnceLock::new()));
        let of_answers = own.clone();
        let address = listen(move |request| {
            let url = format!("http://{}", of_answers.wait());
            answer(&profile, &url, request, &mut shared.lock().unwrap())
        });
        own.set(address).unwrap();
        Provider { address, profile, state }
    }

    pub fn issuer(&self) -> String {
        format!("http://{}{}", self.address, self.profile.issuer)
    }

    pub fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    pub fn revocations(&self) -> u32 {
        self.state(|state| state.revocations)
    }
}

fn answer(profile: &Profile, url: &str, request: &Request, state: &mut State) -> Option<Vec<u8>> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let issuer = format!("{url}{}", profile.issuer);
    let discovery =
        format!("{}/.well-known/openid-configuration", profile.issuer.trim_end_matches('/'));
    let is_post = request.method == "POST";
    Some(match path {
        _ if path == discovery => response(200, "", &metadata(profile, url, &issuer)),
        _ if path == profile.authorization => {
            let asked = form(query);
            for (name, value) in profile.needed {
                let given = asked.get(*name).map(String::as_str).unwrap_or_default();
                assert!(given.split(' ').any(|word| word == *value), "{name} in {query}");
            }
            assert_eq!(
                (&*asked["response_type"], &*asked["code_challenge_method"]),
                ("code", "S256")
            );
            let (redirect, state) = (&asked["redirect_uri"], &asked["state"]);
            let to = format!("Location: {redirect}?state={state}&session_state=x.y&code=one\r\n");
            response(302, &to, "")
        }
        _ if path == profile.token && is_post => {
            return token(profile, request, state);
        }
        _ if Some(path) == profile.device && is_post => {
            let members = profile.device_members.replace("HOST", url);
            response(200, "", &format!(r#"{{"device_code":"dc","user_code":"AB-CD",{members}}}"#))
        }
        _ if Some(path) == profile.revocation && is_post => {
            state.revocations += 1;
            state.is_revoked = true;
            response(200, "", "")
        }
        _ => response(404, "", "<html>Not found</html>"),
    })
}

fn metadata(profile: &Profile, url: &str, issuer: &str) -> String {
    let mut found = serde_json::json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{url}{}", profile.authorization),
        "token_endpoint": format!("{url}{}", profile.token),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code", "code id_token"],
    });
    for (name, path) in [
        ("device_authorization_endpoint", profile.device),
        ("revocation_endpoint", profile.revocation),
    ] {
        if let Some(path) = path {
            found[name] = format!("{url}{path}").into();
        }
    }
    found.to_string()
}

fn token(profile: &Profile, request: &Request, state: &mut State) -> Option<Vec<u8>> {
    let form = &form(&request.body);
    if let Some(secret) = profile.secret {
        // Both ways that RFC 6749 gives a client.
        let basic = STANDARD.encode(format!("vdk:{secret}"));
        let is_given = request.header("authorization") == Some(&format!("Basic {basic}"))
            || form.get("client_secret").is_some_and(|own| own == secret);
        if !is_given {
            return Some(response(401, "", r#"{"error":"invalid_client"}"#));
        }
    }
    let grant = |n: u32, refresh: bool| {
        let refresh = if refresh { format!(r#","refresh_token":"rt-{n}""#) } else { String::new() };
        let more = profile.granted;
        response(200, "", &format!(r#"{{"access_token":"at-{n}"{refresh}{more}}}"#))
    };
    let ended = || Some(response(profile.ended.0, "", profile.ended.1));
    match form["grant_type"].as_str() {
        "authorization_code" => {
            assert!(form["code_verifier"].len() >= 43 && form["code"] == "one");
            (state.current, state.is_revoked) = (1, false);
            Some(grant(1, true))
        }
        "refresh_token" => {
            let used = form["refresh_token"].strip_prefix("rt-").and_then(|n| n.parse().ok());
            let used: u32 = used.unwrap_or_default();
            let is_repeated = used + 1 == state.current && profile.rotation == Rotation::WithGrace;
            if state.is_revoked || (used != state.current && !is_repeated) {
                state.is_revoked |= profile.rotation == Rotation::Strict;
                return ended();
            }
            if profile.rotation != Rotation::Never && !is_repeated {
                state.current += 1;
            }
            state.renewals += 1;
            if state.lose > 0 {
                state.lose -= 1;
                return None;
            }
            Some(grant(state.current, profile.rotation != Rotation::Never))
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            state.polls += 1;
            if state.polls == 1 {
                return Some(response(profile.pending.0, "", profile.pending.1));
            }
            (state.current, state.is_revoked) = (1, false);
            Some(grant(1, true))
        }
        other => panic!("{other}"),
    }
}

fn form(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

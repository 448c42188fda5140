//! Signs the kinds of tokens that Keycloak and providers like it issue. All of them have the same
//! issuer and key, and only one kind is meant for a service.

use serde_json::{Value, json};

use super::issuer::Key;
use super::now;

/// A kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token of Keycloak.
    Access,
    /// An access token as RFC 9068 defines it.
    AtJwt,
    /// An access token without any type.
    Untyped,
    /// An ID token of Keycloak.
    Id,
    /// An ID token of a provider that has no claim `typ`, answering a request with a nonce.
    IdWithNonce,
    /// The same without a nonce, bound to an access token.
    IdWithHash,
    /// An ID token of Cognito.
    IdOfCognito,
    /// A refresh token of Keycloak.
    Refresh,
    /// A logout token (OpenID Connect Back-Channel Logout 1.0).
    Logout,
    /// A logout token without its type in the header.
    UntypedLogout,
    /// A security event (RFC 8417).
    SecurityEvent,
    /// An access token for the holder of a key (DPoP, RFC 9449).
    Dpop,
    /// An access token for the holder of a client certificate (RFC 8705).
    CertificateBound,
    /// The proof that accompanies a DPoP token.
    DpopProof,
}

/// Signs a token of the user ana with the key `k`.
pub fn token(key: &Key, issuer: &str, kind: TokenKind) -> String {
    let mut header = json!({"alg": "EdDSA", "typ": "JWT", "kid": "k"});
    let mut claims = json!({
        "iss": issuer, "exp": now() + 600, "iat": now(), "jti": "1", "aud": ["vdk"], "azp": "vdk",
        "sub": "f:ana", "username": "ana", "sid": "1",
    });
    let mut with = |more: Value| {
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    };
    match kind {
        // Keycloak repeats the nonce in access tokens, up to version 24.
        TokenKind::Access => {
            with(json!({"typ": "Bearer", "scope": "openid email", "nonce": "n"}));
        }
        TokenKind::AtJwt => {
            header["typ"] = "application/at+jwt".into();
            with(json!({"client_id": "vdk"}));
        }
        TokenKind::Untyped => drop(header.as_object_mut().unwrap().remove("typ")),
        TokenKind::Id => with(json!({"typ": "ID", "at_hash": "x", "nonce": "n"})),
        TokenKind::IdWithNonce => with(json!({"nonce": "n"})),
        TokenKind::IdWithHash => with(json!({"at_hash": "x"})),
        TokenKind::IdOfCognito => with(json!({"token_use": "id"})),
        TokenKind::Refresh => with(json!({"typ": "Refresh", "scope": "openid"})),
        TokenKind::Logout | TokenKind::UntypedLogout => {
            if kind == TokenKind::Logout {
                header["typ"] = "logout+jwt".into();
            }
            with(json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}));
        }
        TokenKind::SecurityEvent => header["typ"] = "secevent+jwt".into(),
        TokenKind::Dpop => with(json!({"typ": "DPoP", "scope": "openid", "cnf": {"jkt": "x"}})),
        TokenKind::CertificateBound => {
            with(json!({"typ": "Bearer", "scope": "openid", "cnf": {"x5t#S256": "x"}}));
        }
        TokenKind::DpopProof => header["typ"] = "dpop+jwt".into(),
    }
    key.sign(&header, &claims)
}

//! Tells access tokens from the other tokens that a provider signs with the same key (RFC 8725,
//! section 3.11). Those travel through browsers, logs and other services, and are no credentials.

use serde_json::Value;

use super::{Claims, TokenError};

/// The media type of an access token (RFC 9068).
const AT_JWT: &str = "at+jwt";

/// Returns the type in a header without what may be omitted (RFC 7515, section 4.1.9).
pub fn normal_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ).to_string()
}

impl Claims {
    /// Checks that the token is an access token, as far as it shows. If `strict`, its header must
    /// say so.
    pub fn check_kind(&self, strict: bool) -> Result<(), TokenError> {
        let typ = self.typ.as_deref();
        let is_told = typ == Some(AT_JWT);
        if strict && !is_told {
            return Err(TokenError::NotAtJwt);
        }
        if self.has("events") || typ == Some("logout+jwt") {
            return Err(TokenError::Event);
        }
        if !is_told && typ.is_some_and(|typ| typ != "jwt") {
            return Err(TokenError::Type);
        }
        // A token that somebody intercepted would be as good as the holder's.
        if self.has("cnf") {
            return Err(TokenError::Bound);
        }
        self.check_vendor_type()?;
        // Access tokens of some providers repeat the nonce, but have a scope.
        let of_id_tokens = ["nonce", "at_hash", "c_hash"];
        let has_scope = self.has("scope") || self.has("scp");
        if !is_told && !has_scope && of_id_tokens.iter().any(|claim| self.has(claim)) {
            return Err(TokenError::IdToken);
        }
        Ok(())
    }

    /// Checks the claims in which Keycloak (`typ`) and Cognito (`token_use`) name the kind.
    fn check_vendor_type(&self) -> Result<(), TokenError> {
        let named = |claim: &str, own: &str| match self.get(claim) {
            None | Some(Value::Null) => Ok(()),
            Some(Value::String(kind)) if kind.eq_ignore_ascii_case(own) => Ok(()),
            Some(Value::String(kind)) if kind.eq_ignore_ascii_case("id") => {
                Err(TokenError::IdToken)
            }
            Some(Value::String(kind))
                if ["refresh", "offline"].iter().any(|one| kind.eq_ignore_ascii_case(one)) =>
            {
                Err(TokenError::RefreshToken)
            }
            Some(_) => Err(TokenError::NotBearer),
        };
        named("typ", "Bearer")?;
        named("token_use", "access")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(typ: Option<&str>, claims: Value, strict: bool) -> Result<(), TokenError> {
        let Value::Object(claims) = claims else { panic!("an object is expected") };
        Claims { typ: typ.map(normal_type), all: claims }.check_kind(strict)
    }

    #[test]
    fn accepts_the_types_of_access_tokens() {
        for typ in [None, Some("JWT"), Some("jwt"), Some("at+jwt"), Some("application/AT+JWT")] {
            assert_eq!(check(typ, json!({"sub": "a"}), false), Ok(()), "{typ:?}");
        }
        for typ in ["id+jwt", "dpop+jwt", "text/at+jwt", "", "JOSE"] {
            assert_eq!(check(Some(typ), json!({}), false), Err(TokenError::Type), "{typ}");
        }
        assert_eq!(check(Some("at+jwt"), json!({}), true), Ok(()));
        assert_eq!(check(Some("JWT"), json!({}), true), Err(TokenError::NotAtJwt));
        assert_eq!(check(None, json!({}), true), Err(TokenError::NotAtJwt));
    }

    #[test]
    fn takes_an_absent_claim_for_null() {
        let none = json!({"typ": null, "token_use": null, "cnf": null, "events": null});
        assert_eq!(check(None, none, false), Ok(()));
        assert_eq!(check(None, json!({"typ": 1}), false), Err(TokenError::NotBearer));
        assert_eq!(check(None, json!({"typ": "Offline"}), false), Err(TokenError::RefreshToken));
    }

    #[test]
    fn knows_id_tokens_by_their_claims() {
        for claim in ["nonce", "at_hash", "c_hash"] {
            assert_eq!(check(None, json!({claim: "x"}), false), Err(TokenError::IdToken));
            assert_eq!(check(None, json!({claim: "x", "scope": "a"}), false), Ok(()));
            assert_eq!(check(None, json!({claim: "x", "scp": ["a"]}), false), Ok(()));
            assert_eq!(check(Some("at+jwt"), json!({claim: "x"}), false), Ok(()));
        }
    }
}

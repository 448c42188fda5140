//! The reasons why a token is rejected.

/// The reason why a token is rejected. The texts are for its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The `Authorization` header has another scheme.
    #[error("the scheme is not Bearer")]
    Scheme,
    /// The token does not have the form of a JWT.
    #[error("it is not a JSON web token")]
    NotJwt,
    /// The token exceeds the limit.
    #[error("it is too long")]
    TooLong,
    /// The header has `crit`.
    #[error("it requires an unknown extension")]
    Extension,
    /// The algorithm is unknown, or has no public key.
    #[error("its signature algorithm is not supported")]
    Algorithm,
    /// The issuer is not configured.
    #[error("its issuer is not trusted")]
    Issuer,
    /// The issuer does not have the key that the token names, and was asked.
    #[error("its key does not belong to its issuer")]
    UnknownKey,
    /// The same, but the issuer could not be asked: the key may be new.
    #[error("its key does not belong to its issuer")]
    PerhapsNewKey,
    /// The key did not make the signature.
    #[error("its signature is invalid")]
    Signature,
    /// `exp` is missing.
    #[error("it has no expiry")]
    NoExpiry,
    /// A time is not a number.
    #[error("one of its times is invalid")]
    Time,
    /// `exp` is over.
    #[error("it has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("it is not valid yet")]
    NotYetValid,
    /// `typ` in the header is of another kind of token.
    #[error("its type is not JWT or at+jwt")]
    Type,
    /// `typ` in the header is not that of RFC 9068, which the operator requires.
    #[error("its type is not at+jwt")]
    NotAtJwt,
    /// The token tells an application who logged in.
    #[error("it is an ID token; send the access token")]
    IdToken,
    /// The token is for the provider itself.
    #[error("it is a refresh token; send the access token")]
    RefreshToken,
    /// The token tells an application that a session ended, or of another event.
    #[error("it is a logout token or another security event; send an access token")]
    Event,
    /// The claim `typ` is not that of a bearer token.
    #[error("it is not a bearer token according to its claim typ; send an access token")]
    NotBearer,
    /// The token is only for the holder of a key, which this service does not check.
    #[error("it is bound to a key or certificate (cnf), and only bearer tokens are accepted")]
    Bound,
    /// The audience is missing.
    #[error("it is for another audience")]
    Audience,
    /// A claim that the operator requires is missing.
    #[error("it does not have a required claim")]
    Claim,
    /// A role that the operator requires is missing.
    #[error("it does not have a required role")]
    Role,
    /// The claim with the user's name is not a text.
    #[error("its user name is invalid")]
    UserName,
    /// There is no name, or one that cannot be granted anything.
    #[error("it has no valid name of a user or service account")]
    NoName,
    /// The API token behind the token is gone.
    #[error("its API token is revoked or expired")]
    Revoked,
}

impl TokenError {
    /// Returns whether such a token may be a guess: its issuer did not make it.
    pub fn is_guess(self) -> bool {
        use TokenError::{
            Algorithm, Extension, Issuer, NoExpiry, NotJwt, Scheme, Signature, Time, TooLong,
            UnknownKey,
        };
        matches!(
            self,
            Scheme
                | NotJwt
                | TooLong
                | Extension
                | Algorithm
                | Issuer
                | UnknownKey
                | Signature
                | NoExpiry
                | Time
        )
    }
}

//! The settings of authentication and authorization.

use std::net::IpAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;
use vdk_platform::is_loopback;

use super::{SettingsError, Sources, names};

/// The rules for tokens of identity providers, and the meaning of their claims.
#[derive(Clone, Debug)]
pub struct JwtRules {
    /// The identifiers of the providers.
    pub issuers: Vec<String>,
    /// The audiences, one of which a token must have; empty for any.
    pub audiences: Vec<String>,
    /// The claim with the user's name.
    pub username_claim: String,
    /// The claim with the groups.
    pub groups_claim: String,
    /// The claim with the roles; `None` for `scope` and `scp`.
    pub authorities_claim: Option<String>,
    /// The roles, one of which a token must have; empty for any.
    pub roles: Vec<String>,
    /// A claim that a token must have, and its values.
    pub custom_claim: Option<(String, Vec<String>)>,
    /// The issuer name of the service.
    pub own_issuer: String,
    /// True if the first to grant in a team that holds nothing becomes its manager; `None` if
    /// unset.
    pub claimable: Option<bool>,
    /// Proxies that are trusted to report the origin of a request.
    pub trusted_proxies: Vec<IpAddr>,
    /// The certificate authorities of the providers.
    pub ca: Option<PathBuf>,
    /// The webhook that decides instead of grants.
    pub webhook: Option<WebhookSettings>,
}

/// The settings of a webhook.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The address of the webhook.
    pub endpoint: String,
    /// Number of retries if the webhook itself fails.
    pub retries: u32,
    /// True if the webhook gets a token.
    pub authenticates: bool,
    /// The address at which a refresh token is exchanged for that token, and the refresh token.
    /// Without them, it is the user's.
    pub token: Option<(String, SecretString)>,
    /// The certificate authorities of the webhook.
    pub ca: Option<PathBuf>,
}

/// Reads the settings.
pub fn access(sources: &Sources) -> Result<JwtRules, SettingsError> {
    let list = |name: &str| -> Vec<String> {
        let text = sources.text(name).unwrap_or_default();
        let each = text.split(',').map(|one| one.trim().to_string());
        each.filter(|one| !one.is_empty()).collect()
    };
    let own_issuer = sources.text(names::OWN_ISSUER).unwrap_or_default();
    let mut issuers = list(names::ISSUERS);
    issuers.extend(sources.text(names::ISSUER));
    issuers.dedup();
    for issuer in &issuers {
        let name = if sources.text(names::ISSUER).as_ref() == Some(issuer) {
            names::ISSUER
        } else {
            names::ISSUERS
        };
        let parsed = Url::parse(issuer).ok().filter(Url::has_host);
        let url = parsed.ok_or_else(|| {
            sources.invalid(name, "a URL such as https://login.example.org is expected")
        })?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(sources.invalid(
                name,
                "https is expected, because the issuer decides who can authenticate",
            ));
        }
        if *issuer == own_issuer {
            return Err(sources.invalid(name, "it must differ from vdk.access.issuer"));
        }
    }
    let values = list(names::CUSTOM_CLAIM_VALUES);
    let custom_claim = match sources.text(names::CUSTOM_CLAIM) {
        Some(name) if !values.is_empty() => Some((name, values)),
        None if values.is_empty() => None,
        _ => {
            return Err(SettingsError(format!(
                "{} and {} go together: set both or neither",
                names::CUSTOM_CLAIM,
                names::CUSTOM_CLAIM_VALUES
            )));
        }
    };
    let trusted_proxies = list(names::TRUSTED_PROXIES)
        .iter()
        .map(|one| one.parse().map(|ip: IpAddr| ip.to_canonical()))
        .collect::<Result<_, _>>()
        .map_err(|_| {
            sources.invalid(names::TRUSTED_PROXIES, "comma-separated IP addresses are expected")
        })?;
    Ok(JwtRules {
        issuers,
        audiences: list(names::AUDIENCES),
        username_claim: sources.text(names::USERNAME_CLAIM).unwrap_or_default(),
        groups_claim: sources.text(names::GROUPS_CLAIM).unwrap_or_default(),
        authorities_claim: sources.text(names::AUTHORITIES_CLAIM),
        roles: list(names::AUTHORIZED_ROLES),
        custom_claim,
        own_issuer,
        claimable: sources.truth(names::CLAIMABLE)?,
        trusted_proxies,
        ca: sources.text(names::ACCESS_CA).map(PathBuf::from),
        webhook: webhook(sources)?,
    })
}

fn webhook(sources: &Sources) -> Result<Option<WebhookSettings>, SettingsError> {
    let address = |name: &str| {
        let Some(text) = sources.text(name) else { return Ok(None) };
        let url = Url::parse(&text).ok();
        let is_one =
            url.is_some_and(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
        if is_one {
            Ok(Some(text))
        } else {
            Err(sources.invalid(name, "an http or https URL is expected"))
        }
    };
    let endpoint = address(names::WEBHOOK)?;
    let is_on = sources.truth(names::AUTHORIZATION)?.unwrap_or(false);
    let endpoint = match (endpoint, is_on) {
        (None, false) => return Ok(None),
        (Some(endpoint), true) => endpoint,
        _ => {
            return Err(SettingsError(format!(
                "{} and {} go together: set the first to true and the second to the webhook's URL, \
                 or set neither to use grants",
                names::AUTHORIZATION,
                names::WEBHOOK
            )));
        }
    };
    let token = match (address(names::WEBHOOK_TOKEN_URL)?, sources.secret(names::WEBHOOK_TOKEN)?) {
        (Some(url), Some(token)) => Some((url, token)),
        (None, None) => None,
        _ => {
            return Err(SettingsError(format!(
                "{} and {} go together: set both or neither",
                names::WEBHOOK_TOKEN_URL,
                names::WEBHOOK_TOKEN
            )));
        }
    };
    Ok(Some(WebhookSettings {
        endpoint,
        retries: sources.within(names::WEBHOOK_RETRIES, 0, 10)?,
        authenticates: sources.truth(names::WEBHOOK_AUTHENTICATES)?.unwrap_or(false),
        token,
        ca: sources.text(names::ACCESS_CA).map(PathBuf::from),
    }))
}

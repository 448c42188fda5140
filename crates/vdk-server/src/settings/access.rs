//! The settings of authentication and authorization.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net};
use secrecy::SecretString;
use url::Url;
use vdk_platform::is_loopback;

use super::{SettingsError, Sources, names};

/// The rules for tokens of identity providers, and the meaning of their claims.
#[derive(Clone, Debug)]
pub struct JwtRules {
    /// The providers.
    pub issuers: Vec<TrustedIssuer>,
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
    /// A claim that a token must have, and its values. Claims in objects are paths with dots.
    pub custom_claim: Option<(String, Vec<String>)>,
    /// True if tokens of providers must be of the type `at+jwt`.
    pub only_at_jwt: bool,
    /// The issuer name of the service.
    pub own_issuer: String,
    /// True if the first to grant in a team that holds nothing becomes its manager; `None` if
    /// unset.
    pub claimable: Option<bool>,
    /// Proxies that are trusted to report the origin of a request.
    pub trusted_proxies: Vec<IpNet>,
    /// The certificate authorities of the providers.
    pub ca: Option<PathBuf>,
    /// The webhook that decides instead of grants.
    pub webhook: Option<WebhookSettings>,
}

impl JwtRules {
    /// Returns whether any provider is reached over TLS.
    pub fn uses_https(&self) -> bool {
        let mut urls = self.issuers.iter().flat_map(|own| [&own.uri, &own.key_set]).flatten();
        urls.any(|url| url.starts_with("https:"))
    }

    /// Returns whether a provider says itself where its keys are, which may be over TLS.
    pub fn discovers(&self) -> bool {
        self.issuers.iter().any(|issuer| issuer.key_set.is_none())
    }
}

impl WebhookSettings {
    /// Returns whether the webhook or its token endpoint is reached over TLS.
    pub fn uses_https(&self) -> bool {
        let mut urls =
            std::iter::once(&self.endpoint).chain(self.token.as_ref().map(|(url, _)| url));
        urls.any(|url| url.starts_with("https:"))
    }
}

/// An identity provider whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Its identifier; `None` if any issuer is accepted that the keys belong to.
    pub uri: Option<String>,
    /// The address of its keys; `None` if discovery finds it.
    pub key_set: Option<String>,
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
    let own_issuer = sources.text(names::OWN_ISSUER).unwrap_or_default();
    Ok(JwtRules {
        issuers: issuers(sources, &own_issuer)?,
        audiences: sources.list(names::AUDIENCES)?,
        username_claim: sources.text(names::USERNAME_CLAIM).unwrap_or_default(),
        groups_claim: sources.text(names::GROUPS_CLAIM).unwrap_or_default(),
        authorities_claim: sources.text(names::AUTHORITIES_CLAIM),
        roles: sources.list(names::AUTHORIZED_ROLES)?,
        custom_claim: custom_claim(sources)?,
        only_at_jwt: sources.truth(names::REQUIRE_AT_JWT)?.unwrap_or(false),
        own_issuer,
        claimable: sources.truth(names::CLAIMABLE)?,
        trusted_proxies: trusted_proxies(sources)?,
        ca: sources.text(names::ACCESS_CA).map(PathBuf::from),
        webhook: webhook(sources)?,
    })
}

/// Reads the providers. The keys at a given address belong to the only provider, or to that of
/// `issuer-uri`.
fn issuers(sources: &Sources, own_issuer: &str) -> Result<Vec<TrustedIssuer>, SettingsError> {
    let main = sources.text(names::ISSUER);
    let mut uris = sources.list(names::ISSUERS)?;
    if let Some(main) = &main {
        uris.retain(|uri| uri != main);
        uris.push(main.clone());
    }
    for uri in &uris {
        let name = if main.as_ref() == Some(uri) { names::ISSUER } else { names::ISSUERS };
        check_provider(sources, name, uri)?;
        if *uri == own_issuer {
            return Err(sources.invalid(name, "it must differ from vdk.access.issuer"));
        }
    }
    let key_set = sources.text(names::KEY_SET);
    if let Some(key_set) = &key_set {
        check_provider(sources, names::KEY_SET, key_set)?;
        if main.is_none() && uris.len() > 1 {
            let why = format!(
                "it is not clear whose keys these are, because {} names several issuers. Set {} to \
                 the one that they belong to, or remove this: discovery finds the keys of each",
                names::ISSUERS,
                names::ISSUER
            );
            return Err(sources.invalid(names::KEY_SET, &why));
        }
        if uris.is_empty() {
            return Ok(vec![TrustedIssuer { uri: None, key_set: Some(key_set.clone()) }]);
        }
    }
    let last = uris.len().saturating_sub(1);
    let issuer = |(at, uri)| TrustedIssuer {
        uri: Some(uri),
        key_set: key_set.clone().filter(|_| at == last),
    };
    Ok(uris.into_iter().enumerate().map(issuer).collect())
}

/// Rejects the URL of a provider or of its keys that another machine could answer in its place.
fn check_provider(sources: &Sources, name: &str, text: &str) -> Result<(), SettingsError> {
    let parsed = Url::parse(text).ok().filter(Url::has_host);
    let url = parsed.ok_or_else(|| {
        sources.invalid(name, "a URL such as https://login.example.org is expected")
    })?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(sources
            .invalid(name, "https is expected, because the issuer decides who can authenticate"));
    }
    Ok(())
}

/// Reads the claim that a token must have. As in the original service, a name without values
/// checks nothing; its chart always sets the name.
fn custom_claim(sources: &Sources) -> Result<Option<(String, Vec<String>)>, SettingsError> {
    let values = sources.list(names::CUSTOM_CLAIM_VALUES)?;
    match sources.text(names::CUSTOM_CLAIM) {
        Some(name) if !values.is_empty() => Ok(Some((name, values))),
        None if !values.is_empty() => Err(sources.invalid(
            names::CUSTOM_CLAIM_VALUES,
            &format!("{} is not set. Set it to the claim with these values", names::CUSTOM_CLAIM),
        )),
        _ => Ok(None),
    }
}

fn trusted_proxies(sources: &Sources) -> Result<Vec<IpNet>, SettingsError> {
    let parse = |text: &String| {
        let net =
            text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(Into::into));
        net.map(canonical)
    };
    let proxies = sources.list(names::TRUSTED_PROXIES)?;
    proxies.iter().map(parse).collect::<Option<_>>().ok_or_else(|| {
        let why = "comma-separated IP addresses or networks such as 10.0.0.0/8 are expected";
        sources.invalid(names::TRUSTED_PROXIES, why)
    })
}

/// Returns the IPv4 network that an IPv6 network maps, or the network itself.
fn canonical(net: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let IpNet::V6(v6) = net else { return net };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(MAPPED));
    let v4 = v4.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    v4.map_or(net, IpNet::V4)
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

//! Warnings about settings that are allowed, but do something else than an operator may expect.

use super::{Secrets, Settings, Sources, names};

/// A variable that Kubernetes sets in each pod.
const KUBERNETES: &str = "KUBERNETES_SERVICE_HOST";

/// Returns warnings about `settings` that `sources` gave.
pub fn warnings(settings: &Settings, sources: &Sources) -> Vec<String> {
    let mut warnings = Vec::new();
    let in_pod = sources.variable(KUBERNETES).is_some();
    if in_pod && settings.listen.ip().is_loopback() {
        warnings.push(format!(
            "{} is a loopback address, which neither probes nor other pods reach: set \
             SERVER_ADDRESS=0.0.0.0",
            settings.listen.ip()
        ));
    }
    let embedded_secrets = matches!(settings.secrets, Secrets::Embedded);
    if embedded_secrets && settings.database.is_some() {
        warnings.push(format!(
            "properties are in the database, but secrets are in the embedded store in {}, which \
             other replicas do not see. Set {} to true to use Vault, or to false to switch secrets \
             off",
            settings.folder.display(),
            names::VAULT
        ));
    } else if in_pod && settings.uses_embedded() {
        warnings.push(format!(
            "the embedded store in {} is lost with the pod unless this is a persistent volume, and \
             other replicas do not see it",
            settings.folder.display()
        ));
    }
    if settings.uses_embedded() && settings.folder.is_relative() {
        warnings.push(format!(
            "{} is relative ({}): where data is stored depends on where the service is started",
            names::FOLDER,
            settings.folder.display()
        ));
    }
    if sources.text(names::CUSTOM_CLAIM).is_some() && settings.access.custom_claim.is_none() {
        warnings.push(format!(
            "{} is set, but {} is not: the claim is not checked",
            names::CUSTOM_CLAIM,
            names::CUSTOM_CLAIM_VALUES
        ));
    }
    if settings.access.issuers.iter().any(|issuer| issuer.uri.is_none()) {
        warnings.push(format!(
            "tokens of every issuer are accepted that the keys at {} signed, because no issuer is \
             set. Set {}",
            names::KEY_SET,
            names::ISSUER
        ));
    }
    warnings
}

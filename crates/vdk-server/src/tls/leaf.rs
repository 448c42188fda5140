//! Checks the service's certificate as its clients will. rustls serves any certificate that belongs
//! to its key.

use std::net::IpAddr;
use std::time::SystemTime;

use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_SERVER_AUTH};
use x509_cert::der::{Decode, asn1::OctetString};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

/// What clients check of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    der: Vec<u8>,
    from: Option<SystemTime>,
    to: Option<SystemTime>,
    is_for_servers: bool,
    names: Vec<String>,
}

impl Leaf {
    /// Parses a certificate. If it has a form that the parser does not know, it has no flaw.
    pub fn parse(der: &CertificateDer<'_>) -> Self {
        let parsed = Certificate::from_der(der).ok().map(|parsed| parsed.tbs_certificate);
        let usages = parsed.as_ref().and_then(|one| one.get::<ExtendedKeyUsage>().ok().flatten());
        let names = parsed.as_ref().and_then(|one| one.get::<SubjectAltName>().ok().flatten());
        Leaf {
            der: der.to_vec(),
            from: parsed.as_ref().map(|one| one.validity.not_before.to_system_time()),
            to: parsed.as_ref().map(|one| one.validity.not_after.to_system_time()),
            is_for_servers: usages.is_none_or(|(_, ExtendedKeyUsage(usages))| {
                usages.contains(&ID_KP_SERVER_AUTH) || usages.contains(&ANY_EXTENDED_KEY_USAGE)
            }),
            names: names.map_or_else(Vec::new, |(_, SubjectAltName(names))| {
                names.iter().filter_map(name).collect()
            }),
        }
    }

    /// Returns why every client rejects the certificate at `now`, if so.
    pub fn flaw(&self, now: SystemTime) -> Option<String> {
        let at = |time| humantime::format_rfc3339_seconds(time);
        if let Some(to) = self.to.filter(|to| *to < now) {
            return Some(format!("the certificate has expired ({})", at(to)));
        }
        if let Some(from) = self.from.filter(|from| *from > now) {
            return Some(format!("the certificate is not valid yet (it is from {})", at(from)));
        }
        (!self.is_for_servers).then(|| {
            "the certificate is not for servers (its extended key usage lacks serverAuth)".into()
        })
    }

    /// Returns the end of the certificate in seconds since 1970, if it can be read.
    pub fn end(&self) -> Option<i64> {
        let end = self.to?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(end.as_secs()).ok()
    }

    /// Returns the names of this certificate that `other` does not have.
    pub fn names_missing_in(&self, other: &Leaf) -> Vec<String> {
        self.names.iter().filter(|name| !other.names.contains(name)).cloned().collect()
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        GeneralName::IpAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &OctetString) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes.as_bytes()).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from)).ok()
}

/// Returns the time by which a newer revocation list is published.
pub fn crl_end(crl: &CertificateRevocationListDer<'_>) -> Option<SystemTime> {
    let parsed = CertificateList::from_der(crl).ok()?;
    parsed.tbs_cert_list.next_update.map(|end| end.to_system_time())
}

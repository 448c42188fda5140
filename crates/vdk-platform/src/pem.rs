//! Says why a PEM file cannot be used, without a word of what is in it.

use rustls_pki_types::pem::Error;

/// Describes why a file has no `item` ("certificate", "private key"). The library's own message quotes
/// text that is not PEM, which may be a key.
pub fn describe(error: Error, item: &str) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => format!("there is no {item} in it"),
        _ => "it is no PEM text, with BEGIN and END on lines of their own".into(),
    }
}

//! Says why a PEM file cannot be used, without a word of what is in it.

use rustls_pki_types::pem::Error;

/// Describes why a file has no `item` ("certificate", "private key"). The library's own message quotes
/// text that is not PEM, which may be a key.
pub fn describe(error: Error, item: &str) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => format!("it contains no {item}"),
        _ => "it is not PEM text with BEGIN and END on separate lines".into(),
    }
}

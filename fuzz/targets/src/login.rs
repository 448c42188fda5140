//! Whatever a provider answers to a login, what is kept of it can be read again, and the API token
//! is in no error; and a saved login that is read and written is the same.

use arbitrary::Arbitrary;
use vdk_client::auth::{Credentials, on_exchange};
use vdk_client::http::response;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    status: u16,
    body: &'a [u8],
}

const TOKEN: &str = "s3cr3t";

fuzz_target!(|input: Input<'_>| {
    if let Ok(written) = saved_login(input.body) {
        assert_eq!(saved_login(&written).as_ref(), Ok(&written));
    }
    let status = match input.status % 4 {
        0 | 1 => 200,
        2 => 400,
        _ => 100 + input.status % 500,
    };
    match on_login(status, input.body, TOKEN) {
        Ok(kept) => {
            assert_eq!(status, 200);
            assert_eq!(
                saved_login(&kept).as_ref(),
                Ok(&kept),
                "{}",
                String::from_utf8_lossy(&kept)
            );
        }
        Err(told) => assert!(!told.contains(TOKEN), "{told}"),
    }
});

/// Returns the saved form of a login with the API token `token` after this response.
fn on_login(status: u16, body: &[u8], token: &str) -> Result<Vec<u8>, String> {
    let url = "https://login.example.org/token".parse().unwrap();
    let mut credentials = Credentials::default();
    on_exchange(response(status, [], body.to_vec()), &url, token, &mut credentials)
        .map_err(|error| error.to_string())?;
    Ok(credentials.to_json().as_bytes().to_vec())
}

/// Parses a saved login and writes it again.
fn saved_login(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    Credentials::parse(bytes).map(|login| login.to_json().as_bytes().to_vec())
}

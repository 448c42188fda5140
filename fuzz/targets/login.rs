//! Whatever a provider answers to a login, what is kept of it can be read again, and the API token
//! is in no error; and a saved login that is read and written is the same.
#![cfg_attr(fuzzing, no_main)]

use arbitrary::Arbitrary;
#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use vdk::fuzz::{Said, on_login, saved_login};

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
    let said = Said { status, headers: vec![], body: input.body.to_vec() };
    match on_login(said, TOKEN) {
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

//! Gives the bytes that libFuzzer makes up to the target that `VDK_FUZZ_TARGET` names.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use vdk_fuzz_targets::TARGETS;

static TARGET: LazyLock<fn(&[u8]) -> bool> = LazyLock::new(|| {
    let name = std::env::var("VDK_FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|(other, _)| *other == name);
    target.unwrap_or_else(|| panic!("VDK_FUZZ_TARGET names no target: {name:?}")).1
});

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if TARGET(bytes) { Corpus::Keep } else { Corpus::Reject }
});

//! The fuzz targets: functions of any bytes that must hold. `fuzz/run` looks for inputs that break
//! them, and a test runs them over the inputs in `fuzz/corpus`, so that what was found stays found.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a target that does not hold panics")]

/// Defines a target's `run`, which returns false if the bytes are too short to make an input of.
macro_rules! fuzz_target {
    (|$input:ident: &[u8]| $body:block) => {
        pub(crate) fn run($input: &[u8]) -> bool {
            fn target($input: &[u8]) $body
            target($input);
            true
        }
    };
    (|$input:ident: $kind:ty| $body:block) => {
        pub(crate) fn run(bytes: &[u8]) -> bool {
            use arbitrary::{Arbitrary as _, Unstructured};
            fn target($input: $kind) $body
            <$kind>::arbitrary_take_rest(Unstructured::new(bytes)).map(target).is_ok()
        }
    };
}

/// Declares the modules of the targets, and lists them.
macro_rules! targets {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// The targets by their names. Each returns false if its input is too short.
        pub const TARGETS: &[(&str, fn(&[u8]) -> bool)] = &[$((stringify!($name), $name::run)),*];
    };
}

targets!(answer api arguments assignments edit import ini json login request row settings token);

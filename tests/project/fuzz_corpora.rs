//! Runs each fuzz target over the inputs that fuzzing kept: what it once found stays found, and a
//! target that no longer fits the code does not build. `tests/nightly` looks for new inputs.

use std::path::Path;

/// Makes of a target what libFuzzer makes of it: a function of bytes. Inputs that are too short to be
/// read are left out there as well.
macro_rules! fuzz_target {
    (|$input:ident: &[u8]| $body:block) => {
        pub fn run($input: &[u8]) $body
    };
    (|$input:ident: $kind:ty| $body:block) => {
        pub fn run(bytes: &[u8]) {
            use arbitrary::{Arbitrary as _, Unstructured};
            let Ok($input) = <$kind>::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
            $body
        }
    };
}

#[path = "../../fuzz/targets/answer.rs"]
mod answer;
#[path = "../../fuzz/targets/api.rs"]
mod api;
#[path = "../../fuzz/targets/arguments.rs"]
mod arguments;
#[path = "../../fuzz/targets/assignments.rs"]
mod assignments;
#[path = "../../fuzz/targets/edit.rs"]
mod edit;
#[path = "../../fuzz/targets/ini.rs"]
mod ini;
#[path = "../../fuzz/targets/json.rs"]
mod json;
#[path = "../../fuzz/targets/login.rs"]
mod login;
#[path = "../../fuzz/targets/row.rs"]
mod row;
#[path = "../../fuzz/targets/settings.rs"]
mod settings;
#[path = "../../fuzz/targets/token.rs"]
mod token;

/// Runs `target` over all that is kept for it.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let held = std::panic::catch_unwind(|| target(&bytes));
        assert!(held.is_ok(), "{name} fails at {}", path.display());
        count += 1;
    }
    assert!(count > 10, "{count} inputs of {name}");
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[test]
                fn holds() {
                    super::super::replay(stringify!($name), super::super::$name::run);
                }
            }
        )*

        #[test]
        fn none_is_left_out() {
            let folder = super::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets");
            let there = std::fs::read_dir(folder).unwrap();
            assert_eq!(there.count(), [$(stringify!($name)),*].len());
        }
    };
}

mod replayed {
    tests!(answer api arguments assignments edit ini json login row settings token);
}

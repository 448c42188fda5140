//! Runs each fuzz target over the inputs in `fuzz/corpus`. `tests/nightly` looks for new ones.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vdk_fuzz_targets::TARGETS;

fn fuzz_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn files(folder: PathBuf) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}

/// Runs the target `name` over its corpus.
fn replay(name: &str) {
    let (_, run) = TARGETS.iter().find(|(other, _)| *other == name).unwrap();
    let mut count = 0;
    for path in files(fuzz_folder().join("corpus").join(name)) {
        let bytes = std::fs::read(&path).unwrap();
        let result = std::panic::catch_unwind(|| run(&bytes));
        assert!(result.is_ok(), "{name} fails at {}", path.display());
        count += 1;
    }
    assert!(count > 10, "{count} inputs of {name}");
}

macro_rules! replays {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*

        #[test]
        fn covers_every_target_and_every_file() {
            let named = BTreeSet::from([$(stringify!($name)),*]);
            assert_eq!(named, TARGETS.iter().map(|(name, _)| *name).collect());
            let sources: Vec<_> = files(fuzz_folder().join("targets/src")).collect();
            let stems = sources.iter().map(|path| path.file_stem().unwrap().to_str().unwrap());
            assert_eq!(named, stems.filter(|stem| *stem != "lib").collect());
        }
    };
}

replays!(answer api arguments assignments edit import ini json login request row settings token);

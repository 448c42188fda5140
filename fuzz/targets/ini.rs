//! Files of Python's `ConfigParser`: an option that is set reads back, all others read as before,
//! and one that is taken out is gone.
#![cfg_attr(fuzzing, no_main)]

use arbitrary::Arbitrary;
#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use vdk::fuzz::{ini_edit, ini_get};

const SECTION: &str = "defaults";
const OPTIONS: [&str; 4] = ["team-name", "rest-api-url", "a", "b"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    option: u8,
    value: &'a str,
    text: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let all = |text: &str| OPTIONS.map(|option| ini_get(text, SECTION, option));
    let other = |text: &str| OPTIONS.map(|option| ini_get(text, "other", option));
    let option = OPTIONS[usize::from(input.option) % OPTIONS.len()];
    let (before, elsewhere) = (all(input.text), other(input.text));
    let Some(without) = ini_edit(input.text, SECTION, option, None) else { return };
    // What another option refers to changes with it.
    let refers = input.text.contains("%(");
    if !refers {
        let after = all(&without);
        for ((name, before), after) in OPTIONS.iter().zip(&before).zip(&after) {
            if *name != option {
                assert_eq!(after, before, "{name}");
            } else {
                // The section for all of them may have it, and not sound.
                assert!(*after == Ok(None) || input.text.contains("DEFAULT"), "{after:?}");
            }
        }
        assert_eq!(other(&without), elsewhere);
    }
    // Names of teams and addresses have no control characters, and blanks around them do not count.
    if input.value.contains(char::is_control) || input.value.trim() != input.value {
        return;
    }
    let with = ini_edit(input.text, SECTION, option, Some(input.value)).unwrap();
    assert_eq!(ini_get(&with, SECTION, option), Ok(Some(input.value.into())));
    if !refers {
        let after = all(&with);
        for ((name, before), after) in OPTIONS.iter().zip(&before).zip(&after) {
            // A section that is new takes from the one for all.
            if *name != option && !input.text.contains("DEFAULT") {
                assert_eq!(after, before, "{name}");
            }
        }
        assert_eq!(other(&with), elsewhere);
    }
});

//! Files of Python's `ConfigParser`: an option that is set reads back, all others read as before,
//! and one that is taken out is gone.

use arbitrary::Arbitrary;
use vdk_client::config::ini::Ini;

const SECTION: &str = "defaults";
const OPTIONS: [&str; 4] = ["team-name", "rest-api-url", "a", "b"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    option: u8,
    value: &'a str,
    text: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let all = |text: &str| OPTIONS.map(|option| get(text, SECTION, option));
    let other = |text: &str| OPTIONS.map(|option| get(text, "other", option));
    let option = OPTIONS[usize::from(input.option) % OPTIONS.len()];
    let (before, elsewhere) = (all(input.text), other(input.text));
    let Some(without) = edit(input.text, SECTION, option, None) else { return };
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
    let with = edit(input.text, SECTION, option, Some(input.value)).unwrap();
    assert_eq!(get(&with, SECTION, option), Ok(Some(input.value.into())));
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

/// Returns the value of an option in a file of Python's `ConfigParser`.
fn get(text: &str, section: &str, option: &str) -> Result<Option<String>, String> {
    let ini = Ini::parse(text).map_err(|error| error.to_string())?;
    ini.get(section, option).map_err(|error| error.to_string())
}

/// Returns such a file with an option set, or without it if `value` is `None`.
fn edit(text: &str, section: &str, option: &str, value: Option<&str>) -> Option<String> {
    let ini = Ini::parse(text).ok()?;
    Some(match value {
        Some(value) => ini.with(section, option, value),
        None => ini.without(section, option),
    })
}

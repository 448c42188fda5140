//! Property tests: parsing and writing any JSON object keeps it to the byte.

use proptest::prelude::*;
use vdk_api::{Document, JsonText};
use vdk_testing::any::{cases, members, object, value};

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn keeps_keys_and_values_to_the_byte(members in members(5)) {
        let text = object(&members);
        let document = Document::parse(&text).unwrap();
        prop_assert_eq!(&*document.to_json(), &text);
        let read: Vec<_> =
            document.iter().map(|(k, v)| (k.to_string(), v.expose().to_string())).collect();
        prop_assert_eq!(read, members);
    }

    #[test]
    fn normalizes_escaped_keys_and_white_space(members in members(5)) {
        let escaped = |key: &str| -> String {
            key.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
        };
        let each = members.iter().map(|(k, v)| format!("\r\n\t \"{}\" : {v} ", escaped(k)));
        let text = format!(" {{{}}}\n", each.collect::<Vec<_>>().join(","));
        let document = Document::parse(&text).unwrap();
        prop_assert_eq!(&*document.to_json(), &object(&members));
    }

    #[test]
    fn keeps_a_value_to_the_byte(text in value()) {
        let value = JsonText::parse(&text).unwrap();
        prop_assert_eq!(value.expose(), &text);
        prop_assert!(value.is_exactly(&value.clone()) && value.same_as(&value.clone()));
    }

    #[test]
    fn round_trips_any_text(text in any::<String>()) {
        prop_assert_eq!(&*JsonText::from_text(&text).to_text().unwrap(), &text);
    }
}

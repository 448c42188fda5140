//! Any JSON object that is read and written is the same to the byte.

use proptest::prelude::*;
use vdk_api::{Document, JsonText};
use vdk_testing::any::{cases, members, object, value};

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_is_read_is_written_back(members in members(5)) {
        let text = object(&members);
        let document = Document::parse(&text).unwrap();
        prop_assert_eq!(&*document.to_json(), &text);
        let read: Vec<_> =
            document.iter().map(|(k, v)| (k.to_string(), v.expose().to_string())).collect();
        prop_assert_eq!(read, members);
    }

    #[test]
    fn how_keys_and_spaces_are_written_does_not_count(members in members(5)) {
        let escaped = |key: &str| -> String {
            key.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
        };
        let each = members.iter().map(|(k, v)| format!("\r\n\t \"{}\" : {v} ", escaped(k)));
        let text = format!(" {{{}}}\n", each.collect::<Vec<_>>().join(","));
        let document = Document::parse(&text).unwrap();
        prop_assert_eq!(&*document.to_json(), &object(&members));
    }

    #[test]
    fn a_value_is_itself(text in value()) {
        let value = JsonText::parse(&text).unwrap();
        prop_assert_eq!(value.expose(), &text);
        prop_assert!(value.is_exactly(&value.clone()) && value.same_as(&value.clone()));
    }

    #[test]
    fn text_is_itself(text in any::<String>()) {
        prop_assert_eq!(&*JsonText::from_text(&text).to_text().unwrap(), &text);
    }
}

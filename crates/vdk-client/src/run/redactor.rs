//! Replaces values in a stream of bytes, wherever its parts are cut.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use zeroize::Zeroizing;

use super::Forms;

/// The text in place of a value.
const MASK: &[u8] = b"***";

/// Most bytes of values for which the quickest search is made: it takes 1 KiB and more for each.
const QUICK: usize = 32 * 1024;

/// A stream from which values are removed. What may be the beginning of a value is held back until
/// more bytes, [`Redactor::release`] or the end decide.
pub struct Redactor {
    search: AhoCorasick,
    texts: Vec<Zeroizing<Vec<u8>>>,
    longest: usize,
    held: Zeroizing<Vec<u8>>,
}

impl Redactor {
    /// Makes a redactor for a stream; `None` if the forms are too large to look for.
    pub fn new(forms: &Forms) -> Option<Self> {
        let mut texts: Vec<_> = forms.texts().map(|text| Zeroizing::new(text.to_vec())).collect();
        texts.sort_unstable_by(|one, other| one.as_slice().cmp(other));
        texts.dedup_by(|one, other| one.as_slice() == other.as_slice());
        let is_quick = texts.iter().map(|text| text.len()).sum::<usize>() <= QUICK;
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind((!is_quick).then_some(AhoCorasickKind::ContiguousNFA))
            .build(texts.iter().map(|text| text.as_slice()))
            .ok()?;
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or_default();
        Some(Redactor { search, texts, longest, held: Zeroizing::default() })
    }

    /// Takes the next bytes of the stream, and appends to `out` what is decided.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(bytes);
        let open = self.open();
        self.write_until(open, out);
    }

    /// Appends what is held back, as nothing more comes, or not soon.
    pub fn release(&mut self, out: &mut Vec<u8>) {
        self.write_until(self.held.len(), out);
    }

    /// Returns whether bytes are held back.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Returns the first place from which on all bytes are the beginning of a longer text.
    fn open(&self) -> usize {
        let end = self.held.len();
        let first = (end + 1).saturating_sub(self.longest);
        let is_open = |at: &usize| {
            let rest = &self.held[*at..];
            // The texts are sorted: the first after `rest` begins with it, if any longer one does.
            let after = self.texts.partition_point(|text| text.as_slice() <= rest);
            self.texts.get(after).is_some_and(|text| text.starts_with(rest))
        };
        (first..end).find(is_open).unwrap_or(end)
    }

    /// Writes the bytes before `open` without the values that begin there, and keeps the rest.
    fn write_until(&mut self, open: usize, out: &mut Vec<u8>) {
        let mut done = 0;
        for found in self.search.find_iter(self.held.as_slice()) {
            if found.start() >= open {
                break;
            }
            out.extend_from_slice(&self.held[done..found.start()]);
            out.extend_from_slice(MASK);
            done = found.end();
        }
        if done < open {
            out.extend_from_slice(&self.held[done..open]);
            done = open;
        }
        self.held.drain(..done);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vdk_api::JsonText;

    use super::*;

    fn redactor(values: &[&str]) -> Redactor {
        let mut forms = Forms::default();
        for value in values {
            forms.add(&JsonText::from_text(value));
        }
        Redactor::new(&forms).unwrap()
    }

    fn redacted(values: &[&str], parts: &[&[u8]]) -> String {
        let (mut redactor, mut out) = (redactor(values), Vec::new());
        for part in parts {
            redactor.push(part, &mut out);
        }
        redactor.release(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn masks_a_value_that_comes_in_parts() {
        let bytes: Vec<&[u8]> = "a s3cret-value b".as_bytes().chunks(1).collect();
        assert_eq!(redacted(&["s3cret-value"], &bytes), "a *** b");
    }

    #[test]
    fn masks_the_longest_of_values_that_begin_alike() {
        let values = ["s3cret", "s3cret-and-more"];
        assert_eq!(redacted(&values, &[b"s3cret-and", b"-more s3cret-andX"]), "*** ***-andX");
    }

    #[test]
    fn masks_large_values() {
        let large = "0123456789".repeat(20 * 1024);
        assert_eq!(redacted(&[&large], &[b"a ", large.as_bytes(), b" 01234"]), "a *** 01234");
    }

    #[test]
    fn holds_back_only_beginnings_of_values() {
        let (mut redactor, mut out) = (redactor(&["s3cret"]), Vec::new());
        redactor.push(b"login: ", &mut out);
        assert_eq!((out.as_slice(), redactor.holds()), (&b"login: "[..], false));
        redactor.push(b"s3cr", &mut out);
        assert_eq!((out.as_slice(), redactor.holds()), (&b"login: "[..], true));
        redactor.release(&mut out);
        assert_eq!(out, b"login: s3cr");
    }

    #[test]
    fn masks_a_value_before_the_beginning_of_another() {
        let values = ["aaaa-b", "b-cccc-"];
        assert_eq!(redacted(&values, &[b"aaaa-b-ccc", b"x"]), "***-cccx");
    }

    proptest! {
        #[test]
        fn gives_the_same_however_the_stream_is_cut(
            text in "[ab-]{0,60}", cuts in proptest::collection::vec(1_usize..9, 0..60),
        ) {
            let values = ["ab-ab", "b-ab-a", "aa-aa-"];
            let whole = redacted(&values, &[text.as_bytes()]);
            let (mut rest, mut parts) = (text.as_bytes(), Vec::new());
            for cut in cuts {
                let (part, after) = rest.split_at(cut.min(rest.len()));
                parts.push(part);
                rest = after;
            }
            parts.push(rest);
            prop_assert_eq!(&redacted(&values, &parts), &whole);
            for value in values {
                prop_assert!(!whole.contains(value), "{}", whole);
            }
        }
    }
}

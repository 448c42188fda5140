//! `-o shell` and `-o dotenv`: a shell that reads what is printed has the values, to the byte, and
//! has run nothing.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use arbitrary::Arbitrary;
use vdk::formats::{Format, members};
use vdk_api::{Document, JsonText};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// An odd name, which has to be refused.
    name: &'a str,
    dotenv: bool,
    /// Whether each is a string, or JSON.
    values: Vec<(bool, &'a str)>,
}

fuzz_target!(|input: Input<'_>| {
    let format = if input.dotenv { "dotenv" } else { "shell" };
    name(input.name, format);
    let mut document = Document::default();
    for (at, (is_text, text)) in input.values.iter().take(8).enumerate() {
        let json = if *is_text { None } else { JsonText::parse(text).ok() };
        document.set(format!("V{at}"), json.unwrap_or_else(|| JsonText::from_text(text)));
    }
    let Ok(printed) = render(&document, format) else {
        let refused = |text: &str| {
            text.contains('\0')
                || (input.dotenv && text.contains('\'') && text.contains(['"', '\\', '$', '`']))
                || (input.dotenv && (text.contains('\r') || text.contains("${")))
                || (input.dotenv && (text.contains("\\\\") || text.ends_with('\\')))
        };
        assert!(texts(&document).iter().any(|text| refused(text)), "refused without need");
        return;
    };
    SHELL.with(|shell| {
        let read = shell.borrow_mut().get_or_insert_with(Shell::new).read(&printed, document.len());
        assert_eq!(read, texts(&document), "{printed}");
    });
});

fn texts(document: &Document) -> Vec<String> {
    let text = |value: &JsonText| match value.to_text() {
        Some(text) => text.to_string(),
        None => value.expose().to_string(),
    };
    document.iter().map(|(_, value)| text(value)).collect()
}

/// A name that a shell would not take for one, or for more than one.
fn name(name: &str, format: &str) {
    let mut document = Document::default();
    document.set(name, JsonText::from_text("x"));
    let plain = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let is_name = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    let printed = render(&document, format);
    assert_eq!(printed.is_ok(), is_name && !name.is_empty(), "{name:?}");
}

thread_local! {
    static SHELL: RefCell<Option<Shell>> = const { RefCell::new(None) };
}

/// One `sh` for all runs: it reads its script from us as it comes.
struct Shell {
    _process: Child,
    script: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    fn new() -> Self {
        let mut process = Command::new("sh")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (script, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Shell { _process: process, script, output: BufReader::new(output) }
    }

    /// The values of the variables V0 and so on after `printed`. Where a quote is left open this
    /// waits for ever, which the fuzzer reports.
    fn read(&mut self, printed: &str, count: usize) -> Vec<String> {
        let variables: String = (0..count).map(|n| format!(" \"$V{n}\"")).collect();
        // The first one is empty: where a command has printed something, it is not.
        writeln!(self.script, "{printed}printf '%s\\0' ''{variables}").unwrap();
        let mut texts = (0..=count).map(|_| {
            let mut bytes = Vec::new();
            self.output.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the shell has ended");
            String::from_utf8(bytes).unwrap()
        });
        assert_eq!(texts.next().as_deref(), Some(""), "something was run");
        texts.collect()
    }
}

/// Renders key/values in the named format.
fn render(document: &Document, format: &str) -> Result<String, String> {
    let format = Format::parse(format).unwrap();
    let printed = members(&document.iter().collect(), format);
    printed.map(|text| text.to_string()).map_err(|error| error.to_string())
}

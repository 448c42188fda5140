//! The log on stderr: lines for people on a terminal, JSON otherwise. The op id of a request is on
//! each line that it causes.

mod output;

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, OnceLock};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vdk_platform::on_panic;

use crate::audit::now;
use output::Output;

/// The one log of the process.
static OUTPUT: OnceLock<Output> = OnceLock::new();

tokio::task_local! {
    /// The op id of the request that is at work. A span would be made for each request, also for those that
    /// log nothing, and costs a twentieth of a read.
    static OP_ID: Arc<str>;
}

/// Works on a request: what it logs has its op id.
pub fn of_request<T>(op_id: Arc<str>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    OP_ID.scope(op_id, work)
}

/// The way of lines to the log.
struct Lines {
    output: &'static Output,
    is_terminal: bool,
}

/// Takes each call as one line, as the formatter makes it.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let whole =
            OP_ID.try_with(|op_id| with_op_id(line, op_id, self.is_terminal)).ok().flatten();
        self.output.hand_over(whole.as_deref().unwrap_or(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Adds an op id to a whole line.
fn with_op_id(line: &[u8], op_id: &str, is_terminal: bool) -> Option<Vec<u8>> {
    let end: &[u8] = if is_terminal { b"\n" } else { b"}\n" };
    let mut whole = line.strip_suffix(end)?.to_vec();
    let added = match is_terminal {
        true => format!(" op_id={op_id}\n"),
        false => format!(",\"op_id\":{}}}\n", serde_json::Value::from(op_id)),
    };
    whole.extend_from_slice(added.as_bytes());
    Some(whole)
}

/// Starts the log. A second start in one process changes nothing.
pub fn start(level: Level) -> io::Result<()> {
    let is_terminal = io::stderr().is_terminal();
    let output = Output::start(io::stderr(), move |count| dropped(count, is_terminal))?;
    let output = OUTPUT.get_or_init(|| output);
    // Libraries could log what a request carries.
    let filter = Targets::new().with_target("vdk_server", level);
    let registry = tracing_subscriber::registry().with(filter);
    let lines = move || Lines { output, is_terminal };
    let started = if is_terminal {
        registry
            .with(fmt::layer().with_writer(lines).with_ansi(false).with_target(false))
            .try_init()
    } else {
        let json = fmt::layer().json().flatten_event(true).with_current_span(false);
        registry.with(json.with_span_list(false).with_writer(lines)).try_init()
    };
    // Only a test starts the log twice.
    let _ = started;
    on_panic(|place| tracing::error!(place, "panicked"));
    Ok(())
}

/// Returns the line that tells of dropped ones.
fn dropped(count: u64, is_terminal: bool) -> String {
    let (time, message) = (now(), "lines of the log were dropped, because nobody read stderr");
    match is_terminal {
        true => format!("{time}  WARN {count} {message}\n"),
        false => {
            let line = serde_json::json!({
                "timestamp": time, "level": "WARN", "message": message, "count": count,
            });
            format!("{line}\n")
        }
    }
}

/// Writes lines to stderr, behind those of the log and without waiting for them once it is started.
pub fn say(lines: &str) {
    match OUTPUT.get() {
        Some(output) => output.hand_over(format!("{lines}\n").as_bytes()),
        None => {
            let _ = writeln!(io::stderr().lock(), "{lines}");
        }
    }
}

/// Waits a moment for the last lines to be written.
pub fn flush() {
    if let Some(output) = OUTPUT.get() {
        output.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_an_op_id_to_the_end_of_a_whole_line() {
        let json = with_op_id(b"{\"level\":\"WARN\"}\n", "a\"b\\", false).unwrap();
        assert_eq!(json, b"{\"level\":\"WARN\",\"op_id\":\"a\\\"b\\\\\"}\n");
        assert_eq!(with_op_id(b"WARN gone\n", "a b", true).unwrap(), b"WARN gone op_id=a b\n");
        assert_eq!(with_op_id(b"{\"level\"", "a", false), None);
    }
}

//! The log on stderr: lines for people on a terminal, JSON otherwise. The op id of a request is on
//! each line that it causes.

mod output;

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

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

/// Starts the log. A second start in one process changes nothing.
pub fn start(level: Level) -> io::Result<()> {
    let is_terminal = io::stderr().is_terminal();
    let output = Output::start(io::stderr(), move |count| dropped(count, is_terminal))?;
    let output = OUTPUT.get_or_init(|| output);
    // Libraries could log what a request carries.
    let filter = Targets::new().with_target("vdk_server", level);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if is_terminal {
        let lines = fmt::layer().with_writer(move || output).with_ansi(false).with_target(false);
        registry.with(lines).try_init()
    } else {
        let json = fmt::layer().json().flatten_event(true).with_span_list(false);
        registry.with(json.with_writer(move || output)).try_init()
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

//! The log on stderr: lines for people on a terminal, JSON otherwise. The op id of a request is on
//! each line that it causes.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vdk_platform::on_panic;

/// Starts the log. A second start in one process changes nothing.
pub fn start(level: Level) {
    // Libraries could log what a request carries.
    let filter = Targets::new().with_target("vdk_server", level);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if io::stderr().is_terminal() {
        let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).with_target(false);
        registry.with(lines).try_init()
    } else {
        let json =
            fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(io::stderr);
        registry.with(json).try_init()
    };
    // Only a test starts the log twice.
    let _ = started;
    on_panic(|place| tracing::error!(place, "panicked"));
}

//! The log, on stderr: lines for people on a terminal, JSON for everything else. The op id of a
//! request is on each line that it causes.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. A second start in one process changes nothing.
pub fn start(level: Level) {
    // What libraries log is not ours to answer for: it could be what a request carries.
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
    // Only a test starts it twice.
    let _ = started;
    hush_panics(|place| tracing::error!(place, "panicked"));
}

/// From now on `tell` is told where a panic happened. What it says is not shown: it could be a value.
pub fn hush_panics(tell: impl Fn(&str) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        tell(&panic.location().map(ToString::to_string).unwrap_or_default());
    }));
}

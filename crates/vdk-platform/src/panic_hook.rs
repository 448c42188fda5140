//! Keeps what a panic says to itself: it may quote a value.

/// Calls `report` with the place of a panic (`FILE:LINE:COLUMN`) from now on, in place of the
/// standard message.
pub fn on_panic(report: impl Fn(&str) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        report(&panic.location().map(ToString::to_string).unwrap_or_default());
    }));
}

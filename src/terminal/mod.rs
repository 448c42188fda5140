//! The terminal and the standard streams: prompts, hidden input, and messages while something runs.

mod hidden_input;
pub mod input;
mod progress;
pub mod prompt;
pub mod reporter;
pub mod streams;

pub use hidden_input::*;
pub use progress::Waiting;

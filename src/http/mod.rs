//! Requests to one Control Service: one builder, one reader of answers, one budget of patience.

mod answer;
mod base_url;
mod client;
mod patience;
mod tls;

pub use answer::Answer;
pub use base_url::BaseUrl;
pub use client::{Http, Trouble};
pub use patience::{Cause, Patience, Spent};

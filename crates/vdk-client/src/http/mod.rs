//! HTTP requests: one client builder, one reader of responses, one retry budget.

mod base_url;
mod client;
mod exchange;
mod proxy;
mod response;
mod retry;
mod runtime;
mod tls;

pub use base_url::{BaseUrl, is_loopback};
pub use client::{Http, Renewal, TransportError};
pub use exchange::{exchange, response};
pub use response::Answer;
pub use retry::{BudgetExhausted, Cause, RetryBudget, in_words};
pub use tls::{GET_A_CERTIFICATE, advice};

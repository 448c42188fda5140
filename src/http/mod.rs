//! HTTP requests: one client builder, one reader of responses, one retry budget.

mod answer;
mod base_url;
mod client;
mod exchange;
mod patience;
mod proxy;
mod tls;

pub use answer::Answer;
pub use base_url::BaseUrl;
pub use client::{Http, Renewal, Trouble};
pub use exchange::exchange;
pub use patience::{Cause, Patience, Spent};
pub use tls::{CHECK_TRUST, GET_A_CERTIFICATE};
pub use vdk_platform::is_loopback;

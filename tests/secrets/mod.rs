//! Tests of secrets and properties, which share one implementation.

mod concurrency;
mod hints;
mod history;
mod invalid_input;
mod json_errors;
mod key_values;
mod settings;
mod verbs;
mod whole_input;

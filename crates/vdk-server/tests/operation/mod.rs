//! The service as an operator runs it.

mod audit;
mod clock;
mod fault_table;
mod operator;
mod tls;

//! What an operator counts on.

mod audit;
mod clock;
mod fault_table;
mod operator;
mod tls;

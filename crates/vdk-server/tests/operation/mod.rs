//! Tests of the service from an operator's view.

mod audit;
mod clock;
mod fault_table;
mod operator;
mod tls;

//! Tests of the service from an operator's view.

mod audit;
mod certificates;
mod chart;
mod clock;
mod commands;
mod connection_limits;
mod fault_table;
mod metrics;
mod operator;
mod original_settings;
mod output;
mod readiness;
#[cfg(target_os = "linux")]
mod service_manager;
mod settings_files;
mod start;
mod tls;

//! Histories of many clients under faults, each held to a sequential one.

mod cluster;
mod schedules;

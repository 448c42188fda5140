//! Tests that the histories of many clients are linearizable under faults.

mod cluster;
mod schedules;

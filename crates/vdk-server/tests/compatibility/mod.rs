//! Tests with clients of the original service.

mod python;

//! Clients of the original service.

mod python;

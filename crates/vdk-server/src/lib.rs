//! The Control Service for secrets and properties of data jobs.

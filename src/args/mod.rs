//! Arguments: told apart before clap sees them, and turned into one operation afterwards.

pub mod errors;
pub mod operation;
pub mod preprocess;
pub mod suggest;

//! The Control Service.

fn main() {}

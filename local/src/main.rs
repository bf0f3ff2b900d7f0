//! The whole set in one process.
fn main() {}

//! The logic specialist.

pub mod rules;

//! The security specialist.

pub mod rules;

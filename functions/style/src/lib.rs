//! The style specialist.

pub mod rules;

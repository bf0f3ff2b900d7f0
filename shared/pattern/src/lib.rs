//! EventBridge event patterns: which events a rule takes, and which patterns AWS refuses.
//!
//! The language is EventBridge's, as its matcher, Event Ruler, reads it: exact values, `prefix`,
//! `suffix`, `equals-ignore-case`, `anything-but`, `numeric`, `exists`, `cidr`, `wildcard` and `$or`
//! over nested fields, with arrays matched element by element and fields named together taken from
//! the same element.
//!
//! A pattern becomes flat alternatives of fields by path ([`EventPattern`]), an event becomes values
//! by path ([`Event`]), and matching looks up the paths that the pattern names. There is no automaton
//! and no regular expression. [`RuleSet`] holds many rules behind an index on exact texts, and
//! [`lint()`] checks the patterns of a bus against what AWS takes of them together.
//!
//! Patterns and events may come from anyone. Depth, `$or`, wildcards and keys written twice are each
//! bounded, so that no text makes the work grow exponentially.

mod cidr;
mod compile;
mod complexity;
mod consistency;
mod error;
mod event;
mod fold;
mod glob;
mod json;
mod lint;
mod matcher;
mod number;
mod operators;
mod pattern;
mod ruleset;
mod tree;

pub use error::{InvalidEvent, InvalidPattern};
pub use event::Event;
pub use json::SyntaxError;
pub use lint::{Lint, lint};
pub use pattern::EventPattern;
pub use ruleset::RuleSet;

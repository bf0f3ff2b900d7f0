//! The deployed stack, from a signed delivery at the HTTP API to what GitHub shows
//! and what the table holds.
//!
//! The emulator stores, but does not execute, the retries and dead-letter queues of
//! rules that invoke a function directly, on-failure destinations, and throttling:
//! `tests/tests/template` asserts them on the template.

mod flow;
mod start;

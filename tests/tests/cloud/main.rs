//! The deployed stack, from a signed delivery at the HTTP API to the posts on GitHub and
//! the items in the table.
//!
//! The emulator stores but does not execute retries and dead-letter queues of rules that
//! invoke a function directly, on-failure destinations, and throttling.
//! `tests/tests/template` asserts them in the template.

mod flow;
mod start;

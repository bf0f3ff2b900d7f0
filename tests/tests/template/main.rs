//! `infra/template.yaml` gives no function more than it needs, keeps no secret, and
//! loses no event.
//!
//! A guard is a function from the template to what it has against it. That it can
//! have something, each test shows too: it breaks the template for its guard.

#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null in a JSON value"
)]

mod alarms;
mod authority;
mod delivery;
mod environment;
mod infra;
mod parameters;
mod queues;
mod table;

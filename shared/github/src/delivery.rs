//! A webhook delivery.

/// A delivery.
#[derive(Debug)]
pub struct Delivery;

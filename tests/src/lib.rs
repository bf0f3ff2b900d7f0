//! What the tests share.

pub mod changes;
pub mod cloud;
pub mod emulator;
pub mod house;
pub mod interruption;
mod python;
mod target;

//! Captures log output, for tests that check it for secrets.

use std::sync::{Mutex, PoisonError};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// All log output of this thread, at every level and from every crate.
#[derive(Debug, Clone, Copy)]
pub struct Log(&'static Mutex<Vec<u8>>);

impl Log {
    /// Captures output until the guard is dropped.
    pub fn listen() -> (Self, DefaultGuard) {
        let log: &Mutex<Vec<u8>> = Box::leak(Box::default());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| log.make_writer())
            .finish();
        (Self(log), tracing::subscriber::set_default(subscriber))
    }

    /// Returns the captured text.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

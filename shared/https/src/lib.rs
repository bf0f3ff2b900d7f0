//! The one HTTPS client of a process: whoever calls GitHub, AWS or a function has a
//! clone of it, so that root certificates are read once, which is most of what a
//! first call costs.

pub use reqwest::{Client, ClientBuilder, Error};

use std::time::Duration;

/// For a connection; what a whole call may take is the caller's to say.
const CONNECT: Duration = Duration::from_secs(5);

/// A client as [`builder`] makes it.
///
/// # Errors
/// [`Error`] when TLS cannot be set up.
pub fn client() -> Result<Client, Error> {
    builder().build()
}

/// For a client that does nothing by itself: no redirects, no repeats, and no proxy,
/// for the environment is read in one place, and that is not reqwest.
pub fn builder() -> ClientBuilder {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails if another thread was quicker, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
}

//! The one HTTPS client of a process: whoever calls GitHub, AWS or a function has a
//! clone of it.

mod answer;
mod endpoint;

pub use answer::{fill, reason};
pub use endpoint::{Endpoint, EndpointError};
pub use reqwest::{Client, ClientBuilder, Error};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::time::Duration;

/// For a connection; what a whole call may take is the caller's to say.
const CONNECT: Duration = Duration::from_secs(5);

/// A client as [`builder`] makes it, which trusts whom the machine trusts.
///
/// # Errors
/// [`Error`] when TLS cannot be set up.
pub fn client() -> Result<Client, Error> {
    builder().build()
}

/// Why a client that brings its own root certificates cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The file with further ones.
    #[error("{file}: {problem}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] Error),
}

/// A client for a function: it trusts Mozilla's root certificates, which are built
/// in, and those in the PEM file `more`. To read the machine's takes a millisecond of
/// every cold start.
///
/// # Errors
/// [`RootsError`] names the file, and what is wrong with it.
pub fn client_with_built_in_roots(more: Option<&Path>) -> Result<Client, RootsError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = more {
        let wrong = |problem: String| RootsError::File {
            file: path.display().to_string(),
            problem,
        };
        let certificates = CertificateDer::pem_file_iter(path);
        for certificate in certificates.map_err(|error| wrong(error.to_string()))? {
            let added = certificate.map_err(|error| wrong(error.to_string()));
            let added = roots.add(added?);
            added.map_err(|error| wrong(error.to_string()))?;
        }
    }
    let builder = builder();
    let tls = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(tls).build()?)
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

//! HTTPS clients and their root certificates.

use crate::lookup::Lookup;
use config::Addresses;
use reqwest::{ClientBuilder, Error, Method, RequestBuilder, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::time::Duration;

/// Timeout of a connection. Callers set the timeout of a whole call.
const CONNECT: Duration = Duration::from_secs(5);

/// Client for APIs whose address is configured. It does not call host names that resolve to
/// addresses outside of [`Addresses`]. An IP address in place of a name is not resolved;
/// [`Endpoint`](crate::Endpoint) checks it. A clone shares all connections.
#[derive(Debug, Clone)]
pub struct Client {
    https: reqwest::Client,
    addresses: Addresses,
}

/// Client without a check of addresses, for services other than the configured APIs: AWS by its
/// SDK, and functions on this machine.
pub type UncheckedClient = reqwest::Client;

impl Client {
    fn new(builder: ClientBuilder, addresses: Addresses) -> Result<Self, Error> {
        Ok(Self {
            https: builder.dns_resolver(Lookup(addresses)).build()?,
            addresses,
        })
    }

    /// Returns the addresses that the client may call besides the internet.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Starts a request to the URL of an [`Endpoint`](crate::Endpoint).
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.https.request(method, url)
    }

    /// Starts a `POST` request to the URL of an [`Endpoint`](crate::Endpoint).
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.request(Method::POST, url)
    }
}

/// Creates a client with the settings of [`builder`] that trusts the machine's root certificates.
///
/// # Errors
/// [`Error`] if TLS cannot be set up.
pub fn client(addresses: Addresses) -> Result<Client, Error> {
    Client::new(builder(), addresses)
}

/// Creates such a client without a check of addresses.
///
/// # Errors
/// [`Error`] if TLS cannot be set up.
pub fn unguarded() -> Result<UncheckedClient, Error> {
    builder().build()
}

/// Root certificates of a function's clients: Mozilla's, which are built in, and others from a
/// file. Reading the machine's certificates would take a millisecond of every cold start.
#[derive(Debug, Clone)]
pub struct Roots(ClientConfig);

/// Error of a file with root certificates.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct RootsError {
    /// Path of the file.
    pub file: String,
    pub problem: String,
}

impl Roots {
    /// Combines Mozilla's root certificates with those in the PEM file `more`.
    ///
    /// # Errors
    /// [`RootsError`] names the file and the problem.
    pub fn built_in(more: Option<&Path>) -> Result<Self, RootsError> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = more {
            let wrong = |problem: String| RootsError {
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
        cryptography();
        let tls = ClientConfig::builder();
        Ok(Self(
            tls.with_root_certificates(roots).with_no_client_auth(),
        ))
    }

    /// Creates a client with the settings of [`builder`] that trusts these root certificates.
    ///
    /// # Errors
    /// [`Error`] if TLS cannot be set up.
    pub fn client(&self, addresses: Addresses) -> Result<Client, Error> {
        Client::new(self.builder(), addresses)
    }

    /// Creates such a client without a check of addresses.
    ///
    /// # Errors
    /// [`Error`] if TLS cannot be set up.
    pub fn unguarded(&self) -> Result<UncheckedClient, Error> {
        self.builder().build()
    }

    fn builder(&self) -> ClientBuilder {
        builder().tls_backend_preconfigured(self.0.clone())
    }
}

/// Returns the settings of all clients: no redirects, no retries and no proxy. `reqwest` must not
/// read a proxy from the environment, which the crate `config` alone reads.
pub fn builder() -> ClientBuilder {
    cryptography();
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
}

fn cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // The installation fails if another thread was faster; the provider is installed then.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Endpoint, reason};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    const LOOPBACK: Addresses = Addresses::LOOPBACK;

    /// Answers one call and returns the request.
    fn serve(answer: &'static str) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a call");
            let mut call = vec![0; 4096];
            let length = stream.read(&mut call).expect("its text");
            stream.write_all(answer.as_bytes()).expect("it listens");
            String::from_utf8_lossy(&call[..length]).into_owned()
        });
        (port, served)
    }

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().expect("a runtime")
    }

    #[test]
    fn calls_names_at_allowed_addresses_only() {
        const ANSWER: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        let (port, served) = serve(ANSWER);
        let url = format!("http://localhost:{port}/v1");
        let endpoint = Endpoint::read(&url, LOOPBACK).expect("loopback");
        runtime().block_on(async {
            let call = |addresses| {
                let client = client(addresses).expect("TLS can be set up");
                client.post(endpoint.at("/ask")).send()
            };
            let internet = call(Addresses::INTERNET).await.unwrap_err();
            assert!(internet.is_connect(), "{internet:?}");
            let told = reason(internet);
            assert!(told.contains("localhost is at "), "{told}");
            assert!(
                told.ends_with(", on this machine; to allow that, set ALLOW_ADDRESSES=loopback"),
                "{told}"
            );
            // The listener has received no call yet: it answers only the first one.
            let loopback = call(LOOPBACK).await.expect("an answer");
            assert_eq!(loopback.status(), 204);
        });
        let heard = served.join().expect("a call");
        assert!(heard.starts_with("POST /v1/ask "), "{heard}");
    }

    #[test]
    fn does_not_follow_redirects() {
        const ANSWER: &str = "HTTP/1.1 307 Temporary Redirect\r\nlocation: \
                              http://169.254.169.254/latest\r\nconnection: close\r\n\r\n";
        let (port, served) = serve(ANSWER);
        let endpoint = Endpoint::read(&format!("http://127.0.0.1:{port}"), LOOPBACK);
        let url = endpoint.expect("loopback").at("/v1");
        let client = client(LOOPBACK).expect("TLS can be set up");
        let answer = runtime().block_on(client.post(url).send());
        assert_eq!(answer.expect("an answer").status(), 307);
        served.join().expect("a call");
    }
}

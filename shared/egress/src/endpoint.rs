//! Base URL of an API that receives a secret, checked before the first call.

use crate::place::Place;
use config::Addresses;
use reqwest::Url;
use std::fmt;

/// Error of a URL that must not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?}: {wrong}")]
pub struct EndpointError {
    /// Scheme, host and port. Empty if the text is not a URL, since it may then hold a password
    /// that cannot be located.
    pub url: String,
    pub wrong: EndpointProblem,
}

/// Kind of an invalid URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointProblem {
    /// The text is not a URL.
    #[error("not a URL such as https://api.example.com/v1")]
    NoUrl,
    /// The URL has no host.
    #[error("no host")]
    NoHost,
    /// The URL has a user or a password.
    #[error("user and password do not belong here")]
    Password,
    /// The URL has a query or a fragment.
    #[error("nothing may follow the path")]
    Query,
    /// The scheme is not supported.
    #[error("neither https nor http")]
    Scheme,
    /// The URL uses `http` beyond loopback.
    #[error("the secret would be sent unencrypted; use https")]
    Unencrypted,
    /// The operator does not allow the place of the host. The text names the place and the setting
    /// that allows it.
    #[error("an address {0}")]
    Place(&'static str),
}

/// Base URL of an API: `https` on the internet; if [`Addresses`] allow it, `https` in a private
/// network, and `https` or `http` on loopback. Rejected are link-local addresses, metadata services
/// of clouds, user or password, and queries. The [`Client`](crate::Client) checks the addresses
/// that a host name resolves to by the same rules.
///
/// ```
/// # use config::Addresses;
/// # use egress::Endpoint;
/// let endpoint = Endpoint::read("https://api.moonshot.ai/v1/", Addresses::INTERNET)?;
/// assert_eq!(endpoint.host(), "api.moonshot.ai");
/// assert!(Endpoint::read("http://127.0.0.1:8080/v1", Addresses::INTERNET).is_err());
/// # Ok::<(), egress::EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// Parses and checks `text`.
    ///
    /// # Errors
    /// [`EndpointError`] names the problem and repeats no password.
    pub fn read(text: &str, addresses: Addresses) -> Result<Self, EndpointError> {
        let Ok(base) = Url::parse(text.trim()) else {
            return Err(EndpointError {
                url: String::new(),
                wrong: EndpointProblem::NoUrl,
            });
        };
        check(&base, addresses).map_err(|wrong| EndpointError {
            url: base.origin().ascii_serialization(),
            wrong,
        })?;
        Ok(Self { base })
    }

    /// Returns the host without the port: `api.moonshot.ai`, `127.0.0.1`, `[::1]`.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Returns the URL of `path`, which begins with `/` and needs no escaping.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{base}{path}"));
        url
    }

    /// Resolves `location` against `from`. `None` if the result has another scheme, host or port:
    /// the secret must not be sent there.
    pub fn follow(&self, from: &Url, location: &str) -> Option<Url> {
        let url = from.join(location).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }
}

fn check(base: &Url, addresses: Addresses) -> Result<(), EndpointProblem> {
    let host = base.host_str().ok_or(EndpointProblem::NoHost)?;
    if !base.username().is_empty() || base.password().is_some() {
        return Err(EndpointProblem::Password);
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(EndpointProblem::Query);
    }
    let place = Place::of_host(host);
    match (base.scheme(), place) {
        ("https", _) | ("http", Place::Loopback | Place::Nowhere) => {
            place.allowed(addresses).map_err(EndpointProblem::Place)
        }
        ("http", Place::Internet | Place::Private) => Err(EndpointProblem::Unencrypted),
        (_, _) => Err(EndpointProblem::Scheme),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERNET: Addresses = Addresses::INTERNET;
    const LOOPBACK: Addresses = Addresses::LOOPBACK;
    const PRIVATE: Addresses = Addresses::PRIVATE;

    #[test]
    fn accepts_allowed_endpoints_only() {
        // Settings that allow the URL; `None` means that no setting does.
        let (internet, loopback, private) = (Some(INTERNET), Some(LOOPBACK), Some(PRIVATE));
        for (why, url, good) in [
            ("GitHub's own", "https://api.github.com", internet),
            ("Kimi's own", "https://api.moonshot.ai/v1", internet),
            (
                "a slash at the end",
                "https://api.moonshot.ai/v1/",
                internet,
            ),
            ("a public address", "https://1.1.1.1/v1", internet),
            (
                "loopback may be plain",
                "http://127.0.0.1:8080/v1",
                loopback,
            ),
            ("loopback, encrypted", "https://127.0.0.1:8080/v1", loopback),
            ("loopback, IPv6", "http://[::1]:8080", loopback),
            ("loopback by name", "http://localhost:8080/v1", loopback),
            ("loopback, mapped", "http://[::ffff:127.0.0.1]/v1", loopback),
            ("loopback, decimal", "http://2130706433/v1", loopback),
            ("private", "https://10.0.0.7/v1", private),
            ("private, hexadecimal", "https://0x0a000007/v1", private),
            (
                "private by name",
                "https://git.corp.internal/api/v3",
                private,
            ),
            ("private, plain", "http://192.168.1.1/v1", None),
            ("the key in clear text", "http://api.moonshot.ai/v1", None),
            ("looks like loopback", "http://127.0.0.1.example.com", None),
            ("metadata of AWS", "https://169.254.169.254/v1", None),
            ("metadata, plain", "http://169.254.169.254/v1", None),
            ("metadata, decimal", "https://2852039166/v1", None),
            ("metadata, hexadecimal", "https://0xa9fea9fe/v1", None),
            ("metadata, octal", "https://0251.0376.0251.0376/", None),
            (
                "metadata, mapped",
                "https://[::ffff:169.254.169.254]/",
                None,
            ),
            ("metadata of AWS, IPv6", "https://[fd00:ec2::254]/", None),
            (
                "metadata of Google",
                "https://metadata.google.internal/",
                None,
            ),
            ("metadata of Alibaba", "https://100.100.100.200/", None),
            ("link-local, IPv6", "https://[fe80::1]/", None),
            ("unspecified", "https://0.0.0.0/", None),
            ("no scheme", "api.moonshot.ai", None),
            ("another scheme", "ftp://api.moonshot.ai", None),
            ("a user", "https://me@api.moonshot.ai", None),
            ("a query", "https://api.moonshot.ai/v1?a=b", None),
            ("a fragment", "https://api.moonshot.ai/v1#a", None),
            ("empty", "", None),
        ] {
            for addresses in [INTERNET, LOOPBACK, PRIVATE] {
                let good = good == Some(addresses) || good == internet;
                let read = Endpoint::read(url, addresses);
                assert_eq!(read.is_ok(), good, "{why}: {url} with {addresses:?}");
            }
        }
    }

    #[test]
    fn error_names_problem_and_remedy() {
        let told = |url, addresses| Endpoint::read(url, addresses).unwrap_err().to_string();
        insta::assert_snapshot!(told("http://localhost:8080/v1", INTERNET), @r#""http://localhost:8080": an address on this machine; to allow that, set ALLOW_ADDRESSES=loopback"#);
        insta::assert_snapshot!(told("https://10.0.0.7/v1", INTERNET), @r#""https://10.0.0.7": an address in a private network; to allow that, set ALLOW_ADDRESSES=private"#);
        insta::assert_snapshot!(told("https://10.0.0.7/v1", LOOPBACK), @r#""https://10.0.0.7": an address in a private network; to allow that, set ALLOW_ADDRESSES=loopback,private"#);
        insta::assert_snapshot!(told("http://10.0.0.7/v1", INTERNET), @r#""http://10.0.0.7": the secret would be sent unencrypted; use https"#);
        insta::assert_snapshot!(told("https://169.254.169.254/v1", PRIVATE), @r#""https://169.254.169.254": an address which is never called: link-local, a cloud's metadata service, or reserved"#);
        insta::assert_snapshot!(told("localhost", LOOPBACK), @r#""": not a URL such as https://api.example.com/v1"#);
    }

    #[test]
    fn error_hides_password() {
        for url in [
            "https://me:hunter2@api.moonshot.ai",
            "https://me:hunter2@ /",
        ] {
            let error = Endpoint::read(url, INTERNET).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn appends_path_to_base() {
        for base in ["https://api.moonshot.ai/v1", "https://api.moonshot.ai/v1/"] {
            let endpoint = Endpoint::read(base, INTERNET).unwrap();
            let url = endpoint.at("/chat/completions");
            assert_eq!(url.as_str(), "https://api.moonshot.ai/v1/chat/completions");
        }
    }

    #[test]
    fn follows_redirects_to_same_host_only() {
        let api = Endpoint::read("https://api.github.com", INTERNET).unwrap();
        let from = api.at("/repos/octo/widgets/pulls/7");
        for (why, location, good) in [
            (
                "renamed",
                "https://api.github.com/repositories/1/pulls/7",
                true,
            ),
            ("relative", "/repositories/1/pulls/7", true),
            ("another host", "https://evil.example/", false),
            ("another host, no scheme", "//evil.example/", false),
            ("unencrypted", "http://api.github.com/repositories/1", false),
            ("another port", "https://api.github.com:8443/", false),
            (
                "a host that begins alike",
                "https://api.github.com.evil.example/",
                false,
            ),
            (
                "a host behind a user",
                "https://api.github.com@evil.example/",
                false,
            ),
            ("not a URL", "https://[", false),
        ] {
            assert_eq!(api.follow(&from, location).is_some(), good, "{why}");
        }
    }
}

//! The address of an API that a secret is sent to, checked before the first call.

use reqwest::Url;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?}: {reason}")]
pub struct EndpointError {
    /// Scheme, host and port; empty if what was given is no URL, for it may hold a
    /// password that nobody could tell apart.
    pub url: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The base address of an API on the internet: `https`, or `http` on loopback. No
/// address of a private network, of a link or of a cloud's metadata service, no user
/// or password, no query.
///
/// ```
/// # use https::Endpoint;
/// let endpoint = Endpoint::read("https://api.moonshot.ai/v1/")?;
/// assert_eq!(endpoint.host(), "api.moonshot.ai");
/// assert!(Endpoint::read("https://169.254.169.254/v1").is_err());
/// # Ok::<(), https::EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// Reads `text`.
    ///
    /// # Errors
    /// [`EndpointError`] says what is wrong, and repeats no password.
    pub fn read(text: &str) -> Result<Self, EndpointError> {
        let Ok(base) = Url::parse(text.trim()) else {
            return Err(EndpointError {
                url: String::new(),
                reason: "not a URL such as https://api.example.com/v1",
            });
        };
        let wrong = |reason| {
            Err(EndpointError {
                url: base.origin().ascii_serialization(),
                reason,
            })
        };
        let Some(host) = base.host_str() else {
            return wrong("no host");
        };
        if !base.username().is_empty() || base.password().is_some() {
            return wrong("user and password do not belong here");
        }
        if base.query().is_some() || base.fragment().is_some() {
            return wrong("nothing may follow the path");
        }
        let place = Place::of(host);
        match (base.scheme(), place) {
            ("https" | "http", Place::Inside) => {
                wrong("an address inside a network or a cloud, not on the internet")
            }
            ("https", Place::Internet | Place::Loopback) | ("http", Place::Loopback) => {
                Ok(Self { base })
            }
            ("http", Place::Internet) => wrong("the secret would be sent unencrypted; use https"),
            (_, _) => wrong("neither https nor http"),
        }
    }

    /// The host, without the port: `api.moonshot.ai`, `127.0.0.1`, `[::1]`.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The address of `path`, which begins with `/` and holds nothing to escape.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{base}{path}"));
        url
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Loopback,
    Inside,
    Internet,
}

impl Place {
    /// Of a host as the URL parser writes it: every spelling of an IPv4 address
    /// (decimal, octal, hexadecimal) has become the dotted one.
    fn of(host: &str) -> Self {
        let name = host.trim_end_matches('.');
        let address = name.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => Self::of_v4(address),
            Ok(IpAddr::V6(address)) => Self::of_v6(address),
            Err(_) if name == "localhost" => Self::Loopback,
            Err(_) if name == "metadata" || name.ends_with(".internal") => Self::Inside,
            Err(_) => Self::Internet,
        }
    }

    /// "IANA IPv4 Special-Purpose Address Registry".
    fn of_v4(address: Ipv4Addr) -> Self {
        if address.is_loopback() {
            return Self::Loopback;
        }
        let [a, b, c, _] = address.octets();
        let inside = address.is_private()
            || address.is_link_local()
            || address.is_multicast()
            || a == 0
            || a >= 240
            || (a == 100 && (64..128).contains(&b))
            || (a == 192 && b == 0 && c == 0)
            || (a == 198 && (b == 18 || b == 19));
        if inside { Self::Inside } else { Self::Internet }
    }

    /// "IANA IPv6 Special-Purpose Address Registry"; an IPv4 address within is judged
    /// as one.
    fn of_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() {
            return Self::Loopback;
        }
        let v4 = |high: u16, low: u16| {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Self::of_v4(Ipv4Addr::new(a, b, c, d))
        };
        match address.segments() {
            // Mapped, and compatible.
            [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => v4(high, low),
            // NAT64 and 6to4 lead to the IPv4 address in them.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
                match v4(high, low) {
                    Self::Internet => Self::Internet,
                    Self::Loopback | Self::Inside => Self::Inside,
                }
            }
            [0x64, 0xff9b, ..] => Self::Inside,
            [first, ..] if first & 0xfe00 == 0xfc00 => Self::Inside, // unique local
            [first, ..] if first & 0xff80 == 0xfe80 => Self::Inside, // link and site
            [first, ..] if first & 0xff00 == 0xff00 => Self::Inside, // multicast
            _ => Self::Internet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_on_the_internet_and_encrypted_or_on_loopback() {
        for (why, url, good) in [
            ("Kimi's own", "https://api.moonshot.ai/v1", true),
            ("a slash at the end", "https://api.moonshot.ai/v1/", true),
            ("a public address", "https://1.1.1.1/v1", true),
            ("loopback may be plain", "http://127.0.0.1:8080/v1", true),
            ("loopback, IPv6", "http://[::1]:8080", true),
            ("loopback by name", "http://localhost:8080/v1", true),
            ("loopback, mapped", "http://[::ffff:127.0.0.1]/v1", true),
            ("loopback, decimal", "http://2130706433/v1", true),
            ("the key in clear text", "http://api.moonshot.ai/v1", false),
            ("looks like loopback", "http://127.0.0.1.example.com", false),
            ("private", "https://10.0.0.7/v1", false),
            ("private, plain", "http://192.168.1.1/v1", false),
            ("metadata of AWS", "https://169.254.169.254/v1", false),
            ("metadata, decimal", "https://2852039166/v1", false),
            ("metadata, hexadecimal", "https://0xa9fea9fe/v1", false),
            ("metadata, octal", "https://0251.0376.0251.0376/", false),
            (
                "metadata, mapped",
                "https://[::ffff:169.254.169.254]/",
                false,
            ),
            (
                "metadata, compatible",
                "https://[::169.254.169.254]/",
                false,
            ),
            ("metadata, NAT64", "https://[64:ff9b::a9fe:a9fe]/", false),
            ("loopback, 6to4", "https://[2002:7f00:1::]/", false),
            ("metadata of AWS, IPv6", "https://[fd00:ec2::254]/", false),
            (
                "metadata of Google",
                "https://metadata.google.internal/",
                false,
            ),
            (
                "the same, full name",
                "https://metadata.google.internal./",
                false,
            ),
            ("metadata of Alibaba", "https://100.100.100.200/", false),
            ("link-local, IPv6", "https://[fe80::1]/", false),
            ("unspecified", "https://0.0.0.0/", false),
            ("unspecified, IPv6", "https://[::]/", false),
            ("no scheme", "api.moonshot.ai", false),
            ("another scheme", "ftp://api.moonshot.ai", false),
            ("a user", "https://me@api.moonshot.ai", false),
            ("a query", "https://api.moonshot.ai/v1?a=b", false),
            ("a fragment", "https://api.moonshot.ai/v1#a", false),
            ("empty", "", false),
        ] {
            assert_eq!(Endpoint::read(url).is_ok(), good, "{why}: {url}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_not_repeated() {
        for url in [
            "https://me:hunter2@api.moonshot.ai",
            "https://me:hunter2@ /",
        ] {
            let error = Endpoint::read(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn paths_are_put_behind_the_base() {
        for base in ["https://api.moonshot.ai/v1", "https://api.moonshot.ai/v1/"] {
            let url = Endpoint::read(base).unwrap().at("/chat/completions");
            assert_eq!(url.as_str(), "https://api.moonshot.ai/v1/chat/completions");
        }
    }
}

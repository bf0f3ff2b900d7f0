//! Resolves host names by the machine's resolver and keeps the allowed addresses only.

use crate::place::Place;
use config::Addresses;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};

pub(crate) struct Lookup(pub(crate) Addresses);

/// Error of a host name whose addresses are all forbidden.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {address}, {reason}")]
pub(crate) struct ForbiddenHost {
    host: String,
    /// First of the forbidden addresses.
    address: IpAddr,
    reason: &'static str,
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.0;
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::net::lookup_host((host, 0)).await?;
            let kept = keep(host, found, addresses)?;
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

fn keep(
    host: &str,
    found: impl Iterator<Item = SocketAddr>,
    addresses: Addresses,
) -> Result<Vec<SocketAddr>, ForbiddenHost> {
    let (mut kept, mut refused) = (Vec::new(), None);
    for address in found {
        match allowed(host, address.ip(), addresses) {
            Ok(()) => kept.push(address),
            Err(reason) => {
                refused.get_or_insert_with(|| ForbiddenHost {
                    host: host.to_owned(),
                    address: address.ip(),
                    reason,
                });
            }
        }
    }
    match refused {
        Some(refused) if kept.is_empty() => Err(refused),
        Some(_) | None => Ok(kept),
    }
}

fn allowed(host: &str, address: IpAddr, addresses: Addresses) -> Result<(), &'static str> {
    let place = Place::of(address);
    // Calls to loopback are not encrypted, so that the name must resolve to loopback ("RFC 6761",
    // 6.3).
    if Place::of_host(host) == Place::Loopback && place != Place::Loopback {
        return Err("which is not this machine");
    }
    place.allowed(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERNET: Addresses = Addresses::INTERNET;
    const LOOPBACK: Addresses = Addresses::LOOPBACK;
    const PRIVATE: Addresses = Addresses::PRIVATE;

    #[test]
    fn keeps_allowed_addresses_only() {
        for (why, host, found, addresses, kept) in [
            (
                "the internet",
                "a.com",
                "1.1.1.1 1.0.0.1",
                INTERNET,
                "1.1.1.1 1.0.0.1",
            ),
            ("a private network", "a.com", "10.0.0.7", INTERNET, ""),
            ("allowed", "a.com", "10.0.0.7", PRIVATE, "10.0.0.7"),
            (
                "one by one",
                "a.com",
                "10.0.0.7 1.1.1.1 ::1",
                INTERNET,
                "1.1.1.1",
            ),
            ("this machine", "a.com", "127.0.0.1 ::1", PRIVATE, ""),
            (
                "allowed",
                "a.com",
                "127.0.0.1 ::1",
                LOOPBACK,
                "127.0.0.1 ::1",
            ),
            ("mapped", "a.com", "::ffff:10.0.0.7", LOOPBACK, ""),
            ("metadata", "a.com", "169.254.169.254", PRIVATE, ""),
            ("metadata, IPv6", "a.com", "fd00:ec2::254", PRIVATE, ""),
            (
                "by its name",
                "localhost",
                "127.0.0.1",
                LOOPBACK,
                "127.0.0.1",
            ),
            ("a name that lies", "localhost", "1.1.1.1", LOOPBACK, ""),
            ("nothing is found", "a.com", "", INTERNET, ""),
        ] {
            let of = |text: &str| -> Vec<SocketAddr> {
                let ips = text
                    .split_whitespace()
                    .map(|ip| ip.parse::<IpAddr>().unwrap());
                ips.map(|ip| SocketAddr::new(ip, 0)).collect()
            };
            let got = keep(host, of(found).into_iter(), addresses);
            let is_refused = !found.is_empty() && kept.is_empty();
            assert_eq!(got.is_err(), is_refused, "{why}: {host} at {found}");
            assert_eq!(
                got.unwrap_or_default(),
                of(kept),
                "{why}: {host} at {found}"
            );
        }
    }

    #[test]
    fn error_names_address_and_remedy() {
        let told = |host: &str, ip: &str| {
            let found = SocketAddr::new(ip.parse().unwrap(), 0);
            keep(host, [found].into_iter(), INTERNET).unwrap_err()
        };
        insta::assert_snapshot!(told("git.example.com", "10.0.0.7"), @"git.example.com is at 10.0.0.7, in a private network; to allow that, set ALLOW_ADDRESSES=private");
        insta::assert_snapshot!(told("git.example.com", "127.0.0.1"), @"git.example.com is at 127.0.0.1, on this machine; to allow that, set ALLOW_ADDRESSES=loopback");
        insta::assert_snapshot!(told("git.example.com", "169.254.169.254"), @"git.example.com is at 169.254.169.254, which is never called: link-local, a cloud's metadata service, or reserved");
        insta::assert_snapshot!(told("localhost", "10.0.0.7"), @"localhost is at 10.0.0.7, which is not this machine");
    }
}

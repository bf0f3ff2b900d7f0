//! Addresses of senders.

use std::net::IpAddr;
use std::str::FromStr;

/// Ranges of addresses whose requests a door answers. Without a range, it answers all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Senders(Vec<Range>);

/// Text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no range of addresses: expected CIDR notation such as 192.30.252.0/22")]
pub struct NoRange(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    network: IpAddr,
    prefix: u32,
}

impl Senders {
    /// Returns whether the address may send. An unknown address may not if there are ranges.
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || address.is_some_and(|address| self.0.iter().any(|range| range.contains(address)))
    }
}

/// Ranges in CIDR notation, separated by commas.
impl FromStr for Senders {
    type Err = NoRange;

    fn from_str(text: &str) -> Result<Self, NoRange> {
        let ranges = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let ranges = ranges.map(|range| Range::parse(range).ok_or_else(|| NoRange(range.into())));
        ranges.collect::<Result<_, _>>().map(Self)
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (network, prefix) = text.split_once('/')?;
        let (network, prefix): (IpAddr, u32) = (network.parse().ok()?, prefix.parse().ok()?);
        let bits = if network.is_ipv4() { 32 } else { 128 };
        (prefix <= bits).then_some(Self { network, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_addresses_of_its_ranges() {
        let github = "192.30.252.0/22, 140.82.112.0/20,2a0a:a440::/29,203.0.113.7/32";
        let senders: Senders = github.parse().unwrap();
        for (address, is_admitted) in [
            ("192.30.252.1", true),
            ("192.30.255.255", true),
            ("192.31.0.0", false),
            ("140.82.127.255", true),
            ("140.82.128.0", false),
            ("203.0.113.7", true),
            ("203.0.113.8", false),
            ("2a0a:a447:ffff::1", true),
            ("2a0a:a448::1", false),
            ("::ffff:192.30.252.1", true),
        ] {
            let parsed = address.parse().ok();
            assert_eq!(senders.admit(parsed), is_admitted, "{address}");
        }
        assert!(!senders.admit(None), "an unknown address");
        let all: Senders = "".parse().unwrap();
        assert!(all.admit(None) && all.admit("203.0.113.8".parse().ok()));
        let any: Senders = "0.0.0.0/0".parse().unwrap();
        assert!(any.admit("203.0.113.8".parse().ok()));
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "192.30.252.0",
            "192.30.252.0/33",
            "github.com/22",
            "::/129",
            "10.0.0.0/-1",
        ] {
            let error = text.parse::<Senders>().unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}

//! Classifies hosts and addresses by their place.

use config::Addresses;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Place of a host or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Internet,
    /// On this machine.
    Loopback,
    /// In a private network.
    Private,
    /// No place of an API: link-local, a metadata service of a cloud, or reserved.
    Nowhere,
}

/// Names of metadata services. Other names of such services are detected by their address when they
/// are resolved.
const METADATA: [&str; 5] = [
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
];

impl Place {
    /// Classifies a host as the URL parser writes it. The parser has converted every spelling of an
    /// IPv4 address (decimal, octal, hexadecimal) to dotted decimal.
    pub(crate) fn of_host(host: &str) -> Self {
        let name = host.trim_end_matches('.');
        let address = name.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(address) => Self::of(address),
            Err(_) if name == "localhost" => Self::Loopback,
            Err(_) if METADATA.contains(&name) => Self::Nowhere,
            Err(_) if name.ends_with(".internal") => Self::Private,
            Err(_) => Self::Internet,
        }
    }

    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    /// Classifies by the "IANA IPv4 Special-Purpose Address Registry".
    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [127, ..] => Self::Loopback,
            // Metadata services of Alibaba and Azure; the latter has a public address.
            [100, 100, 100, 200] | [168, 63, 129, 16] => Self::Nowhere,
            [10, ..] | [172, 16..32, ..] | [192, 168, ..] => Self::Private,
            // Shared address space of providers; benchmarking networks.
            [100, 64..128, ..] | [198, 18 | 19, ..] => Self::Private,
            [0, ..] | [169, 254, ..] | [192, 0, 0, _] => Self::Nowhere,
            [224..=255, ..] => Self::Nowhere, // multicast and reserved
            _ => Self::Internet,
        }
    }

    /// Classifies by the "IANA IPv6 Special-Purpose Address Registry". An embedded IPv4 address is
    /// classified as such.
    fn of_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() {
            return Self::Loopback;
        }
        let v4 = |high: u16, low: u16| {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Self::of_v4(Ipv4Addr::new(a, b, c, d))
        };
        match address.segments() {
            // Mapped and compatible addresses.
            [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => v4(high, low),
            // NAT64 and 6to4 embed an IPv4 address.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
                match v4(high, low) {
                    Self::Internet => Self::Internet,
                    Self::Loopback | Self::Private | Self::Nowhere => Self::Nowhere,
                }
            }
            [0x64, 0xff9b, ..] => Self::Nowhere,
            // Translated addresses and Teredo: no API is called through these.
            [0, 0, 0, 0, 0xffff, 0, ..] | [0x2001, 0, ..] => Self::Nowhere,
            // Metadata services of AWS, Google, Oracle and Scaleway.
            [0xfd00, 0xec2, ..]
            | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
            | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
            | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42] => Self::Nowhere,
            [0xfc00..0xfe00, ..] => Self::Private, // unique local
            [0xfe80..0xff00, ..] => Self::Nowhere, // link and site
            [0xff00..=0xffff, ..] => Self::Nowhere, // multicast
            _ => Self::Internet,
        }
    }

    /// Checks whether `addresses` allows the place.
    ///
    /// # Errors
    /// Names the place and the setting that allows it: "in a private network; …".
    pub(crate) fn allowed(self, addresses: Addresses) -> Result<(), &'static str> {
        match (self, addresses) {
            (Self::Internet, _)
            | (Self::Loopback, Addresses { loopback: true, .. })
            | (Self::Private, Addresses { private: true, .. }) => Ok(()),
            (Self::Loopback, Addresses { private: false, .. }) => {
                Err("on this machine; to allow that, set ALLOW_ADDRESSES=loopback")
            }
            (Self::Loopback, Addresses { private: true, .. }) => {
                Err("on this machine; to allow that, set ALLOW_ADDRESSES=loopback,private")
            }
            (
                Self::Private,
                Addresses {
                    loopback: false, ..
                },
            ) => Err("in a private network; to allow that, set ALLOW_ADDRESSES=private"),
            (Self::Private, Addresses { loopback: true, .. }) => {
                Err("in a private network; to allow that, set ALLOW_ADDRESSES=loopback,private")
            }
            (Self::Nowhere, _) => {
                Err("which is never called: link-local, a cloud's metadata service, or reserved")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_hosts() {
        for (why, host, place) in [
            ("a name", "api.moonshot.ai", Place::Internet),
            ("a public address", "1.1.1.1", Place::Internet),
            ("before the private ones", "172.15.255.255", Place::Internet),
            ("after them", "172.32.0.0", Place::Internet),
            ("before the shared ones", "100.63.255.255", Place::Internet),
            ("after them", "100.128.0.0", Place::Internet),
            (
                "a public address, IPv6",
                "[2606:4700::1111]",
                Place::Internet,
            ),
            ("public, mapped", "[::ffff:1.1.1.1]", Place::Internet),
            ("public, NAT64", "[64:ff9b::101:101]", Place::Internet),
            ("loopback", "127.0.0.1", Place::Loopback),
            ("all of it", "127.255.255.254", Place::Loopback),
            ("loopback, IPv6", "[::1]", Place::Loopback),
            ("loopback, mapped", "[::ffff:127.0.0.1]", Place::Loopback),
            ("loopback by name", "localhost", Place::Loopback),
            ("the same, full name", "localhost.", Place::Loopback),
            ("private", "10.0.0.7", Place::Private),
            ("private", "172.16.0.1", Place::Private),
            ("private", "172.31.255.254", Place::Private),
            ("private", "192.168.1.1", Place::Private),
            ("private, mapped", "[::ffff:10.0.0.7]", Place::Private),
            ("shared by customers", "100.64.0.1", Place::Private),
            ("under test", "198.19.0.1", Place::Private),
            ("unique local", "[fd12:3456::1]", Place::Private),
            ("for private use", "git.corp.internal", Place::Private),
            ("metadata of AWS", "169.254.169.254", Place::Nowhere),
            ("credentials of ECS", "169.254.170.2", Place::Nowhere),
            (
                "metadata, mapped",
                "[::ffff:169.254.169.254]",
                Place::Nowhere,
            ),
            (
                "metadata, compatible",
                "[::169.254.169.254]",
                Place::Nowhere,
            ),
            ("metadata, NAT64", "[64:ff9b::a9fe:a9fe]", Place::Nowhere),
            ("NAT64 of a network's own", "[64:ff9b:1::1]", Place::Nowhere),
            ("loopback, 6to4", "[2002:7f00:1::]", Place::Nowhere),
            ("translated", "[::ffff:0:127.0.0.1]", Place::Nowhere),
            ("Teredo", "[2001::1]", Place::Nowhere),
            ("private, 6to4", "[2002:a00:7::]", Place::Nowhere),
            ("metadata of AWS, IPv6", "[fd00:ec2::254]", Place::Nowhere),
            ("metadata of Google, IPv6", "[fd20:ce::254]", Place::Nowhere),
            (
                "metadata of Google",
                "metadata.google.internal",
                Place::Nowhere,
            ),
            (
                "the same, full name",
                "metadata.google.internal.",
                Place::Nowhere,
            ),
            ("metadata of Alibaba", "100.100.100.200", Place::Nowhere),
            ("metadata of Azure", "168.63.129.16", Place::Nowhere),
            ("link-local, IPv6", "[fe80::1]", Place::Nowhere),
            ("the end of them", "[febf::1]", Place::Nowhere),
            ("site-local", "[fec0::1]", Place::Nowhere),
            ("multicast", "224.0.0.1", Place::Nowhere),
            ("multicast, IPv6", "[ff02::1]", Place::Nowhere),
            ("broadcast", "255.255.255.255", Place::Nowhere),
            ("unspecified", "0.0.0.0", Place::Nowhere),
            ("unspecified, IPv6", "[::]", Place::Nowhere),
        ] {
            assert_eq!(Place::of_host(host), place, "{why}: {host}");
        }
    }

    #[test]
    fn places_are_allowed_separately() {
        let all = [false, true];
        let all = all.map(|loopback| all.map(|private| Addresses { loopback, private }));
        for addresses in all.into_iter().flatten() {
            let is_allowed = |place: Place| place.allowed(addresses).is_ok();
            assert!(is_allowed(Place::Internet));
            assert_eq!(is_allowed(Place::Loopback), addresses.loopback);
            assert_eq!(is_allowed(Place::Private), addresses.private);
            assert!(!is_allowed(Place::Nowhere));
        }
    }

    /// Checks that the setting in each error text keeps the places that are allowed already.
    #[test]
    fn remedy_allows_place_and_keeps_others() {
        for (loopback, private) in [(false, false), (true, false), (false, true)] {
            for place in [Place::Loopback, Place::Private] {
                let Err(told) = place.allowed(Addresses { loopback, private }) else {
                    continue;
                };
                let (_, set) = told.split_once("set ").expect("a remedy");
                let set = set.split_once('=').expect("a variable with a value");
                let set = config::Environment::from_iter([set]).allow_addresses();
                let set = set.expect("a value that is read");
                assert!(place.allowed(set).is_ok(), "{told}");
                assert_eq!(
                    (loopback || set.loopback, private || set.private),
                    (set.loopback, set.private),
                    "{told}"
                );
            }
        }
    }
}

//! `cidr`: a range of IP addresses, and addresses as AWS reads them.

use std::net::Ipv6Addr;
use std::ops::RangeInclusive;

/// An IP address in numeric form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    /// Parses dotted decimal or IPv6 text as Java does: decimal parts may have leading zeros, and
    /// an IPv4-mapped IPv6 address becomes the IPv4 address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.contains(':') {
            if !text
                .bytes()
                .all(|byte| byte == b':' || byte.is_ascii_hexdigit())
            {
                return None;
            }
            let address: Ipv6Addr = text.parse().ok()?;
            return Some(match address.to_ipv4_mapped() {
                Some(mapped) => Self::V4(mapped.to_bits()),
                None => Self::V6(address.to_bits()),
            });
        }
        // The longest IPv4 address is 255.255.255.255.
        if text.len() > 15 {
            return None;
        }
        let mut parts = 0;
        let mut bits = 0;
        for part in text.split('.') {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let byte: u8 = part.parse().ok()?;
            bits = (bits << 8) | u32::from(byte);
            parts += 1;
        }
        (parts == 4).then_some(Self::V4(bits))
    }
}

/// The range from the address as written to the last one with the same leading bits.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    V4(RangeInclusive<u32>),
    V6(RangeInclusive<u128>),
}

impl Block {
    /// Parses a block. Event Ruler takes the base as the lowest address, even if it is not aligned.
    ///
    /// The error uses AWS's wording.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // Java's split drops empty parts at the end.
        let mut parts: Vec<&str> = text.split('/').collect();
        while parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
        let [base, mask] = parts[..] else {
            return Err("Malformed CIDR, one '/' required".to_owned());
        };
        let Ok(mask) = mask.parse::<i32>() else {
            return Err("Malformed CIDR, mask bits must be an integer".to_owned());
        };
        let Ok(mask) = u32::try_from(mask) else {
            return Err("Malformed CIDR, mask bits must not be negative".to_owned());
        };
        match Address::parse(base) {
            None => Err(format!("Nonstandard IP address: {base}")),
            Some(Address::V4(_)) if mask > 31 => Err("IPv4 mask bits must be < 32".to_owned()),
            Some(Address::V6(_)) if mask > 127 => Err("IPv6 mask bits must be < 128".to_owned()),
            Some(Address::V4(base)) => Ok(Self::V4(base..=base | (u32::MAX >> mask))),
            Some(Address::V6(base)) => Ok(Self::V6(base..=base | (u128::MAX >> mask))),
        }
    }

    pub(crate) fn contains(&self, address: Address) -> bool {
        match (self, address) {
            (Self::V4(range), Address::V4(bits)) => range.contains(&bits),
            (Self::V6(range), Address::V6(bits)) => range.contains(&bits),
            (Self::V4(_), Address::V6(_)) | (Self::V6(_), Address::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_contains_addresses() {
        let table = [
            ("the first of the block", "10.0.0.0/24", "10.0.0.0", true),
            ("the last of the block", "10.0.0.0/24", "10.0.0.255", true),
            ("the next block", "10.0.0.0/24", "10.0.1.0", false),
            ("half a byte of mask", "10.0.16.0/20", "10.0.31.255", true),
            (
                "behind half a byte of mask",
                "10.0.16.0/20",
                "10.0.32.0",
                false,
            ),
            ("everything", "0.0.0.0/0", "255.255.255.255", true),
            ("two addresses", "10.0.0.2/31", "10.0.0.3", true),
            (
                "an unaligned base is where the range begins",
                "10.0.0.5/24",
                "10.0.0.4",
                false,
            ),
            (
                "an unaligned base reaches the end of its block",
                "10.0.0.5/24",
                "10.0.0.255",
                true,
            ),
            (
                "no address: a part is too large",
                "10.0.0.0/24",
                "10.0.0.256",
                false,
            ),
            ("no address: five parts", "10.0.0.0/24", "10.0.0.1.1", false),
            ("no address: a name", "0.0.0.0/0", "localhost", false),
            ("no address: an empty part", "0.0.0.0/0", "10..0.1", false),
            (
                "zeros in front are decimal",
                "10.0.0.8/31",
                "10.0.0.008",
                true,
            ),
            (
                "IPv6, written in full",
                "2001:db8::/32",
                "2001:0db8:0000:0000:0000:0000:0000:0001",
                true,
            ),
            ("IPv6, upper case", "2001:db8::/32", "2001:DB8::A", true),
            ("IPv6, outside", "2001:db8::/32", "2001:db9::", false),
            ("IPv6, one bit of mask left", "::2/127", "::3", true),
            (
                "an IPv4 address is in no IPv6 block",
                "::/0",
                "10.0.0.1",
                false,
            ),
            (
                "an IPv6 address is in no IPv4 block",
                "0.0.0.0/0",
                "::1",
                false,
            ),
            (
                "a mapped IPv4 address is an IPv4 address",
                "10.0.0.0/24",
                "::ffff:a00:1",
                true,
            ),
            (
                "dots and colons together are no address here",
                "10.0.0.0/24",
                "::ffff:10.0.0.1",
                false,
            ),
        ];
        for (why, block, address, hit) in table {
            let block = Block::parse(block).unwrap();
            let found = Address::parse(address).is_some_and(|address| block.contains(address));
            assert_eq!(found, hit, "{why}: {address}");
        }
    }

    #[test]
    fn invalid_blocks_return_aws_errors() {
        let table = [
            ("no mask", "10.0.0.0", "Malformed CIDR, one '/' required"),
            (
                "an empty mask is no mask",
                "10.0.0.0/",
                "Malformed CIDR, one '/' required",
            ),
            (
                "two masks",
                "10.0.0.0/8/8",
                "Malformed CIDR, one '/' required",
            ),
            (
                "no number",
                "10.0.0.0/x",
                "Malformed CIDR, mask bits must be an integer",
            ),
            (
                "below nothing",
                "10.0.0.0/-1",
                "Malformed CIDR, mask bits must not be negative",
            ),
            (
                "a single IPv4 address",
                "10.0.0.0/32",
                "IPv4 mask bits must be < 32",
            ),
            (
                "a single IPv6 address",
                "::1/128",
                "IPv6 mask bits must be < 128",
            ),
            ("no address", "/8", "Nonstandard IP address: "),
            (
                "a part too large",
                "10.0.0.256/8",
                "Nonstandard IP address: 10.0.0.256",
            ),
        ];
        for (why, block, words) in table {
            assert_eq!(Block::parse(block).unwrap_err(), words, "{why}: {block}");
        }
    }
}

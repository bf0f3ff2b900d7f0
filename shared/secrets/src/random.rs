//! Distinguishes random secrets from readable text.

/// Words that occur in examples. The probability that a random secret of 40 letters contains one of
/// them is below one in a thousand.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "sample",
    "dummy",
    "placehold",
    "changeme",
    "change-me",
    "change_me",
    "your",
    "xxxx",
    "redacted",
    "insert",
    "replace",
    "fake",
    "notreal",
    "not-real",
    "secret",
    "password",
];

/// Returns whether `body`, the part of a token behind its prefix, looks generated.
pub fn is_random(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    !PLACEHOLDERS.iter().any(|word| lower.contains(word))
        && longest_row(body) < 6
        && bits_per_letter(body) >= least_bits(body.len())
}

/// Returns a lower bound for the entropy of random text of `len` letters, in bits per letter:
/// measured for hexadecimal digits, the smallest alphabet in use, minus a margin.
fn least_bits(len: usize) -> f64 {
    match len {
        0..16 => 2.5,
        16..24 => 2.8,
        _ => 3.0,
    }
}

/// Returns Shannon's entropy of the bytes.
pub fn bits_per_letter(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let len = text.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| f64::from(count) / len)
        .map(|share| -share * share.log2())
        .sum()
}

/// Returns the length of the longest run of letters that are equal or ascending, such as `456789`.
fn longest_row(text: &str) -> usize {
    let mut longest = 0;
    let (mut same, mut up) = (1, 1);
    for (a, b) in text.bytes().zip(text.bytes().skip(1)) {
        same = if a == b { same + 1 } else { 1 };
        up = if a.checked_add(1) == Some(b) {
            up + 1
        } else {
            1
        };
        longest = longest.max(same).max(up);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{BASE32, BASE62, HEX, random};

    #[test]
    fn distinguishes_secrets_from_examples() {
        let good = [random(36, BASE62), random(32, HEX), random(16, BASE32)];
        for text in &good {
            assert!(is_random(text), "{text}");
        }
        for (why, text) in [
            ("says so", "IOSFODNN7EXAMPLE"),
            ("all the same", "XXXXXXXXXXXXXXXXXXXX"),
            ("few letters", "abababababababababab"),
            ("a row", "0a1bABCDEFGH7q9zK2mP"),
            ("for you to fill in", "YourTokenGoesHere7q9z"),
        ] {
            assert!(!is_random(text), "{why}: {text}");
        }
    }
}

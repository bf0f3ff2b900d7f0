//! Texts similar to secrets, for tests. They are generated when a test runs, so that the repository
//! contains none.

/// Letters and digits.
pub const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Hexadecimal digits.
pub const HEX: &str = "0123456789abcdef";

/// Alphabet of AWS access keys.
pub const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Returns `len` letters of `alphabet`, the same ones on every call.
pub fn random(len: usize, alphabet: &str) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ (len as u64);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let index = state.checked_rem(alphabet.len() as u64)?;
        alphabet.get(index as usize).copied()
    };
    (0..len).map_while(|_| next()).collect()
}

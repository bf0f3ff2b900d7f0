//! Signature of a request: HMAC-SHA256 over the raw body, in a header `sha256=<hex>`. GitHub
//! signs this way ("Validating webhook deliveries").

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Secrets of a source: one, or two during a rotation.
#[derive(Debug, Clone)]
pub struct Secrets(Vec<SecretString>);

/// The text holds no usable secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no webhook secret: expected one, or several joined by commas, none of them empty; \
     without one anybody could send deliveries"
)]
pub struct NoSecret;

impl Secrets {
    /// Parses secrets that are separated by commas, and trims each.
    ///
    /// # Errors
    /// [`NoSecret`] if there is none, or one is empty.
    pub fn parse(text: &SecretString) -> Result<Self, NoSecret> {
        let secrets = text.expose_secret().split(',').map(str::trim);
        if secrets.clone().any(str::is_empty) {
            return Err(NoSecret);
        }
        Ok(Self(secrets.map(SecretString::from).collect()))
    }

    /// Returns whether `header` signs `body` with one of the secrets. A wrong signature takes as
    /// long as a correct one.
    pub fn verify(&self, header: &str, body: &[u8]) -> bool {
        let Some(signature) = header.strip_prefix("sha256=").and_then(decode_hex) else {
            return false;
        };
        // Every secret is compared, so that the time does not reveal which one matches.
        self.0.iter().fold(false, |fits, secret| {
            let signed = mac(secret)
                .chain_update(body)
                .verify_slice(&signature)
                .is_ok();
            fits | signed
        })
    }

    /// Returns the header that signs `body` with the first secret.
    pub fn sign(&self, body: &[u8]) -> String {
        let digest = self.0.first().map(|secret| {
            let signed = mac(secret).chain_update(body).finalize().into_bytes();
            signed
                .iter()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
        });
        format!("sha256={}", digest.unwrap_or_default())
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(secret: &SecretString) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.expose_secret().as_bytes()).expect("a key of any length")
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let pairs = text.as_bytes().chunks(2);
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets(text: &str) -> Secrets {
        Secrets::parse(&SecretString::from(text)).unwrap()
    }

    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn githubs_own_example_verifies() {
        let secrets = secrets("It's a Secret to Everybody");
        assert!(secrets.verify(SIGNED, b"Hello, World!"));
        assert_eq!(secrets.sign(b"Hello, World!"), SIGNED);
    }

    #[test]
    fn nothing_else_verifies() {
        let one = secrets("It's a Secret to Everybody");
        for (why, header, body) in [
            ("another body", SIGNED.to_owned(), "Hello, World"),
            (
                "no algorithm",
                SIGNED.replace("sha256=", ""),
                "Hello, World!",
            ),
            (
                "the old algorithm",
                SIGNED.replace("sha256", "sha1"),
                "Hello, World!",
            ),
            ("cut short", SIGNED[..70].to_owned(), "Hello, World!"),
            ("too long", format!("{SIGNED}00"), "Hello, World!"),
            ("not hexadecimal", SIGNED.replace('7', "g"), "Hello, World!"),
            (
                "signs within the hexadecimal",
                SIGNED.replace("75", "+5"),
                "Hello, World!",
            ),
            ("empty", String::new(), "Hello, World!"),
        ] {
            assert!(!one.verify(&header, body.as_bytes()), "{why}: {header}");
        }
    }

    #[test]
    fn while_a_secret_is_rotated_both_verify() {
        let (old, new, both) = (secrets("old"), secrets("new"), secrets("new, old"));
        assert!(both.verify(&old.sign(b"body"), b"body"));
        assert!(both.verify(&new.sign(b"body"), b"body"));
        assert!(!new.verify(&old.sign(b"body"), b"body"));
    }

    #[test]
    fn no_secret_is_refused() {
        for text in ["", " ", ",", "a,", ",a", "a,,b"] {
            assert_eq!(
                Secrets::parse(&SecretString::from(text)).unwrap_err(),
                NoSecret,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", secrets("hunter2")).contains("hunter2"));
    }

    proptest! {
        #[test]
        fn any_header_is_answered(header in ".*", body in any::<Vec<u8>>()) {
            prop_assert!(!secrets("secret").verify(&header, &body));
        }

        #[test]
        fn every_body_can_be_signed(body in any::<Vec<u8>>()) {
            let secrets = secrets("secret");
            prop_assert!(secrets.verify(&secrets.sign(&body), &body));
        }
    }
}

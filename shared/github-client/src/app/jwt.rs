//! The JSON Web Token that authenticates an App ("Generating a JSON Web Token (JWT) for
//! a GitHub App").

use crate::config::ConfigError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use events::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};

/// Allowed lag of GitHub's clock in seconds: "60 seconds in the past".
const BEFORE: i64 = 60;

/// Lifetime of a JWT in seconds. GitHub accepts at most ten minutes; the rest allows for
/// a slow clock.
const AFTER: i64 = 9 * 60;

/// Id and private key of an App.
pub(crate) struct Signer {
    id: String,
    key: RsaKeyPair,
}

impl Signer {
    /// # Errors
    /// [`ConfigError`] says whether the id or the key is invalid.
    pub(crate) fn new(id: &str, private_key: &SecretString) -> Result<Self, ConfigError> {
        let id = id.trim();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if id.is_empty() || id.len() > 100 || !id.bytes().all(plain) {
            return Err(ConfigError::AppId);
        }
        let pem = private_key.expose_secret().replace("\\n", "\n");
        // Parser messages may quote the key, so they are dropped.
        let wrong = |reason| ConfigError::AppKey { reason };
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| wrong("no private key in PEM"))?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Sec1(_) | _ => return Err(wrong("no RSA key")),
        };
        Ok(Self {
            id: id.to_owned(),
            key: key.map_err(|_| wrong("no RSA key of 2048 bits or more"))?,
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns a JWT valid from `now`; `None` if the key cannot sign.
    pub(crate) fn jwt(&self, now: Timestamp) -> Option<String> {
        let now = now.as_second();
        let header = serde_json::json!({"alg": "RS256", "typ": "JWT"});
        let claims = serde_json::json!({
            "iat": now.saturating_sub(BEFORE),
            "exp": now.saturating_add(AFTER),
            "iss": self.id,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        // PKCS#1 padding is deterministic: the signature uses no randomness.
        let random = SystemRandom::new();
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &random,
                signed.as_bytes(),
                &mut signature,
            )
            .ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

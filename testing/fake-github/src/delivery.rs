//! Webhook deliveries in GitHub's format.

use github::PrKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write;

/// One `POST` from GitHub to the bot's webhook URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// `X-GitHub-Delivery`; a redelivery has the same value.
    pub guid: String,
    /// `X-GitHub-Event`, such as `pull_request`.
    pub event: String,
    /// Pull request of the event, if any. Not sent.
    pub pr: Option<PrKey>,
    /// JSON payload. The signature covers exactly these bytes.
    pub body: Vec<u8>,
}

impl WebhookDelivery {
    /// Returns the headers of the `POST` ("Webhook events and payloads", "Delivery
    /// headers"), signed with the webhook's secret ("Validating webhook
    /// deliveries").
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn headers(&self, secret: &str) -> Vec<(String, String)> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
        mac.update(&self.body);
        let mut signature = String::from("sha256=");
        for byte in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(signature, "{byte:02x}");
        }
        [
            ("Accept", "*/*"),
            ("Content-Type", "application/json"),
            ("User-Agent", "GitHub-Hookshot/044aadd"),
            ("X-GitHub-Delivery", &self.guid),
            ("X-GitHub-Event", &self.event),
            ("X-GitHub-Hook-ID", "292430182"),
            ("X-GitHub-Hook-Installation-Target-ID", "79929171"),
            ("X-GitHub-Hook-Installation-Target-Type", "integration"),
            ("X-Hub-Signature-256", &signature),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Parses the payload.
    ///
    /// # Panics
    /// Never: the world writes JSON only.
    #[expect(clippy::expect_used, reason = "the world writes JSON only")]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the world writes JSON")
    }
}

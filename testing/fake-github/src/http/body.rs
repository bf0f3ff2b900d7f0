//! Parses request bodies.

use crate::answer::Refusal;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Parses the body, or returns GitHub's error for an invalid one.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            Refusal {
                errors: vec![json!(error.to_string())],
                ..Refusal::new(422, "Invalid request.")
            }
        } else {
            Refusal::new(400, "Problems parsing JSON")
        }
    })
}

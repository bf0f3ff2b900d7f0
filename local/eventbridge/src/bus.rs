use crate::name::BusName;
use crate::refusal::Refusal;
use events::{Clock, Entropy};
use local_bus::LocalBus;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// State that the operations share.
pub(super) struct Bus {
    pub(super) name: BusName,
    pub(super) bus: Arc<LocalBus>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Bus {
    /// Returns a random UUID (version 4).
    pub(super) fn new_id(&self) -> String {
        let (high, low) = (self.entropy.next_u64(), self.entropy.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }

    pub(super) fn describe(&self, request: &DescribeEventBus) -> Result<Value, Refusal> {
        let name = request.name.as_deref().unwrap_or("default");
        match BusName::read(name) {
            Some(read) if read == self.name => {
                Ok(json!({ "Name": self.name.as_str(), "Arn": self.name.arn() }))
            }
            _ => Err(Refusal::no_such_bus(name)),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeEventBus {
    name: Option<String>,
}

//! Event bus on AWS: EventBridge's `PutEvents`.

use crate::Base;
use crate::base::looked_at;
use crate::explain::{CallError, explain};
use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_types::SdkConfig;
use config::ConfigError;
use events::{Batches, Clock, Entropy, Entry, EntryResult, PutEvents, PutEventsError};
use std::sync::Arc;

/// One bus ("PutEvents", Amazon EventBridge API Reference).
pub struct EventBridge {
    client: Client,
    bus: String,
}

/// Opens the bus that `EVENT_BUS_NAME` names and checks that it exists.
///
/// The check opens the connection for the first event, so that it costs little more time than it
/// saves there.
///
/// # Errors
/// [`ConfigError`] if the variable is not set or names a bus that is missing or forbidden.
pub async fn open(base: &Base) -> Result<Arc<Batches<EventBridge>>, ConfigError> {
    let name = base.environment.event_bus_name()?;
    let (clock, entropy) = (base.clock.clone(), base.entropy.clone());
    let looked = Client::new(&base.sdk)
        .describe_event_bus()
        .name(name)
        .send()
        .await;
    let looked = looked.map_err(|error| explain(&what(name), &error));
    looked_at("EVENT_BUS_NAME", looked)?;
    Ok(Arc::new(EventBridge::bus(&base.sdk, name, clock, entropy)))
}

fn what(bus: &str) -> String {
    format!("event bus {bus}")
}

impl EventBridge {
    /// Returns the bus called `bus`, with batches of the size that it accepts. `config` holds
    /// region and credentials.
    pub fn bus(
        config: &SdkConfig,
        bus: &str,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Batches<Self> {
        let client = Client::new(config);
        let bus = bus.to_owned();
        Batches::new(Self { client, bus }, clock, entropy)
    }

    fn request(&self, entry: &Entry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .detail(&entry.detail)
            .time(DateTime::from_millis(entry.time.as_millisecond()))
            .build()
    }
}

#[async_trait]
impl PutEvents for EventBridge {
    async fn put_events(&self, entries: &[Entry]) -> Result<Vec<EntryResult>, PutEventsError> {
        let requests = entries.iter().map(|entry| self.request(entry)).collect();
        let answer = self
            .client
            .put_events()
            .set_entries(Some(requests))
            .send()
            .await;
        let answer = answer.map_err(|error| {
            let CallError { retryable, reason } = explain(&what(&self.bus), &error);
            PutEventsError { retryable, reason }
        })?;
        let results = answer.entries.unwrap_or_default().into_iter();
        Ok(results
            .map(|entry| match (entry.event_id, entry.error_code) {
                (Some(id), None) => Ok(id),
                (_, code) => Err((
                    code.unwrap_or_else(|| "NoEventId".to_owned()),
                    entry.error_message.unwrap_or_default(),
                )),
            })
            .collect())
    }
}

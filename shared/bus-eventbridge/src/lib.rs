//! The bus on AWS: EventBridge's `PutEvents`.

use async_trait::async_trait;
use aws::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use bus::{Batches, Entry, EntryResult, PutEvents, PutEventsError};
use ports::{Clock, Entropy};
use std::sync::Arc;

/// One bus ("PutEvents", Amazon EventBridge API Reference).
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The bus called `bus`, reached as `config` says, in batches that it takes.
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
            let what = format!("event bus {}", self.bus);
            let aws::Failed { retryable, reason } = aws::explain(&what, &error);
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

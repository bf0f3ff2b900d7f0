use crate::{Clock, Entropy};
use crate::{Emit, EmitError};
use crate::{Event, EventId, Timestamp};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Largest number of entries in one call ("PutEvents").
pub const MAX_ENTRIES: usize = 10;

/// Largest size of one call, in bytes as [`Entry::size`] counts them. EventBridge accepts
/// 1 MiB; it accepted 256 KiB before. Events hold references and stay far below both.
pub const MAX_SIZE: usize = 256 * 1024;

/// Largest number of attempts for an entry.
const MAX_TRIES: u32 = 5;

/// Time before the second attempt. It doubles for each further attempt.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Entry of a PutEvents call ("PutEventsRequestEntry").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Id of the event, which names a failed entry. `detail` holds it too.
    pub id: EventId,
    /// Component that emits the event.
    pub source: String,
    /// Topic.
    pub detail_type: String,
    /// Event as JSON text.
    pub detail: String,
    /// Time of the event.
    pub time: Timestamp,
}

impl Entry {
    /// Returns the size in bytes as EventBridge counts it ("Calculating Amazon EventBridge
    /// PutEvents event entry size"): 14 for the time, and every text in UTF-8.
    pub fn size(&self) -> usize {
        14 + self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

impl From<&Event> for Entry {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.clone(),
            source: event.source.clone(),
            detail_type: event.topic.to_string(),
            detail: serde_json::json!(event).to_string(),
            time: event.time,
        }
    }
}

/// Result of one entry: EventBridge's id, or its error code and message.
pub type EntryResult = Result<String, (String, String)>;

/// One PutEvents call.
#[async_trait]
pub trait PutEvents: Send + Sync {
    /// Sends at most [`MAX_ENTRIES`] entries of at most [`MAX_SIZE`] bytes in all
    /// and returns what became of each, in their order.
    ///
    /// # Errors
    /// [`PutEventsError`] when none was taken.
    async fn put_events(&self, entries: &[Entry]) -> Result<Vec<EntryResult>, PutEventsError>;
}

/// Reason why a whole PutEvents call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutEventsError {
    /// True if the same call may succeed later.
    pub retryable: bool,
    /// Error message of EventBridge or of the connection.
    pub reason: String,
}

/// [`Emit`] by PutEvents: batches of ten and under the size limit. A call that
/// answers 200 can hide entries that failed; those, and only those, are sent
/// again.
pub struct Batches<P> {
    transport: P,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl<P: PutEvents> Batches<P> {
    /// Sends through `transport`, waiting on `clock` between tries.
    pub fn new(transport: P, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            transport,
            clock,
            entropy,
        }
    }

    async fn put(&self, mut entries: Vec<Entry>) -> Result<(), EmitError> {
        let mut wait = FIRST_WAIT;
        for tries in 1.. {
            let reason = match self.transport.put_events(&entries).await {
                Ok(results) => match failed(&mut entries, results) {
                    None => return Ok(()),
                    Some(reason) => reason,
                },
                Err(error) if error.retryable => error.reason,
                Err(error) => {
                    return Err(EmitError::Refused {
                        reason: error.reason,
                    });
                }
            };
            if tries == MAX_TRIES {
                return Err(EmitError::Unavailable {
                    failed: entries.into_iter().map(|entry| entry.id).collect(),
                    reason,
                });
            }
            tracing::warn!(
                failed = entries.len(),
                reason,
                "the bus did not accept all events"
            );
            let jittered = self.entropy.between(wait / 2, wait);
            self.clock.sleep(jittered).await;
            wait *= 2;
        }
        Ok(())
    }
}

/// Keeps the entries that failed and returns the first one's error; `None` when
/// all were taken. An answer that says less than was asked counts as failed.
fn failed(entries: &mut Vec<Entry>, results: Vec<EntryResult>) -> Option<String> {
    let mut first = None;
    let mut results = results.into_iter();
    entries.retain(|_| match results.next() {
        Some(Ok(_)) => false,
        Some(Err((code, message))) => {
            first.get_or_insert_with(|| format!("{code}: {message}"));
            true
        }
        None => {
            first.get_or_insert_with(|| "the answer names fewer entries than were sent".to_owned());
            true
        }
    });
    first
}

#[async_trait]
impl<P: PutEvents> Emit for Batches<P> {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        for batch in batches(&events)? {
            self.put(batch).await?;
        }
        Ok(())
    }
}

/// Splits `events` in their order. One that is too large by itself fails all of
/// them before the first is sent.
fn batches(events: &[Event]) -> Result<Vec<Vec<Entry>>, EmitError> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut size_of_last = 0;
    for event in events {
        let entry = Entry::from(event);
        let size = entry.size();
        if size > MAX_SIZE {
            return Err(EmitError::TooLarge {
                id: event.id.clone(),
                topic: event.topic.clone(),
                size,
                limit: MAX_SIZE,
            });
        }
        match batches.last_mut() {
            Some(last) if last.len() < MAX_ENTRIES && size_of_last + size <= MAX_SIZE => {
                last.push(entry);
                size_of_last += size;
            }
            _ => {
                batches.push(vec![entry]);
                size_of_last = size;
            }
        }
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, NewEvent};
    use crate::{ManualClock, SeededEntropy};
    use std::collections::HashSet;
    use std::sync::Mutex;

    fn event(n: usize, filling: usize) -> Event {
        let say = NewEvent {
            topic: "agent.pr.review_requested".parse().unwrap(),
            subject: "octo/widgets#7".to_owned(),
            data: serde_json::json!({ "filling": "x".repeat(filling) }),
        };
        let id = format!("event-{n}").parse().unwrap();
        Event::first(id, "github-bot.test", say, Timestamp::UNIX_EPOCH)
    }

    fn sizes(events: &[Event]) -> Vec<usize> {
        batches(events).unwrap().iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_keep_to_ten_entries_and_the_size_limit() {
        let small: Vec<_> = (0..23).map(|n| event(n, 10)).collect();
        assert_eq!(sizes(&small), [10, 10, 3], "ten a call");
        let large: Vec<_> = (0..5).map(|n| event(n, 100 * 1024)).collect();
        assert_eq!(sizes(&large), [2, 2, 1], "two of 100 KiB fit in a call");
        assert_eq!(sizes(&[]), [0; 0], "nothing is no call");
    }

    #[test]
    fn names_event_above_size_limit() {
        let error = batches(&[event(1, 10), event(2, MAX_SIZE)]).unwrap_err();
        assert!(!error.is_retryable());
        insta::assert_snapshot!(error, @"event event-2 on agent.pr.review_requested has 262401 bytes; the bus accepts at most 262144");
    }

    /// EventBridge as it answers: some entries fail, some of them for ever.
    struct UnreliableBus {
        taken: Mutex<Vec<String>>,
        fails: Mutex<Vec<HashSet<&'static str>>>,
    }

    #[async_trait]
    impl PutEvents for UnreliableBus {
        async fn put_events(&self, entries: &[Entry]) -> Result<Vec<EntryResult>, PutEventsError> {
            let mut fails = self.fails.lock().unwrap();
            let failing = if fails.is_empty() {
                HashSet::new()
            } else {
                fails.remove(0)
            };
            Ok(entries
                .iter()
                .map(|entry| {
                    if failing.contains(entry.id.as_str()) {
                        return Err(("InternalFailure".to_owned(), "try again".to_owned()));
                    }
                    self.taken.lock().unwrap().push(entry.id.to_string());
                    Ok("eventbridge-id".to_owned())
                })
                .collect())
        }
    }

    fn bus(fails: Vec<HashSet<&'static str>>) -> Batches<UnreliableBus> {
        let flaky = UnreliableBus {
            taken: Mutex::default(),
            fails: Mutex::new(fails),
        };
        let clock = ManualClock::starting_at(Timestamp::UNIX_EPOCH);
        Batches::new(flaky, Arc::new(clock), Arc::new(SeededEntropy::new(1)))
    }

    #[tokio::test]
    async fn only_the_entries_that_failed_are_sent_again() {
        let bus = bus(vec![
            HashSet::from(["event-1", "event-2"]),
            HashSet::from(["event-2"]),
        ]);
        bus.emit((0..4).map(|n| event(n, 1)).collect())
            .await
            .unwrap();
        let taken = bus.transport.taken.lock().unwrap();
        assert_eq!(*taken, ["event-0", "event-3", "event-1", "event-2"]);
    }

    #[tokio::test]
    async fn names_permanent_failures() {
        let bus = bus(vec![HashSet::from(["event-1"]); 9]);
        let error = bus.emit(vec![event(0, 1), event(1, 1)]).await.unwrap_err();
        assert!(error.is_retryable());
        insta::assert_snapshot!(error, @"the bus did not accept event-1 (InternalFailure: try again)");
    }
}

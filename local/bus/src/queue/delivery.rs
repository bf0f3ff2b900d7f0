//! Rows of the queue: deliveries and dead letters.

use events::{EventBridgeEvent, Timestamp, WaitCause};
use rusqlite::{Row, Transaction, params};
use serde_json::Value;
use std::time::Duration;

/// One event on one route.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Id in the queue.
    pub id: i64,
    /// Name of the matching rule.
    pub rule: String,
    /// Id of the rule's target.
    pub target: String,
    /// Event for the function. The function parses the detail.
    pub event: EventBridgeEvent<Value>,
    /// Number of failed calls.
    pub attempts: u32,
    /// Number of calls that did not reach the function.
    pub unreached: u32,
    /// Time of publication on the bus.
    pub put_at: Timestamp,
    /// Time from which this attempt may begin: after the route's delay, or after the wait of a
    /// failed attempt.
    pub due_at: Timestamp,
    /// Waits after failed attempts so far, of the causes that are counted.
    pub waits: RetryWaits,
}

/// Waits after failed attempts, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryWaits {
    /// Waits for a limited rate of writes.
    pub pace: Duration,
    /// Waits for a pause of a service.
    pub pause: Duration,
}

impl RetryWaits {
    /// Returns one wait.
    pub fn of(cause: WaitCause, wait: Duration) -> Self {
        let none = Self::default();
        match cause {
            WaitCause::Pace => Self { pace: wait, ..none },
            WaitCause::Pause => Self {
                pause: wait,
                ..none
            },
            WaitCause::Failure => none,
        }
    }
}

impl Delivery {
    /// Returns the rule's target that it is for.
    pub fn lane(&self) -> Lane {
        Lane {
            rule: self.rule.clone(),
            target: self.target.clone(),
        }
    }
}

/// Delivery that failed permanently.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DeadLetter {
    /// Id in the queue.
    pub id: i64,
    /// Name of the matching rule.
    pub rule: String,
    /// Id of the rule's target.
    pub target: String,
    /// Number of calls.
    pub attempts: u32,
    /// Reason of the failure.
    pub reason: String,
    /// Time of the failure.
    pub died_at: Timestamp,
    /// Event for the function, as JSON text.
    pub event: String,
}

/// Target of a rule. Deliveries of one lane do not wait for those of another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lane {
    /// Name of the rule.
    pub rule: String,
    /// `Id` of the target.
    pub target: String,
}

/// Number of deliveries in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Depth {
    /// Deliveries that are due, in progress, or waiting for a retry.
    pub waiting: u32,
    /// Deliveries whose first call is in the future, such as deadlines.
    pub delayed: u32,
    /// Dead letters.
    pub dead: u32,
}

/// Moves a delivery to the dead letters.
pub(super) fn bury(
    queue: &Transaction<'_>,
    id: i64,
    reason: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    queue.execute(
        "INSERT INTO dead_letter (id, rule, target, event, attempts, reason, died_at)
         SELECT id, rule, target, event, attempts + unreached + 1, ?2, ?3 FROM delivery WHERE id = ?1",
        params![id, reason, now.as_millisecond()],
    )?;
    queue.execute("DELETE FROM delivery WHERE id = ?1", [id])?;
    Ok(())
}

/// Reads a column of milliseconds since 1970.
pub(super) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|error| {
        let kind = rusqlite::types::Type::Integer;
        rusqlite::Error::FromSqlConversionFailure(column, kind, error.into())
    })
}

fn duration(row: &Row<'_>, column: usize) -> rusqlite::Result<Duration> {
    let milliseconds: i64 = row.get(column)?;
    Ok(Duration::from_millis(milliseconds.unsigned_abs()))
}

/// Reads deliveries into `due`. Moves a malformed delivery to the dead letters.
pub(super) fn read(
    queue: &Transaction<'_>,
    rows: &mut rusqlite::Rows<'_>,
    now: Timestamp,
    due: &mut Vec<Delivery>,
) -> rusqlite::Result<()> {
    while let Some(row) = rows.next()? {
        let event: String = row.get(3)?;
        match serde_json::from_str(&event) {
            Ok(event) => due.push(Delivery {
                id: row.get(0)?,
                rule: row.get(1)?,
                target: row.get(2)?,
                event,
                attempts: row.get(4)?,
                put_at: timestamp(row, 5)?,
                unreached: row.get(6)?,
                due_at: timestamp(row, 7)?,
                waits: RetryWaits {
                    pace: duration(row, 8)?,
                    pause: duration(row, 9)?,
                },
            }),
            Err(error) => {
                let reason = format!("it cannot be read any more: {error}");
                bury(queue, row.get(0)?, &reason, now)?;
            }
        }
    }
    Ok(())
}

//! Durable queue. An accepted event survives a crash of the process. Every delivery (one event on
//! one route) stays in the file until its function has handled it, or moves to the dead letters
//! with a reason.

mod delivery;
mod schema;
mod writer;

pub use delivery::{DeadLetter, Delivery, Depth, Lane, RetryWaits};
pub use writer::QueueError;

use crate::template::Route;
use delivery::{bury, read, timestamp};
use events::{EventBridgeEvent, Timestamp};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use writer::Writer;

/// Queue. Clones share it.
#[derive(Clone)]
pub struct Queue(Writer);

impl Queue {
    /// Opens the queue in the file at `path`. Creates the file if it does not exist.
    ///
    /// # Errors
    /// [`QueueError`] names the file.
    pub fn open(path: &Path) -> Result<Self, QueueError> {
        Writer::start(Connection::open(path), path.display().to_string()).map(Self)
    }

    /// Opens a queue in memory.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite cannot allocate memory.
    pub fn in_memory() -> Result<Self, QueueError> {
        Writer::start(Connection::open_in_memory(), "memory".to_owned()).map(Self)
    }

    /// Adds `event` to each of its `routes`. Returns after the commit.
    ///
    /// # Errors
    /// [`QueueError`]: no delivery was added.
    pub async fn put(
        &self,
        deliveries: Vec<(EventBridgeEvent<Value>, Route)>,
        now: Timestamp,
    ) -> Result<(), QueueError> {
        self.0
            .run(move |queue| {
                let mut insert = queue.prepare_cached(
                    "INSERT INTO delivery (rule, target, event, attempts, put_at, due_at)
                 VALUES (?1, ?2, ?3, 0, ?4, ?5)",
                )?;
                for (event, route) in deliveries {
                    let event = serde_json::json!(event).to_string();
                    let due = now + route.via.delay();
                    let times = (now.as_millisecond(), due.as_millisecond());
                    insert.execute(params![route.rule, route.target, event, times.0, times.1])?;
                }
                Ok(())
            })
            .await
    }

    /// Returns the first `limit` deliveries that are due, the oldest first. They stay in the queue;
    /// the caller tracks the ones in progress. Moves an unreadable delivery to the dead letters.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Delivery>, QueueError> {
        self.0
            .run(move |queue| {
                let mut select = queue.prepare_cached(
                    "SELECT id, rule, target, event, attempts, put_at, unreached, due_at,
                        pace_ms, pause_ms FROM delivery
                 WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2",
                )?;
                let mut due = Vec::new();
                let mut rows = select.query(params![now.as_millisecond(), count(limit)])?;
                read(queue, &mut rows, now, &mut due)?;
                Ok(due)
            })
            .await
    }

    /// Returns the due deliveries of each of `lanes`, at most the given number per lane, as
    /// [`due`](Queue::due) does. Lanes do not wait for each other.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn due_on(
        &self,
        lanes: Vec<(Lane, usize)>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, QueueError> {
        self.0
            .run(move |queue| {
                let mut select = queue.prepare_cached(
                    "SELECT id, rule, target, event, attempts, put_at, unreached, due_at,
                        pace_ms, pause_ms FROM delivery
                 WHERE rule = ?1 AND target = ?2 AND due_at <= ?3 ORDER BY due_at, id LIMIT ?4",
                )?;
                let mut due = Vec::new();
                for (Lane { rule, target }, limit) in lanes {
                    let now_ms = now.as_millisecond();
                    let mut rows = select.query(params![rule, target, now_ms, count(limit)])?;
                    read(queue, &mut rows, now, &mut due)?;
                }
                Ok(due)
            })
            .await
    }

    /// Returns the lanes of all deliveries in the queue.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn lanes(&self) -> Result<Vec<Lane>, QueueError> {
        self.0
            .run(|queue| {
                let mut select = queue.prepare("SELECT DISTINCT rule, target FROM delivery")?;
                let lane = |row: &Row<'_>| {
                    Ok(Lane {
                        rule: row.get(0)?,
                        target: row.get(1)?,
                    })
                };
                select.query_map([], lane)?.collect()
            })
            .await
    }

    /// Returns the time at which the next delivery is due, if there is one.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, QueueError> {
        self.0
            .run(|queue| {
                let first: Option<i64> =
                    queue.query_row("SELECT min(due_at) FROM delivery", [], |row| row.get(0))?;
                Ok(first.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
            })
            .await
    }

    /// Removes a handled delivery.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn done(&self, id: i64) -> Result<(), QueueError> {
        self.0
            .run(move |queue| {
                queue
                    .prepare_cached("DELETE FROM delivery WHERE id = ?1")?
                    .execute([id])?;
                Ok(())
            })
            .await
    }

    /// Schedules a delivery again at `due_at`. Counts the failed call, unless it only has to wait.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn again(
        &self,
        id: i64,
        due_at: Timestamp,
        waits: RetryWaits,
    ) -> Result<(), QueueError> {
        self.0
            .run(move |queue| {
                let mut update = queue.prepare_cached(
                    "UPDATE delivery SET attempts = attempts + ?5, due_at = ?2,
                 pace_ms = pace_ms + ?3, pause_ms = pause_ms + ?4 WHERE id = ?1",
                )?;
                let (pace, pause) = (milliseconds(waits.pace), milliseconds(waits.pause));
                let failed = i64::from(waits == RetryWaits::default());
                update.execute(params![id, due_at.as_millisecond(), pace, pause, failed])?;
                Ok(())
            })
            .await
    }

    /// Counts a call that did not reach the function. The delivery is due again at `due_at`.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn unreached(&self, id: i64, due_at: Timestamp) -> Result<(), QueueError> {
        self.0
            .run(move |queue| {
                let mut update = queue.prepare_cached(
                    "UPDATE delivery SET unreached = unreached + 1, due_at = ?2 WHERE id = ?1",
                )?;
                update.execute(params![id, due_at.as_millisecond()])?;
                Ok(())
            })
            .await
    }

    /// Moves a delivery that failed permanently to the dead letters.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn bury(&self, id: i64, reason: String, now: Timestamp) -> Result<(), QueueError> {
        self.0.run(move |queue| bury(queue, id, &reason, now)).await
    }

    /// Returns the dead letters, the oldest first.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, QueueError> {
        self.0
            .run(|queue| {
                let mut select = queue.prepare_cached(
                    "SELECT id, rule, target, attempts, reason, died_at, event FROM dead_letter
                 ORDER BY id",
                )?;
                let rows = select.query_map([], |row| {
                    Ok(DeadLetter {
                        id: row.get(0)?,
                        rule: row.get(1)?,
                        target: row.get(2)?,
                        attempts: row.get(3)?,
                        reason: row.get(4)?,
                        died_at: timestamp(row, 5)?,
                        event: row.get(6)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// Returns every dead letter to the queue with its counts reset. Returns the number of dead
    /// letters.
    ///
    /// # Errors
    /// [`QueueError`]: no dead letter was returned.
    pub async fn redrive(&self, now: Timestamp) -> Result<usize, QueueError> {
        self.0
            .run(move |queue| {
                let count = queue.execute(
                    "INSERT INTO delivery (rule, target, event, attempts, put_at, due_at)
                 SELECT rule, target, event, 0, ?1, ?1 FROM dead_letter ORDER BY id",
                    [now.as_millisecond()],
                )?;
                queue.execute("DELETE FROM dead_letter", [])?;
                Ok(count)
            })
            .await
    }

    /// Counts the deliveries in the queue.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn depth(&self, now: Timestamp) -> Result<Depth, QueueError> {
        self.0
            .run(move |queue| {
                queue.query_row(
                    "SELECT (SELECT count(*) FROM delivery WHERE due_at <= ?1 OR attempts > 0),
                        (SELECT count(*) FROM delivery WHERE due_at > ?1 AND attempts = 0),
                        (SELECT count(*) FROM dead_letter)",
                    [now.as_millisecond()],
                    |row| {
                        Ok(Depth {
                            waiting: row.get(0)?,
                            delayed: row.get(1)?,
                            dead: row.get(2)?,
                        })
                    },
                )
            })
            .await
    }
}

fn milliseconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

//! Durable queue. An accepted event survives a crash of the process. Every delivery (one event on
//! one route) stays in the file until its function has handled it, or moves to the dead letters
//! with a reason.

mod schema;

use crate::template::Route;
use events::{EventBridgeEvent, Timestamp, WaitCause};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use serde_json::Value;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Maximum number of requests per commit.
const MOST_IN_A_COMMIT: usize = 256;

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

/// Error of the queue.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the queue in {file}: {reason}")]
pub struct QueueError {
    /// Path of the file.
    pub file: String,
    /// Error of SQLite.
    pub reason: String,
}

/// Queue. Clones share it.
///
/// One thread owns the connection. Requests that arrive during a commit share the next commit, so
/// many requests cost one write to the disk.
#[derive(Clone)]
pub struct Queue {
    file: String,
    requests: mpsc::Sender<Request>,
}

/// Request to the thread. Returns a function that answers the requester after the commit.
type Request =
    Box<dyn FnOnce(&mut Transaction<'_>) -> Box<dyn FnOnce(Result<(), String>) + Send> + Send>;

impl Queue {
    /// Opens the queue in the file at `path`. Creates the file if it does not exist.
    ///
    /// # Errors
    /// [`QueueError`] names the file.
    pub fn open(path: &Path) -> Result<Self, QueueError> {
        Self::start(Connection::open(path), path.display().to_string())
    }

    /// Opens a queue in memory.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite cannot allocate memory.
    pub fn in_memory() -> Result<Self, QueueError> {
        Self::start(Connection::open_in_memory(), "memory".to_owned())
    }

    fn start(connection: rusqlite::Result<Connection>, file: String) -> Result<Self, QueueError> {
        let ready = connection.and_then(schema::prepared);
        let connection = ready.map_err(|error| QueueError {
            file: file.clone(),
            reason: error.to_string(),
        })?;
        let (requests, inbox) = mpsc::channel();
        std::thread::spawn(move || serve(connection, &inbox));
        Ok(Self { file, requests })
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
        self.ask(move |queue| {
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
        self.ask(move |queue| {
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
        self.ask(move |queue| {
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
        self.ask(|queue| {
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
        self.ask(|queue| {
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
        self.ask(move |queue| {
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
        self.ask(move |queue| {
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
        self.ask(move |queue| {
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
        self.ask(move |queue| bury(queue, id, &reason, now)).await
    }

    /// Returns the dead letters, the oldest first.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, QueueError> {
        self.ask(|queue| {
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
        self.ask(move |queue| {
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
        self.ask(move |queue| {
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

    /// Runs `work` within the next commit and waits for that commit.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, QueueError> {
        let (answer, answered) = oneshot::channel();
        let request: Request = Box::new(move |transaction| {
            let result = within_savepoint(transaction, work);
            Box::new(move |committed| {
                let result = result.map_err(|error| error.to_string());
                // The send fails if the requester was dropped. That is not an error.
                let _ = answer.send(committed.and(result));
            })
        });
        let gone = || "it could not be written".to_owned();
        let sent = self.requests.send(request).map_err(|_| gone());
        let answer = match sent {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(gone())),
            Err(gone) => Err(gone),
        };
        answer.map_err(|reason| QueueError {
            file: self.file.clone(),
            reason,
        })
    }
}

/// Runs `work` in a savepoint. A failure rolls back its own changes only.
fn within_savepoint<T>(
    transaction: &mut Transaction<'_>,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    transaction.execute_batch("SAVEPOINT request")?;
    let result = work(transaction);
    let end = if result.is_ok() {
        "RELEASE request"
    } else {
        "ROLLBACK TO request; RELEASE request"
    };
    transaction.execute_batch(end)?;
    result
}

fn serve(mut connection: Connection, inbox: &mpsc::Receiver<Request>) {
    while let Ok(first) = inbox.recv() {
        let waiting = inbox.try_iter().take(MOST_IN_A_COMMIT);
        let requests: Vec<_> = std::iter::once(first).chain(waiting).collect();
        let mut tell = Vec::new();
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let committed = begun.and_then(|mut transaction| {
            tell.extend(
                requests
                    .into_iter()
                    .map(|request| request(&mut transaction)),
            );
            transaction.commit()
        });
        if let Err(error) = &committed {
            tracing::error!(%error, "queue write failed");
        }
        let committed = committed.map_err(|error| error.to_string());
        for tell in tell {
            tell(committed.clone());
        }
    }
}

fn bury(queue: &Transaction<'_>, id: i64, reason: &str, now: Timestamp) -> rusqlite::Result<()> {
    queue.execute(
        "INSERT INTO dead_letter (id, rule, target, event, attempts, reason, died_at)
         SELECT id, rule, target, event, attempts + unreached + 1, ?2, ?3 FROM delivery WHERE id = ?1",
        params![id, reason, now.as_millisecond()],
    )?;
    queue.execute("DELETE FROM delivery WHERE id = ?1", [id])?;
    Ok(())
}

/// Reads a column of milliseconds since 1970.
fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|error| {
        let kind = rusqlite::types::Type::Integer;
        rusqlite::Error::FromSqlConversionFailure(column, kind, error.into())
    })
}

fn duration(row: &Row<'_>, column: usize) -> rusqlite::Result<Duration> {
    let milliseconds: i64 = row.get(column)?;
    Ok(Duration::from_millis(milliseconds.unsigned_abs()))
}

fn milliseconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads deliveries into `due`. Moves a malformed delivery to the dead letters.
fn read(
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

#[cfg(test)]
mod tests;

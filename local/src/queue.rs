//! The durable queue: what was accepted survives the process. Every delivery (one
//! event on one route) stays in the file until its function has handled it, or
//! moves to the dead letters with the reason.

mod schema;

use crate::template::Route;
use events::{EventBridgeEvent, Timestamp};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use serde_json::Value;
use std::path::Path;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// At most so many requests share one commit.
const MOST_IN_A_COMMIT: usize = 256;

/// One event on its way along one route.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The queue's number for it.
    pub id: i64,
    /// The rule that it matched.
    pub rule: String,
    /// The rule's target that it goes to.
    pub target: String,
    /// What the function will receive. Whether it can read the detail is its own
    /// affair.
    pub event: EventBridgeEvent<Value>,
    /// How often the function has failed on it.
    pub attempts: u32,
    /// How often the function could not even be reached.
    pub unreached: u32,
    /// When it was put on the bus.
    pub put_at: Timestamp,
    /// Time from which this attempt may begin: after the route's delay, or after the wait of a
    /// failed attempt.
    pub due_at: Timestamp,
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

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DeadLetter {
    /// The queue's number for it.
    pub id: i64,
    /// The rule that it matched.
    pub rule: String,
    /// The rule's target that it was for.
    pub target: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub died_at: Timestamp,
    /// What the function would have received, as JSON text.
    pub event: String,
}

/// A target of a rule. Deliveries of one lane do not wait for those of another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lane {
    /// The rule's name.
    pub rule: String,
    /// The target's `Id`.
    pub target: String,
}

/// How much is in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Depth {
    /// Deliveries that are due, in hand, or to be tried again.
    pub waiting: u32,
    /// Deliveries whose first try lies in the future, such as deadlines.
    pub delayed: u32,
    /// Deliveries that were given up.
    pub dead: u32,
}

/// Why the queue did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the queue in {file}: {reason}")]
pub struct QueueError {
    /// The file.
    pub file: String,
    /// What SQLite said.
    pub reason: String,
}

/// The queue. Clones share it.
///
/// One thread owns the connection; requests that come while it commits share the
/// next commit, so many can be accepted at the price of one write to the disk.
#[derive(Clone)]
pub struct Queue {
    file: String,
    requests: mpsc::Sender<Request>,
}

/// Does its work, and tells whoever asked once it is committed.
type Request =
    Box<dyn FnOnce(&mut Transaction<'_>) -> Box<dyn FnOnce(Result<(), String>) + Send> + Send>;

impl Queue {
    /// The queue in the file at `path`, made when there is none.
    ///
    /// # Errors
    /// [`QueueError`] names the file.
    pub fn open(path: &Path) -> Result<Self, QueueError> {
        Self::start(Connection::open(path), path.display().to_string())
    }

    /// A queue that is gone with the process.
    ///
    /// # Errors
    /// [`QueueError`] when SQLite has no memory.
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

    /// Puts `event` on each of its `routes`. Returns when it is on the disk.
    ///
    /// # Errors
    /// [`QueueError`]: nothing was put.
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

    /// Returns the first `limit` deliveries that are due, the oldest first. They stay in
    /// the queue: the caller remembers which ones it has taken. A delivery that cannot be
    /// read moves to the dead letters.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Delivery>, QueueError> {
        self.ask(move |queue| {
            let mut select = queue.prepare_cached(
                "SELECT id, rule, target, event, attempts, put_at, unreached, due_at FROM delivery
                 WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2",
            )?;
            let mut due = Vec::new();
            let mut rows = select.query(params![now.as_millisecond(), count(limit)])?;
            read(queue, &mut rows, now, &mut due)?;
            Ok(due)
        })
        .await
    }

    /// Returns the deliveries that are due on each of `lanes`, at most the given number
    /// for each, as [`due`](Queue::due) does. No lane waits for another.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn due_on(
        &self,
        lanes: Vec<(Lane, usize)>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, QueueError> {
        self.ask(move |queue| {
            let mut select = queue.prepare_cached(
                "SELECT id, rule, target, event, attempts, put_at, unreached, due_at FROM delivery
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
    /// [`QueueError`].
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

    /// When the next delivery is due, if there is one.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn next_due(&self) -> Result<Option<Timestamp>, QueueError> {
        self.ask(|queue| {
            let first: Option<i64> =
                queue.query_row("SELECT min(due_at) FROM delivery", [], |row| row.get(0))?;
            Ok(first.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
        })
        .await
    }

    /// Takes a delivery out: it was handled.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn done(&self, id: i64) -> Result<(), QueueError> {
        self.ask(move |queue| {
            queue
                .prepare_cached("DELETE FROM delivery WHERE id = ?1")?
                .execute([id])?;
            Ok(())
        })
        .await
    }

    /// A delivery has failed and is due again at `due_at`.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn again(&self, id: i64, due_at: Timestamp) -> Result<(), QueueError> {
        self.ask(move |queue| {
            let mut update = queue.prepare_cached(
                "UPDATE delivery SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1",
            )?;
            update.execute(params![id, due_at.as_millisecond()])?;
            Ok(())
        })
        .await
    }

    /// The function could not be reached; the delivery is due again at `due_at`.
    ///
    /// # Errors
    /// [`QueueError`].
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

    /// A delivery has failed for good and moves to the dead letters.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn bury(&self, id: i64, reason: String, now: Timestamp) -> Result<(), QueueError> {
        self.ask(move |queue| bury(queue, id, &reason, now)).await
    }

    /// The dead letters, the oldest first.
    ///
    /// # Errors
    /// [`QueueError`].
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

    /// Puts every dead letter back, as if it had never been tried. Returns how
    /// many there were.
    ///
    /// # Errors
    /// [`QueueError`]: none was put back.
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

    /// How much is in it.
    ///
    /// # Errors
    /// [`QueueError`].
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

    /// Has `work` done within the next commit, and waits for that.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, QueueError> {
        let (answer, answered) = oneshot::channel();
        let request: Request = Box::new(move |transaction| {
            let result = within_savepoint(transaction, work);
            Box::new(move |committed| {
                let result = result.map_err(|error| error.to_string());
                // Nobody waits any more if the asker was dropped: nothing to tell.
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

/// What fails leaves nothing behind, and does not take others down with it.
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
            tracing::error!(%error, "the queue could not be written");
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

/// The column's milliseconds since 1970.
fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|error| {
        let kind = rusqlite::types::Type::Integer;
        rusqlite::Error::FromSqlConversionFailure(column, kind, error.into())
    })
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads deliveries into `due`. One that is malformed moves to the dead letters.
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

//! The thread that owns the connection. Requests that arrive during a commit share the next commit,
//! so many requests cost one write to the disk.

use super::schema;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use tokio::sync::oneshot;

/// Maximum number of requests per commit.
const MOST_IN_A_COMMIT: usize = 256;

/// Error of the queue.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the queue in {file}: {reason}")]
pub struct QueueError {
    /// Path of the file.
    pub file: String,
    /// Error of SQLite.
    pub reason: String,
}

/// Sender of requests to the thread.
#[derive(Clone)]
pub(super) struct Writer {
    file: String,
    requests: mpsc::Sender<Request>,
}

/// Request to the thread. Returns a function that answers the requester after the commit.
type Request = Box<dyn FnOnce(&mut Transaction<'_>) -> Tell + Send>;

/// Answers the requester with the result of the commit.
type Tell = Box<dyn FnOnce(Result<(), String>) + Send>;

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: rusqlite::Result<Connection>,
        file: String,
    ) -> Result<Self, QueueError> {
        let ready = connection.and_then(schema::prepared);
        let connection = ready.map_err(|error| QueueError {
            file: file.clone(),
            reason: error.to_string(),
        })?;
        let (requests, inbox) = mpsc::channel();
        let opened = OpenedFile::of(&connection);
        std::thread::spawn(move || serve(connection, opened, &inbox));
        Ok(Self { file, requests })
    }

    /// Runs `work` within the next commit and waits for that commit.
    pub(super) async fn run<T: Send + 'static>(
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

/// File of a connection, as it was opened. SQLite goes on writing to a deleted file, and what it
/// writes there is lost.
struct OpenedFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl OpenedFile {
    /// Returns the file; `None` for a database in memory.
    fn of(connection: &Connection) -> Option<Self> {
        let path = PathBuf::from(connection.path().filter(|path| !path.is_empty())?);
        let identity = Self::identity(&path)?;
        Some(Self { path, identity })
    }

    fn identity(path: &Path) -> Option<(u64, u64)> {
        let metadata = path.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    fn is_in_place(&self) -> bool {
        Self::identity(&self.path) == Some(self.identity)
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

fn serve(mut connection: Connection, opened: Option<OpenedFile>, inbox: &mpsc::Receiver<Request>) {
    while let Ok(first) = inbox.recv() {
        let waiting = inbox.try_iter().take(MOST_IN_A_COMMIT);
        let requests: Vec<_> = std::iter::once(first).chain(waiting).collect();
        let mut tell = Vec::new();
        let committed = commit(&mut connection, opened.as_ref(), requests, &mut tell);
        if let Err(error) = &committed {
            tracing::error!(%error, "queue write failed");
        }
        for tell in tell {
            tell(committed.clone());
        }
    }
}

/// Runs the requests in one transaction. Without a transaction the requesters get no answer, which
/// they take for a failed write.
fn commit(
    connection: &mut Connection,
    opened: Option<&OpenedFile>,
    requests: Vec<Request>,
    tell: &mut Vec<Tell>,
) -> Result<(), String> {
    if opened.is_some_and(|file| !file.is_in_place()) {
        return Err("it was deleted or replaced: stop the server, bring the file back".to_owned());
    }
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let committed = begun.and_then(|mut transaction| {
        let results = requests.into_iter().map(|it| it(&mut transaction));
        tell.extend(results);
        transaction.commit()
    });
    committed.map_err(|error| error.to_string())
}

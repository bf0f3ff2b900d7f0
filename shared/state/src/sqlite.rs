use crate::row::{is_expired, judge, removable_before};
use crate::{
    Key, KeyPrefix, NewItem, Resume, SaveResult, StateBackend, StateError, StoredItem, Version,
    WriteId,
};
use async_trait::async_trait;
use events::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, TransactionBehavior, params};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Maximum time that a writer waits for other processes on the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);
/// Version of the state tables in the file (`PRAGMA user_version`).
const SCHEMA: i64 = 1;
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS state (
        key        TEXT PRIMARY KEY,
        version    INTEGER NOT NULL,
        value      TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        expires_at INTEGER,
        write_id   TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS state_expires_at ON state (expires_at) WHERE expires_at IS NOT NULL;
    PRAGMA user_version = 1;
";
const COLUMNS: &str = "key, version, value, updated_at, expires_at, write_id";

/// State in one SQLite file, the counterpart of DynamoDB on one machine. Several processes may
/// share the file ("Write-Ahead Logging") on one machine, but not over a network file system.
///
/// It owns the table `state` and the file's `user_version`; other tables in the file remain
/// untouched. Times are milliseconds since 1970.
#[derive(Clone)]
pub struct Sqlite {
    file: Arc<File>,
}

struct File {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sqlite").field(&self.file.path).finish()
    }
}

impl Sqlite {
    /// Opens the file, and creates it if it does not exist. Blocks for at most ten seconds while
    /// other processes hold the file.
    ///
    /// # Errors
    /// [`StateError::Refused`] names a file that is not a database, that a newer version of this
    /// program has written, or that cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StateError> {
        let path = path.as_ref();
        let connection = open(path).map_err(|error| explain(path, &error))?;
        let found = schema(&connection).map_err(|error| explain(path, &error))?;
        if found > SCHEMA {
            return Err(StateError::Refused {
                reason: format!(
                    "{} has state of schema {found} and this program knows {SCHEMA}: use a \
                     newer version of the program, or another file",
                    path.display()
                ),
            });
        }
        Ok(Self {
            file: Arc::new(File {
                path: path.to_owned(),
                connection: Mutex::new(connection),
            }),
        })
    }

    /// Runs `work` on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StateError> {
        let file = Arc::clone(&self.file);
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = file
                .connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            work(&mut connection).map_err(|error| explain(&file.path, &error))
        });
        done.await.map_err(|error| StateError::Unavailable {
            reason: format!("the runtime is shutting down: {error}"),
        })?
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let begun = Instant::now();
    loop {
        match prepare(&mut connection) {
            // Two processes that switch a new file to WAL at the same time would wait for each
            // other, so SQLite rejects one of them without a wait ("sqlite3_busy_handler").
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY_TIMEOUT => {
                std::thread::sleep(BETWEEN_TRIES);
            }
            prepared => return prepared.map(|()| connection),
        }
    }
}

/// Creates the tables in a file without tables.
fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    if schema(connection)? == 0 {
        connection.pragma_update(None, "journal_mode", "wal")?;
        let tables = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if schema(&tables)? == 0 {
            tables.execute_batch(TABLES)?;
        }
        tables.commit()?;
    }
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

fn schema(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Converts an SQLite error ("Result and Error Codes") to the caller's error.
fn explain(path: &Path, error: &rusqlite::Error) -> StateError {
    let file = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StateError::Refused {
            reason: format!("{file} is no SQLite database: move it away, or name another file"),
        },
        Some(ErrorCode::CannotOpen) => StateError::Refused {
            reason: format!("{file} cannot be opened: its directory must exist and be writable"),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StateError::Refused {
            reason: format!("{file} must be writable, and its directory too ({error})"),
        },
        Some(ErrorCode::DatabaseCorrupt) => StateError::Refused {
            reason: format!("{file} is damaged: move it away, or bring back a copy ({error})"),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Unavailable {
            reason: format!("{file} is held by another process ({error})"),
        },
        Some(ErrorCode::DiskFull) => StateError::Unavailable {
            reason: format!("the disk of {file} is full"),
        },
        Some(ErrorCode::SystemIoFailure) => StateError::Unavailable {
            reason: format!("{file}: {error}"),
        },
        Some(_) | None => StateError::Refused {
            reason: format!("{file}: {error}"),
        },
    }
}

fn find(connection: &Connection, key: &Key) -> rusqlite::Result<Option<StoredItem>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM state WHERE key = ?1"))?
        .query_row([key.as_str()], stored)
        .optional()
        .map(|found| found.map(|(_, stored)| stored))
}

fn stored(row: &Row<'_>) -> rusqlite::Result<(Key, StoredItem)> {
    let key = row.get::<_, String>(0)?;
    let version = row.get::<_, i64>(1)?;
    let stored = StoredItem {
        version: Version::new(u64::try_from(version).map_err(|error| wrong(1, error))?),
        value: row.get(2)?,
        updated_at: instant(3, row.get(3)?)?,
        expires_at: row
            .get::<_, Option<i64>>(4)?
            .map(|at| instant(4, at))
            .transpose()?,
        write_id: WriteId::stored(row.get(5)?),
    };
    Ok((Key::try_from(key).map_err(|error| wrong(0, error))?, stored))
}

fn instant(column: usize, millis: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| wrong(column, error))
}

fn wrong(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Null, Box::new(error))
}

/// Reads and writes under the file's write lock, so that the commit decides the race.
fn put(
    connection: &mut Connection,
    key: &Key,
    expected: Version,
    item: NewItem,
) -> rusqlite::Result<SaveResult> {
    let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = match judge(find(&write, key)?.as_ref(), expected, &item) {
        Ok(version) => version,
        Err(answer) => return Ok(answer),
    };
    let removable = removable_before(item.updated_at()).as_millisecond();
    let item = item.stored_as(version);
    write
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO state ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        ))?
        .execute(params![
            key.as_str(),
            i64::try_from(version.get()).map_err(|error| wrong(1, error))?,
            item.value,
            item.updated_at.as_millisecond(),
            item.expires_at.map(Timestamp::as_millisecond),
            item.write_id.as_str(),
        ])?;
    write
        .prepare_cached("DELETE FROM state WHERE expires_at <= ?1")?
        .execute([removable])?;
    write.commit()?;
    Ok(SaveResult::Written(version))
}

#[async_trait]
impl StateBackend for Sqlite {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let key = key.clone();
        let found = self.run(move |connection| find(connection, &key)).await?;
        Ok(found.filter(|row| !is_expired(row, now)))
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        item.check_size(key)?;
        let key = key.clone();
        self.run(move |connection| put(connection, &key, expected, item))
            .await
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        let after = match prefix.resume(after) {
            Resume::Beginning => String::new(),
            Resume::After(key) => key.to_string(),
            Resume::End => return Ok(Vec::new()),
        };
        // Keys are visible ASCII, so that all keys with the prefix sort before the prefix followed
        // by a delete character.
        let from = prefix.to_string();
        let to = format!("{prefix}\x7f");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.run(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM state
                     WHERE key >= ?1 AND key < ?2 AND key > ?3
                       AND (expires_at IS NULL OR expires_at > ?4)
                     ORDER BY key LIMIT ?5"
                ))?
                .query_map(
                    params![from, to, after, now.as_millisecond(), limit],
                    stored,
                )?
                .collect()
        })
        .await
    }
}

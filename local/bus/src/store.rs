use crate::queue::Queue;
use crate::server::ServeError;
use config::Environment;
use rusqlite::Connection;
use state::{Memory, Sqlite, StateBackend, StateUrl};
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Default location of the state: a file in the current folder.
pub const DEFAULT_STATE: &str = "sqlite://github-bot.db";

/// State and queue of one machine, with the lock that excludes other processes.
pub struct Store {
    /// State.
    pub state: Arc<dyn StateBackend>,
    /// Queue.
    pub queue: Queue,
    path: Option<PathBuf>,
}

impl Store {
    /// Opens the state that `given` names, or `STATE_URL`, or [`DEFAULT_STATE`]. Creates a missing
    /// file.
    ///
    /// # Errors
    /// [`ServeError`] names the value and its source.
    pub fn open(given: Option<&str>, environment: &Environment) -> Result<Self, ServeError> {
        match location(given, environment)? {
            None => Ok(Self {
                state: Arc::new(Memory::default()),
                queue: Queue::in_memory()?,
                path: None,
            }),
            Some(path) => {
                private(&path)?;
                let state = Arc::new(Sqlite::open(&path)?);
                check(&path)?;
                Ok(Self {
                    state,
                    queue: Queue::open(&path)?,
                    path: Some(path),
                })
            }
        }
    }

    /// Opens the state as [`Store::open`] does, but does not create a missing file.
    ///
    /// # Errors
    /// [`ServeError::NoDatabase`] if there is no file at the path; otherwise as [`Store::open`].
    pub fn open_existing(
        given: Option<&str>,
        environment: &Environment,
    ) -> Result<Self, ServeError> {
        match location(given, environment)? {
            Some(path) if !path.is_file() => {
                Err(ServeError::NoDatabase(path.display().to_string()))
            }
            Some(_) | None => Self::open(given, environment),
        }
    }

    /// Locks the file against other runners for the lifetime of the lock. Two runners would deliver
    /// every event twice.
    pub fn lock(&self) -> Result<Option<File>, ServeError> {
        self.path.as_deref().map(lock).transpose()
    }
}

/// Returns the path of the database; `None` for the memory of the process.
fn location(given: Option<&str>, environment: &Environment) -> Result<Option<PathBuf>, ServeError> {
    let (given_by, url) = match (given, environment.state_url()) {
        (Some(url), _) => ("--state", url),
        (None, Ok(url)) => ("STATE_URL", url),
        (None, Err(_)) => ("--state", DEFAULT_STATE),
    };
    let refused = |problem| ServeError::StateUrl { given_by, problem };
    match url
        .parse()
        .map_err(|error: state::InvalidStateUrl| refused(error.to_string()))?
    {
        StateUrl::Memory => Ok(None),
        StateUrl::Sqlite(path) => Ok(Some(path)),
        StateUrl::DynamoDb(_) | StateUrl::Redis(_) => Err(refused(format!(
            "{url:?} is not for one machine: expected sqlite://path or memory:"
        ))),
    }
}

fn lock(path: &Path) -> Result<File, ServeError> {
    let lock = PathBuf::from(format!("{}.lock", path.display()));
    let file = private(&lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(failed(&lock, error)),
    }
}

/// Opens the file at `path`. Creates a missing file that only its owner may read: state contains
/// code of private repositories. SQLite gives its other files the same mode.
fn private(path: &Path) -> Result<File, ServeError> {
    let mut options = File::options();
    options.read(true).append(true).create(true).mode(0o600);
    options.open(path).map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> ServeError {
    ServeError::File {
        path: path.display().to_string(),
        error,
    }
}

/// Looks for damaged pages ("PRAGMA quick_check").
fn check(path: &Path) -> Result<(), ServeError> {
    let connection = Connection::open(path);
    let checked = connection.and_then(|connection| {
        connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0))
    });
    match checked {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(damaged(path, found)),
        Err(error) => Err(damaged(path, error.to_string())),
    }
}

fn damaged(path: &Path, found: String) -> ServeError {
    ServeError::Damaged {
        path: path.display().to_string(),
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn open(path: &Path) -> Result<Store, ServeError> {
        let url = format!("sqlite://{}", path.display());
        Store::open(Some(&url), &Environment::default())
    }

    #[tokio::test]
    async fn files_are_readable_by_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("bot.db")).unwrap();
        let _lock = store.lock().unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", entry.path());
        }
    }

    #[tokio::test]
    async fn damaged_pages_are_found_before_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bot.db");
        drop(open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        let fill = "CREATE TABLE filler AS WITH RECURSIVE n(i) AS
                    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    SELECT i, hex(randomblob(200)) AS text FROM n";
        connection.execute_batch(fill).unwrap();
        let close = "PRAGMA wal_checkpoint(TRUNCATE)";
        connection.query_row(close, [], |_| Ok(())).unwrap();
        drop(connection);
        let mut bytes = fs::read(&path).unwrap();
        let half = bytes.len() / 2;
        bytes[half..half + 8192].fill(0xff);
        fs::write(&path, bytes).unwrap();
        let refused = open(&path).map(drop).unwrap_err();
        assert!(refused.is_usage());
        let expected = format!("{} is damaged", path.display());
        assert!(refused.to_string().starts_with(&expected), "{refused}");
    }

    #[tokio::test]
    async fn missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/bot.db");
        let refused = open(&path).map(drop).unwrap_err().to_string();
        assert!(refused.contains("none/bot.db"), "{refused}");
    }
}

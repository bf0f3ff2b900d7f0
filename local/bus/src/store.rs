use crate::queue::Queue;
use crate::server::ServeError;
use config::Environment;
use state::{Memory, Sqlite, StateBackend, StateUrl};
use std::fs::{File, TryLockError};
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
            Some(path) => Ok(Self {
                state: Arc::new(Sqlite::open(&path)?),
                queue: Queue::open(&path)?,
                path: Some(path),
            }),
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
    let file = File::create(lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

//! Tests of SQLite files: opening, rejecting, sharing between processes.
#![cfg(feature = "sqlite")]

use events::{Clock, Event, Failure, NewEvent, SystemClock, SystemEntropy};
use state::{Decision, Key, Sqlite, StateError, StateManager, Turn, Version};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const PROCESSES: u32 = 4;
const TURNS: u32 = 25;

fn manager(file: &Path) -> StateManager {
    let backend = Sqlite::open(file).unwrap_or_else(|error| panic!("{error}"));
    StateManager::new(
        Arc::new(backend),
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
    )
}

fn key() -> Key {
    "review:octo/widgets#7@4f2a"
        .parse()
        .expect("a key of the test is a key")
}

/// Handles a new event by adding its id to the set.
async fn hear(
    state: &StateManager,
    id: &str,
) -> Result<Turn<BTreeSet<String>, &'static str>, StateError> {
    let say = NewEvent {
        topic: "agent.pr.check_completed".parse().expect("a topic"),
        subject: "octo/widgets#7".to_owned(),
        data: serde_json::json!({}),
    };
    let heard = Event::first(
        id.parse().expect("an id"),
        "github-bot.security",
        say,
        SystemClock.now(),
    );
    let decide = |seen: Option<&BTreeSet<String>>, _now| {
        let mut next = seen.cloned().unwrap_or_default();
        next.insert(id.to_owned());
        Decision::Write {
            next,
            emits: Vec::new(),
            expires_at: None,
        }
    };
    state.turn(&key(), "verdict", &heard, decide).await
}

/// Starts this program again to run [`one_of_several_processes`] on `file`.
fn spawn(file: &Path, name: &str) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(program)
        .args([
            "--exact",
            "one_of_several_processes",
            "--ignored",
            "--nocapture",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program runs");
    let stdin = child.stdin.as_mut().expect("its input is a pipe");
    writeln!(stdin, "{}\n{name}", file.display()).expect("it reads its input");
    child
}

#[tokio::test]
#[ignore = "the tests below run it as a separate process"]
async fn one_of_several_processes() {
    let mut lines = std::io::stdin().lines().map(|line| line.unwrap());
    let (Some(file), Some(name)) = (lines.next(), lines.next()) else {
        panic!("expected a file and a name on standard input");
    };
    let state = manager(Path::new(&file));
    for n in 0..TURNS {
        let turn = hear(&state, &format!("{name}-{n}")).await.unwrap();
        assert!(matches!(turn, Turn::Applied { .. }), "{turn:?}");
        println!("turn {n}");
    }
}

#[tokio::test]
async fn several_processes_lose_no_update() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.db");
    let children: Vec<_> = (0..PROCESSES)
        .map(|n| spawn(&file, &format!("process-{n}")))
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let emitted = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "a process failed: {emitted}");
    }
    let seen = manager(&file).get(&key()).await.unwrap();
    let record: state::Record<BTreeSet<String>> = seen.value.unwrap();
    assert_eq!(record.value.len(), (PROCESSES * TURNS) as usize);
    assert_eq!(seen.version, Version::new(u64::from(PROCESSES * TURNS)));
}

#[tokio::test]
async fn killed_process_loses_no_confirmed_write() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.db");
    let mut child = spawn(&file, "killed");
    let emitted = BufReader::new(child.stdout.take().unwrap());
    let turns = emitted
        .lines()
        .map(|line| line.unwrap())
        .filter(|line| line.contains("turn "))
        .take(5)
        .count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(turns, 5);

    let state = manager(&file);
    let seen = state.get(&key()).await.unwrap();
    let record: state::Record<BTreeSet<String>> = seen.value.unwrap();
    assert!(record.value.len() >= 5, "{:?}", record.value);
    assert_eq!(seen.version, Version::new(record.value.len() as u64));
    let turn = hear(&state, "after").await.unwrap();
    assert!(matches!(turn, Turn::Applied { .. }), "the file is free");
}

/// Returns the error of opening `file`, without the directory's name.
fn refused(directory: &Path, file: &str) -> String {
    let error = Sqlite::open(directory.join(file)).expect_err("it is refused");
    assert!(!error.is_retryable(), "{error}");
    error
        .to_string()
        .replace(&format!("{}/", directory.display()), "")
}

#[test]
fn error_names_unusable_file_and_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("notes.txt"), "no database at all\n".repeat(99)).unwrap();
    insta::assert_snapshot!(
        refused(path, "notes.txt"),
        @"state was refused: notes.txt is no SQLite database: move it away, or name another file"
    );
    insta::assert_snapshot!(
        refused(path, "missing/state.db"),
        @"state was refused: missing/state.db cannot be opened: its directory must exist and be writable"
    );
    let newer = rusqlite::Connection::open(path.join("newer.db")).unwrap();
    newer.pragma_update(None, "user_version", 2).unwrap();
    insta::assert_snapshot!(
        refused(path, "newer.db"),
        @"state was refused: newer.db has state of schema 2 and this program knows 1: use a newer version of the program, or another file"
    );
}

#[tokio::test]
async fn leaves_other_tables_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.db");
    let queue = rusqlite::Connection::open(&file).unwrap();
    queue
        .execute_batch("CREATE TABLE queue (n INTEGER); INSERT INTO queue VALUES (7);")
        .unwrap();
    let state = manager(&file);
    let turn = hear(&state, "1").await.unwrap();
    assert!(matches!(turn, Turn::Applied { .. }));
    let n: i64 = queue
        .query_row("SELECT n FROM queue", [], |row| row.get(0))
        .unwrap();
    assert_eq!(n, 7);
    let mode: String = queue
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn reopened_file_has_written_state() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.db");
    let first = hear(&manager(&file), "1").await.unwrap();
    assert!(matches!(first, Turn::Applied { .. }));
    let again = hear(&manager(&file), "1").await.unwrap();
    assert!(matches!(again, Turn::Repeated { .. }));
}

#[test]
fn creates_same_file_concurrently() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let file = directory.path().join(format!("{round}.db"));
        let together = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    Sqlite::open(&file).unwrap_or_else(|error: StateError| panic!("{error}"));
                });
            }
        });
    }
}

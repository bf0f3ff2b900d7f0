//! `--dry-run`: reviews are recorded and not posted.

use crate::child::{GitHub, Server, waiting};
use crate::common::eventually;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

/// Returns the stored records of skipped writes.
fn kept(database: &Path) -> String {
    let state = rusqlite::Connection::open(database).expect("a database");
    let published = "SELECT group_concat(value) FROM state WHERE key LIKE 'publication:%'";
    state
        .query_row(published, [], |row| row.get(0))
        .expect("a stored record")
}

#[test]
fn dry_run_records_instead_of_posting() {
    let folder = tempfile::tempdir().expect("a folder");
    let (database, log) = (folder.path().join("bot.db"), folder.path().join("log"));
    let github = GitHub::start();
    let opened = github.open();
    let pr = opened.pr.as_ref().expect("a pull request");
    let settings = ".github/review-bot.toml";
    github
        .world
        .put_file(&pr.repo, "main", settings, "publish = true");

    let file = File::create(&log).expect("a log");
    let server = Server::start_with(&github, &database, |command| {
        // Log lines at the default level.
        command.arg("--dry-run").env_remove("RUST_LOG").stderr(file);
    });
    assert_eq!(server.post(&opened).0, 202);
    eventually("all is settled", Duration::from_secs(100), || {
        (waiting(&database, "target != 'deadline'") == 0).then_some(())
    });
    assert_eq!(server.health()["queue"]["dead"], 0);
    server.ask_to_stop();
    assert_eq!(server.wait().code(), Some(0));

    let calls = github.world.requests();
    let asked: Vec<_> = calls.iter().map(|it| it.method.as_str()).collect();
    assert!(
        calls.iter().any(|it| it.path.contains("/compare/")),
        "it is read"
    );
    assert!(asked.iter().all(|method| *method == "GET"), "{calls:#?}");
    assert_eq!(github.world.writes(), []);
    let log = fs::read_to_string(&log).expect("a log");
    for (place, text) in [("the log", log), ("the state", kept(&database))] {
        for told in ["shop/orders.py:4", "SQL is put together from text."] {
            assert!(text.contains(told), "{place}: {text}");
        }
    }
}

use rusqlite::Connection;
use std::time::Duration;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS delivery (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        rule     TEXT NOT NULL,
        target   TEXT NOT NULL,
        event    TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        put_at   INTEGER NOT NULL,
        due_at   INTEGER NOT NULL,
        unreached INTEGER NOT NULL DEFAULT 0,
        pace_ms  INTEGER NOT NULL DEFAULT 0,
        pause_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX IF NOT EXISTS delivery_due_at ON delivery (due_at, id);
    CREATE INDEX IF NOT EXISTS delivery_route ON delivery (rule, target, due_at, id);
    CREATE TABLE IF NOT EXISTS dead_letter (
        id       INTEGER PRIMARY KEY,
        rule     TEXT NOT NULL,
        target   TEXT NOT NULL,
        event    TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        reason   TEXT NOT NULL,
        died_at  INTEGER NOT NULL
    ) STRICT;
";

/// Columns that files of earlier versions lack.
const ADDED: [&str; 3] = ["unreached", "pace_ms", "pause_ms"];

/// Creates the tables and sets the options of the connection.
pub(super) fn prepared(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A webhook is answered after its delivery is on the disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(TABLES)?;
    for column in ADDED {
        if !connection.column_exists(None, "delivery", column)? {
            let add =
                format!("ALTER TABLE delivery ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0");
            connection.execute(&add, [])?;
        }
    }
    Ok(connection)
}

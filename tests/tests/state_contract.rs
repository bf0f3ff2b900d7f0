//! One contract suite for every state backend. A failure names both.

use journeys::emulator::Emulator;
use lambda::DynamoDb;
use state::{Memory, Sqlite, StateBackend};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

async fn in_memory() -> Arc<dyn StateBackend> {
    Arc::new(Memory::default())
}

/// Creates a new file for each test.
async fn in_a_file() -> Arc<dyn StateBackend> {
    static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("state_contract");
        let _what_an_earlier_run_left = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("target/ can be written to");
        directory
    });
    static FILES: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}.db", FILES.fetch_add(1, Ordering::Relaxed));
    Arc::new(Sqlite::open(DIRECTORY.join(name)).expect("a new file"))
}

/// Creates a new table for each test in one emulator.
async fn in_a_table() -> Arc<dyn StateBackend> {
    let emulator = Emulator::shared();
    let table = emulator.state_table().await;
    Arc::new(DynamoDb::new(&emulator.sdk_config(), table))
}

state::state_contract!(memory, super::in_memory());
state::state_contract!(sqlite, super::in_a_file());
state::state_contract!(dynamodb, super::in_a_table());

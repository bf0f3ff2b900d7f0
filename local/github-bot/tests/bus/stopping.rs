//! Stop signals.

use crate::bus::Bus;
use crate::common::eventually;
use crate::functions::{Functions, Reply};
use serde_json::json;
use std::net::TcpStream;
use std::time::Duration;

/// Starts a bus with a function call in progress.
fn at_work() -> (tempfile::TempDir, Functions, Bus) {
    let folder = tempfile::tempdir().expect("a folder");
    let (functions, lambda) = Functions::start();
    let functions = functions.then(Reply::Waits);
    let bus = Bus::start(&lambda, folder.path(), &["--state", "sqlite://bus.db"]);
    bus.put("order.paid", &json!({}));
    eventually("it is called", Duration::from_secs(10), || {
        (functions.calls().len() == 1).then_some(())
    });
    bus.ask_to_stop();
    eventually("no new connections", Duration::from_secs(10), || {
        TcpStream::connect(bus.address).err()
    });
    (folder, functions, bus)
}

fn waiting(folder: &tempfile::TempDir) -> u32 {
    let queue = rusqlite::Connection::open(folder.path().join("bus.db")).expect("a database");
    queue
        .query_row("SELECT count(*) FROM delivery", [], |row| row.get(0))
        .expect("a number")
}

#[test]
fn stop_waits_for_call_in_progress() {
    let (folder, functions, bus) = at_work();
    functions.release();
    assert_eq!(bus.wait().code(), Some(0));
    assert_eq!(waiting(&folder), 0, "it was handled");
}

#[test]
fn second_stop_leaves_call_in_queue() {
    let (folder, _functions, bus) = at_work();
    bus.ask_to_stop();
    assert_eq!(bus.wait().code(), Some(0));
    assert_eq!(waiting(&folder), 1, "it is still there");
}

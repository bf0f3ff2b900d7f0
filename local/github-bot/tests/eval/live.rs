//! Evaluation over HTTP: asks a model, records its replies and replays them.

use super::command::run_with;
use super::replies::on_disk;
use events::SystemClock;
use fake_model::{ModelWorld, Reply};
use serde_json::json;
use std::sync::Arc;

/// Returns the lines of the table. The text below it differs between runs.
fn table(stdout: &[u8]) -> String {
    let text = String::from_utf8_lossy(stdout);
    text.lines().take(13).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_recording_without_network() {
    let world = ModelWorld::new(Arc::new(SystemClock));
    world.otherwise(|_| Reply::Json(json!({"findings": [], "quality_score": 9})));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port on loopback");
    let url = format!("http://{}/v1", listener.local_addr().expect("it listens"));
    tokio::spawn(fake_model::serve(world.clone(), listener));
    let folder = tempfile::tempdir().expect("a folder");
    on_disk(folder.path());

    let live = [
        ("KIMI_API_KEY", world.key()),
        ("KIMI_BASE_URL", &url),
        ("ALLOW_ADDRESSES", "loopback"),
        ("KIMI_MODEL", "kimi-k3.1-pro"),
        ("KIMI_PRICES", "kimi-k3.1-pro=2/0.2/10"),
    ];
    let args = ["--eval", ".", "--model", "--record", "."];
    let recorded = run_with(folder.path(), &args, &live);
    assert_eq!(recorded.status.code(), Some(0), "{recorded:?}");
    assert_eq!(world.requests().len(), 9, "three cases, three subjects");

    let args = ["--eval", ".", "--replies", "kimi-k3.1-pro.jsonl"];
    let replayed = run_with(folder.path(), &args, &[]);
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
    assert_eq!(world.requests().len(), 9, "no model is asked");
    let (recorded, replayed) = (table(&recorded.stdout), table(&replayed.stdout));
    assert_eq!(recorded, replayed, "the same figures");
    let model = replayed.lines().find(|it| it.starts_with("kimi-k3.1-pro "));
    let cost = model.and_then(|it| it.rsplit(' ').next());
    let cost: f64 = cost.expect("a row").parse().expect("a price");
    assert!(cost > 0.0, "it is priced as when it was recorded");

    let kept = std::fs::read_to_string(folder.path().join("kimi-k3.1-pro.jsonl"));
    let kept = kept.expect("the recording");
    assert_eq!(
        kept.lines().count(),
        10,
        "one header line and one line per reply"
    );
    assert!(!kept.contains(world.key()), "no key is recorded");
}

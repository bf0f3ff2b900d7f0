//! DynamoDB behaviour beyond the contract: a failing connection, a missing table, and
//! attributes used by the template and by operators.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use events::{Clock, Failure, SystemClock, SystemEntropy, Timestamp};
use journeys::emulator::{Emulator, REGION};
use lambda::DynamoDb;
use state::{Key, NewItem, SaveResult, StateBackend, StateError, Version, WriteId};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn key() -> Key {
    "pr:octo/widgets#7".parse().expect("a key")
}

fn item(value: &str, expires_at: Option<Timestamp>) -> NewItem {
    let id = WriteId::draw(&SystemEntropy);
    NewItem::new(value.to_owned(), SystemClock.now(), expires_at, id)
}

/// Returns the state in `table` behind `endpoint_url`.
fn state_at(endpoint_url: String, table: String) -> DynamoDb {
    let settings = config::Aws {
        region: REGION.to_owned(),
        access_key_id: "test".to_owned(),
        secret_access_key: "test".into(),
        session_token: None,
        endpoint_url: Some(endpoint_url),
    };
    let config = lambda::sdk_config(settings, &egress::unguarded().expect("TLS can be set up"));
    DynamoDb::new(&config, table)
}

/// A proxy to the emulator that can lose a response: the request takes effect, then the
/// connection breaks.
struct Wire {
    url: String,
    breaks: Arc<AtomicBool>,
}

impl Wire {
    fn to(upstream: &str) -> Self {
        let upstream = upstream.replace("http://", "");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let breaks = Arc::new(AtomicBool::new(false));
        let broken = Arc::clone(&breaks);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&upstream).expect("the emulator is there");
                let twin = |stream: &TcpStream| stream.try_clone().expect("a second handle");
                let (requests, answers) = (twin(&client), twin(&server));
                std::thread::spawn(move || carry(requests, server, || false));
                let broken = Arc::clone(&broken);
                std::thread::spawn(move || {
                    carry(answers, client, || broken.swap(false, Ordering::SeqCst));
                });
            }
        });
        Self { url, breaks }
    }

    fn lose_the_next_answer(&self) {
        self.breaks.store(true, Ordering::SeqCst);
    }

    fn has_lost_it(&self) -> bool {
        !self.breaks.load(Ordering::SeqCst)
    }
}

/// Copies bytes until either end closes or `breaks` returns `true`.
fn carry(mut from: TcpStream, mut to: TcpStream, breaks: impl Fn() -> bool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if breaks() || to.write_all(bytes.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    let _it_may_be_closed = from.shutdown(Shutdown::Both);
    let _it_may_be_closed = to.shutdown(Shutdown::Both);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_response_does_not_repeat_write() {
    let emulator = Emulator::shared();
    let wire = Wire::to(&emulator.endpoint_url());
    let state = state_at(wire.url.clone(), emulator.state_table().await);
    for (why, expected, written) in [("a first write", 0, 1), ("a later write", 1, 2)] {
        wire.lose_the_next_answer();
        let saved = state
            .put_if_version(&key(), Version::new(expected), item("{}", None))
            .await;
        assert!(wire.has_lost_it(), "{why}: no answer was lost");
        assert_eq!(
            saved.unwrap(),
            SaveResult::Written(Version::new(written)),
            "{why}"
        );
        let stored = state.get(&key(), SystemClock.now()).await.unwrap().unwrap();
        assert_eq!(stored.version, Version::new(written), "{why}: and once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_table_is_named() {
    let endpoint = Emulator::shared().endpoint_url();
    let state = state_at(endpoint, "nowhere".to_owned());
    let now = SystemClock.now();
    let prefix = "pr:".parse().unwrap();
    for (what, error) in [
        ("get", state.get(&key(), now).await.unwrap_err()),
        (
            "put",
            state
                .put_if_version(&key(), Version::ABSENT, item("{}", None))
                .await
                .unwrap_err(),
        ),
        ("list", state.list(&prefix, None, 1, now).await.unwrap_err()),
    ] {
        assert!(!error.is_retryable(), "{what}: {error}");
        let emitted = error.to_string();
        assert!(
            emitted.contains("there is no table nowhere"),
            "{what}: {emitted}"
        );
    }
}

#[tokio::test]
async fn silent_endpoint_is_retryable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let state = state_at(endpoint, "github-bot".to_owned());
    let error = state.get(&key(), SystemClock.now()).await.unwrap_err();
    assert!(matches!(error, StateError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("github-bot"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_has_documented_attributes() {
    let emulator = Emulator::shared();
    let table = emulator.state_table().await;
    let state = state_at(emulator.endpoint_url(), table.clone());
    let client = Client::new(&emulator.sdk_config());
    let expires_at = Timestamp::from_millisecond(SystemClock.now().as_millisecond() + 1).unwrap();
    for (why, expected, expires_at, names) in [
        (
            "with an expiry",
            0,
            Some(expires_at + std::time::Duration::from_secs(60)),
            "expires_at expires_at_ms key kind updated_at value version write_id",
        ),
        (
            "the expiry goes with the next write",
            1,
            None,
            "key kind updated_at value version write_id",
        ),
    ] {
        let item = item(r#"{"n":1}"#, expires_at);
        let saved = state
            .put_if_version(&key(), Version::new(expected), item)
            .await;
        assert_eq!(
            saved.unwrap(),
            SaveResult::Written(Version::new(expected + 1))
        );
        let scanned = client.scan().table_name(&table).send().await.unwrap();
        let [found] = scanned.items() else {
            panic!("{why}: expected one item, got {scanned:?}");
        };
        let mut found_names: Vec<_> = found.keys().map(String::as_str).collect();
        found_names.sort_unstable();
        assert_eq!(found_names.join(" "), names, "{why}");
        assert_eq!(found["kind"], AttributeValue::S("pr".to_owned()));
        assert_eq!(found["value"], AttributeValue::S(r#"{"n":1}"#.to_owned()));
        if let Some(at) = expires_at {
            let removable: i64 = found["expires_at"].as_n().unwrap().parse().unwrap();
            let later = removable - at.as_second();
            assert!((3600..=3601).contains(&later), "{why}: {later} s after it");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corrupt_item_is_named() {
    let emulator = Emulator::shared();
    let table = emulator.state_table().await;
    let state = state_at(emulator.endpoint_url(), table.clone());
    Client::new(&emulator.sdk_config())
        .put_item()
        .table_name(&table)
        .item("kind", AttributeValue::S("pr".to_owned()))
        .item("key", AttributeValue::S(key().to_string()))
        .item("version", AttributeValue::N("1".to_owned()))
        .item("value", AttributeValue::Bool(true))
        .send()
        .await
        .unwrap();
    let error = state.get(&key(), SystemClock.now()).await.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        "state pr:octo/widgets#7 is corrupt: the attribute \"value\" is missing or of another type"
    );
}

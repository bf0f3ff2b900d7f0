//! Contract for one item: versions, expiry, deletion, size.

use super::{SECOND, get, item, key, present, put, written};
use crate::{MAX_VALUE_BYTES, SaveResult, StateBackend, StateError, Version, WriteId};
use events::{SystemEntropy, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Returns an item as it was put, under its first version.
pub async fn reads_written_item(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("read-back:octo/widgets#7"), present());
    assert_eq!(get(&*backend, &key, now).await, None, "no item yet");
    for (why, value, expires_at) in [
        ("an object", r#"{"head":"4f2a","n":7}"#, None),
        ("beyond ASCII", r#""naïve \u0000 😀 'quoted'""#, None),
        ("a null", "null", None),
        (
            "an expiry",
            "[1, 2]",
            Some(now + Duration::from_millis(60_001)),
        ),
    ] {
        let before = backend.get(&key, now).await.expect(why);
        let seen = before.map_or(Version::ABSENT, |stored| stored.version);
        let item = item(value, now, expires_at);
        let saved = put(&*backend, &key, seen.get(), item.clone()).await;
        assert_eq!(saved, SaveResult::Written(seen.next()), "{why}");
        let stored = backend.get(&key, now).await.expect(why);
        assert_eq!(stored, Some(item.stored_as(seen.next())), "{why}");
    }
}

/// Rejects a write that does not name the current version.
pub async fn write_needs_the_current_version(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("versions:octo/widgets#7"), present());
    for (why, expected, saved) in [
        ("no item, version 1 expected", 1, SaveResult::Stale),
        ("no item, as expected", 0, written(1)),
        ("an item exists already", 0, SaveResult::Stale),
        ("a version that is yet to come", 2, SaveResult::Stale),
        ("the version that is there", 1, written(2)),
        ("a version that is gone", 1, SaveResult::Stale),
        ("the version that is there, again", 2, written(3)),
    ] {
        let before = get(&*backend, &key, now).await;
        let value = format!("{why:?}");
        assert_eq!(
            put(&*backend, &key, expected, item(&value, now, None)).await,
            saved,
            "{why}"
        );
        let after = get(&*backend, &key, now).await;
        match saved {
            SaveResult::Written(version) => {
                assert_eq!(after, Some((version.get(), value)), "{why}");
            }
            SaveResult::Stale => assert_eq!(after, before, "{why}: something was written"),
        }
    }
}

/// Applies a write once that is sent again after a lost acknowledgement.
pub async fn repeated_write_is_applied_once(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("sent-again:octo/widgets#7"), present());
    let first = item("1", now, None);
    for attempt in ["first", "again"] {
        let saved = put(&*backend, &key, 0, first.clone()).await;
        assert_eq!(saved, written(1), "{attempt}");
    }
    let second = item("2", now, Some(now + SECOND));
    for attempt in ["first", "again"] {
        let saved = put(&*backend, &key, 1, second.clone()).await;
        assert_eq!(saved, written(2), "{attempt}");
    }
    assert_eq!(
        put(&*backend, &key, 0, first).await,
        SaveResult::Stale,
        "it was written and then replaced"
    );
    let id = WriteId::draw(&SystemEntropy);
    for attempt in ["first", "again"] {
        let deleted = backend.delete_if_version(&key, Version::new(2), now, id.clone());
        assert_eq!(deleted.await.expect(attempt), written(3), "{attempt}");
    }
}

/// Hides an expired item from readers, lists and writers. The version continues, so that a writer
/// cannot mistake the new item for the old one.
pub async fn expired_item_is_absent_and_keeps_version(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("expiry:octo/widgets#7"), present());
    let at = now + SECOND;
    let before = at - Duration::from_millis(1);
    assert_eq!(
        put(&*backend, &key, 0, item("1", now, Some(at))).await,
        written(1)
    );
    for (why, instant, there) in [
        ("a moment before", before, true),
        ("at the very instant", at, false),
    ] {
        assert_eq!(
            get(&*backend, &key, instant).await.is_some(),
            there,
            "{why}"
        );
        let prefix = "expiry:".parse().expect("a prefix");
        let listed = backend.list(&prefix, None, 10, instant).await.expect(why);
        assert_eq!(listed.len(), usize::from(there), "{why}, in a list");
    }
    let put_at = |expected, now| put(&*backend, &key, expected, item("2", now, None));
    assert_eq!(
        put_at(0, before).await,
        SaveResult::Stale,
        "it is still there"
    );
    assert_eq!(
        put_at(1, at).await,
        SaveResult::Stale,
        "what was seen is no more"
    );
    assert_eq!(put_at(0, at).await, written(2), "absent, and counted on");
    assert_eq!(
        put_at(1, at).await,
        SaveResult::Stale,
        "a writer of the old item"
    );
    assert_eq!(
        get(&*backend, &key, at + SECOND).await,
        Some((2, "2".to_owned()))
    );
}

/// Rounds times finer than a millisecond so that items do not expire early.
pub async fn expiry_is_never_early(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("rounding:octo/widgets#7"), present());
    let expires_at = now + SECOND + Duration::from_nanos(1);
    let item = item("1", now + Duration::from_nanos(999_999), Some(expires_at));
    assert_eq!(put(&*backend, &key, 0, item).await, written(1));
    let stored = backend.get(&key, expires_at).await.expect("it is read");
    let stored = stored.expect("it is still there at the instant of its expiry, rounded up");
    assert_eq!(stored.updated_at, now);
    assert_eq!(
        stored.expires_at,
        Some(now + SECOND + Duration::from_millis(1))
    );
}

/// Rejects a deletion that does not name the current version. The version continues.
pub async fn deleted_item_is_absent_and_keeps_version(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("deletion:octo/widgets#7"), present());
    let delete = async |expected, now: Timestamp| {
        let id = WriteId::draw(&SystemEntropy);
        let deleted = backend.delete_if_version(&key, Version::new(expected), now, id);
        deleted.await.expect("it is deleted, or not")
    };
    assert_eq!(
        put(&*backend, &key, 0, item("1", now, None)).await,
        written(1)
    );
    assert_eq!(
        put(&*backend, &key, 1, item("2", now, None)).await,
        written(2)
    );
    assert_eq!(
        delete(1, now).await,
        SaveResult::Stale,
        "another writer was faster"
    );
    assert_eq!(get(&*backend, &key, now).await, Some((2, "2".to_owned())));
    assert_eq!(delete(2, now).await, written(3));
    assert_eq!(get(&*backend, &key, now).await, None);
    assert_eq!(
        put(&*backend, &key, 2, item("late", now, None)).await,
        SaveResult::Stale,
        "a writer of the deleted item"
    );
    assert_eq!(
        put(&*backend, &key, 0, item("4", now, None)).await,
        written(4),
        "absent, and counted on"
    );
}

/// Enforces the same size limit in every backend, whatever the key.
pub async fn enforces_size_limit(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key(&format!("size:{}", "k".repeat(1019))), present());
    let largest = format!("\"{}\"", "v".repeat(MAX_VALUE_BYTES - 2));
    let expires_at = Some(now + SECOND);
    let saved = put(&*backend, &key, 0, item(&largest, now, expires_at)).await;
    assert_eq!(saved, written(1));
    assert_eq!(get(&*backend, &key, now).await, Some((1, largest.clone())));
    let larger = item(&format!("{largest} "), now, None);
    match backend.put_if_version(&key, Version::new(1), larger).await {
        Err(StateError::TooLarge { size, .. }) => assert_eq!(size, MAX_VALUE_BYTES + 1),
        other => panic!("expected the value to be too large, got {other:?}"),
    }
}

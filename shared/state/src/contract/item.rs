//! One item: versions, expiry, deletion, size.

use super::{SECOND, get, item, key, present, put, written};
use crate::{MAX_VALUE_BYTES, Saved, StateBackend, StateError, Version, WriteId};
use event::Timestamp;
use ports::SystemEntropy;
use std::sync::Arc;
use std::time::Duration;

/// An item comes back as it was put, under its first version.
pub async fn what_is_put_is_read(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("read-back:octo/widgets#7"), present());
    assert_eq!(
        get(&*backend, &key, now).await,
        None,
        "nothing is there yet"
    );
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
        assert_eq!(saved, Saved::Written(seen.next()), "{why}");
        let stored = backend.get(&key, now).await.expect(why);
        assert_eq!(stored, Some(item.stored_as(seen.next())), "{why}");
    }
}

/// Only the version that is there is written over.
pub async fn a_write_names_the_version_that_it_saw(backend: Arc<dyn StateBackend>) {
    let (key, now) = (key("versions:octo/widgets#7"), present());
    for (why, expected, saved) in [
        ("nothing is there, and version 1 is not", 1, Saved::Stale),
        ("nothing is there, as expected", 0, written(1)),
        ("something is there by now", 0, Saved::Stale),
        ("a version that is yet to come", 2, Saved::Stale),
        ("the version that is there", 1, written(2)),
        ("a version that is gone", 1, Saved::Stale),
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
            Saved::Written(version) => assert_eq!(after, Some((version.get(), value)), "{why}"),
            Saved::Stale => assert_eq!(after, before, "{why}: something was written"),
        }
    }
}

/// A write that was applied and is sent again, its acknowledgement being lost,
/// is written, and once.
pub async fn a_write_that_is_sent_again_is_written_once(backend: Arc<dyn StateBackend>) {
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
        Saved::Stale,
        "it was written and then replaced"
    );
    let id = WriteId::draw(&SystemEntropy);
    for attempt in ["first", "again"] {
        let deleted = backend.delete_if_version(&key, Version::new(2), now, id.clone());
        assert_eq!(deleted.await.expect(attempt), written(3), "{attempt}");
    }
}

/// An expired item is absent: to a reader, to a list, to a writer. The version
/// goes on counting, so that no writer takes the new item for the old one.
pub async fn an_expired_item_is_absent_and_goes_on_counting(backend: Arc<dyn StateBackend>) {
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
    assert_eq!(put_at(0, before).await, Saved::Stale, "it is still there");
    assert_eq!(
        put_at(1, at).await,
        Saved::Stale,
        "what was seen is no more"
    );
    assert_eq!(put_at(0, at).await, written(2), "absent, and counted on");
    assert_eq!(
        put_at(1, at).await,
        Saved::Stale,
        "a writer of the old item"
    );
    assert_eq!(
        get(&*backend, &key, at + SECOND).await,
        Some((2, "2".to_owned()))
    );
}

/// Times finer than a millisecond are rounded so that nothing expires early.
pub async fn nothing_expires_early(backend: Arc<dyn StateBackend>) {
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

/// A deletion names the version that it saw, and the version goes on counting.
pub async fn a_deleted_item_is_absent_and_goes_on_counting(backend: Arc<dyn StateBackend>) {
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
        Saved::Stale,
        "someone else moved first"
    );
    assert_eq!(get(&*backend, &key, now).await, Some((2, "2".to_owned())));
    assert_eq!(delete(2, now).await, written(3));
    assert_eq!(get(&*backend, &key, now).await, None);
    assert_eq!(
        put(&*backend, &key, 2, item("late", now, None)).await,
        Saved::Stale,
        "a writer of what was deleted"
    );
    assert_eq!(
        put(&*backend, &key, 0, item("4", now, None)).await,
        written(4),
        "absent, and counted on"
    );
}

/// The size that fits is the same everywhere, whatever the key.
pub async fn a_value_may_be_so_large_and_no_larger(backend: Arc<dyn StateBackend>) {
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

//! Contract for lists by prefix.

use super::{item, key, present, put, written};
use crate::{Key, KeyPrefix, StateBackend};
use std::sync::Arc;

async fn keys(
    backend: &dyn StateBackend,
    prefix: &str,
    after: Option<&Key>,
    limit: usize,
) -> Vec<String> {
    let prefix: KeyPrefix = prefix.parse().expect("a prefix of the contract is one");
    let listed = backend.list(&prefix, after, limit, present()).await;
    let listed = listed.unwrap_or_else(|error| panic!("listing {prefix}: {error}"));
    listed.into_iter().map(|(key, _)| key.to_string()).collect()
}

/// Lists the keys with the prefix in byte order, page by page, whether or not the key of `after`
/// exists.
pub async fn lists_in_order_by_pages(backend: Arc<dyn StateBackend>) {
    let now = present();
    let sorted = ["order:A", "order:a#1", "order:a#10", "order:a#2", "order:b"];
    let others = ["order-b:a#1", "orde:a#1", "order_:a", "orders:a#1"];
    for text in sorted.iter().rev().chain(&others) {
        let value = format!("{text:?}");
        let saved = put(&*backend, &key(text), 0, item(&value, now, None)).await;
        assert_eq!(saved, written(1), "{text}");
    }
    let gone = item("null", now, Some(now));
    assert_eq!(
        put(&*backend, &key("order:a#11"), 0, gone).await,
        written(1)
    );

    for (why, prefix, after, limit, expected) in [
        ("a whole kind", "order:", None, 10, &sorted[..]),
        ("a longer prefix", "order:a#", None, 10, &sorted[1..4]),
        (
            "a prefix that is a key",
            "order:a#1",
            None,
            10,
            &sorted[1..3],
        ),
        ("a first page", "order:", None, 2, &sorted[..2]),
        ("a next page", "order:", Some("order:a#1"), 2, &sorted[2..4]),
        ("a last page", "order:", Some("order:a#2"), 2, &sorted[4..]),
        ("nothing is behind", "order:", Some("order:b"), 2, &[]),
        (
            "after a key that is not there",
            "order:",
            Some("order:a#1!"),
            1,
            &sorted[2..3],
        ),
        (
            "after a key before the prefix",
            "order:a",
            Some("order:A"),
            1,
            &sorted[1..2],
        ),
        (
            "after a key behind the prefix",
            "order:a",
            Some("order:b"),
            9,
            &[],
        ),
        (
            "after a key of a kind before",
            "order:",
            Some("a:z"),
            1,
            &sorted[..1],
        ),
        ("none that begins so", "order:z", None, 10, &[]),
        ("no room", "order:", None, 0, &[]),
    ] {
        let after = after.map(key);
        let listed = keys(&*backend, prefix, after.as_ref(), limit).await;
        assert_eq!(listed, expected, "{why}");
    }
    let prefix = "order:b".parse().expect("a prefix");
    let listed = backend.list(&prefix, None, 1, now).await.expect("a list");
    let (_, stored) = listed.first().expect("one item");
    assert_eq!(stored.value, "\"order:b\"");
}

/// Lists all items although they exceed a backend's page (1 MB in DynamoDB: "Querying tables") and
/// although whole pages have expired.
pub async fn lists_megabytes_completely(backend: Arc<dyn StateBackend>) {
    let now = present();
    let value = format!("\"{}\"", "v".repeat(300 * 1024));
    let mut there = Vec::new();
    for n in 0..12 {
        let key = key(&format!("megabytes:{n:02}"));
        let expires_at = (n < 6).then_some(now);
        let saved = put(&*backend, &key, 0, item(&value, now, expires_at)).await;
        assert_eq!(saved, written(1));
        if expires_at.is_none() {
            there.push(key.to_string());
        }
    }
    assert_eq!(keys(&*backend, "megabytes:", None, 100).await, there);
    let first_five: Vec<_> = there.iter().take(5).cloned().collect();
    assert_eq!(keys(&*backend, "megabytes:", None, 5).await, first_five);
    let after = key("megabytes:05");
    assert_eq!(
        keys(&*backend, "megabytes:", Some(&after), 100).await,
        there
    );
}

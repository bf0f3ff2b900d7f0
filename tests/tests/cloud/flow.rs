//! User actions on GitHub, the resulting posts, and the stored state.

use events::{Clock, Emit, Event, NewEvent, SystemClock};
use fake_github::{NewPullRequest, WebhookDelivery};
use github::PrKey;
use github::port::{Conclusion, ReviewEvent};
use http::StatusCode;
use journeys::changes;
use journeys::cloud::Cloud;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

fn opened(cloud: &Cloud, diff: String) -> (PrKey, WebhookDelivery) {
    let delivery = cloud.world.open_pull_request(NewPullRequest {
        diff,
        ..NewPullRequest::default()
    });
    (delivery.pr.clone().expect("a pull request"), delivery)
}

async fn accepted(cloud: &Cloud, delivery: &WebhookDelivery) {
    let (status, body) = cloud.deliver(delivery).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
}

/// Waits until the review of `pr`'s head is published or omitted, and its check is complete. Returns the
/// table's items of the pull request, by key.
async fn published(cloud: &Cloud, pr: &PrKey) -> BTreeMap<String, Value> {
    let head = cloud.world.head(pr);
    let key = format!("publication:{pr}");
    let what = format!("the publication of {pr}@{head}");
    cloud
        .eventually(&what, async || {
            let mut items = cloud.items().await;
            items.retain(|key, _| key.contains(&format!(":{pr}")));
            let published = items.get(&key)?;
            let mut checks = cloud.world.checks(&pr.repo, &head).into_iter();
            let is_checked = checks.any(|posted| posted.check.conclusion.is_some());
            let is_posted = published.contains("posted") || published.contains("omitted");
            let is_published = is_posted && published.contains(head.as_str());
            let is_settled = is_checked && is_published && !published.contains("lease");
            let value = |text: String| serde_json::from_str(&text).expect("JSON");
            let items = items.into_iter().map(|(key, text)| (key, value(text)));
            is_settled.then(|| items.collect())
        })
        .await
}

#[tokio::test]
async fn findings_become_review_and_items() {
    let cloud = Cloud::shared().await;
    let (pr, delivery) = opened(cloud, changes::leftover());
    accepted(cloud, &delivery).await;
    let items = published(cloud, &pr).await;

    let reviews = cloud.world.bot_reviews(&pr);
    let [review] = reviews.as_slice() else {
        panic!("one review: {reviews:#?}");
    };
    let head = cloud.world.head(&pr);
    assert_eq!(review.event, ReviewEvent::Comment);
    assert_eq!(review.commit_id, head);
    assert!(
        !review.comments.is_empty(),
        "the finding is posted at its line"
    );

    let keys: Vec<_> = items.keys().map(String::as_str).collect();
    let expected = [
        format!("check:{pr}@{head}/logic"),
        format!("check:{pr}@{head}/security"),
        format!("check:{pr}@{head}/style"),
        format!("pr:{pr}"),
        format!("publication:{pr}"),
        format!("review:{pr}@{head}"),
    ];
    assert_eq!(keys, expected);
    assert_eq!(cloud.world.checks(&pr.repo, &head).len(), 1, "one check");
    assert!(
        cloud.world.comments(&pr).is_empty(),
        "the review is the summary"
    );
    let review = &items[&format!("review:{pr}@{head}")]["value"];
    assert_eq!(
        review["reports"].as_object().map(serde_json::Map::len),
        Some(3)
    );
    assert_eq!(review["verdict"]["missing"], json!([]));
}

#[tokio::test]
async fn committed_secret_blocks_merging() {
    let cloud = Cloud::shared().await;
    let (pr, delivery) = opened(cloud, changes::secret());
    accepted(cloud, &delivery).await;
    published(cloud, &pr).await;
    let reviews = cloud.world.bot_reviews(&pr);
    assert_eq!(reviews.len(), 1);
    assert_eq!(reviews[0].event, ReviewEvent::RequestChanges);
}

#[tokio::test]
async fn clean_change_gets_success() {
    let cloud = Cloud::shared().await;
    let (pr, delivery) = opened(cloud, changes::clean());
    accepted(cloud, &delivery).await;
    published(cloud, &pr).await;
    assert!(cloud.world.bot_reviews(&pr).is_empty(), "the check alone");
    assert!(cloud.world.comments(&pr).is_empty(), "the check alone");
    let checks = cloud.world.checks(&pr.repo, &cloud.world.head(&pr));
    let [posted] = checks.as_slice() else {
        panic!("one check: {checks:#?}");
    };
    assert_eq!(posted.check.conclusion, Some(Conclusion::Success));
}

#[tokio::test]
async fn push_during_review_supersedes_it() {
    let cloud = Cloud::shared().await;
    let (pr, delivery) = opened(cloud, changes::secret());
    let old = cloud.world.head(&pr);
    let push = cloud.world.push(&pr, changes::leftover());
    let (first, second) = tokio::join!(accepted(cloud, &delivery), accepted(cloud, &push));
    let ((), ()) = (first, second);
    let items = published(cloud, &pr).await;
    let reviews = cloud.world.bot_reviews(&pr);
    assert_eq!(reviews.len(), 1, "of the new head alone");
    assert_ne!(reviews[0].commit_id, old);
    assert_eq!(reviews[0].commit_id, cloud.world.head(&pr));
    assert_eq!(
        items[&format!("pr:{pr}")]["value"]["head_sha"],
        json!(reviews[0].commit_id)
    );
}

#[tokio::test]
async fn parallel_redeliveries_give_one_review() {
    let cloud = Cloud::shared().await;
    let (pr, delivery) = opened(cloud, changes::leftover());
    let delivery = &delivery;
    tokio::join!(
        accepted(cloud, delivery),
        accepted(cloud, delivery),
        accepted(cloud, delivery),
        accepted(cloud, delivery),
        accepted(cloud, delivery),
    );
    published(cloud, &pr).await;
    // Once the queues are empty, the duplicates are processed too.
    cloud.until_quiet().await;
    assert_eq!(cloud.world.bot_reviews(&pr).len(), 1);
    let journal = cloud.items().await.into_keys();
    let flow = format!("journal:{}/", delivery.guid);
    let heard = journal.filter(|key| key.starts_with(&flow)).count();
    assert!(
        heard > 5,
        "the flow of one delivery, each event once: {heard}"
    );
}

#[tokio::test]
async fn unsigned_delivery_is_rejected() {
    let cloud = Cloud::shared().await;
    let (pr, mut delivery) = opened(cloud, changes::leftover());
    delivery.body.push(b' ');
    let genuine = WebhookDelivery {
        body: delivery.body[..delivery.body.len() - 1].to_vec(),
        ..delivery.clone()
    };
    let (status, body) = cloud.deliver_as(&genuine, &delivery.body).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
    let items = cloud.items().await;
    assert!(!items.contains_key(&format!("pr:{pr}")));
}

#[tokio::test]
async fn poisoned_event_becomes_dead_letter() {
    let cloud = Cloud::shared().await;
    let entry = json!({
        "EventBusName": cloud.output("BusName"),
        "Source": "somebody",
        "DetailType": "agent.pr.security_check",
        "Detail": json!({ "poison": "no event of ours" }).to_string(),
    });
    let put = cloud.aws("events", "put-events", json!({ "Entries": [entry] }));
    assert_eq!(put["FailedEntryCount"], 0);
    for function in ["security", "recorder"] {
        let letter = cloud
            .eventually(&format!("the dead letter of {function}"), async || {
                let letters = cloud.dead_letters().await;
                letters.into_iter().find(|letter| {
                    letter["requestContext"]["function"] == function
                        && letter["requestPayload"]["source"] == "somebody"
                })
            })
            .await;
        assert_eq!(letter["requestContext"]["condition"], "NotRetryable");
        assert_eq!(letter["responsePayload"]["errorType"], "MalformedEvent");
        let reason = letter["responsePayload"]["errorMessage"].to_string();
        assert!(reason.contains("missing field"), "{reason}");
        assert_eq!(
            letter["requestPayload"]["detail"]["poison"],
            "no event of ours"
        );
    }
}

#[tokio::test]
async fn parallel_writers_lose_no_update() {
    let cloud = Cloud::shared().await;
    state::contract::fifty_tasks_lose_no_update(Arc::new(cloud.state())).await;
}

/// A replay repairs lost state and failed deliveries: handlers are idempotent, so it
/// adds only the missing parts.
#[tokio::test]
async fn replay_adds_only_missing_state() {
    let cloud = Cloud::shared().await;
    let begun = SystemClock.now();
    let (pr, delivery) = opened(cloud, changes::leftover());
    accepted(cloud, &delivery).await;
    published(cloud, &pr).await;
    cloud.until_quiet().await;
    let journal = format!("journal:{}/{}", delivery.guid, delivery.guid);
    cloud.lose(&journal).await;
    assert!(
        !cloud.items().await.contains_key(&journal),
        "the item is lost"
    );

    let bus = cloud.aws(
        "events",
        "describe-event-bus",
        json!({ "Name": cloud.output("BusName") }),
    );
    let archive = cloud.aws(
        "events",
        "describe-archive",
        json!({ "ArchiveName": cloud.output("BusName") }),
    );
    let replay = json!({
        "ReplayName": "what-was-lost",
        "EventSourceArn": archive["ArchiveArn"],
        "EventStartTime": begun.to_string(),
        "EventEndTime": SystemClock.now().to_string(),
        "Destination": { "Arn": bus["Arn"] },
    });
    cloud.aws("events", "start-replay", replay);
    cloud
        .eventually("the journal is whole again", async || {
            cloud.items().await.contains_key(&journal).then_some(())
        })
        .await;
    cloud.until_quiet().await;
    assert_eq!(cloud.world.bot_reviews(&pr).len(), 1, "still one review");
}

#[tokio::test]
async fn external_event_reaches_subscriber() {
    let cloud = Cloud::shared().await;
    let say = NewEvent {
        topic: "github.push".parse().expect("a topic"),
        subject: "octo/widgets".to_owned(),
        data: json!({}),
    };
    let event = Event::first(
        "from-outside".parse().expect("an id"),
        "test",
        say,
        SystemClock.now(),
    );
    cloud
        .bus()
        .emit(vec![event])
        .await
        .expect("the bus takes it");
    cloud
        .eventually("the recorder has it", async || {
            let items = cloud.items().await;
            items
                .contains_key("journal:from-outside/from-outside")
                .then_some(())
        })
        .await;
}

//! The whole flow in `cargo lambda watch`, and every sample event with `cargo lambda
//! invoke`, with the functions' real binaries and no AWS account.

use events::EventBridgeEvent;
use fake_github::{NewPullRequest, WebhookDelivery};
use github::PrKey;
use http::StatusCode;
use journeys::changes;
use journeys::watch::Watch;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

async fn accepted(watch: &Watch, delivery: &WebhookDelivery) {
    let (status, body) = watch.deliver(delivery).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}; {}", watch.logs());
}

#[tokio::test]
async fn redelivery_adds_no_second_review() {
    let watch = Watch::shared().await;
    let delivery = watch.world.open_pull_request(NewPullRequest {
        diff: changes::leftover(),
        ..NewPullRequest::default()
    });
    let pr: PrKey = delivery.pr.clone().expect("a pull request");
    accepted(watch, &delivery).await;
    watch
        .eventually("a review", async || watch.world.bot_reviews(&pr).pop())
        .await;
    watch.until_quiet(&pr).await;
    let reviews = watch.world.bot_reviews(&pr);
    let [review] = reviews.as_slice() else {
        panic!("one review: {reviews:#?}; {}", watch.logs());
    };
    assert_eq!(review.commit_id, watch.world.head(&pr));
    assert!(
        !review.comments.is_empty(),
        "the finding is posted at its line"
    );

    accepted(watch, &delivery).await;
    watch.until_quiet(&pr).await;
    assert_eq!(watch.world.bot_reviews(&pr), reviews, "{}", watch.logs());
}

/// Returns the JSON files in `events/` and `folder`.
fn samples(folder: &str) -> Vec<(PathBuf, Value)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).join(folder);
    let mut samples: Vec<_> = fs::read_dir(&folder)
        .expect("the samples' folder")
        .map(|file| {
            let path = file.expect("a sample").path();
            let text = fs::read_to_string(&path).expect("a sample");
            let json = serde_json::from_str(&text).expect("JSON");
            (path, json)
        })
        .collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!samples.is_empty(), "{}", folder.display());
    samples
}

/// Creates the samples' pull request on the simulated GitHub.
fn adopt(watch: &Watch, deliveries: &[(PathBuf, Value)]) {
    let opened = deliveries
        .iter()
        .find(|(path, _)| path.ends_with("github.pr.opened.json"));
    let (_, opened) = opened.expect("a pull request is opened");
    let payload = opened["body"].as_str().expect("a body");
    let payload = serde_json::from_str(payload).expect("JSON");
    let adopted = watch.world.adopt(&payload, Some(changes::secret()));
    adopted.expect("GitHub can be like that");
}

/// A sample that fails without the state of an earlier event.
struct Need {
    function: &'static str,
    topic: &'static str,
    /// Expected error text.
    reason: &'static str,
}

impl Need {
    fn is_of(&self, function: &str, path: &Path) -> bool {
        let topic = path.file_stem().and_then(|stem| stem.to_str());
        function == self.function && topic == Some(self.topic)
    }
}

const NEEDS: [Need; 2] = [
    Need {
        function: "coordinator",
        topic: "agent.pr.review_requested",
        reason: "missing in the state, although its review was requested",
    },
    Need {
        function: "publisher",
        topic: "agent.pr.review_completed",
        reason: "has no verdict in state, although it was announced",
    },
];

#[tokio::test]
async fn every_sample_invokes_its_functions() {
    let watch = Watch::shared().await;
    let deliveries = samples("http");
    adopt(watch, &deliveries);

    let mut calls = BTreeSet::new();
    for (path, sample) in samples("bus") {
        let event: EventBridgeEvent = serde_json::from_value(sample).expect("an event");
        let routes = watch.template().routes(&event);
        assert!(!routes.is_empty(), "{} goes nowhere", path.display());
        let functions = routes.iter().map(|route| route.function.clone());
        calls.extend(functions.map(|function| (function, path.clone())));
    }
    // Before all others, while the state is still empty.
    let (lost, others): (BTreeSet<_>, BTreeSet<_>) = calls
        .into_iter()
        .partition(|(function, path)| NEEDS.iter().any(|need| need.is_of(function, path)));
    assert_eq!(lost.len(), NEEDS.len(), "{lost:?}");
    for (function, path) in &lost {
        let need = NEEDS.iter().find(|need| need.is_of(function, path));
        let reason = need.expect("one of them").reason;
        let error = watch.invoke(function, path).await.unwrap_err();
        assert!(error.starts_with("Error: HandlerError "), "{error}");
        assert!(error.contains(reason), "{error}");
    }
    for (function, path) in &others {
        let answer = watch.invoke(function, path).await;
        let what = format!("{function} of {}; {}", path.display(), watch.logs());
        assert_eq!(answer, Ok(Value::Null), "{what}");
    }

    for (path, _) in &deliveries {
        let answer = watch.invoke("webhook", path).await;
        let what = format!("{}; {}", path.display(), watch.logs());
        let answer = answer.unwrap_or_else(|error| panic!("{error}: {what}"));
        assert_eq!(answer["statusCode"], json!(202), "{answer}: {what}");
    }
}

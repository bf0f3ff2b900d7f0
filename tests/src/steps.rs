//! Common steps of tests, and the resulting state of GitHub's pages.

use crate::bot::{Bot, Surroundings, shown};
use crate::changes;
use crate::interruption::Interruption;
use crate::model::{Notice, ScriptedModel};
use fake_github::{Call, Fault, NewPullRequest, PostedReview, WebhookDelivery};
use github::PrKey;
use local_bus::runner::{CallResult, End};
use model_client::Model;
use serde_json::Value;
use state::Version;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Path of a repository's settings.
pub const SETTINGS: &str = ".github/review-bot.toml";
pub const MINUTE: Duration = Duration::from_secs(60);

/// Notices that the scripted model reports and proves.
pub const MODEL: &[Notice] = &[OVERFLOW, SWAPPED];
/// Present in [`FIRST`] and [`SECOND`].
pub const OVERFLOW: Notice = Notice::of("logic", "left + 1", "It overflows");
/// Present in [`SECOND`].
pub const SWAPPED: Notice = Notice::of("logic", "store(0, left)", "The arguments are swapped");
/// First version of `src/turn.rs`: a debugging macro for the rules, an overflow for the
/// model.
pub const FIRST: [&str; 5] = [
    "/// Turns left to right.",
    "pub fn turn(left: u32) -> u32 {",
    "    dbg!(left);",
    "    left + 1",
    "}",
];
/// Version after a push: the macro is removed, the overflow has moved down, arguments
/// are swapped.
pub const SECOND: [&str; 6] = [
    "/// Turns left to right.",
    "/// Twice, it is left again.",
    "pub fn turn(left: u32) -> u32 {",
    "    store(0, left);",
    "    left + 1",
    "}",
];

/// Returns a pull request by `octocat` with this diff.
pub fn proposing(diff: String) -> NewPullRequest {
    NewPullRequest {
        diff,
        ..NewPullRequest::default()
    }
}

/// # Panics
/// Panics if a delivery fails or remains unhandled.
#[track_caller]
pub fn all_handled(tried: &[CallResult]) {
    for tried in tried {
        assert_eq!(tried.end, End::Handled, "{tried:?}");
    }
}

/// # Panics
/// Panics if the webhook fails or a delivery fails permanently.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
impl Bot {
    /// Creates a bot with a model.
    pub fn with(model: &Arc<ScriptedModel>) -> Self {
        let model: Arc<dyn Model> = model.clone();
        let surroundings = Surroundings {
            model: Some(model),
            ..Surroundings::in_memory()
        };
        Self::on(surroundings, Interruption::none())
    }

    /// Writes the settings to the base branch of the tests' repository.
    #[must_use]
    pub fn under(self, settings: &str) -> Self {
        let repo = NewPullRequest::default().repo;
        self.world().put_file(&repo, "main", SETTINGS, settings);
        self
    }

    /// Sends a delivery and processes all resulting events.
    pub async fn hear(&self, delivery: &WebhookDelivery) {
        self.take(delivery).await;
        self.settle().await;
        let dead = self.dead_letters().await;
        assert!(dead.is_empty(), "given up: {dead:#?}");
    }

    /// Sends a delivery without processing the resulting events.
    pub async fn take(&self, delivery: &WebhookDelivery) {
        let answer = self.deliver(delivery).await;
        assert_eq!(answer.status.as_u16(), 202, "{}", answer.message);
    }

    /// Opens a pull request and returns its unsent delivery.
    pub fn begins(&self, diff: String) -> (PrKey, WebhookDelivery) {
        self.begins_with(proposing(diff))
    }

    /// Like [`begins`](Bot::begins).
    pub fn begins_with(&self, pull: NewPullRequest) -> (PrKey, WebhookDelivery) {
        let delivery = self.world().open_pull_request(pull);
        (delivery.pr.clone().expect("a pull request"), delivery)
    }

    /// Makes GitHub fail for the security specialist until it has tried `tries`
    /// times. The two other specialists get the diff.
    pub async fn without_security(&self, delivery: &WebhookDelivery, tries: u32) {
        let world = self.world();
        world.fail_next_on(Call::Diff, Fault::Unavailable);
        self.take(delivery).await;
        self.settle_for(Duration::ZERO).await;
        for _ in 1..tries {
            world.fail_next_on(Call::Diff, Fault::Unavailable);
            self.settle_for(3 * MINUTE).await;
        }
    }

    /// Opens a pull request and processes all events.
    pub async fn opens(&self, pull: NewPullRequest) -> PrKey {
        let delivery = self.world().open_pull_request(pull);
        self.hear(&delivery).await;
        delivery.pr.expect("a pull request")
    }

    /// Pushes a new head one minute later.
    pub async fn pushes(&self, pr: &PrKey, diff: impl Into<String>) {
        self.surroundings.clock.advance(MINUTE);
        self.hear(&self.world().push(pr, diff)).await;
    }

    /// Returns the version of every item.
    pub async fn versions(&self) -> BTreeMap<String, Version> {
        let items = self.items().await.into_iter();
        items
            .map(|(key, item)| (key.to_string(), item.version))
            .collect()
    }

    /// Returns the reviews in state, by key.
    #[expect(
        clippy::indexing_slicing,
        reason = "a missing key of a JSON value is null"
    )]
    pub async fn kept(&self, kind: &str) -> Vec<Value> {
        let items = self.items().await.into_iter();
        let of = items.filter(|(key, _)| key.kind() == kind);
        of.map(|(_, item)| {
            let record: Value = serde_json::from_str(&item.value).expect("JSON");
            record["value"].clone()
        })
        .collect()
    }

    /// Returns the bot's newest review.
    pub fn newest(&self, pr: &PrKey) -> PostedReview {
        self.reviews(pr).pop().expect("a review")
    }

    /// Returns everything that a pull request's page shows of the bot.
    pub fn page(&self, pr: &PrKey) -> Page {
        let world = self.world();
        let comments = world.comments(pr).into_iter();
        let checks = world.checks(&pr.repo, &world.head(pr)).into_iter();
        Page {
            reviews: self.reviews(pr).iter().map(shown).collect(),
            summaries: comments.map(|it| visible(&it.body).to_owned()).collect(),
            checks: checks
                .map(|it| match it.check.conclusion {
                    Some(end) => format!("{end:?}: {}", it.check.title),
                    None => format!("InProgress: {}", it.check.title),
                })
                .collect(),
        }
    }
}

/// Posts of the bot on GitHub, without hidden markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Reviews, oldest first.
    pub reviews: Vec<String>,
    /// Comments on the conversation page.
    pub summaries: Vec<String>,
    /// Checks of the newest head: conclusion and title of each.
    pub checks: Vec<String>,
}

/// Returns a comment without its marker.
pub fn visible(body: &str) -> &str {
    body.rsplit_once("<!-- ").map_or(body, |(text, _)| text)
}

/// Returns the diff of a new file `src/turn.rs` with these lines.
pub fn turn(lines: &[&str]) -> String {
    changes::new_file("src/turn.rs", lines)
}

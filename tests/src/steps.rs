//! Steps that many stories take, and what GitHub shows after them.

use crate::changes;
use crate::house::{Ground, House, shown};
use crate::interruption::Interruption;
use crate::model::{Notice, Scripted};
use agent::Model;
use github::PrKey;
use github_world::{Call, Fault, NewPullRequest, PostedReview, WebhookDelivery};
use local::runner::{End, Tried};
use serde_json::Value;
use state::Version;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Where a repository says what it wants.
pub const SETTINGS: &str = ".github/review-bot.toml";
/// A minute.
pub const MINUTE: Duration = Duration::from_secs(60);

/// What the model of these stories notices, and can prove.
pub const MODEL: &[Notice] = &[OVERFLOW, SWAPPED];
/// In [`FIRST`] and in [`SECOND`].
pub const OVERFLOW: Notice = Notice::of("logic", "left + 1", "It overflows");
/// In [`SECOND`].
pub const SWAPPED: Notice = Notice::of("logic", "store(0, left)", "The arguments are swapped");
/// `src/turn.rs` as it is proposed: a debugging aid for the rules, an overflow for the
/// model.
pub const FIRST: [&str; 5] = [
    "/// Turns left to right.",
    "pub fn turn(left: u32) -> u32 {",
    "    dbg!(left);",
    "    left + 1",
    "}",
];
/// And after a push: the aid is gone, the overflow has moved down, arguments are swapped.
pub const SECOND: [&str; 6] = [
    "/// Turns left to right.",
    "/// Twice, it is left again.",
    "pub fn turn(left: u32) -> u32 {",
    "    store(0, left);",
    "    left + 1",
    "}",
];

/// `octocat` proposes this.
pub fn proposing(diff: String) -> NewPullRequest {
    NewPullRequest {
        diff,
        ..NewPullRequest::default()
    }
}

/// # Panics
/// When something is not handled, or is given up.
#[track_caller]
pub fn all_handled(tried: &[Tried]) {
    for tried in tried {
        assert_eq!(tried.end, End::Handled, "{tried:?}");
    }
}

/// # Panics
/// Where a story cannot go on: GitHub is not answered, or something was given up.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
impl House {
    /// A house in which `model` reviews, too.
    pub fn with(model: &Arc<Scripted>) -> Self {
        let model: Arc<dyn Model> = model.clone();
        let ground = Ground {
            model: Some(model),
            ..Ground::in_memory()
        };
        Self::on(ground, Interruption::none())
    }

    /// Settings on the base branch of the repository that stories are about.
    #[must_use]
    pub fn under(self, settings: &str) -> Self {
        let repo = NewPullRequest::default().repo;
        self.world().put_file(&repo, "main", SETTINGS, settings);
        self
    }

    /// GitHub says it, and everything that follows from it happens.
    pub async fn hear(&self, delivery: &WebhookDelivery) {
        self.take(delivery).await;
        self.settle().await;
        let dead = self.dead_letters().await;
        assert!(dead.is_empty(), "given up: {dead:#?}");
    }

    /// GitHub says it, and nothing follows yet.
    pub async fn take(&self, delivery: &WebhookDelivery) {
        let answer = self.deliver(delivery).await;
        assert_eq!(answer.status.as_u16(), 202, "{}", answer.message);
    }

    /// Someone opens a pull request, and its delivery is on its way.
    pub fn begins(&self, diff: String) -> (PrKey, WebhookDelivery) {
        self.begins_with(proposing(diff))
    }

    /// As [`begins`](House::begins).
    pub fn begins_with(&self, pull: NewPullRequest) -> (PrKey, WebhookDelivery) {
        let delivery = self.world().open_pull_request(pull);
        (delivery.pr.clone().expect("a pull request"), delivery)
    }

    /// GitHub gives the diff to two specialists and not to security, until `tries`
    /// of its own are over.
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

    /// Someone opens a pull request.
    pub async fn opens(&self, pull: NewPullRequest) -> PrKey {
        let delivery = self.world().open_pull_request(pull);
        self.hear(&delivery).await;
        delivery.pr.expect("a pull request")
    }

    /// A minute later there is a new head.
    pub async fn pushes(&self, pr: &PrKey, diff: impl Into<String>) {
        self.ground.clock.advance(MINUTE);
        self.hear(&self.world().push(pr, diff)).await;
    }

    /// How often every item was written.
    pub async fn versions(&self) -> BTreeMap<String, Version> {
        let items = self.items().await.into_iter();
        items
            .map(|(key, item)| (key.to_string(), item.version))
            .collect()
    }

    /// The reviews in state, by key.
    #[expect(
        clippy::indexing_slicing,
        reason = "what is not there is null in a JSON value"
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

    /// The newest of the bot's reviews.
    pub fn newest(&self, pr: &PrKey) -> PostedReview {
        self.reviews(pr).pop().expect("a review")
    }

    /// All that GitHub shows of the bot on a pull request's page.
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

/// What GitHub shows of the bot, without hidden markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its reviews, oldest first.
    pub reviews: Vec<String>,
    /// Its comments on the conversation page.
    pub summaries: Vec<String>,
    /// The checks of the newest head: how each ends, and its title.
    pub checks: Vec<String>,
}

/// A comment without its marker.
pub fn visible(body: &str) -> &str {
    body.rsplit_once("<!-- ").map_or(body, |(text, _)| text)
}

/// Lines of `src/turn.rs`, as a new file.
pub fn turn(lines: &[&str]) -> String {
    changes::new_file("src/turn.rs", lines)
}

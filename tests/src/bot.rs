//! All functions in one process, with a simulated GitHub and a manual clock.

use crate::interruption::{InterruptibleCalls, Interruption};
use events::{Clock, Emit, Entropy, Event, ManualClock, SeededEntropy, Timestamp};
use fake_github::{PostedReview, WebhookDelivery, World};
use github::PrKey;
use github::port::ReviewEvent;
use http::{HeaderMap, HeaderName, HeaderValue};
use local_bus::LocalBus;
use local_bus::queue::{DeadLetter, Queue, RetryWaits};
use local_bus::runner::{CallResult, Runner};
use local_bus::template::{DeliveryPath, Template};
use local_functions::{self, Dependencies, GitHub};
use model_client::Model;
use policy::{Policy, Show};
use recorder::Entry;
use source::{Answer, Door};
use state::{Key, Memory, StateBackend, StateManager, StoredItem};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Webhook secret of both GitHub and the function.
const SECRET: &str = "It's a Secret to Everybody";
/// 2026-01-05T09:00:00Z.
const START: i64 = 1_767_603_600;
/// Limit of deliveries in a test; more indicate an endless loop.
const MOST_DELIVERIES: usize = 2_000;
/// Kinds of state items.
pub(crate) const KINDS: [&str; 10] = [
    "budget:",
    "check:",
    "journal:",
    "format:",
    "pace:",
    "pause:",
    "pr:",
    "second-look:",
    "publication:",
    "review:",
];

/// Loaded once for all tests of a program.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
static TEMPLATE: LazyLock<Arc<Template>> =
    LazyLock::new(|| Arc::new(Template::load(None).expect("the template that is built in")));

/// The template without the journal, which takes about half of the time of a test.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
static WITHOUT_JOURNAL: LazyLock<Arc<Template>> = LazyLock::new(|| {
    let mut template = Template::load(None).expect("the template that is built in");
    for rule in &mut template.rules {
        rule.routes.retain(|route| route.function != "recorder");
    }
    Arc::new(template)
});

/// Environment of a bot, which outlives a crash.
#[derive(Clone)]
pub struct Surroundings {
    pub clock: Arc<ManualClock>,
    pub world: World,
    /// GitHub client; `None` uses the world in process.
    pub github: Option<Arc<dyn GitHub>>,
    /// State store.
    pub state: Arc<dyn StateBackend>,
    /// Queue of pending deliveries.
    pub queue: Queue,
    /// Model beside the rules, if any.
    pub model: Option<Arc<dyn Model>>,
    /// The operator's policy.
    pub policy: Policy,
    /// Rules of the bus.
    pub template: Arc<Template>,
}

/// Returns the settings with which a clean change has a review too, for tests to read.
fn every_review() -> Policy {
    let mut policy = Policy::default();
    policy.show.review = Show::Always;
    policy
}

impl Surroundings {
    /// Creates an environment in memory, in which every verdict has a review.
    ///
    /// # Panics
    /// Panics if SQLite cannot allocate memory.
    #[expect(clippy::expect_used, reason = "a test cannot go on without")]
    pub fn in_memory() -> Self {
        let start = Timestamp::from_second(START).expect("an instant");
        let clock = Arc::new(ManualClock::starting_at(start));
        Self {
            world: World::new(clock.clone(), Arc::new(SeededEntropy::new(7))),
            github: None,
            clock,
            state: Arc::new(Memory::default()),
            queue: Queue::in_memory().expect("SQLite has memory"),
            model: None,
            policy: every_review(),
            template: TEMPLATE.clone(),
        }
    }

    /// Removes the function `recorder`: no journal is written.
    #[must_use]
    pub fn without_journal(self) -> Self {
        let template = WITHOUT_JOURNAL.clone();
        Self { template, ..self }
    }
}

/// All functions, running in process.
pub struct Bot {
    pub surroundings: Surroundings,
    template: Arc<Template>,
    webhook: Door,
    runner: Runner,
    interruption: Arc<Interruption>,
}

/// # Panics
/// Panics if the queue or the state cannot be read.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
impl Bot {
    /// Creates a bot whose data ends with the test.
    pub fn new() -> Self {
        Self::on(Surroundings::in_memory(), Interruption::none())
    }

    /// Creates a bot in this environment; `interruption` may interrupt a call.
    pub fn on(surroundings: Surroundings, interruption: Arc<Interruption>) -> Self {
        let template = surroundings.template.clone();
        let clock: Arc<dyn Clock> = surroundings.clock.clone();
        let local = Arc::new(LocalBus::new(
            template.clone(),
            surroundings.queue.clone(),
            clock.clone(),
        ));
        let emit: Arc<dyn Emit> = local.clone();
        let bus = InterruptibleCalls::new(emit, &interruption);
        let github = surroundings.github.clone();
        let github = github.unwrap_or_else(|| Arc::new(surroundings.world.github()));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(11));
        let model: Option<Arc<dyn Model>> = match &surroundings.model {
            Some(model) => Some(InterruptibleCalls::new(model.clone(), &interruption)),
            None => None,
        };
        let state: Arc<dyn StateBackend> =
            InterruptibleCalls::new(surroundings.state.clone(), &interruption);
        let deps = Dependencies {
            state: StateManager::new(state, clock.clone(), entropy.clone()),
            bus: bus.clone(),
            github: InterruptibleCalls::new(github, &interruption),
            model,
            policy: surroundings.policy.clone(),
            clock: clock.clone(),
            entropy,
        };
        local_functions::register(&*local, &deps).expect("the patterns of the manifests");
        let source = webhook::source(webhook::Deps {
            clock: clock.clone(),
            github_webhook_secret: SECRET.into(),
        });
        let source = source.expect("a secret");
        Self {
            webhook: Door::new(Arc::new(source), bus.clone()),
            runner: Runner {
                template: template.clone(),
                functions: local.handlers(),
                bus: local,
                queue: surroundings.queue.clone(),
                clock,
            },
            template,
            surroundings,
            interruption,
        }
    }

    pub fn world(&self) -> &World {
        &self.surroundings.world
    }

    /// Sends a delivery, signed like GitHub's.
    pub async fn deliver(&self, delivery: &WebhookDelivery) -> Answer {
        let answer = self.send(delivery).await;
        answer.expect("the webhook's function does not crash in this story")
    }

    /// Like [`deliver`](Bot::deliver); returns `None` if the function crashed.
    pub async fn send(&self, delivery: &WebhookDelivery) -> Option<Answer> {
        let mut headers = HeaderMap::new();
        for (name, value) in delivery.headers(SECRET) {
            let name: HeaderName = name.parse().expect("a header's name");
            let value = HeaderValue::from_str(&value).expect("a header's value");
            headers.append(name, value);
        }
        tokio::select! {
            biased;
            answer = self.webhook.handle(&headers, &delivery.body) => Some(answer),
            () = self.interruption.crash() => None,
        }
    }

    /// Delivers until no delivery is pending, and advances the clock as required.
    pub async fn settle(&self) -> Vec<CallResult> {
        self.settle_by(Timestamp::MAX).await
    }

    /// Delivers everything due within `time`, and advances the clock by it.
    pub async fn settle_for(&self, time: Duration) -> Vec<CallResult> {
        let until = self.surroundings.clock.now() + time;
        let tried = self.settle_by(until).await;
        self.surroundings.clock.advance_to(until);
        tried
    }

    /// Delivers until the next pending event is on `topic`.
    pub async fn settle_until(&self, topic: &str) {
        for _ in 0..MOST_DELIVERIES {
            let now = self.surroundings.clock.now();
            let due = self
                .surroundings
                .queue
                .due(now, 1)
                .await
                .expect("the queue");
            if due.iter().any(|due| due.event.detail_type == topic) {
                return;
            }
            assert!(
                self.step(Timestamp::MAX).await.is_some(),
                "no {topic} came up"
            );
        }
        panic!("too many deliveries without {topic}");
    }

    /// Attempts at most `most` deliveries that are due within `time`.
    pub async fn settle_some(&self, most: usize, time: Duration) {
        let until = self.surroundings.clock.now() + time;
        for _ in 0..most {
            if self.step(until).await.is_none() {
                return;
            }
        }
    }

    async fn settle_by(&self, until: Timestamp) -> Vec<CallResult> {
        let mut all = Vec::new();
        for _ in 0..MOST_DELIVERIES {
            match self.step(until).await {
                Some(tried) => all.extend(tried),
                None => return all,
            }
        }
        panic!("too many deliveries");
    }

    /// Attempts the next delivery due by `until`. Returns `Some(None)` if its
    /// function crashed, and `None` without a due delivery.
    async fn step(&self, until: Timestamp) -> Option<Option<CallResult>> {
        let Surroundings { queue, clock, .. } = &self.surroundings;
        if !self.interruption.is_planned()
            && let Some(tried) = self.runner.step().await.expect("the queue")
        {
            return Some(Some(tried));
        }
        let next = queue.next_due().await.expect("the queue")?;
        if next > until {
            return None;
        }
        clock.advance_to(next);
        let in_hand = queue.due(clock.now(), 1).await.expect("the queue").pop()?;
        tokio::select! {
            biased;
            tried = self.runner.step() => Some(tried.expect("the queue")),
            () = self.interruption.crash() => {
                // AWS detects the missing response and retries the
                // delivery.
                let route = self.template.route(&in_hand.rule, &in_hand.target);
                let wait = match route.expect("its route").via {
                    DeliveryPath::Invoke { .. } => Duration::from_secs(60),
                    DeliveryPath::Queue { visibility, .. } => visibility,
                };
                let again = clock.now() + wait;
                queue.again(in_hand.id, again, RetryWaits::default()).await.expect("the queue");
                Some(None)
            }
        }
    }

    /// Returns the bot's reviews as the pull request's page shows them.
    pub fn reviews(&self, pr: &PrKey) -> Vec<PostedReview> {
        self.world().bot_reviews(pr)
    }

    /// Returns the bot's only review.
    #[track_caller]
    pub fn review(&self, pr: &PrKey) -> PostedReview {
        let mut reviews = self.reviews(pr);
        let bodies: Vec<_> = reviews.iter().map(|review| &review.body).collect();
        assert_eq!(reviews.len(), 1, "one review of {pr}: {bodies:#?}");
        reviews.pop().expect("there is one")
    }

    /// Returns every state item, by key.
    pub async fn items(&self) -> BTreeMap<Key, StoredItem> {
        let Surroundings { state, clock, .. } = &self.surroundings;
        let mut items = BTreeMap::new();
        for kind in KINDS {
            let prefix = kind.parse().expect("a kind");
            let listed = state
                .list(&prefix, None, usize::MAX >> 1, clock.now())
                .await;
            items.extend(listed.expect("state"));
        }
        items
    }

    /// Returns every event of the bus, from the journal.
    pub async fn journal(&self) -> Vec<Event> {
        let items = self.items().await.into_iter();
        let entries = items.filter(|(key, _)| key.kind() == "journal");
        entries
            .map(|(_, item)| {
                let entry: Entry = serde_json::from_str(&item.value).expect("an entry");
                entry.event
            })
            .collect()
    }

    /// Returns the journal's events on `topic`.
    pub async fn emitted(&self, topic: &str) -> Vec<Event> {
        let mut events = self.journal().await;
        events.retain(|event| event.topic.as_str() == topic);
        events
    }

    /// Returns the permanently failed deliveries.
    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.surroundings
            .queue
            .dead_letters()
            .await
            .expect("the queue")
    }
}

impl Default for Bot {
    fn default() -> Self {
        Self::new()
    }
}

/// Formats a review as the page shows it, without the hidden marker.
pub fn shown(review: &PostedReview) -> String {
    let vote = match review.event {
        ReviewEvent::Comment => "COMMENT",
        ReviewEvent::RequestChanges => "REQUEST_CHANGES",
        ReviewEvent::Approve => "APPROVE",
    };
    let visible = |line: &&str| !line.starts_with("<!-- github-bot:");
    let body: Vec<_> = review.body.lines().filter(visible).collect();
    let mut text = format!("{vote}\n{}\n", body.join("\n").trim_end());
    for comment in &review.comments {
        text += &format!("\n{}:{}\n{}\n", comment.path, comment.line, comment.body);
    }
    text
}

//! The whole set in one process, with a simulated GitHub before it and a clock
//! that only the story moves.

use crate::interruption::{Interrupted, Interruption};
use agent::Model;
use bus::Emit;
use event::Event;
use github::PrKey;
use github::port::ReviewEvent;
use github_world::{PostedReview, WebhookDelivery, World};
use http::{HeaderMap, HeaderName, HeaderValue};
use local::bus::LocalBus;
use local::queue::{DeadLetter, Queue};
use local::registry::{self, GitHub, Ports};
use local::runner::{Runner, Tried};
use local::template::{Template, Via};
use policy::Policy;
use ports::{Clock, Entropy, ManualClock, SeededEntropy, Timestamp};
use recorder::Entry;
use secrecy::SecretString;
use state::{Key, Memory, StateBackend, Stored};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use webhook::{Answer, Secrets, Webhook};

/// The webhook's secret, on both sides.
const SECRET: &str = "It's a Secret to Everybody";
/// 2026-01-05T09:00:00Z.
const START: i64 = 1_767_603_600;
/// A story that takes more deliveries goes round in a circle.
const MOST_DELIVERIES: usize = 2_000;
/// The kinds of state items.
pub(crate) const KINDS: [&str; 10] = [
    "budget:",
    "check:",
    "journal:",
    "ladder:",
    "pace:",
    "pause:",
    "pr:",
    "proof:",
    "publication:",
    "review:",
];

/// Read once for all houses of a test.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
static TEMPLATE: LazyLock<Arc<Template>> =
    LazyLock::new(|| Arc::new(Template::load(None).expect("the template that is built in")));

/// What a house stands on, and what is left when it falls down.
#[derive(Clone)]
pub struct Ground {
    /// The time.
    pub clock: Arc<ManualClock>,
    /// GitHub.
    pub world: World,
    /// How it is reached; `None` is in this process.
    pub github: Option<Arc<dyn GitHub>>,
    /// Where state is kept.
    pub state: Arc<dyn StateBackend>,
    /// Where deliveries wait.
    pub queue: Queue,
    /// Who reviews beside the rules, if anybody.
    pub model: Option<Arc<dyn Model>>,
    /// What whoever runs the bot wants of reviews.
    pub policy: Policy,
}

impl Ground {
    /// All of it in memory.
    ///
    /// # Panics
    /// When SQLite has no memory.
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
            policy: Policy::default(),
        }
    }
}

/// The whole set.
pub struct House {
    /// What it stands on.
    pub ground: Ground,
    template: Arc<Template>,
    webhook: Webhook,
    runner: Runner,
    interruption: Arc<Interruption>,
}

/// # Panics
/// Where the queue or the state cannot be read: nothing that a story tells.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
impl House {
    /// A house of which nothing outlives the test.
    pub fn new() -> Self {
        Self::on(Ground::in_memory(), Interruption::none())
    }

    /// A house on this ground, one of whose calls may be interrupted.
    pub fn on(ground: Ground, interruption: Arc<Interruption>) -> Self {
        let template = TEMPLATE.clone();
        let clock: Arc<dyn Clock> = ground.clock.clone();
        let local = Arc::new(LocalBus::new(
            template.clone(),
            ground.queue.clone(),
            clock.clone(),
        ));
        let emit: Arc<dyn Emit> = local.clone();
        let bus = Interrupted::new(emit, &interruption);
        let github = ground.github.clone();
        let github = github.unwrap_or_else(|| Arc::new(ground.world.github()));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(11));
        let model: Option<Arc<dyn Model>> = match &ground.model {
            Some(model) => Some(Interrupted::new(model.clone(), &interruption)),
            None => None,
        };
        let ports = Ports {
            state: Interrupted::new(ground.state.clone(), &interruption),
            github: Interrupted::new(github, &interruption),
            model,
            policy: ground.policy.clone(),
            clock: clock.clone(),
            entropy,
        };
        let secrets = Secrets::parse(&SecretString::from(SECRET)).expect("a secret");
        Self {
            webhook: Webhook::new(secrets, bus.clone(), clock.clone()),
            runner: Runner {
                template: template.clone(),
                functions: registry::functions(&ports, &bus),
                bus: local,
                queue: ground.queue.clone(),
                clock,
            },
            template,
            ground,
            interruption,
        }
    }

    /// GitHub.
    pub fn world(&self) -> &World {
        &self.ground.world
    }

    /// GitHub sends a delivery, signed as it does.
    pub async fn deliver(&self, delivery: &WebhookDelivery) -> Answer {
        let answer = self.send(delivery).await;
        answer.expect("the webhook's function does not crash in this story")
    }

    /// As [`deliver`](House::deliver); `None` when the function crashed.
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

    /// Delivers until nothing waits any more, and lets as much time pass as that
    /// takes.
    pub async fn settle(&self) -> Vec<Tried> {
        self.settle_by(Timestamp::MAX).await
    }

    /// Delivers what is due within `time`, and lets it pass.
    pub async fn settle_for(&self, time: Duration) -> Vec<Tried> {
        let until = self.ground.clock.now() + time;
        let tried = self.settle_by(until).await;
        self.ground.clock.advance_to(until);
        tried
    }

    /// Delivers until the next event in line is one on `topic`.
    pub async fn settle_until(&self, topic: &str) {
        for _ in 0..MOST_DELIVERIES {
            let now = self.ground.clock.now();
            let due = self.ground.queue.due(now, 1).await.expect("the queue");
            if due.iter().any(|due| due.event.detail_type == topic) {
                return;
            }
            assert!(
                self.step(Timestamp::MAX).await.is_some(),
                "no {topic} came up"
            );
        }
        panic!("no end of deliveries, and no {topic} among them");
    }

    async fn settle_by(&self, until: Timestamp) -> Vec<Tried> {
        let mut all = Vec::new();
        for _ in 0..MOST_DELIVERIES {
            match self.step(until).await {
                Some(tried) => all.extend(tried),
                None => return all,
            }
        }
        panic!("no end of deliveries");
    }

    /// Tries the next delivery, when it is due until then; `Some(None)`: its
    /// function crashed. `None`: there is none.
    async fn step(&self, until: Timestamp) -> Option<Option<Tried>> {
        let Ground { queue, clock, .. } = &self.ground;
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
                // AWS notices that nobody answers, and delivers it again.
                let route = self.template.route(&in_hand.rule, &in_hand.target);
                let wait = match route.expect("its route").via {
                    Via::Invoke { .. } => Duration::from_secs(60),
                    Via::Queue { visibility, .. } => visibility,
                };
                let again = clock.now() + wait;
                queue.again(in_hand.id, again).await.expect("the queue");
                Some(None)
            }
        }
    }

    /// The bot's reviews, as the pull request's page shows them.
    pub fn reviews(&self, pr: &PrKey) -> Vec<PostedReview> {
        self.world().bot_reviews(pr)
    }

    /// The bot's only review.
    #[track_caller]
    pub fn review(&self, pr: &PrKey) -> PostedReview {
        let mut reviews = self.reviews(pr);
        let bodies: Vec<_> = reviews.iter().map(|review| &review.body).collect();
        assert_eq!(reviews.len(), 1, "one review of {pr}: {bodies:#?}");
        reviews.pop().expect("there is one")
    }

    /// Every state item, by key.
    pub async fn items(&self) -> BTreeMap<Key, Stored> {
        let Ground { state, clock, .. } = &self.ground;
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

    /// Every event that was on the bus, as the journal has them.
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

    /// The journal's events on `topic`.
    pub async fn said(&self, topic: &str) -> Vec<Event> {
        let mut events = self.journal().await;
        events.retain(|event| event.topic.as_str() == topic);
        events
    }

    /// What was given up.
    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.ground.queue.dead_letters().await.expect("the queue")
    }
}

impl Default for House {
    fn default() -> Self {
        Self::new()
    }
}

/// What a review looks like on the page, without the hidden marker.
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

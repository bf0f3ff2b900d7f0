//! Specialist with a GitHub of three commits, a bus without subscribers and a scripted model.

use async_trait::async_trait;
use events::{
    Clock, Event, Handler, HandlerError, InProcess, ManualClock, Outcome, SeededEntropy, Timestamp,
};
use github::port::{Files, GitHubError, ReadDiff, ReadFiles};
use github::{HeadSha, PrKey};
use model_client::{AgentError, Answer, Ask, AskError, Model, Usage};
use review::item::{CheckItem, CheckReport, ReviewItem};
use review::message::{CheckRequested, ReviewKey};
use review::rules::{Finds, Reads, Rule, RuleReviewer};
use review::{Category, Confidence, Severity};
use serde_json::{Value, json};
use specialist::{Deps, Specialist};
use state::{Key, Memory, Record, StateManager, VersionedValue};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

const RULES: &[Rule] = &[Rule {
    id: "leftover",
    severity: Severity::Low,
    confidence: Confidence::percent(90),
    message: "This was left in.",
    reads: Reads::Written,
    finds: Finds::Lines(|spot| spot.text().contains("dbg!")),
}];

/// Returns the commit hash that repeats `digit`.
pub fn sha(digit: char) -> HeadSha {
    digit.to_string().repeat(40).parse().unwrap()
}

/// GitHub that knows only these comparisons.
#[derive(Default)]
pub struct Comparisons(Mutex<BTreeMap<(HeadSha, HeadSha), Result<String, GitHubError>>>);

impl Comparisons {
    pub fn put(&self, base: char, head: char, diff: &str) {
        self.answer(base, head, Ok(diff.to_owned()));
    }

    pub fn answer(&self, base: char, head: char, answer: Result<String, GitHubError>) {
        let known = &mut self.0.lock().unwrap();
        known.insert((sha(base), sha(head)), answer);
    }
}

#[async_trait]
impl ReadDiff for Comparisons {
    async fn diff(&self, _: &PrKey, base: &HeadSha, head: &HeadSha) -> Result<String, GitHubError> {
        let known = self.0.lock().unwrap();
        let answer = known.get(&(base.clone(), head.clone())).cloned();
        answer.unwrap_or_else(|| {
            Err(GitHubError::NotFound {
                call: format!("GET /compare/{base}...{head}"),
                reason: "Not Found".to_owned(),
            })
        })
    }
}

#[async_trait]
impl ReadFiles for Comparisons {
    async fn files(&self, pr: &PrKey) -> Result<Files, GitHubError> {
        Err(GitHubError::NotFound {
            call: format!("GET {pr}/files"),
            reason: "Not Found".to_owned(),
        })
    }
}

/// Scripted answer to a question.
type Reply = Box<dyn Fn(&str) -> Result<Value, AgentError> + Send>;

/// Scripted model.
pub struct ScriptedModel {
    reply: Mutex<Reply>,
    asked: Mutex<Vec<String>>,
    /// Action during the model's next answer.
    meanwhile: Mutex<Option<ConcurrentWrite>>,
}

type ConcurrentWrite = Pin<Box<dyn Future<Output = ()> + Send>>;

#[async_trait]
impl Model for ScriptedModel {
    fn name(&self) -> &str {
        "kimi"
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        self.asked.lock().unwrap().push(ask.user.to_owned());
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        let value = (self.reply.lock().unwrap())(ask.user)?;
        (ask.check)(&value).map_err(|reason| AgentError::Malformed { reason })?;
        Ok(Answer {
            is_exact: true,
            value,
            usage: Usage::default(),
        })
    }
}

/// Returns an answer with one finding of medium severity on each of these lines.
pub fn found(score: u8, places: &[(&str, u32, &str)]) -> Value {
    found_as("medium", score, places)
}

/// Returns an answer with one finding of this severity on each of these lines.
pub fn found_as(severity: &str, score: u8, places: &[(&str, u32, &str)]) -> Value {
    let finding = |(path, line, title): &(&str, u32, &str)| {
        json!({
            "path": path, "start_line": line, "line": line, "severity": severity,
            "confidence": 80, "title": title, "explanation": "It breaks.", "suggestion": "",
        })
    };
    let findings: Vec<_> = places.iter().map(finding).collect();
    json!({ "findings": findings, "quality_score": score })
}

pub struct Fixture {
    pub github: Arc<Comparisons>,
    pub clock: Arc<ManualClock>,
    model: Arc<ScriptedModel>,
    state: StateManager,
    specialist: Specialist,
    opened_at: Timestamp,
}

impl Fixture {
    pub fn new() -> Self {
        Self::of(Category::Logic, "logic")
    }

    pub fn of(category: Category, name: &'static str) -> Self {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
        let entropy = Arc::new(SeededEntropy::new(7));
        let state = StateManager::new(Arc::new(Memory::default()), clock.clone(), entropy.clone());
        let github = Arc::new(Comparisons::default());
        let model = Arc::new(ScriptedModel {
            reply: Mutex::new(Box::new(|_| Ok(found(9, &[])))),
            asked: Mutex::default(),
            meanwhile: Mutex::default(),
        });
        let deps = Deps {
            state: state.clone(),
            github: github.clone(),
            bus: Arc::new(InProcess::default()),
            model: Some(model.clone()),
            clock: clock.clone(),
            entropy,
        };
        let rules = RuleReviewer::new(category, RULES);
        let specialist = Specialist {
            name,
            category,
            reviewers: deps.reviewers(rules, "Look for what is wrong."),
            also_emits: |_, _, _| Vec::new(),
            deps,
        };
        Self {
            opened_at: clock.now(),
            github,
            clock,
            model,
            state,
            specialist,
        }
    }

    /// Sets the model's answer from now on.
    pub fn model_says(&self, reply: impl Fn(&str) -> Result<Value, AgentError> + Send + 'static) {
        *self.model.reply.lock().unwrap() = Box::new(reply);
    }

    /// Returns the questions since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.model.asked.lock().unwrap())
    }

    fn key(head: char) -> ReviewKey {
        ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: sha(head),
        }
    }

    /// Opens the review of a head, as the coordinator does.
    pub async fn open(&self, head: char, with: impl FnOnce(&mut ReviewItem)) {
        let mut value = ReviewItem::of(sha('0'));
        with(&mut value);
        put(self.state.clone(), ReviewItem::key(&Self::key(head)), value).await;
    }

    /// Reopens the review against another base during the model's next answer.
    pub fn open_meanwhile(&self, base: char, head: char) {
        let value = ReviewItem::of(sha(base));
        let put = put(self.state.clone(), ReviewItem::key(&Self::key(head)), value);
        *self.model.meanwhile.lock().unwrap() = Some(Box::pin(put));
    }

    /// Requests the check of a head.
    pub async fn ask(&self, head: char) -> Result<Outcome, HandlerError> {
        self.ask_against('0', head).await
    }

    /// Requests the check of the change against another base.
    pub async fn ask_against(&self, base: char, head: char) -> Result<Outcome, HandlerError> {
        let asked = CheckRequested {
            review: Self::key(head),
            base_sha: sha(base),
        };
        let id = format!("asked-{base}-{head}").parse().unwrap();
        let say = asked.say(self.specialist.category);
        let event = Event::first(id, "test", say, self.opened_at);
        self.specialist.handle(&event).await
    }

    /// Requests the check of a head and returns the report.
    pub async fn report(&self, head: char) -> CheckReport {
        let outcome = self.ask(head).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        self.kept(head).await.report
    }

    /// Returns the stored check item.
    pub async fn kept(&self, head: char) -> CheckItem {
        let key = CheckItem::key(&Self::key(head), self.specialist.category);
        let item: Option<CheckItem> = self.state.peek(&key).await.unwrap();
        item.unwrap()
    }
}

async fn put(state: StateManager, key: Key, value: ReviewItem) {
    let record = Record {
        value,
        applied: Vec::new(),
    };
    let seen: VersionedValue<Record<ReviewItem>> = state.get(&key).await.unwrap();
    let saved = state.set(&key, seen.version, &record, None);
    let _ = saved.await.unwrap();
}

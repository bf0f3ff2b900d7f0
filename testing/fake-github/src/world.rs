//! Handle and state of the simulated GitHub.

use crate::answer::Refusal;
use crate::call::Write;
use crate::fault::Faults;
use crate::hunks::{DiffLines, FileCount, MalformedDiff};
use crate::limit::Limits;
use crate::model::{Account, PostedReview, Pull, Repository, StoredDiff};
use crate::{Call, Fault, Limit, ProcessGitHub, WebhookDelivery};
use events::{Clock, Entropy, ManualClock, SeededEntropy, Timestamp};
use github::{HeadSha, PrKey, RepoName};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Default bot, an App.
const BOT: &str = "review-bot[bot]";

/// Default token for HTTP calls.
const TOKEN: &str = "world-token";

/// A simulated GitHub. Clones share one state.
#[derive(Clone)]
pub struct World {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

impl World {
    /// Creates an empty world on the given clock; all its ids come from `entropy`.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let state = State {
            entropy,
            bot: Account::named(BOT),
            token: TOKEN.to_owned(),
            repos: BTreeMap::new(),
            deliveries: Vec::new(),
            writes: Vec::new(),
            faults: Faults::default(),
            limits: Limits::default(),
            last_id: 1_000_000,
            #[cfg(feature = "http")]
            http: crate::http::Http::default(),
        };
        Self {
            clock,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Creates an empty world with ids from `seed` and its own clock. The clock
    /// starts at 2026-01-05T09:00:00Z and advances only when a task sleeps.
    pub fn seeded(seed: u64) -> Self {
        let start = Timestamp::from_second(1_767_603_600).unwrap_or(Timestamp::UNIX_EPOCH);
        let clock = ManualClock::starting_at(start);
        Self::new(Arc::new(clock), Arc::new(SeededEntropy::new(seed)))
    }

    /// Sets the bot that makes this world's calls. A login that ends in `[bot]` is
    /// an App (`GET /user` fails with 403), any other login is a person.
    pub fn set_bot(&self, login: &str) {
        self.lock().bot = Account::named(login);
    }

    pub fn bot(&self) -> String {
        self.lock().bot.login.clone()
    }

    /// Sets the only valid token for HTTP calls.
    pub fn set_token(&self, token: &str) {
        self.lock().token = token.to_owned();
    }

    /// Returns the valid token for HTTP calls.
    pub fn token(&self) -> String {
        self.lock().token.clone()
    }

    /// Returns GitHub's in-process implementation of the ports of [`github::port`].
    pub fn github(&self) -> ProcessGitHub {
        ProcessGitHub::new(self.clone())
    }

    /// Makes the next call of any kind fail. Faults form a queue; each call consumes
    /// one.
    pub fn fail_next(&self, fault: Fault) {
        self.lock().faults.order(None, fault);
    }

    /// Makes the next call of this kind fail.
    pub fn fail_next_on(&self, call: Call, fault: Fault) {
        self.lock().faults.order(Some(call), fault);
    }

    /// Activates a rate limit.
    pub fn limit(&self, limit: Limit) {
        let now = self.clock.now();
        self.lock().limits.set(limit, now);
    }

    /// Returns all reviews on the pull request's page, oldest first, by any author.
    /// Returns an empty list for an unknown pull request.
    pub fn reviews(&self, pr: &PrKey) -> Vec<PostedReview> {
        let state = self.lock();
        state
            .pull(pr)
            .map(|pull| pull.reviews.clone())
            .unwrap_or_default()
    }

    /// Force-pushes the branch back to an earlier commit without a webhook.
    pub fn push_back_to(&self, pr: &PrKey, head: &HeadSha) {
        if let Ok(pull) = self.lock().pull_mut(pr) {
            pull.head = head.clone();
            pull.commits.push(head.clone());
        }
    }

    /// Returns every write request, including rejected ones.
    pub fn writes(&self) -> Vec<Write> {
        self.lock().writes.clone()
    }

    /// Returns every delivery, including those of reviews, oldest first.
    pub fn deliveries(&self) -> Vec<WebhookDelivery> {
        self.lock().deliveries.clone()
    }

    /// Repeats a delivery, as GitHub's "Redeliver" does: same GUID, same bytes.
    pub fn redeliver(&self, guid: &str) -> Option<WebhookDelivery> {
        let state = self.lock();
        state.deliveries.iter().find(|d| d.guid == guid).cloned()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("World")
            .field("bot", &state.bot.login)
            .field("repositories", &state.repos.keys())
            .finish_non_exhaustive()
    }
}

pub(crate) struct State {
    entropy: Arc<dyn Entropy>,
    pub(crate) bot: Account,
    token: String,
    pub(crate) repos: BTreeMap<RepoName, Repository>,
    deliveries: Vec<WebhookDelivery>,
    pub(crate) writes: Vec<Write>,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    last_id: u64,
    #[cfg(feature = "http")]
    pub(crate) http: crate::http::Http,
}

impl State {
    pub(crate) fn repo(&self, name: &RepoName) -> Option<&Repository> {
        self.repos.get(name)
    }

    pub(crate) fn pull(&self, pr: &PrKey) -> Result<&Pull, Refusal> {
        self.repo(&pr.repo)
            .and_then(|repo| repo.pulls.get(&pr.number))
            .ok_or_else(Refusal::not_found)
    }

    pub(crate) fn pull_mut(&mut self, pr: &PrKey) -> Result<&mut Pull, Refusal> {
        self.repos
            .get_mut(&pr.repo)
            .and_then(|repo| repo.pulls.get_mut(&pr.number))
            .ok_or_else(Refusal::not_found)
    }

    /// Returns the size of the pull request's diff at its head; zero if the diff is
    /// unknown.
    pub(crate) fn count(&self, pull: &Pull) -> FileCount {
        self.repo(&pull.repo)
            .and_then(|repo| repo.diffs.get(&(pull.base_sha.clone(), pull.head.clone())))
            .map(|diff| diff.lines.count)
            .unwrap_or_default()
    }

    pub(crate) fn store_diff(
        &mut self,
        repo: &RepoName,
        base: &HeadSha,
        head: &HeadSha,
        text: String,
    ) -> Result<(), MalformedDiff> {
        let lines = DiffLines::read(&text)?;
        let repo = self.repos.entry(repo.clone()).or_default();
        repo.diffs
            .insert((base.clone(), head.clone()), StoredDiff { text, lines });
        Ok(())
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    #[cfg(feature = "http")]
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Creates an App token. Such tokens "have no fixed length".
    #[cfg(feature = "http")]
    pub(crate) fn next_token(&self) -> String {
        let parts = 3 + self.entropy.next_u64() % 30;
        (0..parts).fold("ghs_".to_owned(), |token, _| {
            format!("{token}{:016x}", self.entropy.next_u64())
        })
    }

    /// Creates a commit id.
    #[expect(clippy::expect_used, reason = "40 hexadecimal digits are a commit id")]
    pub(crate) fn next_sha(&self) -> HeadSha {
        let digits: String = (0..3)
            .map(|_| format!("{:016x}", self.entropy.next_u64()))
            .collect();
        let sha: String = digits.chars().take(40).collect();
        sha.parse().expect("40 hexadecimal digits")
    }

    /// Records a delivery and returns it.
    pub(crate) fn deliver(
        &mut self,
        event: &'static str,
        pr: Option<PrKey>,
        body: &Value,
    ) -> WebhookDelivery {
        let (high, low) = (self.entropy.next_u64(), self.entropy.next_u64());
        let hex = format!("{high:016x}{low:016x}");
        let part = |range| hex.get(range).unwrap_or_default();
        let delivery = WebhookDelivery {
            guid: [
                part(0..8),
                part(8..12),
                part(12..16),
                part(16..20),
                part(20..32),
            ]
            .join("-"),
            event: event.to_owned(),
            pr,
            body: body.to_string().into_bytes(),
        };
        self.deliveries.push(delivery.clone());
        delivery
    }
}

//! Handle and state of the simulated GitHub.

use crate::WebhookDelivery;
use crate::answer::{Failure, Refusal};
use crate::call::{Call, WriteRequest};
use crate::fault::{Fault, Faults};
use crate::hunks::{DiffLines, FileCount, MalformedDiff};
use crate::limit::{Limit, Limits};
use crate::model::{Account, Pull, Repository, StoredDiff};
use crate::repository::Repositories;
#[cfg(feature = "http")]
use crate::{app::AppState, request::HttpRequest};
use events::{Clock, Entropy, ManualClock, SeededEntropy, Timestamp};
use github::{HeadSha, PrKey, RepoName};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
            repos: Repositories::default(),
            deliveries: Vec::new(),
            writes: Vec::new(),
            faults: Faults::default(),
            limits: Limits::default(),
            lag: Duration::ZERO,
            history: Vec::new(),
            last_id: 1_000_000,
            #[cfg(feature = "http")]
            app: AppState::default(),
            #[cfg(feature = "http")]
            requests: Vec::new(),
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

    /// Makes all reads answer from a replica that is this far behind: pull requests, and lists of
    /// reviews, comments and checks.
    pub fn set_lag(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// Returns every write request, including rejected ones.
    pub fn writes(&self) -> Vec<WriteRequest> {
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

    /// Processes a call: injected faults, rate limits, the operation, and for a
    /// write its record. The operation gets the current time, or for a read the time of the
    /// replica's data.
    pub(crate) async fn answer<T>(
        &self,
        call: Call,
        writes: Option<(String, &RepoName)>,
        work: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>,
    ) -> Result<T, Failure> {
        let fault = self.lock().faults.take(call);
        if let Some(Fault::Slow(duration)) = fault {
            self.clock().sleep(duration).await;
        }
        let now = self.clock().now();
        let mut state = self.lock();
        let lag = match fault {
            Some(Fault::Outdated(lag)) => lag,
            Some(_) | None => state.lag,
        };
        let seen_at = match call.writes() {
            true => now,
            false => now - lag,
        };
        let done = match fault {
            Some(Fault::Unavailable) => Err(Refusal::unavailable()),
            Some(Fault::Rejected) => Err(Refusal::new(422, "Validation Failed")),
            Some(Fault::RateLimited { retry_after }) => {
                Err(Refusal::secondary_limit(403, Some(retry_after)))
            }
            Some(Fault::LostReply | Fault::BadGateway | Fault::Slow(_) | Fault::Outdated(_))
            | None => state
                .limits
                .admit(call.writes(), now)
                .and_then(|()| work(&mut state, seen_at)),
        };
        if let Some((call, repo)) = writes {
            state.writes.push(WriteRequest {
                call,
                repo: repo.clone(),
                at: now,
                status: done.as_ref().map_or_else(|refusal| refusal.status, |_| 200),
            });
        }
        match fault {
            Some(Fault::LostReply) => Err(Failure::Cut),
            Some(Fault::BadGateway) => Err(Refusal::new(502, "Bad Gateway").into()),
            Some(
                Fault::Unavailable
                | Fault::Rejected
                | Fault::RateLimited { .. }
                | Fault::Slow(_)
                | Fault::Outdated(_),
            )
            | None => done.map_err(Failure::Refused),
        }
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
            .field("repositories", &state.repos.names())
            .finish_non_exhaustive()
    }
}

pub(crate) struct State {
    entropy: Arc<dyn Entropy>,
    pub(crate) bot: Account,
    token: String,
    pub(crate) repos: Repositories,
    deliveries: Vec<WebhookDelivery>,
    pub(crate) writes: Vec<WriteRequest>,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    /// Time that reads are behind.
    lag: Duration,
    /// Pull requests after each change, oldest first.
    history: Vec<(Timestamp, Pull)>,
    last_id: u64,
    #[cfg(feature = "http")]
    pub(crate) app: AppState,
    #[cfg(feature = "http")]
    pub(crate) requests: Vec<HttpRequest>,
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

    /// Returns the pull request as it was at this time, or at first.
    pub(crate) fn pull_at(&self, pr: &PrKey, at: Timestamp) -> Result<&Pull, Refusal> {
        let pull = self.pull(pr)?;
        let all = || self.history.iter().filter(|(_, it)| it.id == pull.id);
        let is_newest = all().all(|(changed_at, _)| *changed_at <= at);
        let before = all().take_while(|(changed_at, _)| *changed_at <= at).last();
        Ok(match before.or_else(|| all().next()) {
            Some((_, before)) if !is_newest => before,
            Some(_) | None => pull,
        })
    }

    /// Stores the pull request after a change.
    pub(crate) fn record(&mut self, pull: &Pull, now: Timestamp) {
        self.history.push((now, pull.clone()));
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
        let repo = self.repos.or_default(repo);
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

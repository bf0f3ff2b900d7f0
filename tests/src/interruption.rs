//! Functions that stop in the middle. This module counts every external call of a
//! function: state, bus, GitHub. One call, selected by its number, is the last one
//! before a crash, or its result is lost.

use async_trait::async_trait;
use events::{Emit, EmitError, Event, Timestamp};
use github::port::{
    CheckId, CommentId, Files, FoundCheck, GitHubError, NewCheck, NewReview, OwnReview,
    PublishReview, PullRequest, ReadChecks, ReadDiff, ReadFile, ReadFiles, ReadLanguages,
    ReadPullRequest, ReviewId, SetCheck, Summarise, WhoAmI, WithdrawReview,
};
use github::{HeadSha, PrKey, RepoName};
use local_functions::GitHub;
use model_client::{AgentError, Answer, Ask, AskError, Model};
use state::{Key, KeyPrefix, NewItem, SaveResult, StateBackend, StateError, StoredItem, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Effect of the interruption on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The function crashes before the call.
    CrashBefore,
    /// The call takes effect, and the function crashes before the response.
    CrashAfter,
    /// The call has no effect and returns an error.
    Refused,
    /// The call takes effect, but returns an error as if the response were lost.
    AnswerLost,
}

impl How {
    pub const ALL: [Self; 4] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Refused,
        Self::AnswerLost,
    ];

    fn is_done(self) -> bool {
        match self {
            Self::CrashBefore | Self::Refused => false,
            Self::CrashAfter | Self::AnswerLost => true,
        }
    }

    fn is_crash(self) -> bool {
        match self {
            Self::CrashBefore | Self::CrashAfter => true,
            Self::Refused | Self::AnswerLost => false,
        }
    }
}

/// Counts calls and interrupts at most one of them.
#[derive(Debug, Default)]
pub struct Interruption {
    chosen: Option<(usize, How)>,
    calls: AtomicUsize,
    hit: Mutex<Option<String>>,
    crash: Notify,
}

impl Interruption {
    /// Creates an instance that interrupts no call.
    pub fn none() -> Arc<Self> {
        Arc::default()
    }

    /// Creates an instance that interrupts the `nth` call, counted from 1.
    pub fn of(nth: usize, how: How) -> Arc<Self> {
        Arc::new(Self {
            chosen: Some((nth, how)),
            ..Self::default()
        })
    }

    /// Returns whether a call will be interrupted.
    pub fn is_planned(&self) -> bool {
        self.chosen.is_some()
    }

    /// Returns the number of calls.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Returns the name of the interrupted call, if it was made.
    pub fn hit(&self) -> Option<String> {
        self.hit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns when a function has crashed; the caller then drops the function.
    pub async fn crash(&self) {
        self.crash.notified().await;
    }

    async fn call<T, E>(
        &self,
        what: impl FnOnce() -> String,
        work: impl Future<Output = Result<T, E>> + Send,
        unavailable: impl FnOnce(String) -> E,
    ) -> Result<T, E> {
        let nth = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let Some((_, how)) = self.chosen.filter(|(chosen, _)| *chosen == nth) else {
            return work.await;
        };
        *self.hit.lock().unwrap_or_else(PoisonError::into_inner) = Some(what());
        if how.is_done() {
            // The crash discards the response.
            drop(work.await);
        }
        if how.is_crash() {
            self.crash.notify_one();
            std::future::pending::<()>().await;
        }
        Err(unavailable(format!("{how:?}")))
    }
}

/// Wrapper of a dependency with interruptible calls.
pub struct InterruptibleCalls<T: ?Sized> {
    by: Arc<Interruption>,
    inner: Arc<T>,
}

impl<T: ?Sized> InterruptibleCalls<T> {
    /// Wraps `inner`; `by` interrupts its calls.
    pub fn new(inner: Arc<T>, by: &Arc<Interruption>) -> Arc<Self> {
        let by = by.clone();
        Arc::new(Self { by, inner })
    }
}

fn state_gone(reason: String) -> StateError {
    StateError::Unavailable { reason }
}

#[async_trait]
impl StateBackend for InterruptibleCalls<dyn StateBackend> {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let what = || format!("read {key}");
        let work = self.inner.get(key, now);
        self.by.call(what, work, state_gone).await
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        let what = || format!("write {key}");
        let work = self.inner.put_if_version(key, expected, item);
        self.by.call(what, work, state_gone).await
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        let what = || format!("list {}", prefix.as_str());
        let work = self.inner.list(prefix, after, limit, now);
        self.by.call(what, work, state_gone).await
    }
}

#[async_trait]
impl Emit for InterruptibleCalls<dyn Emit> {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        let failed = events.iter().map(|event| event.id.clone()).collect();
        let topics: Vec<_> = events.iter().map(|event| event.topic.to_string()).collect();
        let what = || format!("say {}", topics.join(", "));
        let gone = |reason| EmitError::Unavailable { failed, reason };
        self.by.call(what, self.inner.emit(events), gone).await
    }
}

#[async_trait]
impl Model for InterruptibleCalls<dyn Model> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        let what = || format!("ask {}", ask.id);
        let gone = |reason| AgentError::Unavailable { reason }.into();
        self.by.call(what, self.inner.ask(ask), gone).await
    }
}

impl InterruptibleCalls<dyn GitHub> {
    async fn ask<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, GitHubError>> + Send,
    ) -> Result<T, GitHubError> {
        let gone = |reason| GitHubError::Unavailable {
            call: what.to_owned(),
            reason,
        };
        self.by.call(|| format!("GitHub: {what}"), work, gone).await
    }
}

#[async_trait]
impl ReadDiff for InterruptibleCalls<dyn GitHub> {
    async fn diff(
        &self,
        pr: &PrKey,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, GitHubError> {
        self.ask("diff", self.inner.diff(pr, base, head)).await
    }
}

#[async_trait]
impl ReadFiles for InterruptibleCalls<dyn GitHub> {
    async fn files(&self, pr: &PrKey) -> Result<Files, GitHubError> {
        self.ask("files", self.inner.files(pr)).await
    }
}

#[async_trait]
impl ReadFile for InterruptibleCalls<dyn GitHub> {
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError> {
        let what = format!("{path} of {repo}");
        let work = self.inner.file(repo, path, reference);
        self.ask(&what, work).await
    }
}

#[async_trait]
impl ReadLanguages for InterruptibleCalls<dyn GitHub> {
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError> {
        self.ask("languages", self.inner.languages(repo)).await
    }
}

#[async_trait]
impl ReadPullRequest for InterruptibleCalls<dyn GitHub> {
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError> {
        self.ask("pull request", self.inner.pull_request(pr)).await
    }
}

#[async_trait]
impl PublishReview for InterruptibleCalls<dyn GitHub> {
    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError> {
        let work = self.inner.create_review(pr, review);
        self.ask("create review", work).await
    }
}

#[async_trait]
impl WithdrawReview for InterruptibleCalls<dyn GitHub> {
    async fn own_reviews(&self, pr: &PrKey, marker: &str) -> Result<Vec<OwnReview>, GitHubError> {
        let work = self.inner.own_reviews(pr, marker);
        self.ask("own reviews", work).await
    }

    async fn dismiss_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        message: &str,
    ) -> Result<(), GitHubError> {
        let work = self.inner.dismiss_review(pr, review, message);
        self.ask("dismiss review", work).await
    }

    async fn edit_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        body: &str,
    ) -> Result<(), GitHubError> {
        let work = self.inner.edit_review(pr, review, body);
        self.ask("edit review", work).await
    }
}

#[async_trait]
impl SetCheck for InterruptibleCalls<dyn GitHub> {
    async fn find_check(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        name: &str,
        external_id: Option<&str>,
    ) -> Result<Option<FoundCheck>, GitHubError> {
        let work = self.inner.find_check(repo, head, name, external_id);
        self.ask("find check", work).await
    }

    async fn create_check(
        &self,
        repo: &RepoName,
        check: &NewCheck,
    ) -> Result<CheckId, GitHubError> {
        let work = self.inner.create_check(repo, check);
        self.ask("create check", work).await
    }

    async fn update_check(
        &self,
        repo: &RepoName,
        id: CheckId,
        check: &NewCheck,
    ) -> Result<(), GitHubError> {
        let work = self.inner.update_check(repo, id, check);
        self.ask("update check", work).await
    }
}

#[async_trait]
impl ReadChecks for InterruptibleCalls<dyn GitHub> {
    async fn others_are_green(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        own: &str,
    ) -> Result<bool, GitHubError> {
        let work = self.inner.others_are_green(repo, head, own);
        self.ask("other checks", work).await
    }
}

#[async_trait]
impl Summarise for InterruptibleCalls<dyn GitHub> {
    async fn find_comment(
        &self,
        pr: &PrKey,
        marker: &str,
    ) -> Result<Option<CommentId>, GitHubError> {
        let work = self.inner.find_comment(pr, marker);
        self.ask("find comment", work).await
    }

    async fn create_comment(&self, pr: &PrKey, body: &str) -> Result<CommentId, GitHubError> {
        let work = self.inner.create_comment(pr, body);
        self.ask("create comment", work).await
    }

    async fn update_comment(
        &self,
        repo: &RepoName,
        comment: CommentId,
        body: &str,
    ) -> Result<(), GitHubError> {
        let work = self.inner.update_comment(repo, comment, body);
        self.ask("update comment", work).await
    }
}

#[async_trait]
impl WhoAmI for InterruptibleCalls<dyn GitHub> {
    async fn login(&self) -> Result<Option<String>, GitHubError> {
        self.ask("who am I", self.inner.login()).await
    }
}

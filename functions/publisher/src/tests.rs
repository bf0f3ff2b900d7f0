//! Stories: a pull request on a simulated GitHub, and the publisher's writes to it.

mod adoption;
mod approvals;
mod checks;
mod concurrency;
mod lag;
mod late_approvals;
mod quiet;
mod refusals;
mod stories;
mod votes;

use super::*;
use crate::lease::LeasedItem;
use crate::published::{CheckRun, PublishedCheck, PublishedPullRequest, ReviewObject};
use ::review::item::{
    CheckItem, CheckReport, PullRequestItem, RETENTION, Reader, ReviewItem, SkippedHead, Verdict,
};
use ::review::message::{BlockReason, SkipReason};
use ::review::{Category, Confidence, Coverage, Finding, MODEL, Severity};
use events::{Clock, Emit, EmitError, ManualClock, NewEvent, SeededEntropy, Timestamp};
use fake_github::{NewPullRequest, World};
use github::PrKey;
use github::port::{Conclusion, ReviewEvent};
use policy::Show;
use state::{Memory, Record, StateManager};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DIFF: &str = "\
diff --git a/src/lib.rs b/src/lib.rs
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,3 +1,3 @@
 one
-two
+two!
 three
";

pub(crate) fn finding(severity: Severity) -> Finding {
    Finding {
        path: "src/lib.rs".to_owned(),
        line: 2,
        severity,
        category: Category::Security,
        rule: "some-rule".to_owned(),
        message: "Something.".to_owned(),
        confidence: Confidence::percent(95),
        start_line: None,
        title: None,
        suggestion: None,
        by: vec!["rules".to_owned()],
        fingerprint: None,
        also: vec![],
        reviewed_before: false,
        side: ::review::Side::Right,
    }
}

/// Review of all specialists without findings. It is posted.
pub(crate) fn clean() -> ReviewItem {
    let mut item = quiet();
    item.policy.show.review = Show::Always;
    item
}

/// The same without a review, and with a summary.
fn noted() -> ReviewItem {
    let mut item = quiet();
    item.policy.show.review = Show::Never;
    item.policy.show.summary = Show::Always;
    item
}

/// The same under the default settings.
fn quiet() -> ReviewItem {
    let reader = Reader {
        name: "rules".to_owned(),
        coverage: Coverage {
            files_read: 1,
            left_out: vec![],
        },
        notes: vec![],
        score: None,
        usage: None,
    };
    let report = CheckReport {
        readers: vec![reader],
        ..CheckReport::default()
    };
    let reports = Category::ALL.iter().map(|it| (*it, report.clone()));
    ReviewItem {
        reports: reports.collect(),
        verdict: Some(Verdict {
            decided_at: Timestamp::UNIX_EPOCH,
            event: ReviewEvent::Comment,
            findings: vec![],
            unsure: vec![],
            unproven: [].into(),
            late: vec![],
            still_open: vec![],
            resolved: vec![],
            to_revoke: vec![],
            since: None,
            below_floor: 0,
            quality_score: Some(10),
            missing: vec![],
            notes: vec![],
            usage: None,
        }),
        ..ReviewItem::of("b".repeat(40).parse().unwrap())
    }
}

/// Head that was skipped.
fn skipped_item(reason: SkipReason, why: &str) -> ReviewItem {
    ReviewItem {
        verdict: None,
        skipped: Some(SkippedHead {
            reason,
            why: why.to_owned(),
        }),
        ..clean()
    }
}

/// Head whose review has begun.
fn under_way() -> ReviewItem {
    ReviewItem {
        verdict: None,
        ..clean()
    }
}

/// Bus that records emitted events.
#[derive(Default)]
struct EventLog(Mutex<Vec<Event>>);

#[async_trait]
impl Emit for EventLog {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        self.0.lock().unwrap().extend(events);
        Ok(())
    }
}

/// Publisher with one open pull request.
struct Stage {
    world: World,
    clock: Arc<ManualClock>,
    pr: PrKey,
    emitted: Arc<EventLog>,
    publisher: Publisher,
    events: Mutex<u32>,
}

impl Stage {
    fn new() -> Self {
        Self::of(NewPullRequest {
            association: "MEMBER".to_owned(),
            ..NewPullRequest::default()
        })
    }

    fn of(new: NewPullRequest) -> Self {
        let start = Timestamp::from_second(1_767_603_600).unwrap();
        let clock = Arc::new(ManualClock::starting_at(start));
        let world = World::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
        let opened = world.open_pull_request(NewPullRequest {
            diff: DIFF.to_owned(),
            ..new
        });
        let entropy = Arc::new(SeededEntropy::new(8));
        let state = StateManager::new(Arc::new(Memory::default()), clock.clone(), entropy.clone());
        let emitted = Arc::new(EventLog::default());
        let publisher = handler(Deps {
            state,
            bus: emitted.clone(),
            github: Arc::new(world.github()),
            clock: clock.clone(),
            entropy,
        });
        Self {
            pr: opened.pr.unwrap(),
            world,
            clock,
            emitted,
            publisher,
            events: Mutex::default(),
        }
    }

    fn review(&self) -> ReviewKey {
        ReviewKey {
            pr: self.pr.clone(),
            head_sha: self.world.head(&self.pr),
        }
    }

    /// Returns the pull request at its newest head.
    fn pull(&self) -> PullRequestItem {
        PullRequestItem {
            head_sha: self.world.head(&self.pr),
            before: None,
            base: github::Base {
                branch: "main".to_owned(),
                sha: self.world.base(&self.pr),
            },
            author: github::Author::ghost(),
            head_repo: Some(self.pr.repo.clone()),
            draft: false,
            labels: vec![],
            open: true,
            updated_at: self.clock.now(),
            reviewed: None,
            revocations: Default::default(),
        }
    }

    /// Stores the `pr:` and `review:` items of the newest head.
    async fn store(&self, item: ReviewItem) {
        self.store_from(item, Some(self.pr.repo.clone())).await;
    }

    async fn store_from(&self, item: ReviewItem, head_repo: Option<github::RepoName>) {
        let pull = PullRequestItem {
            head_repo,
            ..self.pull()
        };
        let item = ReviewItem {
            base_sha: self.world.base(&self.pr),
            ..item
        };
        self.write(&PullRequestItem::key(&self.pr), pull).await;
        self.write(&ReviewItem::key(&self.review()), item).await;
    }

    async fn write<T: serde::Serialize + serde::de::DeserializeOwned>(
        &self,
        key: &state::Key,
        value: T,
    ) {
        let state = &self.publisher.deps.state;
        let seen = state.get::<Record<T>>(key).await.unwrap();
        let record = Record {
            value,
            applied: vec![],
        };
        let until = self.clock.now() + RETENTION;
        let saved = state.set(key, seen.version, &record, Some(until)).await;
        assert!(
            matches!(saved, Ok(state::SaveResult::Written(_))),
            "{saved:?}"
        );
    }

    /// Returns a new event.
    fn event(&self, say: NewEvent) -> Event {
        let mut events = self.events.lock().unwrap();
        *events += 1;
        let id = format!("event-{events}").parse().unwrap();
        Event::first(id, "github-bot.test", say, self.clock.now())
    }

    fn completed(&self) -> Event {
        self.event(NewEvent::new(&ReviewCompleted {
            review: self.review(),
            findings: 0,
            missing: vec![],
        }))
    }

    /// Stores a report of the security specialist, and returns its event.
    async fn block(&self, findings: Vec<Finding>) -> Event {
        let report = CheckReport {
            findings,
            ..CheckReport::default()
        };
        let item = CheckItem {
            base_sha: Some(self.world.base(&self.pr)),
            report,
        };
        let key = CheckItem::key(&self.review(), Category::Security);
        self.write(&key, item).await;
        self.event(NewEvent::new(&Block {
            review: self.review(),
            reason: BlockReason::SecurityIssues,
            details: vec!["src/lib.rs:2 some-rule".to_owned()],
        }))
    }

    fn skipped(&self, reason: SkipReason) -> Event {
        let review = self.review();
        self.event(NewEvent::new(&ReviewSkipped { review, reason }))
    }

    /// Returns the newest emitted event.
    fn newest_emitted(&self) -> Event {
        self.emitted.0.lock().unwrap().last().cloned().unwrap()
    }

    fn topics(&self) -> Vec<String> {
        let emitted = self.emitted.0.lock().unwrap();
        emitted
            .iter()
            .map(|event| event.topic.to_string())
            .collect()
    }

    async fn handle(&self, event: &Event) -> String {
        match self.publisher.handle(event).await {
            Ok(outcome) => outcome.to_string(),
            Err(error) => format!("failed: {error}"),
        }
    }

    /// Handles the completed review, then its publication.
    async fn published(&self) -> Event {
        let completed = self.completed();
        assert_eq!(self.handle(&completed).await, "applied, emitted 1");
        let published = self.newest_emitted();
        assert_eq!(self.handle(&published).await, "applied, emitted 0");
        published
    }

    /// Returns the conclusions of the checks of the newest head; `None` for one in progress.
    fn checks(&self) -> Vec<Option<Conclusion>> {
        let checks = self.world.checks(&self.pr.repo, &self.review().head_sha);
        checks.iter().map(|it| it.check.conclusion).collect()
    }

    fn begun(&self) -> Event {
        let review = self.review();
        let request = "asked".parse().unwrap();
        self.event(NewEvent::new(&ReviewBegun { review, request }))
    }

    fn published_event(&self, review_id: u64) -> Event {
        self.event(NewEvent::new(&ReviewPublished {
            review: self.review(),
            base_branch: None,
            review_id: Some(review_id),
            comments: 0,
        }))
    }

    fn comments(&self) -> Vec<String> {
        let comments = self.world.comments(&self.pr);
        comments.into_iter().map(|comment| comment.body).collect()
    }

    fn end_lease(&self) {
        self.clock.advance(Duration::from_secs(60));
    }
}

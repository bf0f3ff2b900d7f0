//! The invariant of every story: once no event is pending, GitHub shows what the stored
//! verdicts say.

use crate::bot::Bot;
use crate::story::Pull;
use events::SeededEntropy;
use fake_github::{PostedCheck, PostedReview};
use github::HeadSha;
use github::port::{Conclusion, PullRequest, ReadPullRequest, ReviewEvent};
use policy::{ApprovalFacts, AuthorAssociation, Show};
use review::item::{PullRequestItem, ReviewItem, Verdict};
use review::message::{ReviewKey, SkipReason};
use review::rules::RULES;
use state::StateManager;
use std::sync::Arc;
use std::time::Duration;

/// Violation of the invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Violated statement, without details of the story.
    pub kind: String,
    pub detail: String,
}

/// Everything that GitHub and the state hold of one pull request.
struct Settled<'a> {
    pull: &'a Pull,
    /// Pull request on GitHub.
    now: PullRequest,
    stored: Option<PullRequestItem>,
    /// Review of the newest head.
    item: Option<ReviewItem>,
    reviews: Vec<PostedReview>,
    /// Checks by head, oldest first.
    checks: Vec<(HeadSha, Vec<PostedCheck>)>,
    /// Comments of the bot.
    comments: Vec<String>,
    /// True if the bot is an App, which can set checks.
    is_app: bool,
    failures: Vec<Failure>,
}

/// Returns every violation.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
pub async fn failures(bot: &Bot, pulls: &[Pull]) -> Vec<Failure> {
    let dead = bot.dead_letters().await.into_iter();
    let mut all: Vec<_> = dead
        .map(|letter| Failure {
            kind: format!("a dead letter of {}", letter.target),
            detail: format!("{}: {}", letter.reason, letter.event),
        })
        .collect();
    let surroundings = &bot.surroundings;
    let entropy = Arc::new(SeededEntropy::new(1));
    let state = StateManager::new(
        surroundings.state.clone(),
        surroundings.clock.clone(),
        entropy,
    );
    let world = bot.world();
    for pull in pulls {
        let pr = &pull.pr;
        world.set_lag(Duration::ZERO);
        let now = world.github().pull_request(pr).await;
        let now = now.expect("the pull request");
        let review = |head: &HeadSha| {
            ReviewItem::key(&ReviewKey {
                pr: pr.clone(),
                head_sha: head.clone(),
            })
        };
        let heads = pull.heads.iter();
        let comments = world.comments(pr).into_iter();
        let settled = Settled {
            stored: state.peek(&PullRequestItem::key(pr)).await.expect("state"),
            item: state.peek(&review(&now.head_sha)).await.expect("state"),
            reviews: world.bot_reviews(pr),
            checks: heads
                .map(|(head, _)| (head.clone(), world.checks(&pr.repo, head)))
                .collect(),
            comments: comments
                .filter(|comment| comment.author.login == world.bot())
                .map(|comment| comment.body)
                .collect(),
            is_app: world.bot().ends_with("[bot]"),
            failures: Vec::new(),
            pull,
            now,
        };
        all.extend(settled.checked());
    }
    all
}

impl Settled<'_> {
    fn fail(&mut self, kind: &str, detail: impl std::fmt::Debug) {
        let failure = Failure {
            kind: kind.to_owned(),
            detail: format!("{}: {detail:?}", self.pull.pr),
        };
        self.failures.push(failure);
    }

    fn checked(mut self) -> Vec<Failure> {
        let checks = self.checks.iter().flat_map(|(_, checks)| checks);
        let is_pending = |posted: &&PostedCheck| posted.check.conclusion.is_none();
        let pending: Vec<_> = checks.filter(is_pending).cloned().collect();
        if !pending.is_empty() {
            let kind = match self.now.open {
                true => "a check is in progress",
                false => "a check of a closed pull request is in progress",
            };
            self.fail(kind, pending);
        }
        if self.now.open {
            self.check_open();
        }
        self.failures
    }

    fn check_open(&mut self) {
        let now = self.now.clone();
        let stored = self.stored.clone();
        let is_stored = stored.as_ref().is_some_and(|stored| {
            let labelled = !stored.labels.is_empty();
            (&stored.head_sha, &stored.base.branch) == (&now.head_sha, &now.base_ref)
                && (stored.open, stored.draft) == (now.open, now.draft)
                && labelled == self.pull.is_labelled
        });
        if !is_stored {
            self.fail("the stored pull request is outdated", (stored, now));
            return;
        }
        let Some(mut item) = self.item.clone() else {
            self.fail("the newest head has no review", now);
            return;
        };
        if let Some(verdict) = &mut item.verdict {
            verdict.end_revocations(self.stored.as_ref());
        }
        let base = item.base_branch.as_ref();
        if base.is_some_and(|base| *base != now.base_ref) {
            self.fail("the review is for another base branch", (base, now));
            return;
        }
        match (&item.verdict, &item.skipped) {
            _ if !item.policy.publish => self.check_hidden(),
            (Some(verdict), _) => self.check_verdict(&item, verdict),
            (None, Some(skipped)) => self.check_skipped(skipped.reason),
            (None, None) => self.fail("the review has no verdict", item),
        }
        self.check_repeats();
    }

    /// Checks a head whose settings hide everything. Reviews of earlier heads and base
    /// branches may be visible.
    fn check_hidden(&mut self) {
        self.check_votes(None);
        let is_first = self.pull.visits.values().sum::<usize>() == 1;
        if is_first && !(self.reviews.is_empty() && self.comments.is_empty()) {
            let shown = (self.reviews.clone(), self.comments.clone());
            self.fail("publish = false, but something is visible", shown);
        }
    }

    fn check_skipped(&mut self, reason: SkipReason) {
        let is_skipped = match reason {
            SkipReason::Draft => self.now.draft,
            SkipReason::Label => self.pull.is_labelled,
            // A change of the settings starts no review.
            SkipReason::Disabled | SkipReason::InvalidPolicy => true,
            SkipReason::Bot | SkipReason::Author | SkipReason::Unreadable => false,
        };
        if !is_skipped {
            self.fail("a skip is outdated", reason);
            return;
        }
        self.check_votes(None);
        let show = self.item.as_ref().map(|item| item.policy.show.check);
        if show == Some(Show::Always) {
            self.check_conclusion(Conclusion::Neutral);
        }
        self.check_summary();
    }

    fn check_verdict(&mut self, item: &ReviewItem, verdict: &Verdict) {
        self.check_summary();
        if !verdict.missing.is_empty() {
            return; // a late report may add a review of its own
        }
        let show = item.policy.show;
        if show.check == Show::Always {
            self.check_conclusion(conclusion(item, verdict));
        }
        if show.review == Show::Never {
            self.check_votes(None);
            self.check_quiet(show.summary == Show::Never);
            return;
        }
        let event = match self.is_approved(item, verdict) {
            true => ReviewEvent::Approve,
            false => verdict.event,
        };
        self.check_votes(Some(event));
        let needs_review = event != ReviewEvent::Comment || !verdict.findings.is_empty();
        if show.review == Show::Findings && !needs_review {
            self.check_clean(verdict, show.check);
            return;
        }
        self.check_outdated(verdict);
        let head = self.now.head_sha.clone();
        match self.reviews.last() {
            None => self.fail("the verdict has no review", head),
            Some(last) if last.commit_id != head => {
                let last = last.commit_id.clone();
                self.fail("the newest review is for another head", (last, head));
            }
            Some(last) if last.event != event => {
                let last = (last.event, event);
                self.fail("the newest review differs from the verdict", last);
            }
            Some(_) => {}
        }
    }

    /// Checks a verdict without a review. A token cannot set checks, so a review or the
    /// summary shows the head. The newest earlier review is marked or continued.
    fn check_clean(&mut self, verdict: &Verdict, check: Show) {
        let is_visible = !self.reviews.is_empty() || !self.comments.is_empty();
        if !self.is_app && check == Show::Always && !is_visible {
            self.fail("nothing shows the verdict", verdict.event);
        }
        let has_findings = verdict.open().next().is_some() || !verdict.to_revoke.is_empty();
        self.check_quiet(self.is_app && !has_findings);
        let head = self.now.head_sha.clone();
        let last = self.reviews.last().filter(|last| last.commit_id != head);
        let is_withdrawn = |last: &PostedReview| {
            last.dismissed.is_some() || last.body.starts_with("> **Outdated**")
        };
        let contradicts = last.filter(|last| !is_withdrawn(last) && verdict.still_open.is_empty());
        if let Some(last) = contradicts.map(|last| last.commit_id.clone()) {
            self.fail(
                "an earlier review is neither marked nor continued",
                (last, head),
            );
        }
    }

    /// Checks that a first head has no review, and `is_silent`, no comment.
    fn check_quiet(&mut self, is_silent: bool) {
        let is_first = self.pull.visits.values().sum::<usize>() == 1;
        let is_loud = !self.reviews.is_empty() && self.is_app;
        if is_first && (is_loud || (is_silent && !self.comments.is_empty())) {
            let shown = (self.reviews.clone(), self.comments.clone());
            self.fail("the settings hide what is visible", shown);
        }
    }

    /// Checks that exactly the reviews without a vote that no longer hold are marked. A verdict after
    /// an earlier review may continue the findings of earlier reviews.
    fn check_outdated(&mut self, verdict: &Verdict) {
        let Some((newest, earlier)) = self.reviews.split_last() else {
            return;
        };
        let is_marked = |review: &PostedReview| review.body.starts_with("> **Outdated**");
        let is_valid = |review: &&PostedReview| {
            review.event == ReviewEvent::Comment && !is_marked(review) && verdict.since.is_none()
        };
        let is_newest_marked = is_marked(newest);
        let valid: Vec<_> = earlier.iter().filter(is_valid).cloned().collect();
        if is_newest_marked {
            self.fail("the newest review is marked as outdated", &verdict.since);
        }
        if !valid.is_empty() {
            self.fail("an earlier review is not marked as outdated", valid);
        }
    }

    /// Checks that exactly the vote of `event` is active, at the newest head.
    fn check_votes(&mut self, event: Option<ReviewEvent>) {
        let votes: Vec<_> = self
            .reviews
            .iter()
            .filter(|review| review.dismissed.is_none() && review.event != ReviewEvent::Comment)
            .map(|review| (review.commit_id.clone(), review.event))
            .collect();
        let head = self.now.head_sha.clone();
        let wanted = event.filter(|event| *event != ReviewEvent::Comment);
        let wanted = wanted.map(|event| (head.clone(), event));
        let others: Vec<_> = votes
            .iter()
            .filter(|vote| Some(*vote) != wanted.as_ref())
            .collect();
        let expected = match event {
            None => "the newest head has no published verdict",
            Some(ReviewEvent::Comment) => "the verdict comments",
            Some(ReviewEvent::RequestChanges) => "the verdict requests changes",
            Some(ReviewEvent::Approve) => "the verdict approves",
        };
        for (commit, event) in others {
            let which = match *commit == head {
                true => "the newest head",
                false => "an earlier head",
            };
            let vote = match event {
                ReviewEvent::Approve => "approval",
                ReviewEvent::RequestChanges | ReviewEvent::Comment => "request for changes",
            };
            let kind = format!("{expected}, but a {vote} of {which} is active");
            self.fail(&kind, &votes);
        }
        if let Some(wanted) = wanted
            && !votes.contains(&wanted)
        {
            let kind = format!("{expected}, but no such vote is active");
            self.fail(&kind, (wanted, votes));
        }
    }

    /// Checks the newest check of the newest head.
    fn check_conclusion(&mut self, expected: Conclusion) {
        if !self.is_app {
            return;
        }
        let head = &self.now.head_sha;
        let of_head = self.checks.iter().find(|(of, _)| of == head);
        let last = of_head.and_then(|(_, checks)| checks.last().cloned());
        match last.map(|last| last.check.conclusion) {
            None => self.fail("the newest head has no check", expected),
            Some(None) => {} // reported as in progress
            Some(Some(conclusion)) if conclusion == expected => {}
            Some(Some(conclusion)) => {
                let kind = format!("the check is {conclusion:?}, not {expected:?}");
                self.fail(&kind, head.clone());
            }
        }
    }

    fn check_summary(&mut self) {
        if self.comments.len() > 1 {
            let comments = self.comments.clone();
            self.fail("there is more than one summary", comments);
        }
        let head = self.now.head_sha.short();
        let comments = self.comments.iter();
        let other = comments.filter(|comment| !comment.contains(head)).cloned();
        let other: Vec<_> = other.collect();
        if !other.is_empty() {
            self.fail("the summary is about another head", other);
        }
    }

    /// Checks that a head has at most one review for each time that it became the newest
    /// one or got another base branch.
    fn check_repeats(&mut self) {
        for (head, visits) in &self.pull.visits {
            let of_head = self.reviews.iter().filter(|it| it.commit_id == *head);
            let count = of_head.count();
            if count > *visits {
                self.fail("a review is repeated", (head, visits, count));
            }
        }
    }

    /// Returns whether the settings of the review approve this verdict.
    fn is_approved(&self, item: &ReviewItem, verdict: &Verdict) -> bool {
        let reports = || item.reports.values();
        let readers = || reports().flat_map(|report| &report.readers);
        let lists = [
            &verdict.findings,
            &verdict.still_open,
            &verdict.unsure,
            &verdict.late,
            &verdict.to_revoke,
        ];
        let listed = lists.iter().map(|list| list.len()).sum::<usize>();
        let listed = u32::try_from(listed).unwrap_or(u32::MAX);
        let facts = ApprovalFacts {
            score: verdict.quality_score,
            open_findings: listed.saturating_add(verdict.below_floor),
            every_file_read: readers().all(|reader| reader.coverage.left_out.is_empty()),
            read_by_model: reports()
                .all(|report| report.readers.iter().any(|reader| reader.name != RULES)),
            head_unchanged: true,
            author_association: AuthorAssociation::of(&self.now.author_association),
            own_pull_request: false,
            from_fork: false,
            first_time: false,
            checks_green: false,
            missing_specialists: verdict.missing.clone(),
        };
        verdict.event != ReviewEvent::RequestChanges && item.policy.may_approve(&facts).is_ok()
    }
}

/// Returns the conclusion of a complete verdict on a change that was read completely.
fn conclusion(item: &ReviewItem, verdict: &Verdict) -> Conclusion {
    let by_policy = |conclusion| match conclusion {
        policy::Conclusion::Neutral => Conclusion::Neutral,
        policy::Conclusion::Failure => Conclusion::Failure,
    };
    let checks = &item.policy.checks;
    let rule = item.policy.block_rule();
    let blocks = verdict.open().any(|finding| finding.blocks(&rule));
    if blocks || verdict.event == ReviewEvent::RequestChanges {
        by_policy(checks.on_block)
    } else if verdict.open().next().is_some() || !verdict.late.is_empty() {
        by_policy(checks.on_findings)
    } else if !verdict.to_revoke.is_empty() {
        Conclusion::Neutral
    } else {
        Conclusion::Success
    }
}

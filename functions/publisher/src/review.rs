//! Reviews: the verdict's, and one of blocking findings that arrived after it.

use crate::approval::Approval;
use crate::approve::{APPROVAL, Stands as Approved};
use crate::publication::{Claim, Marker, Publication, Publish, Stage, Subject};
use crate::wanted::{Ignored, Wanted, key};
use crate::{Publisher, text};
use async_trait::async_trait;
use diff::Diff;
use events::{HandlerError, NewEvent};
use github::port::{GitHubError, NewReview, ReviewEvent};
use policy::NoApprovalReason;
use review::item::{CheckItem, Verdict};
use review::message::{ReviewKey, ReviewPublished, ReviewRecorded};
use review::{Category, Finding};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use state::Key;

/// Review that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) of: Wanted,
    pub(crate) kind: Kind,
}

/// Kind of a review. A head can have one review of each kind.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The verdict.
    Verdict(Box<Verdict>),
    /// Blocking findings that arrived after the verdict was published without them.
    Late(Vec<Finding>),
}

/// Stored form of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Stands {
    /// The review is published on GitHub.
    Posted {
        /// GitHub's id of the review.
        review_id: u64,
        /// Number of inline comments.
        #[serde(default)]
        comments: u32,
    },
    /// The review is stored and not posted: `publish = false`.
    Recorded {
        /// Text of the review with its comments, as it would be posted.
        recorded: String,
        /// Number of inline comments it would have.
        comments: u32,
    },
}

/// Maximum number of bytes of a recorded review's text in the log. The state holds the whole text.
const LONGEST_LOGGED: usize = 16 << 10;

const VERDICT: &str = "verdict";
const BLOCK: &str = "block";
const DOUBT: &str = "doubt";

impl Review {
    /// Returns the review of the verdict.
    pub(crate) fn of_verdict(of: Wanted) -> Result<Self, Ignored> {
        let verdict = of.item.verdict.clone();
        let kind = verdict.map(|verdict| Kind::Verdict(verdict.into()));
        let kind = kind.ok_or(Ignored::Replaced)?;
        Ok(Self { of, kind })
    }

    /// Returns the review of blocking findings in the security specialist's `report` that the
    /// verdict does not contain.
    pub(crate) fn of_late(of: Wanted, report: Option<CheckItem>) -> Result<Self, Ignored> {
        let verdict = of.item.verdict.as_ref();
        if !verdict.is_some_and(|it| it.missing.contains(&Category::Security)) {
            return Err(Ignored::VerdictTells);
        }
        let report = report.filter(|it| it.is_against(&of.item.base_sha));
        let findings = report.ok_or(Ignored::NotKept)?.report.findings;
        let mut findings = review::merged(findings);
        findings.retain(Finding::blocks);
        let kind = Kind::Late(findings);
        Ok(Self { of, kind })
    }
}

/// Returns whether late findings request changes. Findings of a model alone do not: they had no
/// second look.
pub(crate) fn asks_for_changes(late: &[Finding]) -> bool {
    late.iter().any(Finding::is_by_rules)
}

impl Stands {
    fn review_id(&self) -> Option<u64> {
        match self {
            Self::Posted { review_id, .. } => Some(*review_id),
            Self::Recorded { .. } => None,
        }
    }

    fn posted(review_id: u64, review: &NewReview) -> Self {
        Self::Posted {
            review_id,
            comments: count(review),
        }
    }
}

fn count(review: &NewReview) -> u32 {
    u32::try_from(review.comments.len()).unwrap_or(u32::MAX)
}

#[async_trait]
impl Publish for Review {
    type Stands = Stands;

    fn key(&self) -> Key {
        self.of.key(match &self.kind {
            Kind::Verdict(_) => VERDICT,
            Kind::Late(findings) if asks_for_changes(findings) => BLOCK,
            Kind::Late(_) => DOUBT,
        })
    }

    fn subject(&self) -> Option<Subject> {
        Some(match &self.kind {
            Kind::Verdict(verdict) => self.of.subject(verdict),
            Kind::Late(findings) => self.of.subject_of(&json!(places(findings))),
        })
    }

    fn is_told_by(&self, _: &Stands) -> bool {
        true // once for its subject
    }

    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
    ) -> Result<Result<Stands, Ignored>, HandlerError> {
        let diff = by.diff(&self.of).await?;
        if !self.of.item.policy.publish {
            return Ok(Ok(self.record(&diff)));
        }
        let pr = &self.of.review.pr;
        let plain = text::review(self, &diff, claim.marker.as_str(), &Approval::NotAsked);
        if let Some(found) = by
            .deps
            .github
            .find_review(pr, claim.marker.as_str())
            .await?
        {
            return Ok(Ok(Stands::posted(found.0, &plain)));
        }
        let verdict = match &self.kind {
            Kind::Verdict(verdict) => Some(verdict.as_ref()),
            Kind::Late(_) => None,
        };
        let approval = match by.approval(&self.of, verdict).await? {
            Ok(approval) => approval,
            Err(ignored) => return Ok(Err(ignored)),
        };
        let mut form = Form {
            approval,
            votes: true,
            places: true,
        };
        loop {
            claim.time_left(by.deps.clock.now())?;
            let review = form.written(self, &diff, &claim.marker);
            let answer = by.deps.github.create_review(pr, &review).await;
            let less = match &answer {
                Err(GitHubError::Rejected { reason, .. }) => form.after(&review, reason),
                Ok(_) | Err(_) => None,
            };
            let Some(less) = less else {
                return Ok(Ok(Stands::posted(answer?.0, &review)));
            };
            // An earlier attempt may have posted the review meanwhile, or the head may have
            // changed.
            if let Some(found) = by
                .deps
                .github
                .find_review(pr, claim.marker.as_str())
                .await?
            {
                return Ok(Ok(Stands::posted(found.0, &plain)));
            }
            if let Err(ignored) = self.of.still(&by.deps.github.pull_request(pr).await?) {
                return Ok(Err(ignored));
            }
            tracing::info!(review = %self.of.review, ?answer, "GitHub refused the review; posting a reduced form");
            form = less;
        }
    }

    fn emits(&self, stands: &Stands) -> Vec<NewEvent> {
        let review = self.of.review.clone();
        vec![match stands {
            Stands::Posted {
                review_id,
                comments,
            } => NewEvent::new(&ReviewPublished {
                review,
                review_id: *review_id,
                comments: *comments,
            }),
            Stands::Recorded { comments, .. } => NewEvent::new(&ReviewRecorded {
                review,
                comments: *comments,
            }),
        }]
    }
}

impl Review {
    fn record(&self, diff: &Diff) -> Stands {
        let review = text::review(self, diff, "", &Approval::NotAsked);
        let recorded = text::recorded(&review);
        let text = beginning(&recorded, LONGEST_LOGGED);
        tracing::info!(review = %self.of.review, text, "review recorded and not posted: publish = false");
        Stands::Recorded {
            recorded,
            comments: count(&review),
        }
    }
}

/// Returns the fields of `findings` that an update of the bot does not change. Texts and ranks are
/// left out: a new wording must not cause a second review.
fn places(findings: &[Finding]) -> Vec<serde_json::Value> {
    let place = |finding: &Finding| {
        json!([
            finding.path,
            finding.line,
            finding.side,
            finding.rule,
            finding.severity
        ])
    };
    findings.iter().map(place).collect()
}

impl Wanted {
    /// Returns the subject of a publication that shows `verdict`.
    pub(crate) fn subject(&self, verdict: &Verdict) -> Subject {
        let vote = match verdict.event {
            ReviewEvent::Approve => "approve",
            ReviewEvent::Comment => "comment",
            ReviewEvent::RequestChanges => "request_changes",
        };
        self.subject_of(&json!([
            vote,
            places(&verdict.findings),
            places(&verdict.unsure),
            places(&verdict.still_open),
            verdict.missing,
        ]))
    }

    fn subject_of(&self, shown: &serde_json::Value) -> Subject {
        let digest = Sha256::digest(shown.to_string());
        Subject {
            base: self.item.base_branch.clone(),
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// Returns whether `publication` belongs to the base branch of this review.
    fn has_base_of<S>(&self, publication: &Publication<S>) -> bool {
        let subject = publication.subject.as_ref();
        subject.is_none_or(|subject| subject.base == self.item.base_branch)
    }
}

impl Publisher {
    /// Returns GitHub's ids of the reviews whose votes hold for the head and base branch of `of`:
    /// published reviews, and reviews of attempts whose response was lost. The caller lists
    /// GitHub's reviews first, so that none is posted in between.
    pub(crate) async fn current_reviews(&self, of: &Wanted) -> Result<Vec<u64>, HandlerError> {
        let (mut ids, mut in_flight) = (Vec::new(), Vec::new());
        let mut approving = None;
        for kind in [VERDICT, BLOCK, DOUBT] {
            let found: Option<Publication<Stands>> = self.deps.state.peek(&of.key(kind)).await?;
            let Some(found) = found.filter(|found| of.has_base_of(found)) else {
                continue;
            };
            if kind == VERDICT {
                approving = Some(found.marker.approving());
            }
            if found.stage.is_claimed() {
                in_flight.push(found.marker.as_str().to_owned());
            }
            ids.extend(found.stage.object().and_then(Stands::review_id));
        }
        let approval: Option<Publication<Approved>> =
            self.deps.state.peek(&of.key(APPROVAL)).await?;
        if let Some(approval) = approval.filter(|found| of.has_base_of(found)) {
            if approval.stage.is_claimed() {
                in_flight.extend(approving);
            }
            ids.extend(approval.stage.object().map(|it| it.review_id));
        }
        for marker in in_flight {
            let posted = self.deps.github.find_review(&of.review.pr, &marker).await?;
            ids.extend(posted.map(|posted| posted.0));
        }
        Ok(ids)
    }

    /// Returns whether the verdict's vote was dismissed in favour of another head's review.
    pub(crate) async fn is_withdrawn(&self, of: &Wanted) -> Result<bool, HandlerError> {
        let found = self.reviewed(of).await?;
        Ok(found.is_some_and(|found| match found.stage {
            Stage::Withdrawn(_) => true,
            Stage::Claimed(_) | Stage::Published(_) => false,
        }))
    }

    /// Records that the votes of the reviews of `review` are dismissed.
    pub(crate) async fn withdraw_reviews(&self, review: &ReviewKey) -> Result<(), HandlerError> {
        for kind in [VERDICT, BLOCK, DOUBT] {
            let key = key(&format!("{review}/{kind}"));
            self.withdraw::<Stands>(&key).await?;
        }
        let approval = key(&format!("{review}/{APPROVAL}"));
        self.withdraw::<Approved>(&approval).await
    }

    /// Returns whether a review of blocking findings is published beside the verdict's review.
    pub(crate) async fn is_blocked(&self, of: &Wanted) -> Result<bool, HandlerError> {
        let found: Option<Publication<Stands>> = self.deps.state.peek(&of.key(BLOCK)).await?;
        let found = found.filter(|found| of.has_base_of(found));
        Ok(found.is_some_and(|found| match found.stage {
            Stage::Published(Stands::Posted { .. }) => true,
            Stage::Published(Stands::Recorded { .. }) | Stage::Claimed(_) | Stage::Withdrawn(_) => {
                false
            }
        }))
    }

    /// Returns the stored publication of the verdict's review.
    pub(crate) async fn reviewed(
        &self,
        of: &Wanted,
    ) -> Result<Option<Publication<Stands>>, HandlerError> {
        Ok(self.deps.state.peek(&of.key(VERDICT)).await?)
    }

    /// Returns the diff that comments are anchored to.
    async fn diff(&self, of: &Wanted) -> Result<Diff, HandlerError> {
        let (pr, head_sha) = (&of.review.pr, &of.review.head_sha);
        let base_sha = &of.item.base_sha;
        Ok(review::change::read(&*self.deps.github, pr, base_sha, head_sha).await?)
    }
}

/// Returns the longest prefix of whole characters within `most` bytes.
fn beginning(text: &str, most: usize) -> &str {
    let end = text.floor_char_boundary(most);
    text.get(..end).unwrap_or_default()
}

/// Form of a review. Each time that GitHub refuses one, a reduced form is posted.
#[derive(Debug)]
struct Form {
    approval: Approval,
    /// True if the review votes; otherwise it only comments.
    votes: bool,
    /// True if the review has comments on lines.
    places: bool,
}

impl Form {
    fn written(&self, review: &Review, diff: &Diff, marker: &Marker) -> NewReview {
        let marker = match self.approval {
            Approval::Given => format!("{}\n{}", marker.as_str(), marker.approving()),
            Approval::NotAsked | Approval::Withheld(_) => marker.as_str().to_owned(),
        };
        let written = match self.places {
            true => text::review(review, diff, &marker, &self.approval),
            false => text::without_comments(review, &marker, &self.approval),
        };
        match self.votes {
            true => written,
            false => NewReview {
                event: ReviewEvent::Comment,
                ..written
            },
        }
    }

    /// Returns the next form after GitHub refused this one for `reason`, or `None` if there is
    /// none.
    fn after(&self, written: &NewReview, reason: &str) -> Option<Self> {
        if self.votes && is_own_pull_request(reason) {
            let approval = match &self.approval {
                Approval::Given => Approval::Withheld(vec![NoApprovalReason::OwnPullRequest]),
                other @ (Approval::NotAsked | Approval::Withheld(_)) => other.clone(),
            };
            Some(Self {
                approval,
                votes: false,
                places: self.places,
            })
        } else if self.places && !written.comments.is_empty() {
            Some(Self {
                approval: self.approval.clone(),
                votes: self.votes,
                places: false,
            })
        } else {
            None
        }
    }
}

/// Returns whether GitHub refused a vote on the bot's own pull request. An author cannot approve or
/// request changes, but can comment.
fn is_own_pull_request(reason: &str) -> bool {
    reason
        .to_ascii_lowercase()
        .contains("your own pull request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_log_line_at_whole_characters() {
        for (why, text, most, begins) in [
            ("all of it", "abc", 3, "abc"),
            ("the beginning", "abcd", 3, "abc"),
            ("no half of a letter", "abé", 3, "ab"),
            ("nothing", "é", 1, ""),
        ] {
            assert_eq!(beginning(text, most), begins, "{why}");
        }
    }

    #[test]
    fn reads_review_without_comment_count() {
        let old = r#"{"marker":"<!-- github-bot:1 -->","stage":{"published":{"review_id":5}}}"#;
        let read: Publication<Stands> = serde_json::from_str(old).unwrap();
        let posted = Stands::Posted {
            review_id: 5,
            comments: 0,
        };
        assert_eq!(read.stage, Stage::Published(posted));
    }
}

//! State items: what is published on GitHub.

use crate::lease::Item;
use events::{Entropy, Failure, Timestamp};
use github::port::{CheckId, CommentId, Conclusion, ReviewEvent, ReviewId};
use github::{HeadSha, PrKey, RepoName};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use state::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Prefix of every marker.
pub(crate) const MARKER: &str = "<!-- github-bot:";

/// Marker in a posted text. The publisher searches for it before it posts again. It is stored
/// before the text is posted: it is secret until then, so no other account can post it first to
/// suppress a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marker(String);

impl Marker {
    /// Returns a new marker that also names `label`, by which the text is found again if the state
    /// is lost.
    pub(crate) fn draw(entropy: &dyn Entropy, label: &str) -> Self {
        Self(format!("{MARKER}{} {label} -->", entropy.nonce()))
    }

    /// Returns the marker in a text on GitHub: its last line. A path or a message in the text may
    /// look like a marker.
    pub(crate) fn in_text(text: &str) -> Option<Self> {
        let last = text.trim_end().lines().last()?;
        let is_marker = last.starts_with(MARKER) && last.ends_with(" -->");
        is_marker.then(|| Self(last.to_owned()))
    }

    /// Returns whether the marker has this label.
    pub(crate) fn is_labelled(&self, label: &str) -> bool {
        self.0.ends_with(&format!(" {label} -->"))
    }

    /// Returns the marker as an HTML comment, which is invisible in Markdown.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the marker for fields without Markdown.
    pub(crate) fn bare(&self) -> &str {
        self.0.trim_start_matches("<!-- ").trim_end_matches(" -->")
    }
}

/// Label of the summary's marker.
pub(crate) const SUMMARY: &str = "github-bot-summary";

/// `publication:{owner}/{repo}#{n}`: what is visible of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublishedPullRequest {
    /// Marker of the summary.
    pub(crate) marker: Marker,
    /// Reviews that are visible and not withdrawn, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reviews: Vec<PublishedReview>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<PublishedSummary>,
    /// Attempt to create the summary without a known result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) summary_attempt: Option<Attempt>,
    /// True once GitHub was searched for reviews that this item does not know: the state may have
    /// been lost.
    #[serde(default)]
    pub(crate) is_searched: bool,
    /// True if that search found reviews: the state was lost, and checks may exist too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) was_lost: bool,
}

impl PublishedPullRequest {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        Self {
            marker: Marker::draw(entropy, SUMMARY),
            reviews: vec![],
            summary: None,
            summary_attempt: None,
            is_searched: false,
            was_lost: false,
        }
    }

    pub(crate) fn key(pr: &PrKey) -> Key {
        key(&pr.to_string())
    }
}

impl Item for PublishedPullRequest {
    fn take_over(&mut self, held: &Self) {
        self.clone_from(held);
    }
}

/// One review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublishedReview {
    pub(crate) subject: Subject,
    pub(crate) marker: Marker,
    pub(crate) object: ReviewObject,
    /// Newest attempt to post it, while its result is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempt: Option<Attempt>,
    /// True if the verdict of a later head continues its findings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_continued: bool,
}

/// Attempt to create an object on GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Attempt {
    at: Timestamp,
}

/// Time within which an object may appear on GitHub: GitHub can finish a call after the client's
/// timeout, and lists from replicas.
const LONGEST_DELAY: Duration = Duration::from_mins(1);

impl Attempt {
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at }
    }

    /// Returns an error while the object of the `attempt` may still appear on GitHub.
    pub(crate) fn check_over(attempt: Option<Self>, now: Timestamp) -> Result<(), UnknownResult> {
        let Some(over) = attempt.map(|attempt| attempt.at + LONGEST_DELAY) else {
            return Ok(());
        };
        match Duration::try_from(over.duration_since(now)) {
            Ok(wait) if !wait.is_zero() => Err(UnknownResult { wait }),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The result of an attempt is unknown. Another attempt now could create a second object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the result of an earlier attempt to post is unknown for another {} s", .wait.as_secs())]
pub(crate) struct UnknownResult {
    wait: Duration,
}

impl Failure for UnknownResult {
    fn is_retryable(&self) -> bool {
        true
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(self.wait)
    }
}

/// Stage of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReviewObject {
    /// An attempt to post it was made. The marker shows whether it is on GitHub.
    Attempt,
    /// The review is on GitHub.
    Posted {
        id: ReviewId,
        /// The vote that GitHub accepted.
        event: ReviewEvent,
        /// Number of comments on lines.
        comments: u32,
    },
    /// The verdict has no review: the check or the summary shows it.
    Omitted,
    /// GitHub finally refused the review. The check or the summary shows the verdict and the reason.
    Refused { reason: String },
    /// The review is stored and not posted: `publish = false`.
    Recorded {
        /// Text of the review with its comments, as it would be posted.
        recorded: String,
        /// Number of comments that it would have.
        comments: u32,
    },
}

/// Identifies what a review shows. Another subject needs another review: the same head has another
/// verdict after a change of its base branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) kind: ReviewKind,
    /// The reviewed commit; `None` if GitHub no longer has it.
    pub(crate) head_sha: Option<HeadSha>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    /// SHA-256 of what the review shows, in hexadecimal digits.
    pub(crate) digest: String,
}

/// Kind of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReviewKind {
    /// The verdict.
    Verdict,
    /// The verdict, stored and not posted.
    Record,
    /// The verdict, without a review.
    Omitted,
    /// Blocking findings that arrived after the verdict was published without them.
    Late,
    /// An approval that follows the verdict's review.
    Approval,
}

impl ReviewKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Record => "record",
            Self::Omitted => "omitted",
            Self::Late => "late",
            Self::Approval => "approval",
        }
    }
}

impl Subject {
    /// Returns the subject with a posted review.
    pub(crate) fn posted(&self) -> Self {
        let kind = match self.kind {
            ReviewKind::Omitted => ReviewKind::Verdict,
            kind @ (ReviewKind::Verdict
            | ReviewKind::Record
            | ReviewKind::Late
            | ReviewKind::Approval) => kind,
        };
        Self {
            kind,
            ..self.clone()
        }
    }

    /// Returns a label that is equal for equal subjects only.
    pub(crate) fn label(&self) -> String {
        let head = self.head_sha.as_ref().map_or("", HeadSha::as_str);
        let base = self.base.as_deref().unwrap_or_default();
        let digest = TextDigest::of([head, base, &self.digest]);
        format!("{} {}", self.kind.as_str(), digest.0)
    }

    /// Returns whether a published review of this subject shows `desired`. A review also shows a
    /// verdict that needs none.
    pub(crate) fn shows(&self, desired: &Self) -> bool {
        self == desired || *self == desired.posted()
    }

    /// Returns whether both are about the same head and base branch.
    pub(crate) fn has_same_head_and_base(&self, other: &Self) -> bool {
        self.head_sha == other.head_sha && self.base == other.base
    }
}

/// The summary comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublishedSummary {
    /// GitHub's id of the comment.
    pub(crate) comment: CommentId,
    /// Digest of the text.
    pub(crate) text: TextDigest,
}

/// `publication:{owner}/{repo}@{head}`: the check of a commit. GitHub does not assign checks to
/// pull requests: all pull requests with this head share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublishedCheck {
    /// Marker of the check run.
    pub(crate) marker: Marker,
    /// Statuses by pull request number.
    pub(crate) pull_requests: BTreeMap<u64, Contribution>,
    /// The check run on GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<CheckRun>,
    /// Newest attempt to create a run, while its result is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempt: Option<Attempt>,
}

/// Check run on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckRun {
    /// An attempt to create it was made. The marker shows whether it is on GitHub.
    Attempt,
    /// The check is set.
    Set {
        id: CheckId,
        /// Conclusion and text that it shows.
        content: Contribution,
        /// Statuses that it was computed from, by pull request number.
        shown: BTreeMap<u64, Contribution>,
        /// Pull requests among them that were closed or had another head.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        gone: BTreeSet<u64>,
    },
    /// GitHub refused the check for this reason: it accepts check runs only from Apps with that
    /// permission. The publisher does not try again.
    Refused(String),
}

impl PublishedCheck {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        Self {
            marker: Self::draw_marker(entropy),
            pull_requests: BTreeMap::new(),
            run: None,
            attempt: None,
        }
    }

    /// Returns a marker for a new run.
    pub(crate) fn draw_marker(entropy: &dyn Entropy) -> Marker {
        Marker::draw(entropy, "check")
    }

    /// Returns whether the check run was computed from the status of the pull request with this
    /// number and from others.
    pub(crate) fn is_shared_with(&self, number: u64) -> bool {
        match &self.run {
            Some(CheckRun::Set { shown, gone, .. }) => {
                shown.len() > 1 && shown.contains_key(&number) && !gone.contains(&number)
            }
            Some(CheckRun::Attempt | CheckRun::Refused(_)) | None => false,
        }
    }

    /// Returns whether the check run has to be created or updated after an event of the pull
    /// request with this number.
    pub(crate) fn is_due(&self, number: u64) -> bool {
        match &self.run {
            None => !self.pull_requests.is_empty(),
            Some(CheckRun::Attempt) => true,
            Some(CheckRun::Set { shown, gone, .. }) => {
                *shown != self.pull_requests || gone.contains(&number)
            }
            Some(CheckRun::Refused(_)) => false,
        }
    }

    pub(crate) fn key(repo: &RepoName, head: &HeadSha) -> Key {
        key(&format!("{repo}@{head}"))
    }
}

impl Item for PublishedCheck {
    /// Leaves the statuses of the pull requests: their events change them also while the item is
    /// leased.
    fn take_over(&mut self, held: &Self) {
        self.marker.clone_from(&held.marker);
        self.run.clone_from(&held.run);
        self.attempt = held.attempt;
    }
}

/// Conclusion and text of a check, or of the status of one pull request in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contribution {
    /// Conclusion of the check; `None` while the review is under way.
    pub(crate) conclusion: Option<Conclusion>,
    /// Digest of title and text.
    pub(crate) text: TextDigest,
}

impl Contribution {
    /// Returns the rank of the conclusion: a greater number is worse.
    pub(crate) fn rank(&self) -> u8 {
        match self.conclusion {
            Some(Conclusion::Failure) => 3,
            None => 2,
            Some(Conclusion::Neutral) => 1,
            // No review ends as cancelled: a dropped head contributes nothing.
            Some(Conclusion::Cancelled | Conclusion::Success) => 0,
        }
    }
}

/// Digest of a text, to compare it with a later one: 32 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TextDigest(String);

impl TextDigest {
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts: String = parts.into_iter().map(|part| format!("{part}\0")).collect();
        let mut digits = sha256(&parts);
        digits.truncate(32);
        Self(digits)
    }
}

/// Returns the SHA-256 of a text in hexadecimal digits.
pub(crate) fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[expect(
    clippy::expect_used,
    reason = "GitHub's names are checked when they come in"
)]
pub(crate) fn key(rest: &str) -> Key {
    Key::new("publication", rest).expect("GitHub names are valid keys")
}

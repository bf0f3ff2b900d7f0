use events::{NewEvent, Timestamp};
use review::UnneededReason;
use review::item::{PullRequestItem, RETENTION, ReviewItem, SecondLookItem};
use review::message::{ReviewKey, SecondLookCompleted, SecondLookRequested};
use state::Decision;
use std::fmt;

/// Reason that there is no second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The review of this head is not wanted.
    Unneeded(UnneededReason),
    /// The review has no findings to prove.
    Nothing,
    /// The verdict was decided without the second look.
    Late,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unneeded(reason) => reason.fmt(f),
            Self::Nothing => f.write_str("no findings to prove"),
            Self::Late => f.write_str("the verdict exists already"),
        }
    }
}

/// Returns the review if its second look is still wanted.
pub(crate) fn wanted(
    review: &ReviewKey,
    pull: Option<&PullRequestItem>,
    item: Option<&ReviewItem>,
) -> Result<ReviewItem, Reason> {
    let item = ReviewItem::wanted(item, pull, &review.head_sha).map_err(Reason::Unneeded)?;
    if item.verdict.is_some() {
        Err(Reason::Late)
    } else if item.to_prove.is_empty() {
        Err(Reason::Nothing)
    } else {
        Ok(item.clone())
    }
}

/// Stores the first result. A later one replaces it only if it is against another base: a reader of
/// the first must not find another result later.
pub(crate) fn decide(
    seen: Option<&SecondLookItem>,
    asked: &SecondLookRequested,
    looked: &Result<SecondLookItem, Reason>,
    now: Timestamp,
) -> Decision<SecondLookItem, Reason> {
    let base_sha = looked.as_ref().ok().and_then(|it| it.base_sha.as_ref());
    let kept = seen.filter(|item| base_sha.is_none_or(|base| item.is_against(base)));
    let next = match (kept, looked) {
        (Some(item), _) => item.clone(),
        (None, Ok(item)) => item.clone(),
        (None, Err(reason)) => return Decision::Ignore(reason.clone()),
    };
    let completed = SecondLookCompleted {
        review: asked.review.clone(),
        proven: u32::try_from(next.proven.len()).unwrap_or(u32::MAX),
    };
    Decision::Write {
        next,
        emits: vec![NewEvent::new(&completed)],
        expires_at: Some(now + RETENTION),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use github::{Author, Base, HeadSha};
    use review::item::{SkippedHead, Verdict};
    use review::message::SkipReason;
    use review::{Category, Confidence, Finding, MODEL, Severity};

    fn head(letter: char) -> HeadSha {
        letter.to_string().repeat(40).parse().unwrap()
    }

    fn key() -> ReviewKey {
        ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: head('a'),
        }
    }

    fn pull(head_sha: HeadSha, open: bool) -> PullRequestItem {
        PullRequestItem {
            head_sha,
            before: None,
            base: Base {
                branch: "main".to_owned(),
                sha: head('b'),
            },
            author: Author::ghost(),
            open,
            head_repo: None,
            draft: false,
            labels: vec![],
            reviewed: None,
            revocations: Default::default(),
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn review(verdict: Option<Verdict>, to_prove: usize) -> Option<ReviewItem> {
        let finding = Finding {
            path: "a.rs".to_owned(),
            start_line: None,
            line: 1,
            severity: Severity::High,
            category: Category::Logic,
            rule: MODEL.to_owned(),
            title: None,
            message: "…".to_owned(),
            suggestion: None,
            confidence: Confidence::percent(90),
            by: vec![],
            fingerprint: None,
            also: vec![],
            reviewed_before: false,
            side: review::Side::Right,
        };
        Some(ReviewItem {
            to_prove: vec![finding; to_prove],
            verdict,
            ..ReviewItem::of(head('b'))
        })
    }

    fn verdict() -> Option<Verdict> {
        let verdict = serde_json::json!({
            "decided_at": "2026-01-05T09:00:00Z", "event": "COMMENT", "findings": [],
            "missing": [],
        });
        serde_json::from_value(verdict).unwrap()
    }

    #[test]
    fn second_look_is_wanted_before_verdict() {
        let skipped = Some(SkippedHead {
            reason: SkipReason::Label,
            why: "…".to_owned(),
        });
        let left_alone = review(None, 1).map(|review| ReviewItem { skipped, ..review });
        for (why, pull, review, wanted_for) in [
            (
                "the newest head",
                Some(pull(head('a'), true)),
                review(None, 1),
                Ok(1),
            ),
            ("an unknown pull request", None, review(None, 2), Ok(2)),
            (
                "a push came",
                Some(pull(head('c'), true)),
                review(None, 1),
                Err("superseded by ccccccc"),
            ),
            (
                "it was closed",
                Some(pull(head('a'), false)),
                review(None, 1),
                Err("the pull request is closed"),
            ),
            (
                "the deadline was before",
                None,
                review(verdict(), 1),
                Err("the verdict exists already"),
            ),
            (
                "nobody asked",
                None,
                review(None, 0),
                Err("no findings to prove"),
            ),
            (
                "no such review",
                None,
                None,
                Err("no such review was opened"),
            ),
            (
                "a label was added: a skipped head costs nothing",
                None,
                left_alone,
                Err("the head is left alone"),
            ),
        ] {
            let end = wanted(&key(), pull.as_ref(), review.as_ref());
            let end = end.map(|item| item.to_prove.len());
            let end = end.map_err(|reason| reason.to_string());
            assert_eq!(end, wanted_for.map_err(str::to_owned), "{why}");
        }
    }

    #[test]
    fn first_result_is_kept() {
        let (first, second) = (
            SecondLookItem {
                notes: vec!["first".to_owned()],
                ..SecondLookItem::default()
            },
            SecondLookItem::default(),
        );
        let asked = SecondLookRequested {
            review: key(),
            findings: 1,
        };
        let of_base = |letter, note: &str| SecondLookItem {
            base_sha: Some(head(letter)),
            notes: vec![note.to_owned()],
            ..SecondLookItem::default()
        };
        let (main, release) = (of_base('b', "main"), of_base('e', "release"));
        for (why, seen, looked, kept) in [
            (
                "against another base",
                Some(&main),
                Ok(release.clone()),
                Some(release),
            ),
            (
                "against the same base",
                Some(&main),
                Ok(of_base('b', "again")),
                Some(main.clone()),
            ),
            ("new", None, Ok(second.clone()), Some(second.clone())),
            ("again", Some(&first), Ok(second), Some(first.clone())),
            (
                "again, and late",
                Some(&first),
                Err(Reason::Late),
                Some(first.clone()),
            ),
            ("late", None, Err(Reason::Late), None),
        ] {
            let decision = decide(seen, &asked, &looked, Timestamp::UNIX_EPOCH);
            let (next, emitted) = match decision {
                Decision::Write { next, emits, .. } => (Some(next), emits.len()),
                Decision::Ignore(_) => (None, 0),
            };
            assert_eq!(emitted, usize::from(kept.is_some()), "{why}");
            assert_eq!(next, kept, "{why}");
        }
    }
}

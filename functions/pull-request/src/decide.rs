use event::{Say, Timestamp};
use github::{AuthorKind, PullRequestChanged};
use review::item::PullRequestItem;
use review::message::{ReviewKey, ReviewRequested, ReviewSkipped, SkipReason};
use state::Decision;
use std::fmt;

/// The label that keeps a pull request from being reviewed.
const NO_REVIEW: &str = "no-review";

/// Why a delivery changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// GitHub told of a later change before.
    OutOfOrder,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder => f.write_str("a later change is known already"),
        }
    }
}

/// What a delivery means for what is known. `told` is when the delivery came:
/// GitHub's own time is better, where it is given.
pub(crate) fn decide(
    seen: Option<&PullRequestItem>,
    change: &PullRequestChanged,
    told: Timestamp,
) -> Decision<PullRequestItem, Reason> {
    let next = PullRequestItem {
        head_sha: change.head_sha.clone(),
        before: change.before.clone(),
        base: change.base.clone(),
        author: change.author.clone(),
        open: change.open,
        head_repo: change.head_repo.clone(),
        draft: change.draft,
        labels: change.labels.clone(),
        updated_at: change.updated_at.unwrap_or(told),
        reviewed: seen.and_then(|seen| seen.reviewed.clone()),
    };
    if seen.is_some_and(|seen| is_older(&next, seen)) {
        return Decision::Ignore(Reason::OutOfOrder);
    }
    let says = says(seen, &next, change);
    Decision::Write {
        next,
        says,
        expires_at: None,
    }
}

/// GitHub does not keep deliveries in order, and its times are whole seconds:
/// within one, a push's `before` tells which head came first.
fn is_older(next: &PullRequestItem, seen: &PullRequestItem) -> bool {
    if next.updated_at != seen.updated_at {
        return next.updated_at < seen.updated_at;
    }
    let follows = next.before.as_ref() == Some(&seen.head_sha);
    let precedes = seen.before.as_ref() == Some(&next.head_sha);
    precedes && !follows
}

fn skip(change: &PullRequestItem) -> Option<SkipReason> {
    if change.author.kind == AuthorKind::Bot {
        Some(SkipReason::Bot)
    } else if change.labels.iter().any(|label| label == NO_REVIEW) {
        Some(SkipReason::Label)
    } else if change.draft {
        Some(SkipReason::Draft)
    } else {
        None
    }
}

/// A head is asked about when it appears, and when what kept it from being
/// reviewed is gone; a skip is told when its reason appears.
fn says(
    seen: Option<&PullRequestItem>,
    next: &PullRequestItem,
    change: &PullRequestChanged,
) -> Vec<Say> {
    let asks = matches!(
        change.action.as_str(),
        "opened" | "reopened" | "synchronize" | "ready_for_review"
    );
    let skipped_before = seen.and_then(skip);
    let review = ReviewKey {
        pr: change.pr.clone(),
        head_sha: change.head_sha.clone(),
    };
    match skip(next) {
        _ if !next.open => vec![],
        None if asks || skipped_before.is_some() => {
            let base_sha = change.base.sha.clone();
            vec![Say::new(&ReviewRequested { review, base_sha })]
        }
        Some(reason) if asks || skipped_before != Some(reason) => {
            vec![Say::new(&ReviewSkipped { review, reason })]
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use github::{Author, Base};

    fn sha(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    fn change(action: &str, head: char, second: u32) -> PullRequestChanged {
        PullRequestChanged {
            pr: "octo/widgets#7".parse().unwrap(),
            action: action.to_owned(),
            head_sha: sha(head).parse().unwrap(),
            before: None,
            head_repo: None,
            base: Base {
                branch: "main".to_owned(),
                sha: sha('b').parse().unwrap(),
            },
            author: Author {
                login: "octocat".to_owned(),
                kind: AuthorKind::User,
                association: None,
            },
            draft: false,
            open: action != "closed",
            labels: vec![],
            updated_at: Some(at(second)),
            installation: None,
        }
    }

    fn at(second: u32) -> Timestamp {
        Timestamp::from_second(second.into()).unwrap()
    }

    fn push(from: char, to: char, second: u32) -> PullRequestChanged {
        PullRequestChanged {
            before: Some(sha(from).parse().unwrap()),
            ..change("synchronize", to, second)
        }
    }

    fn draft(change: PullRequestChanged) -> PullRequestChanged {
        PullRequestChanged {
            draft: true,
            ..change
        }
    }

    fn labelled(change: PullRequestChanged) -> PullRequestChanged {
        PullRequestChanged {
            labels: vec![NO_REVIEW.to_owned()],
            ..change
        }
    }

    fn by_bot(change: PullRequestChanged) -> PullRequestChanged {
        PullRequestChanged {
            author: Author {
                login: "dependabot[bot]".to_owned(),
                kind: AuthorKind::Bot,
                association: None,
            },
            ..change
        }
    }

    /// What the last of `changes` leads to: the topics said, or the reason.
    fn last(changes: &[PullRequestChanged]) -> String {
        let mut seen = None;
        let mut said = String::new();
        for change in changes {
            match decide(seen.as_ref(), change, at(0)) {
                Decision::Ignore(reason) => said = reason.to_string(),
                Decision::Write { next, says, .. } => {
                    said = says
                        .iter()
                        .map(|say| say.topic.as_str())
                        .collect::<Vec<_>>()
                        .join(", ");
                    seen = Some(next);
                }
            }
        }
        said
    }

    #[test]
    fn what_a_delivery_leads_to() {
        const REQUESTED: &str = "agent.pr.review_requested";
        const SKIPPED: &str = "agent.pr.review_skipped";
        const LATER: &str = "a later change is known already";
        let open = || change("opened", 'a', 1);
        for (why, changes, said) in [
            ("a new pull request is reviewed", vec![open()], REQUESTED),
            (
                "a push is reviewed",
                vec![open(), push('a', 'c', 2)],
                REQUESTED,
            ),
            (
                "a push whose opening was lost is reviewed",
                vec![push('a', 'c', 2)],
                REQUESTED,
            ),
            ("a bot's is not", vec![by_bot(open())], SKIPPED),
            ("a draft is not", vec![draft(open())], SKIPPED),
            (
                "a draft that is ready is",
                vec![draft(open()), change("ready_for_review", 'a', 2)],
                REQUESTED,
            ),
            (
                "becoming a draft is told",
                vec![open(), draft(change("converted_to_draft", 'a', 2))],
                SKIPPED,
            ),
            ("the label keeps it away", vec![labelled(open())], SKIPPED),
            (
                "taking the label off asks",
                vec![labelled(open()), change("unlabeled", 'a', 2)],
                REQUESTED,
            ),
            (
                "another label asks nothing",
                vec![open(), change("labeled", 'a', 2)],
                "",
            ),
            (
                "a skip is told once",
                vec![labelled(open()), labelled(change("labeled", 'a', 2))],
                "",
            ),
            (
                "closing asks nothing",
                vec![open(), change("closed", 'a', 2)],
                "",
            ),
            (
                "reopening asks again",
                vec![open(), change("closed", 'a', 2), change("reopened", 'a', 3)],
                REQUESTED,
            ),
            (
                "an opening that comes after the push",
                vec![push('a', 'c', 2), open()],
                LATER,
            ),
            (
                "two pushes within a second, in order",
                vec![push('a', 'c', 2), push('c', 'd', 2)],
                REQUESTED,
            ),
            (
                "two pushes within a second, out of order",
                vec![push('c', 'd', 2), push('a', 'c', 2)],
                LATER,
            ),
            (
                "there and back within a second",
                vec![push('a', 'c', 2), push('c', 'a', 2)],
                REQUESTED,
            ),
        ] {
            assert_eq!(last(&changes), said, "{why}");
        }
    }
}

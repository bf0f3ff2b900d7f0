use super::*;
use github::{Author, AuthorKind, Base};

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
        labels: vec!["no-review".to_owned()],
        ..change
    }
}

fn onto(branch: &str, mut change: PullRequestChanged) -> PullRequestChanged {
    change.base.branch = branch.to_owned();
    change
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

fn review_published(head: char) -> ReviewPublished {
    ReviewPublished {
        review: ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: sha(head).parse().unwrap(),
        },
        base_branch: None,
        review_id: Some(1),
        comments: 0,
    }
}

/// Event about a pull request.
enum TestEvent {
    /// A delivery.
    Change(Box<PullRequestChanged>),
    /// A published review of this head, in this second.
    Published(char, u32),
}

impl From<PullRequestChanged> for TestEvent {
    fn from(change: PullRequestChanged) -> Self {
        Self::Change(Box::new(change))
    }
}

/// Returns the state after `events`, and the result of the last event: the emitted causes, or the
/// reason.
fn last(events: &[TestEvent]) -> (Option<PullRequestItem>, String) {
    let mut seen = None;
    let mut result = String::new();
    for event in events {
        let decision = match event {
            TestEvent::Change(change) => changed(seen.as_ref(), change, at(0), None),
            TestEvent::Published(head, second) => {
                published(seen.as_ref(), &review_published(*head), at(*second))
            }
        };
        match decision {
            Decision::Ignore(reason) => result = reason.to_string(),
            Decision::Write { next, emits, .. } => {
                let causes: Vec<_> = emits
                    .iter()
                    .map(|say| match say.topic.as_str() {
                        "agent.pr.review_dropped" => "dropped",
                        "agent.pr.review_requested" => say.data["cause"].as_str().unwrap(),
                        other => panic!("{other}"),
                    })
                    .collect();
                result = causes.join(", ");
                seen = Some(next);
            }
        }
    }
    (seen, result)
}

#[test]
fn decides_deliveries() {
    const HEAD: &str = "head";
    const FACTS: &str = "facts";
    const PUSHED: &str = "dropped, head";
    const DROPPED: &str = "dropped";
    const NOTHING: &str = "";
    const LATER: &str = "a later change is stored already";
    let open = || change("opened", 'a', 1);
    for (why, events, emitted) in [
        ("a new pull request", vec![open().into()], HEAD),
        (
            "a push",
            vec![open().into(), push('a', 'c', 2).into()],
            PUSHED,
        ),
        (
            "a push whose opening was lost",
            vec![push('a', 'c', 2).into()],
            HEAD,
        ),
        (
            "a bot's pull request: the settings decide",
            vec![by_bot(open()).into()],
            HEAD,
        ),
        ("a draft", vec![draft(open()).into()], HEAD),
        ("a label", vec![labelled(open()).into()], HEAD),
        (
            "a draft that is ready",
            vec![
                draft(open()).into(),
                change("ready_for_review", 'a', 2).into(),
            ],
            HEAD,
        ),
        (
            "becoming a draft may decide",
            vec![
                open().into(),
                draft(change("converted_to_draft", 'a', 2)).into(),
            ],
            FACTS,
        ),
        (
            "an added label may decide",
            vec![open().into(), labelled(change("labeled", 'a', 2)).into()],
            FACTS,
        ),
        (
            "a removed label may decide",
            vec![labelled(open()).into(), change("unlabeled", 'a', 2).into()],
            FACTS,
        ),
        (
            "the same labels as before",
            vec![
                labelled(open()).into(),
                labelled(change("labeled", 'a', 2)).into(),
            ],
            NOTHING,
        ),
        (
            "a label on an unknown pull request: its opening may arrive too late to count",
            vec![labelled(change("labeled", 'a', 2)).into()],
            HEAD,
        ),
        (
            "an opening that arrives too late",
            vec![labelled(change("labeled", 'a', 2)).into(), open().into()],
            LATER,
        ),
        (
            "an opening of the same second: a repeated request",
            vec![labelled(change("labeled", 'a', 1)).into(), open().into()],
            HEAD,
        ),
        (
            "a label on a reopened pull request, before that delivery",
            vec![
                open().into(),
                change("closed", 'a', 2).into(),
                labelled(change("labeled", 'a', 4)).into(),
            ],
            HEAD,
        ),
        (
            "another base branch",
            vec![
                open().into(),
                onto("release", change("edited", 'a', 2)).into(),
            ],
            HEAD,
        ),
        (
            "another base branch after the review",
            vec![
                open().into(),
                TestEvent::Published('a', 2),
                onto("release", change("edited", 'a', 3)).into(),
            ],
            HEAD,
        ),
        (
            "another base branch, first seen with a label",
            vec![
                open().into(),
                onto("release", change("labeled", 'a', 2)).into(),
            ],
            HEAD,
        ),
        (
            "another title",
            vec![open().into(), change("edited", 'a', 2).into()],
            NOTHING,
        ),
        (
            "another base branch of a closed pull request",
            vec![
                open().into(),
                change("closed", 'a', 2).into(),
                PullRequestChanged {
                    open: false,
                    ..onto("release", change("edited", 'a', 3))
                }
                .into(),
            ],
            NOTHING,
        ),
        (
            "a label on a head without another delivery",
            vec![open().into(), labelled(change("labeled", 'c', 2)).into()],
            PUSHED,
        ),
        (
            "a label after the review",
            vec![
                open().into(),
                TestEvent::Published('a', 2),
                labelled(change("labeled", 'a', 3)).into(),
            ],
            NOTHING,
        ),
        (
            "a label after the push, before its review",
            vec![
                open().into(),
                TestEvent::Published('a', 2),
                push('a', 'c', 3).into(),
                labelled(change("labeled", 'c', 4)).into(),
            ],
            FACTS,
        ),
        (
            "closing",
            vec![open().into(), change("closed", 'a', 2).into()],
            DROPPED,
        ),
        (
            "closing after the review",
            vec![
                open().into(),
                TestEvent::Published('a', 2),
                change("closed", 'a', 3).into(),
            ],
            DROPPED,
        ),
        (
            "a label on a closed pull request",
            vec![
                open().into(),
                change("closed", 'a', 2).into(),
                PullRequestChanged {
                    open: false,
                    ..labelled(change("labeled", 'a', 3))
                }
                .into(),
            ],
            NOTHING,
        ),
        (
            "reopening asks again",
            vec![
                open().into(),
                change("closed", 'a', 2).into(),
                change("reopened", 'a', 3).into(),
            ],
            HEAD,
        ),
        (
            "an opening that comes after the push",
            vec![push('a', 'c', 2).into(), open().into()],
            LATER,
        ),
        (
            "two pushes within a second, in order",
            vec![push('a', 'c', 2).into(), push('c', 'd', 2).into()],
            PUSHED,
        ),
        (
            "two pushes within a second, out of order",
            vec![push('c', 'd', 2).into(), push('a', 'c', 2).into()],
            LATER,
        ),
        (
            "there and back within a second",
            vec![push('a', 'c', 2).into(), push('c', 'a', 2).into()],
            PUSHED,
        ),
        (
            "a review of an unknown pull request",
            vec![TestEvent::Published('a', 2)],
            "unknown pull request",
        ),
    ] {
        assert_eq!(last(&events).1, emitted, "{why}");
    }
}

#[test]
fn stores_newest_published_review() {
    const KNOWN: &str = "this review or a later one is stored already";
    let open = || change("opened", 'a', 1).into();
    for (why, events, head, second, emitted) in [
        (
            "the first",
            vec![open(), TestEvent::Published('a', 2)],
            'a',
            2,
            "",
        ),
        (
            "the one after a push",
            vec![
                open(),
                TestEvent::Published('a', 2),
                push('a', 'c', 3).into(),
                TestEvent::Published('c', 4),
            ],
            'c',
            4,
            "",
        ),
        (
            "a push keeps it",
            vec![
                open(),
                TestEvent::Published('a', 2),
                push('a', 'c', 3).into(),
            ],
            'a',
            2,
            "dropped, head",
        ),
        (
            "an earlier one that arrives late",
            vec![
                open(),
                TestEvent::Published('c', 4),
                TestEvent::Published('a', 2),
            ],
            'c',
            4,
            KNOWN,
        ),
        (
            "the same once more",
            vec![
                open(),
                TestEvent::Published('a', 2),
                TestEvent::Published('a', 2),
            ],
            'a',
            2,
            KNOWN,
        ),
    ] {
        let (known, result) = last(&events);
        let kept = ReviewedHead {
            head_sha: sha(head).parse().unwrap(),
            at: at(second),
        };
        assert_eq!(known.unwrap().reviewed, Some(kept), "{why}");
        assert_eq!(result, emitted, "{why}");
    }
}

#[test]
fn forgets_review_against_other_base() {
    let retargeted = onto("release", push('a', 'c', 3));
    let events = [TestEvent::Published('a', 2), retargeted.into()];
    let events: Vec<_> = [change("opened", 'a', 1).into()]
        .into_iter()
        .chain(events)
        .collect();
    assert_eq!(last(&events).0.unwrap().reviewed, None);
}

#[test]
fn ignores_review_for_other_base() {
    let retargeted = onto("release", change("edited", 'a', 2));
    let seen = last(&[change("opened", 'a', 1).into(), retargeted.into()]).0;
    let of = |base: &str| ReviewPublished {
        base_branch: Some(base.to_owned()),
        ..review_published('a')
    };
    let late = published(seen.as_ref(), &of("main"), at(3));
    assert!(matches!(late, Decision::Ignore(Reason::OtherBase)), "main");
    let newest = published(seen.as_ref(), &of("release"), at(3));
    assert!(matches!(newest, Decision::Write { .. }), "release");
}

/// Returns GitHub's pull request after `change`.
fn shown(change: &PullRequestChanged) -> PullRequest {
    PullRequest {
        head_sha: change.head_sha.clone(),
        open: change.open,
        author: "octocat".to_owned(),
        author_association: "MEMBER".to_owned(),
        head_repo: change.head_repo.clone(),
        base_ref: change.base.branch.clone(),
        base_sha: change.base.sha.clone(),
        draft: change.draft,
        labels: change.labels.clone(),
    }
}

#[test]
fn github_decides_order_within_one_second() {
    let opened = || change("opened", 'a', 1);
    for (why, other) in [
        ("a label", labelled(change("labeled", 'a', 1))),
        ("a draft", draft(change("converted_to_draft", 'a', 1))),
        ("closed", change("closed", 'a', 1)),
        (
            "another base branch",
            onto("release", change("edited", 'a', 1)),
        ),
        (
            "a head without its predecessor",
            change("synchronize", 'c', 1),
        ),
    ] {
        for (first, second) in [(opened(), other.clone()), (other.clone(), opened())] {
            let seen = item(None, &first, at(0));
            assert!(is_tie(&seen, &second, at(0)), "{why}");
            let older = changed(Some(&seen), &second, at(0), Some(&shown(&first)));
            assert_eq!(older, Decision::Ignore(Reason::OutOfOrder), "{why}");
            let newer = changed(Some(&seen), &second, at(0), Some(&shown(&second)));
            assert!(matches!(newer, Decision::Write { .. }), "{why}");
            let later = onto("next", change("edited", 'd', 2));
            let neither = changed(Some(&seen), &second, at(0), Some(&shown(&later)));
            assert!(matches!(neither, Decision::Write { .. }), "{why}");
        }
    }
    let seen = item(None, &opened(), at(0));
    assert!(!is_tie(&seen, &opened(), at(0)), "a redelivery");
    let later = labelled(change("labeled", 'a', 2));
    assert!(!is_tie(&seen, &later, at(0)), "another second");
}

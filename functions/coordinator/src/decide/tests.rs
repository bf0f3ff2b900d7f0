mod begun;

use super::*;
use github::port::ReviewEvent;
use github::{Author, Base, HeadSha};
use policy::{Attributes, Layer, Source};
use review::item::{CheckReport, Verdict};
use review::message::ReviewKey;
use review::{Category, Finding};

const CHECKS: &str = "review_begun security_check style_check logic_check";
const NONE_NEW: &str = "nothing changes for this review";
const ALREADY: &str = "already skipped for the same reason";

fn sha(digit: &str) -> HeadSha {
    digit.repeat(40).parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn policy(text: &str) -> Policy {
    Policy::default().over(Layer::parse(text, Source::Repository).unwrap())
}

fn settings(text: &str) -> Settings {
    let layer = Layer::parse(text, Source::Repository);
    let (policy, invalid) = match layer {
        Ok(layer) => (Policy::default().over(layer), None),
        Err(error) => (Policy::default(), Some(InvalidSettings::from(error))),
    };
    Settings {
        policy,
        attributes: Attributes::default(),
        languages: vec![],
        invalid,
    }
}

fn request(second: i64) -> EventId {
    format!("request-{second}").parse().unwrap()
}

fn pull() -> PullRequestItem {
    PullRequestItem {
        head_sha: sha("a"),
        before: None,
        base: Base {
            branch: "main".to_owned(),
            sha: sha("b"),
        },
        author: Author {
            login: "octocat".to_owned(),
            kind: AuthorKind::User,
            association: None,
        },
        head_repo: None,
        draft: false,
        labels: vec![],
        open: true,
        updated_at: at(0),
        reviewed: None,
        revocations: Default::default(),
    }
}

/// Step before a request, or a request.
#[derive(Clone, Copy)]
enum Step {
    /// A request with this cause.
    Asked(RequestCause),
    /// A request with the label that skips reviews.
    Labelled(RequestCause),
    /// A request for a draft.
    Draft(RequestCause),
    /// The base branch gets these settings.
    Settings(&'static str),
    /// The verdict is stored.
    Verdict,
    /// The review of this head is published on GitHub.
    Reviewed(&'static str),
    /// The pull request gets this base branch.
    Onto(&'static str),
}
use RequestCause::{Facts as OfFacts, Head};
use Step::{Asked, Draft, Labelled};

fn verdict() -> Verdict {
    Verdict {
        decided_at: at(0),
        event: ReviewEvent::Comment,
        findings: vec![],
        unsure: vec![],
        unproven: [].into(),
        quality_score: None,
        missing: vec![],
        late: vec![],
        still_open: vec![],
        resolved: vec![],
        to_revoke: vec![],
        since: None,
        below_floor: 0,
        notes: vec![],
        usage: None,
    }
}

/// Returns the review after all steps, and the result of the last request: the emitted topics, or
/// the reason.
fn last(steps: &[Step]) -> (Option<ReviewItem>, String) {
    let (mut seen, mut told): (Option<ReviewItem>, _) = (None, String::new());
    let (mut wanted, mut reviewed, mut branch) = ("", None, "main");
    for (second, step) in (1..).zip(steps) {
        let mut pull = pull();
        let cause = match step {
            Step::Settings(text) => {
                wanted = text;
                continue;
            }
            Step::Onto(other) => {
                branch = other;
                continue;
            }
            Step::Verdict => {
                seen.as_mut().unwrap().verdict = Some(verdict());
                continue;
            }
            Step::Reviewed(head) => {
                reviewed = Some(ReviewedHead {
                    head_sha: sha(head),
                    at: at(second),
                });
                continue;
            }
            Asked(cause) => *cause,
            Labelled(cause) => {
                pull.labels = vec!["No-Review".to_owned()];
                *cause
            }
            Draft(cause) => {
                pull.draft = true;
                *cause
            }
        };
        pull.reviewed.clone_from(&reviewed);
        // Every delivery has another base commit; the review keeps the first one.
        pull.base = Base {
            branch: branch.to_owned(),
            sha: sha(&second.to_string()),
        };
        let asked = ReviewRequested {
            review: ReviewKey {
                pr: "octo/widgets#7".parse().unwrap(),
                head_sha: sha("a"),
            },
            base_sha: sha("0"),
            cause,
        };
        let known = RequestContext {
            asked: &asked,
            request: &request(second),
            pull: &pull,
            settings: &settings(wanted),
        };
        match decide(seen.as_ref(), &known, at(100 + second)) {
            Decision::Ignore(reason) => told = reason.to_string(),
            Decision::Write {
                next,
                emits,
                expires_at,
            } => {
                assert_eq!(expires_at, Some(at(100 + second) + RETENTION));
                let topics = emits
                    .iter()
                    .map(|say| say.topic.as_str().trim_start_matches("agent.pr."));
                told = topics.collect::<Vec<_>>().join(" ");
                seen = Some(next);
            }
        }
    }
    (seen, told)
}

#[test]
fn decides_requests() {
    for (why, steps, emitted) in [
        ("the first time", vec![Asked(Head)], CHECKS),
        (
            "facts of a head without a request",
            vec![Asked(OfFacts)],
            CHECKS,
        ),
        (
            "asked again before the verdict",
            vec![Asked(Head), Asked(Head)],
            CHECKS,
        ),
        (
            "asked again after the verdict",
            vec![Asked(Head), Step::Verdict, Asked(Head)],
            "review_completed",
        ),
        (
            "only some are wanted",
            vec![
                Step::Settings("reviewers = [\"logic\", \"security\"]"),
                Asked(Head),
            ],
            "review_begun logic_check security_check",
        ),
        ("a draft", vec![Draft(Head)], "review_skipped"),
        (
            "drafts are wanted",
            vec![Step::Settings("drafts = \"review\""), Draft(Head)],
            CHECKS,
        ),
        (
            "none is wanted",
            vec![Step::Settings("enabled = false"), Asked(Head)],
            "review_skipped",
        ),
        (
            "settings that cannot be read",
            vec![Step::Settings("enabled = 1"), Asked(Head)],
            "review_skipped",
        ),
        (
            "a draft that is ready",
            vec![Draft(Head), Asked(Head)],
            CHECKS,
        ),
        (
            "a label that is taken off",
            vec![Labelled(Head), Asked(OfFacts)],
            CHECKS,
        ),
        (
            "skipped, and asked again: it may have been closed at the first skip",
            vec![Labelled(Head), Labelled(Head)],
            "review_skipped",
        ),
        (
            "skipped, and another label",
            vec![Labelled(Head), Labelled(OfFacts)],
            ALREADY,
        ),
        (
            "skipped for another reason",
            vec![Labelled(Head), Draft(OfFacts)],
            "review_skipped",
        ),
        (
            "another mistake in the settings",
            vec![
                Step::Settings("enabled = 1"),
                Asked(Head),
                Step::Settings("enabled = 2"),
                Asked(Head),
            ],
            "review_skipped",
        ),
        (
            "the settings are mended",
            vec![
                Step::Settings("enabled = 1"),
                Asked(Head),
                Step::Settings(""),
                Asked(Head),
            ],
            CHECKS,
        ),
        (
            "facts that decide nothing",
            vec![Asked(Head), Asked(OfFacts)],
            NONE_NEW,
        ),
        (
            "facts after a verdict that may not be published",
            vec![Asked(Head), Step::Verdict, Asked(OfFacts)],
            "review_completed",
        ),
        (
            "a label while it runs",
            vec![Asked(Head), Labelled(OfFacts)],
            "review_skipped",
        ),
        (
            "that is taken off again",
            vec![Asked(Head), Labelled(OfFacts), Asked(OfFacts)],
            CHECKS,
        ),
        (
            "another base branch while it runs",
            vec![Asked(Head), Step::Onto("release"), Asked(Head)],
            CHECKS,
        ),
        (
            "another base branch after the verdict",
            vec![
                Asked(Head),
                Step::Verdict,
                Step::Onto("release"),
                Asked(Head),
            ],
            CHECKS,
        ),
        (
            "another base branch, in the delivery of a label",
            vec![Asked(Head), Step::Onto("release"), Labelled(OfFacts)],
            "review_skipped",
        ),
        (
            "a label after the verdict",
            vec![Asked(Head), Step::Verdict, Labelled(OfFacts)],
            "review_completed",
        ),
        (
            "settings that change while it runs are for the next head",
            vec![Asked(Head), Step::Settings("enabled = false"), Asked(Head)],
            CHECKS,
        ),
    ] {
        assert_eq!(last(&steps).1, emitted, "{why}");
    }
}

#[test]
fn skipped_review_begins_with_current_settings() {
    let steps = [
        Draft(Head),
        Step::Settings("reviewers = [\"style\"]"),
        Step::Reviewed("c"),
        Asked(Head),
    ];
    let skipped = last(&steps[..1]).0.unwrap();
    assert_eq!(skipped.expected, [], "no specialist is asked");
    let begun = last(&steps).0.unwrap();
    assert_eq!(begun.policy, policy("reviewers = [\"style\"]"));
    assert_eq!(begun.expected, [Category::Style]);
    assert_eq!(
        (begun.base_sha, begun.previous, begun.skipped),
        (sha("4"), Some(sha("c")), None)
    );
}

#[test]
fn head_does_not_follow_itself() {
    let review = last(&[Step::Reviewed("a"), Asked(Head)]).0.unwrap();
    assert_eq!(review.previous, None);
}

#[test]
fn skipped_review_keeps_reports() {
    let begun = last(&[Asked(Head)]).0.unwrap();
    let reported = ReviewItem {
        reports: [(Category::Style, CheckReport::default())].into(),
        ..begun
    };
    let asked = ReviewRequested {
        review: ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: sha("a"),
        },
        base_sha: sha("b"),
        cause: OfFacts,
    };
    let draft = PullRequestItem {
        draft: true,
        ..pull()
    };
    let known = RequestContext {
        asked: &asked,
        request: &request(9),
        pull: &draft,
        settings: &settings("drafts = \"review\""),
    };
    let Decision::Write { next, .. } = decide(Some(&reported), &known, at(9)) else {
        panic!("it is written");
    };
    assert_eq!(next.reports, reported.reports);
    assert_eq!(next.skipped.unwrap().reason, SkipReason::Draft);
}

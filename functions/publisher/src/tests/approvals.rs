//! Approving: the policy's decision, by GitHub's state right before the review.

use super::*;
use fake_github::{Call, Fault, StatusState};
use github::port::NewCheck;
use policy::{Layer, Policy, Source};

pub(super) fn policy(more: &str) -> Policy {
    let text = format!("[show]\nreview = \"always\"\n[auto_approve]\nenabled = true\n{more}");
    let layer = Layer::parse(&text, Source::Repository).unwrap();
    Policy::default().over(layer)
}

/// Returns a review that a model took part in, without findings.
pub(super) fn read() -> ReviewItem {
    let mut item = clean();
    for report in item.reports.values_mut() {
        let model = Reader {
            name: "kimi".to_owned(),
            ..report.readers[0].clone()
        };
        report.readers.push(model);
    }
    item
}

/// Difference of a story from a pull request that is approved.
#[derive(Default)]
struct Change {
    item: Option<fn(&mut ReviewItem)>,
    association: Option<&'static str>,
    fork: bool,
    bot: Option<&'static str>,
    world: Option<fn(&Stage)>,
    policy: &'static str,
}

/// Returns the event and the text of the posted review.
async fn reviewed(change: Change) -> (ReviewEvent, String) {
    let stage = Stage::of(NewPullRequest {
        association: change.association.unwrap_or("MEMBER").to_owned(),
        ..NewPullRequest::default()
    });
    if let Some(bot) = change.bot {
        stage.world.set_bot(bot);
    }
    let green = other_check(&stage, Conclusion::Success);
    stage.world.check_by("ci[bot]", &stage.pr.repo, green);
    if let Some(world) = change.world {
        world(&stage);
    }
    let mut item = ReviewItem {
        policy: policy(change.policy),
        ..read()
    };
    if let Some(with) = change.item {
        with(&mut item);
    }
    let head_repo = match change.fork {
        true => None,
        false => Some(stage.pr.repo.clone()),
    };
    stage.store_from(item, head_repo).await;
    stage.handle(&stage.completed()).await;
    let review = stage.world.bot_reviews(&stage.pr).pop().unwrap();
    (review.event, review.body)
}

fn verdict(item: &mut ReviewItem) -> &mut Verdict {
    item.verdict.as_mut().unwrap()
}

pub(super) fn other_check(stage: &Stage, conclusion: Conclusion) -> NewCheck {
    NewCheck {
        head_sha: stage.review().head_sha,
        name: "build".to_owned(),
        conclusion: Some(conclusion),
        title: "Build".to_owned(),
        summary: String::new(),
        external_id: String::new(),
    }
}

#[tokio::test]
async fn approves_if_all_conditions_hold() {
    for (why, change) in [
        ("as it is", Change::default()),
        (
            "all checks are green, and the bot's own is left aside",
            Change {
                world: Some(|stage| {
                    let repo = &stage.pr.repo;
                    let green = other_check(stage, Conclusion::Success);
                    stage.world.check_by("ci[bot]", repo, green);
                    let own = NewCheck {
                        name: check::NAME.to_owned(),
                        ..other_check(stage, Conclusion::Failure)
                    };
                    stage.world.check_by("review-bot[bot]", repo, own);
                    let head = stage.review().head_sha;
                    stage
                        .world
                        .set_status(repo, &head, "ci", StatusState::Success);
                }),
                ..Change::default()
            },
        ),
        (
            "checks do not matter here",
            Change {
                policy: "require_checks = false",
                world: Some(|stage| {
                    let red = other_check(stage, Conclusion::Failure);
                    stage.world.check_by("ci[bot]", &stage.pr.repo, red);
                }),
                ..Change::default()
            },
        ),
        (
            "forks are taken here",
            Change {
                policy: "allow_forks = true",
                fork: true,
                ..Change::default()
            },
        ),
    ] {
        let (event, body) = reviewed(change).await;
        assert_eq!(event, ReviewEvent::Approve, "{why}: {body}");
        assert!(body.contains("Approved: no open findings"), "{why}: {body}");
    }
}

#[tokio::test]
async fn each_reason_prevents_approval() {
    let of = |with: fn(&mut ReviewItem)| Change {
        item: Some(with),
        ..Change::default()
    };
    let by = |association| Change {
        association: Some(association),
        ..Change::default()
    };
    let on = |world: fn(&Stage)| Change {
        world: Some(world),
        ..Change::default()
    };
    for (why, change, reason) in [
        (
            "the bot's own",
            Change {
                bot: Some("octocat"),
                ..Change::default()
            },
            "The bot does not approve its own pull requests.",
        ),
        (
            "no score",
            of(|item| verdict(item).quality_score = None),
            "There is no score; 8 of 10 is asked for.",
        ),
        (
            "a low score",
            of(|item| verdict(item).quality_score = Some(7)),
            "The score is 7 of 10; 8 is asked for.",
        ),
        (
            "a finding",
            of(|item| verdict(item).findings = vec![finding(Severity::Low)]),
            "One finding is open.",
        ),
        (
            "one that is still open",
            of(|item| verdict(item).still_open = vec![finding(Severity::Low)]),
            "One finding is open.",
        ),
        (
            "an unconfirmed one",
            of(|item| verdict(item).unsure = vec![finding(Severity::Low)]),
            "One finding is open.",
        ),
        (
            "one on a line of before",
            of(|item| verdict(item).late = vec![finding(Severity::Low)]),
            "One finding is open.",
        ),
        (
            "some below the floor",
            of(|item| verdict(item).below_floor = 2),
            "2 findings are open.",
        ),
        (
            "some that are not stored",
            of(|item| item.reports.values_mut().for_each(|it| it.not_kept = 1)),
            "3 findings are open.",
        ),
        (
            "a file that nobody read",
            of(|item| {
                let report = item.reports.get_mut(&Category::Style).unwrap();
                report.readers[0].coverage.left_out = vec![diff::OmittedFile {
                    path: "logo.png".to_owned(),
                    why: diff::OmissionReason::Excluded,
                }];
            }),
            "Not every changed file was read.",
        ),
        (
            "a report of nobody",
            of(|item| item.reports.values_mut().for_each(|it| it.readers.clear())),
            "Not every changed file was read.",
        ),
        (
            "no report at all",
            of(|item| item.reports.clear()),
            "Not every changed file was read.",
        ),
        (
            "rules alone",
            of(|item| item.reports = clean().reports),
            "Rules alone approve nothing: no model has read it.",
        ),
        (
            "a model that one specialist could not ask",
            of(|item| {
                let report = item.reports.get_mut(&Category::Logic).unwrap();
                report.readers.truncate(1);
            }),
            "Rules alone approve nothing: no model has read it.",
        ),
        (
            "a model that read nothing",
            of(|item| {
                let report = item.reports.get_mut(&Category::Logic).unwrap();
                report.readers[1].coverage.files_read = 0;
            }),
            "Rules alone approve nothing: no model has read it.",
        ),
        (
            "no check yet",
            on(|stage| stage.world.forget_checks(&stage.pr.repo)),
            "There are no checks yet, or not all have succeeded.",
        ),
        (
            "a stranger",
            by("CONTRIBUTOR"),
            "Pull requests of authors who are CONTRIBUTOR here are not approved.",
        ),
        (
            "a word of tomorrow",
            by("EMPEROR"),
            "Pull requests of authors who are NONE here are not approved.",
        ),
        ("new here", by("FIRST_TIMER"), "The author is new here."),
        (
            "a fork",
            Change {
                fork: true,
                ..Change::default()
            },
            "It comes from a fork.",
        ),
        (
            "a red check",
            on(|stage| {
                let red = other_check(stage, Conclusion::Failure);
                stage.world.check_by("ci[bot]", &stage.pr.repo, red);
            }),
            "There are no checks yet, or not all have succeeded.",
        ),
        (
            "a check under way",
            on(|stage| {
                let begun = NewCheck {
                    conclusion: None,
                    ..other_check(stage, Conclusion::Success)
                };
                stage.world.check_by("ci[bot]", &stage.pr.repo, begun);
            }),
            "There are no checks yet, or not all have succeeded.",
        ),
        (
            "a status that is pending",
            on(|stage| {
                let (repo, head) = (&stage.pr.repo, stage.review().head_sha);
                stage
                    .world
                    .set_status(repo, &head, "ci", StatusState::Pending);
            }),
            "There are no checks yet, or not all have succeeded.",
        ),
        (
            "statuses that may not be read",
            on(|stage| stage.world.fail_next_on(Call::Status, Fault::Rejected)),
            "There are no checks yet, or not all have succeeded.",
        ),
        (
            "checks that may not be read",
            on(|stage| stage.world.fail_next_on(Call::ListChecks, Fault::Rejected)),
            "There are no checks yet, or not all have succeeded.",
        ),
        (
            "not all have answered",
            of(|item| verdict(item).missing = vec![Category::Logic]),
            "No answer yet from: logic.",
        ),
    ] {
        let (event, body) = reviewed(change).await;
        assert_eq!(event, ReviewEvent::Comment, "{why}: {body}");
        let shown = body.replace('\\', "");
        assert!(shown.contains(reason), "{why}: {body}");
    }
}

#[tokio::test]
async fn unasked_review_does_not_mention_approval() {
    for (why, change) in [
        (
            "it is off",
            Change {
                item: Some(|item| item.policy = clean().policy),
                ..Change::default()
            },
        ),
        (
            "the review asks for changes",
            Change {
                item: Some(|item| {
                    verdict(item).event = ReviewEvent::RequestChanges;
                    verdict(item).findings = vec![finding(Severity::Critical)];
                }),
                ..Change::default()
            },
        ),
        (
            "the verdict's own word does not count",
            Change {
                item: Some(|item| {
                    item.policy = clean().policy;
                    verdict(item).event = ReviewEvent::Approve;
                }),
                ..Change::default()
            },
        ),
    ] {
        let (event, body) = reviewed(change).await;
        assert_ne!(event, ReviewEvent::Approve, "{why}");
        assert!(!body.to_lowercase().contains("approve"), "{why}: {body}");
    }
}

#[tokio::test]
async fn changed_head_is_not_approved() {
    let stage = Stage::new();
    let item = ReviewItem {
        policy: policy(""),
        ..read()
    };
    stage.store(item).await;
    let completed = stage.completed();
    stage.world.push(&stage.pr, DIFF);
    let stale = stage.handle(&completed).await;
    assert!(stale.starts_with("failed: GitHub's answer"), "{stale}");
    stage.clock.advance(Duration::from_mins(5));
    let stale = stage.handle(&completed).await;
    assert!(stale.starts_with("ignored: superseded by"), "{stale}");
    assert_eq!(stage.world.writes(), []);
}

#[tokio::test]
async fn unreadable_checks_are_read_later() {
    let stage = Stage::new();
    let item = ReviewItem {
        policy: policy(""),
        ..read()
    };
    stage.store(item).await;
    let green = other_check(&stage, Conclusion::Success);
    stage.world.check_by("ci[bot]", &stage.pr.repo, green);
    let completed = stage.completed();
    stage.world.fail_next_on(Call::Status, Fault::Unavailable);
    let failed = stage.handle(&completed).await;
    assert!(failed.starts_with("failed: "), "{failed}");
    stage.end_lease();
    assert_eq!(stage.handle(&completed).await, "applied, emitted 1");
    let reviews = stage.world.bot_reviews(&stage.pr);
    let events: Vec<_> = reviews.iter().map(|review| review.event).collect();
    assert_eq!(events, [ReviewEvent::Approve]);
}

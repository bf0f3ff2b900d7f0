use super::*;
use github::{Author, Base, HeadSha};
use review::message::RequestCause;
use review::{Confidence, Severity};

fn head() -> HeadSha {
    "a".repeat(40).parse().unwrap()
}

fn base() -> HeadSha {
    "b".repeat(40).parse().unwrap()
}

fn key() -> ReviewKey {
    ReviewKey {
        pr: "octo/widgets#7".parse().unwrap(),
        head_sha: head(),
    }
}

fn completed(category: Category) -> Heard {
    Heard::Completed(CheckCompleted {
        review: key(),
        category,
        findings: 0,
    })
}

fn deadline() -> Heard {
    Heard::Deadline(ReviewRequested {
        review: key(),
        base_sha: base(),
        cause: RequestCause::Head,
    })
}

fn reports(from: &[Category]) -> BTreeMap<Category, CheckReport> {
    from.iter()
        .map(|category| (*category, CheckReport::default()))
        .collect()
}

fn pull(head: &HeadSha, open: bool) -> PullRequestItem {
    PullRequestItem {
        head_sha: head.clone(),
        before: None,
        base: Base {
            branch: "main".to_owned(),
            sha: base(),
        },
        author: Author::ghost(),
        open,
        head_repo: None,
        draft: false,
        labels: vec![],
        reviewed: None,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// How it ends when `steps` are heard, each with the reports that are there then.
fn last(steps: &[(Heard, &[Category])]) -> String {
    let mut seen = Some(ReviewItem::of(base()));
    let mut end = String::new();
    for (heard, there) in steps {
        let decision = decide(
            seen.as_ref(),
            heard,
            None,
            &reports(there),
            Timestamp::UNIX_EPOCH,
        );
        match decision {
            Decision::Ignore(reason) => end = reason.to_string(),
            Decision::Write { next, says, .. } => {
                let data: Vec<_> = says
                    .iter()
                    .map(|say| say.data["missing"].to_string())
                    .collect();
                end = if data.is_empty() {
                    "waits".to_owned()
                } else {
                    format!("missing {}", data.join(" and "))
                };
                seen = Some(next);
            }
        }
    }
    end
}

#[test]
fn what_is_left_alone_has_no_verdict() {
    let skipped = ReviewItem {
        skipped: Some(review::item::Skipped {
            reason: review::message::SkipReason::Draft,
            why: "It is a draft.".to_owned(),
        }),
        ..ReviewItem::of(base())
    };
    for heard in [deadline(), completed(Category::Logic)] {
        let all = reports(&Category::ALL);
        let decision = decide(Some(&skipped), &heard, None, &all, Timestamp::UNIX_EPOCH);
        assert_eq!(decision, Decision::Ignore(Reason::Skipped), "{heard:?}");
    }
}

#[test]
fn when_the_verdict_comes() {
    use Category::{Logic, Security, Style};
    let all = &Category::ALL[..];
    for (why, steps, end) in [
        (
            "one of three",
            vec![(completed(Style), &[Style][..])],
            "waits",
        ),
        (
            "the last of three",
            vec![(completed(Style), &[Style][..]), (completed(Logic), all)],
            "missing null",
        ),
        (
            "a report counts before its event",
            vec![(completed(Style), all)],
            "missing null",
        ),
        (
            "told once",
            vec![(completed(Style), all), (completed(Logic), all)],
            "the verdict is there already",
        ),
        (
            "the deadline with two of three",
            vec![(deadline(), &[Security, Style][..])],
            "missing [\"logic\"]",
        ),
        (
            "the deadline with nothing",
            vec![(deadline(), &[][..])],
            "missing [\"security\",\"style\",\"logic\"]",
        ),
        (
            "the deadline after the verdict",
            vec![(completed(Style), all), (deadline(), all)],
            "the verdict is there already",
        ),
        (
            "a specialist after the deadline",
            vec![
                (deadline(), &[Security, Style][..]),
                (completed(Logic), all),
            ],
            "logic is late: the verdict went out without it",
        ),
    ] {
        assert_eq!(last(&steps), end, "{why}");
    }
}

#[test]
fn nothing_is_said_of_a_head_that_nobody_wants() {
    let newer: HeadSha = "c".repeat(40).parse().unwrap();
    let all = reports(&Category::ALL);
    for (why, pull, reason) in [
        ("a push came", pull(&newer, true), "superseded by ccccccc"),
        (
            "it was closed",
            pull(&head(), false),
            "the pull request is closed",
        ),
    ] {
        let seen = ReviewItem::of(base());
        let heard = completed(Category::Logic);
        let decision = decide(
            Some(&seen),
            &heard,
            Some(&pull),
            &all,
            Timestamp::UNIX_EPOCH,
        );
        let Decision::Ignore(ignored) = decision else {
            panic!("{why}: {decision:?}");
        };
        assert_eq!(ignored.to_string(), reason, "{why}");
    }
}

/// What is wanted of it is not known then.
#[test]
fn a_review_that_the_coordinator_never_opened_has_no_verdict() {
    for heard in [deadline(), completed(Category::Logic)] {
        let all = reports(&Category::ALL);
        let decision = decide(None, &heard, None, &all, Timestamp::UNIX_EPOCH);
        assert_eq!(decision, Decision::Ignore(Reason::NotOpened), "{heard:?}");
    }
}

#[test]
fn only_a_bad_and_certain_security_finding_stands_against_merging() {
    let found = |category, severity, percent| Finding {
        path: "src/lib.rs".to_owned(),
        line: 1,
        severity,
        category,
        rule: "rule".to_owned(),
        message: "message".to_owned(),
        confidence: Confidence::percent(percent),
        start_line: None,
        title: None,
        suggestion: None,
        by: vec!["rules".to_owned()],
        fingerprint: None,
        reviewed_before: false,
    };
    use Category::{Logic, Security};
    for (why, finding, event) in [
        (
            "bad and certain",
            found(Security, Severity::High, 90),
            ReviewEvent::RequestChanges,
        ),
        (
            "bad, but a guess",
            found(Security, Severity::High, 50),
            ReviewEvent::Comment,
        ),
        (
            "certain, but small",
            found(Security, Severity::Medium, 100),
            ReviewEvent::Comment,
        ),
        (
            "no security finding",
            found(Logic, Severity::Critical, 100),
            ReviewEvent::Comment,
        ),
    ] {
        let mut reports = reports(&Category::ALL);
        reports
            .get_mut(&finding.category)
            .unwrap()
            .findings
            .push(finding);
        assert_eq!(
            verdict(&reports, vec![], Timestamp::UNIX_EPOCH).event,
            event,
            "{why}"
        );
    }
}

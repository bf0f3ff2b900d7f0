mod again;
mod bounds;
mod rounds;
mod second_look;

use super::*;
use github::port::ReviewEvent;
use github::{Author, Base, HeadSha};
use review::item::Verdict;
use review::item::{CheckReport, Reader, SkippedHead};
use review::message::{CheckCompleted, ReviewBegun, ReviewKey, SecondLookCompleted, SkipReason};
use review::{Confidence, Coverage, Finding, MODEL, Severity};

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

fn completed(category: Category) -> HandledEvent {
    HandledEvent::Completed(CheckCompleted {
        review: key(),
        category,
        findings: 0,
    })
}

fn proved() -> HandledEvent {
    HandledEvent::Proved(SecondLookCompleted {
        review: key(),
        proven: 0,
    })
}

fn deadline() -> HandledEvent {
    deadline_of("request-1")
}

fn deadline_of(request: &str) -> HandledEvent {
    HandledEvent::Deadline(ReviewBegun {
        review: key(),
        request: request.parse().unwrap(),
    })
}

fn reader(name: &str, files_read: u32) -> Reader {
    Reader {
        name: name.to_owned(),
        coverage: Coverage {
            files_read,
            left_out: vec![],
        },
        notes: vec![],
        score: None,
        usage: None,
    }
}

/// Returns reports of rules and a model that read everything and found nothing.
fn reports(from: &[Category]) -> BTreeMap<Category, CheckItem> {
    let report = CheckItem {
        base_sha: Some(base()),
        report: CheckReport {
            readers: vec![reader("rules", 3), reader("kimi", 3)],
            ..CheckReport::default()
        },
    };
    from.iter()
        .map(|category| (*category, report.clone()))
        .collect()
}

/// Returns the state after all reports, with `findings` among them.
fn all_reported(findings: &[Finding]) -> StoredContext {
    let mut reports = reports(&Category::ALL);
    for finding in findings {
        let report = reports.get_mut(&finding.category).unwrap();
        report.report.findings.push(finding.clone());
    }
    StoredContext {
        reports,
        ..StoredContext::default()
    }
}

/// Returns a finding of `rule` in `code`, on that line of `src/lib.rs`.
fn found(rule: &str, line: u32, severity: Severity, code: &str) -> Finding {
    let mut file = diff::FileDiff::added("src/lib.rs", code);
    file.hunks[0].lines[0].new_number = Some(line);
    let diff = diff::Diff {
        files: vec![file],
        left_out: vec![],
    };
    let by = if rule == MODEL { "kimi" } else { "rules" };
    Finding {
        path: "src/lib.rs".to_owned(),
        line,
        severity,
        category: Category::Security,
        rule: rule.to_owned(),
        message: "It breaks.".to_owned(),
        by: vec![by.to_owned()],
        ..Finding::sample()
    }
    .identified(&diff)
}

/// Returns the verdict on `review` with the complete state.
fn verdict(review: &ReviewItem, heard: &HandledEvent, known: &StoredContext) -> Verdict {
    match decide(Some(review), heard, known, Timestamp::UNIX_EPOCH) {
        Decision::Write { next, .. } => next.verdict.expect("a verdict"),
        Decision::Ignore(reason) => panic!("ignored: {reason}"),
    }
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
        revocations: Default::default(),
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// Returns the result of the last of `steps`. Each step is an event and the reports stored by then.
fn last(steps: &[(HandledEvent, &[Category])]) -> String {
    let mut seen = Some(ReviewItem::of(base()));
    let mut end = String::new();
    for (heard, there) in steps {
        let known = StoredContext {
            reports: reports(there),
            ..StoredContext::default()
        };
        let decision = decide(seen.as_ref(), heard, &known, Timestamp::UNIX_EPOCH);
        match decision {
            Decision::Ignore(reason) => end = reason.to_string(),
            Decision::Write { next, emits, .. } => {
                let data: Vec<_> = emits
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
fn decides_at_last_report_or_deadline() {
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
            "decided once",
            vec![(completed(Style), all), (completed(Logic), all)],
            "the verdict exists already",
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
            "the verdict exists already",
        ),
        (
            "a specialist after the deadline",
            vec![
                (deadline(), &[Security, Style][..]),
                (completed(Logic), all),
            ],
            "logic is late: the verdict was decided without it",
        ),
        (
            "a second look after the verdict",
            vec![(completed(Style), all), (proved(), all)],
            "the verdict exists already",
        ),
    ] {
        assert_eq!(last(&steps), end, "{why}");
    }
}

#[test]
fn ignores_unwanted_heads() {
    let newer: HeadSha = "c".repeat(40).parse().unwrap();
    for (why, pull, reason) in [
        ("a push came", pull(&newer, true), "superseded by ccccccc"),
        (
            "it was closed",
            pull(&head(), false),
            "the pull request is closed",
        ),
    ] {
        let seen = ReviewItem::of(base());
        let known = StoredContext {
            pull: Some(pull),
            ..all_reported(&[])
        };
        let heard = completed(Category::Logic);
        let decision = decide(Some(&seen), &heard, &known, Timestamp::UNIX_EPOCH);
        let Decision::Ignore(ignored) = decision else {
            panic!("{why}: {decision:?}");
        };
        assert_eq!(ignored.to_string(), reason, "{why}");
    }
}

#[test]
fn ignores_events_of_other_reviews() {
    let decide = |seen: Option<&ReviewItem>, heard: &HandledEvent| {
        let decision = decide(seen, heard, &all_reported(&[]), Timestamp::UNIX_EPOCH);
        match decision {
            Decision::Ignore(reason) => reason.to_string(),
            Decision::Write { next, .. } => format!("a verdict: {}", next.verdict.is_some()),
        }
    };
    let left_alone = ReviewItem {
        skipped: Some(SkippedHead {
            reason: SkipReason::Draft,
            why: "It is a draft.".to_owned(),
        }),
        ..ReviewItem::of(base())
    };
    for (why, seen, heard, end) in [
        (
            "the deadline of a head that is left alone",
            Some(&left_alone),
            deadline(),
            "the head is left alone",
        ),
        (
            "a specialist that was asked before it was left alone",
            Some(&left_alone),
            completed(Category::Style),
            "the head is left alone",
        ),
        (
            "a deadline of an unknown review",
            None,
            deadline(),
            "no such review was opened",
        ),
        (
            "a second look at an unknown review",
            None,
            proved(),
            "no such review was opened",
        ),
    ] {
        assert_eq!(decide(seen, &heard), end, "{why}");
    }
}

#[test]
fn only_severe_confident_security_findings_block() {
    use Category::{Logic, Security};
    let finding = |category, severity, percent| Finding {
        category,
        confidence: Confidence::percent(percent),
        ..found("rule", 1, severity, "code")
    };
    for (why, finding, event) in [
        (
            "bad and certain",
            finding(Security, Severity::High, 90),
            ReviewEvent::RequestChanges,
        ),
        (
            "bad, but a guess",
            finding(Security, Severity::High, 50),
            ReviewEvent::Comment,
        ),
        (
            "certain, but small",
            finding(Security, Severity::Medium, 100),
            ReviewEvent::Comment,
        ),
        (
            "no security finding",
            finding(Logic, Severity::Critical, 100),
            ReviewEvent::Comment,
        ),
    ] {
        let known = all_reported(&[finding]);
        let review = ReviewItem::of(base());
        let verdict = verdict(&review, &completed(Logic), &known);
        assert_eq!(verdict.event, event, "{why}");
    }
}

#[test]
fn applies_minimum_severity_and_confidence() {
    let finding = |severity, percent| Finding {
        confidence: Confidence::percent(percent),
        ..found("rule", 1, severity, "code")
    };
    let mut review = ReviewItem::of(base());
    review.policy.severity_floor = Severity::Medium;
    review.policy.confidence_floor = Confidence::percent(70);
    for (why, finding, told, unsure, below) in [
        ("at both floors", finding(Severity::Medium, 70), 1, 0, 0),
        ("less sure", finding(Severity::Medium, 69), 0, 1, 0),
        ("less bad", finding(Severity::Low, 100), 0, 0, 1),
        ("neither", finding(Severity::Info, 0), 0, 0, 1),
    ] {
        let known = all_reported(&[finding]);
        let verdict = verdict(&review, &completed(Category::Logic), &known);
        let counts = (verdict.findings.len(), verdict.unsure.len());
        assert_eq!(
            (counts, verdict.below_floor),
            ((told, unsure), below),
            "{why}"
        );
        let score = if told == 1 { Some(8) } else { Some(10) };
        assert_eq!(
            verdict.quality_score, score,
            "{why}: only listed findings count"
        );
    }
}

#[test]
fn blocking_findings_pass_every_minimum() {
    let finding = |severity, percent| Finding {
        confidence: Confidence::percent(percent),
        ..found("rule", 1, severity, "code")
    };
    let mut review = ReviewItem::of(base());
    review.policy.severity_floor = Severity::Critical;
    review.policy.confidence_floor = Confidence::percent(96);
    for (why, finding, told) in [
        ("it blocks", finding(Severity::High, 80), true),
        ("too low a confidence", finding(Severity::High, 79), false),
        ("too low a severity", finding(Severity::Medium, 80), false),
    ] {
        let known = all_reported(&[finding]);
        let verdict = verdict(&review, &completed(Category::Logic), &known);
        let asks = verdict.event == ReviewEvent::RequestChanges;
        assert_eq!((verdict.findings.len() == 1, asks), (told, told), "{why}");
    }
}

#[test]
fn settings_decide_what_requests_changes() {
    use policy::{Layer, Policy, Source};
    let finding = |category, severity, percent| Finding {
        category,
        confidence: Confidence::percent(percent),
        ..found("rule", 1, severity, "code")
    };
    let preset = "request_changes_at = \"info\"\nrequest_changes_confidence = 0\n\
                  request_changes_for = [\"security\", \"style\", \"logic\"]\n\
                  request_changes_below_score = 8";
    let (yes, no) = (ReviewEvent::RequestChanges, ReviewEvent::Comment);
    for (why, settings, findings, score, event) in [
        (
            "advice only",
            "request_changes_at = \"never\"",
            vec![finding(Category::Security, Severity::Critical, 100)],
            None,
            no,
        ),
        (
            "a lower severity",
            "request_changes_at = \"medium\"",
            vec![finding(Category::Security, Severity::Medium, 80)],
            None,
            yes,
        ),
        (
            "a higher confidence",
            "request_changes_confidence = 90",
            vec![finding(Category::Security, Severity::High, 89)],
            None,
            no,
        ),
        (
            "another category",
            "request_changes_for = [\"logic\"]",
            vec![finding(Category::Logic, Severity::High, 90)],
            None,
            yes,
        ),
        (
            "any finding",
            preset,
            vec![finding(Category::Style, Severity::Info, 60)],
            None,
            yes,
        ),
        ("a score of 7", preset, vec![], Some(7), yes),
        ("a score of 8", preset, vec![], Some(8), no),
        ("a low score by default", "", vec![], Some(1), no),
    ] {
        let mut known = all_reported(&findings);
        for item in known.reports.values_mut() {
            for reader in &mut item.report.readers {
                reader.score = score;
            }
        }
        let layer = Layer::parse(settings, Source::Repository).unwrap();
        let review = ReviewItem {
            policy: Policy::default().over(layer),
            ..ReviewItem::of(base())
        };
        let verdict = verdict(&review, &completed(Category::Logic), &known);
        assert_eq!(verdict.event, event, "{why}");
    }
}

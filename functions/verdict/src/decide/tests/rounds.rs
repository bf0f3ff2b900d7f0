//! A second round: new, late, open and resolved findings.

use super::*;
use diff::{OmissionReason, OmittedFile};

fn before() -> HeadSha {
    "d".repeat(40).parse().unwrap()
}

/// Returns an earlier review with `findings` and `still_open`.
fn earlier(findings: &[Finding], still_open: &[Finding]) -> Option<EarlierReview> {
    let mut verdict = verdict(
        &ReviewItem::of(base()),
        &completed(Category::Logic),
        &all_reported(&[]),
    );
    verdict.findings = findings.to_vec();
    verdict.still_open = still_open.to_vec();
    Some(EarlierReview {
        head_sha: before(),
        verdict,
    })
}

fn second() -> ReviewItem {
    ReviewItem {
        previous: Some(before()),
        ..ReviewItem::of(base())
    }
}

fn low(line: u32, code: &str) -> Finding {
    found("rule", line, Severity::Low, code)
}

fn seen_before(finding: Finding) -> Finding {
    Finding {
        also: vec![],
        reviewed_before: true,
        side: review::Side::Right,
        ..finding
    }
}

const NOTHING: [Vec<u32>; 4] = [vec![], vec![], vec![], vec![]];

/// Returns the lines of the new, late, open and resolved findings.
fn lines(verdict: &Verdict) -> [Vec<u32>; 4] {
    let lines = |all: &[Finding]| all.iter().map(|finding| finding.line).collect();
    [
        lines(&verdict.findings),
        lines(&verdict.late),
        lines(&verdict.still_open),
        lines(&verdict.resolved),
    ]
}

#[test]
fn separates_new_from_known_findings() {
    let unnamed = |line| Finding {
        fingerprint: None,
        ..low(line, "x")
    };
    for (why, told, now, [new, late, still_open, resolved]) in [
        (
            "the same code on another line",
            vec![low(3, "run(x)")],
            vec![low(30, "run(x)")],
            [vec![], vec![], vec![30], vec![]],
        ),
        (
            "it is gone",
            vec![low(3, "run(x)")],
            vec![],
            [vec![], vec![], vec![], vec![3]],
        ),
        (
            "other code in its place",
            vec![low(3, "run(x)")],
            vec![low(3, "run(y)")],
            [vec![3], vec![], vec![], vec![3]],
        ),
        (
            "twice then, three times now: the third is new",
            vec![low(3, "run(x)"), low(4, "run(x)")],
            vec![low(3, "run(x)"), low(4, "run(x)"), low(9, "run(x)")],
            [vec![9], vec![], vec![3, 4], vec![]],
        ),
        (
            "three times then, twice now: one is gone",
            vec![low(3, "run(x)"), low(4, "run(x)"), low(9, "run(x)")],
            vec![low(4, "run(x)"), low(9, "run(x)")],
            [vec![], vec![], vec![4, 9], vec![9]],
        ),
        (
            "seen only now on lines that were reviewed",
            vec![],
            vec![seen_before(low(7, "old()"))],
            [vec![], vec![7], vec![], vec![]],
        ),
        (
            "seen only now, but severe",
            vec![],
            vec![seen_before(found("rule", 7, Severity::High, "old()"))],
            [vec![7], vec![], vec![], vec![]],
        ),
        (
            "known, on reviewed lines",
            vec![low(7, "old()")],
            vec![seen_before(low(7, "old()"))],
            [vec![], vec![], vec![7], vec![]],
        ),
        (
            "without a fingerprint",
            vec![unnamed(3)],
            vec![unnamed(3)],
            [vec![3], vec![], vec![], vec![3]],
        ),
    ] {
        let known = StoredContext {
            earlier: earlier(&told, &[]),
            ..all_reported(&now)
        };
        let verdict = verdict(&second(), &completed(Category::Logic), &known);
        assert_eq!(lines(&verdict), [new, late, still_open, resolved], "{why}");
        assert_eq!(verdict.since, Some(before()), "{why}");
    }
    let first = StoredContext {
        earlier: None,
        ..all_reported(&[seen_before(low(7, "old()"))])
    };
    let verdict = verdict(&second(), &completed(Category::Logic), &first);
    let new = [vec![7], vec![], vec![], vec![]];
    assert_eq!(
        lines(&verdict),
        new,
        "without an earlier review, all findings are new"
    );
    assert_eq!(verdict.since, None);
}

#[test]
fn open_findings_carry_over_twice() {
    let known = StoredContext {
        earlier: earlier(&[low(3, "run(x)")], &[low(5, "run(y)"), low(6, "run(z)")]),
        ..all_reported(&[low(8, "run(z)")])
    };
    let verdict = verdict(&second(), &completed(Category::Logic), &known);
    assert_eq!(lines(&verdict), [vec![], vec![], vec![8], vec![3, 5]]);
}

#[test]
fn only_capable_reader_resolves_finding() {
    let by_rule = found("rule", 3, Severity::High, "run(x)");
    let by_model = found(MODEL, 3, Severity::High, "run(x)");
    let left_out = |path: &str, reader: Reader| Reader {
        coverage: Coverage {
            left_out: vec![OmittedFile {
                path: path.to_owned(),
                why: OmissionReason::Unanswered,
            }],
            ..reader.coverage
        },
        ..reader
    };
    let (rules, model) = (|| reader("rules", 3), || reader("kimi", 3));
    for (why, finding, readers, resolved) in [
        ("a rule's, the rules read", &by_rule, vec![rules()], true),
        (
            "a rule's, the rules left it out",
            &by_rule,
            vec![left_out("src/lib.rs", rules()), model()],
            false,
        ),
        (
            "a rule's, they left something else out",
            &by_rule,
            vec![left_out("src/b.rs", rules())],
            true,
        ),
        (
            "a rule's, and some files are unnamed",
            &by_rule,
            vec![left_out("(and 2 more files)", rules())],
            false,
        ),
        ("a model's, a model read", &by_model, vec![model()], true),
        (
            "a model's, another model read",
            &by_model,
            vec![reader("kimi-next", 3)],
            true,
        ),
        (
            "a model's, and the model did not answer for it",
            &by_model,
            vec![rules(), left_out("src/lib.rs", model())],
            false,
        ),
        (
            "a model's, and the model read nothing at all",
            &by_model,
            vec![rules(), reader("kimi", 0)],
            false,
        ),
        (
            "a model's, without a model now",
            &by_model,
            vec![rules()],
            false,
        ),
        ("no reader", &by_rule, vec![], false),
    ] {
        let mut known = all_reported(&[]);
        known.earlier = earlier(std::slice::from_ref(finding), &[]);
        let item = known.reports.get_mut(&finding.category).unwrap();
        item.report.readers = readers;
        let verdict = verdict(&second(), &completed(Category::Logic), &known);
        let [.., still_open, gone] = lines(&verdict);
        assert_eq!(
            (gone.len(), still_open.len()),
            if resolved { (1, 0) } else { (0, 1) },
            "{why}"
        );
        let event = if resolved {
            ReviewEvent::Comment
        } else {
            ReviewEvent::RequestChanges
        };
        assert_eq!(verdict.event, event, "{why}");
    }
}

#[test]
fn missing_specialist_resolves_nothing() {
    let known = StoredContext {
        earlier: earlier(&[low(3, "run(x)")], &[]),
        reports: reports(&[Category::Style, Category::Logic]),
        ..StoredContext::default()
    };
    let verdict = verdict(&second(), &deadline(), &known);
    assert_eq!(lines(&verdict), [vec![], vec![], vec![3], vec![]]);
}

#[test]
fn lower_rating_keeps_severity() {
    let told = found(MODEL, 3, Severity::High, "run(x)");
    let mut now = seen_before(found(MODEL, 4, Severity::Low, "run(x)"));
    now.confidence = Confidence::percent(10);
    let known = StoredContext {
        earlier: earlier(&[told], &[]),
        ..all_reported(&[now])
    };
    let verdict = verdict(&second(), &completed(Category::Logic), &known);
    assert_eq!(lines(&verdict), [vec![], vec![], vec![4], vec![]]);
    assert_eq!(verdict.unsure, []);
    assert_eq!(verdict.event, ReviewEvent::RequestChanges);
    assert_eq!(verdict.quality_score, Some(6), "open findings count");
}

#[test]
fn known_finding_below_minimum_is_counted() {
    let mut review = second();
    review.policy.severity_floor = Severity::Medium;
    let known = StoredContext {
        earlier: earlier(&[low(3, "run(x)")], &[]),
        ..all_reported(&[low(3, "run(x)")])
    };
    let verdict = verdict(&review, &completed(Category::Logic), &known);
    assert_eq!(lines(&verdict), NOTHING);
    assert_eq!(verdict.below_floor, 1);
}

#[test]
fn new_minimum_does_not_lift_block() {
    let mut review = second();
    review.policy.severity_floor = Severity::Medium;
    let block = found(MODEL, 3, Severity::High, "run(x)");
    let wavering = Finding {
        severity: Severity::Low,
        confidence: Confidence::percent(10),
        ..block.clone()
    };
    let known = StoredContext {
        earlier: earlier(&[block], &[]),
        ..all_reported(&[wavering])
    };
    let verdict = verdict(&review, &completed(Category::Logic), &known);
    assert_eq!(verdict.event, ReviewEvent::RequestChanges);
    assert_eq!(verdict.still_open.len(), 1, "as severe as before");
    assert_eq!(verdict.below_floor, 0);
}

#[test]
fn ignores_verdict_of_unrelated_head() {
    let known = StoredContext {
        earlier: earlier(&[low(3, "run(x)")], &[]),
        ..all_reported(&[])
    };
    let review = ReviewItem::of(base());
    let verdict = verdict(&review, &completed(Category::Logic), &known);
    assert_eq!(lines(&verdict), NOTHING);
    assert_eq!(verdict.since, None);
}

#[test]
fn missing_specialist_has_no_late_findings() {
    let now = seen_before(low(3, "run(x)"));
    for (why, missing, [new, late]) in [
        ("it answered", vec![], [vec![], vec![3]]),
        (
            "another was missing",
            vec![Category::Style],
            [vec![], vec![3]],
        ),
        ("it was missing", vec![now.category], [vec![3], vec![]]),
    ] {
        let mut earlier = earlier(&[], &[]);
        earlier.as_mut().unwrap().verdict.missing = missing;
        let known = StoredContext {
            earlier,
            ..all_reported(std::slice::from_ref(&now))
        };
        let verdict = verdict(&second(), &completed(Category::Logic), &known);
        assert_eq!(lines(&verdict), [new, late, vec![], vec![]], "{why}");
    }
}

/// An unproven finding remains unproven after a push that does not touch its lines.
#[test]
fn touched_lines_get_another_second_look() {
    let named = |title: &str, finding: Finding| Finding {
        title: Some(title.to_owned()),
        ..finding
    };
    let by_model = |line| named("Open", found(MODEL, line, Severity::High, "run(x)"));
    let then = Finding {
        message: "It is open. (Not proven: it is not.)".to_owned(),
        ..by_model(3)
    };
    let unproven = then.fingerprint.clone();
    for (why, unproven, now, to_prove) in [
        ("as it was", unproven.clone(), seen_before(by_model(3)), 0),
        (
            "further down",
            unproven.clone(),
            seen_before(by_model(30)),
            0,
        ),
        ("its lines were touched", unproven.clone(), by_model(3), 1),
        (
            "something else about it",
            unproven,
            seen_before(named("Lost", by_model(3))),
            1,
        ),
        ("unconfirmed before", None, seen_before(by_model(3)), 1),
    ] {
        let mut earlier = earlier(&[], &[]);
        let verdict = &mut earlier.as_mut().unwrap().verdict;
        verdict.unsure = vec![then.clone()];
        verdict.unproven = unproven.clone().into_iter().collect();
        let known = StoredContext {
            earlier,
            ..all_reported(std::slice::from_ref(&now))
        };
        let heard = completed(Category::Logic);
        let next = match decide(Some(&second()), &heard, &known, Timestamp::UNIX_EPOCH) {
            Decision::Write { next, .. } => next,
            Decision::Ignore(reason) => panic!("{why}: ignored: {reason}"),
        };
        assert_eq!(next.to_prove.len(), to_prove, "{why}");
        let Some(verdict) = next.verdict else {
            continue;
        };
        assert_eq!(lines(&verdict), NOTHING, "{why}");
        assert_eq!(verdict.unsure[0].message, then.message, "{why}");
        assert_eq!(verdict.unsure[0].line, now.line, "{why}");
        assert_eq!(verdict.unproven.iter().next(), unproven.as_ref(), "{why}");
        assert_eq!(verdict.event, ReviewEvent::Comment, "{why}");
    }
}

#[test]
fn rule_finding_overrides_earlier_doubt() {
    let then = found(MODEL, 3, Severity::High, "run(x)");
    let mut earlier = earlier(&[], &[]);
    let before = &mut earlier.as_mut().unwrap().verdict;
    before.unproven = then.fingerprint.clone().into_iter().collect();
    before.unsure = vec![then];
    let known = StoredContext {
        earlier,
        ..all_reported(&[seen_before(found("rule", 3, Severity::High, "run(x)"))])
    };
    let verdict = verdict(&second(), &completed(Category::Logic), &known);
    assert_eq!(lines(&verdict), [vec![3], vec![], vec![], vec![]]);
}

/// Returns the lines of the secrets to revoke and of the resolved findings, and the vote.
fn secrets(verdict: &Verdict) -> (Vec<u32>, Vec<u32>, ReviewEvent) {
    let lines = |all: &[Finding]| all.iter().map(|finding| finding.line).collect();
    (
        lines(&verdict.to_revoke),
        lines(&verdict.resolved),
        verdict.event,
    )
}

#[test]
fn removed_secret_is_to_revoke() {
    let secret = || found(review::SECRET, 3, Severity::Critical, "key = \"a\"");
    let other = || found("sql-injection", 4, Severity::High, "query(a)");
    let round = |earlier: Option<EarlierReview>, findings: &[Finding]| {
        let known = StoredContext {
            earlier,
            ..all_reported(findings)
        };
        verdict(&second(), &completed(Category::Logic), &known)
    };
    let comment = ReviewEvent::Comment;
    let removed = round(earlier(&[secret(), other()], &[]), &[]);
    assert_eq!(secrets(&removed), (vec![3], vec![4], comment));
    assert_eq!(removed.quality_score, Some(10), "it lowers no score");

    let later = |verdict: &Verdict| {
        Some(EarlierReview {
            head_sha: before(),
            verdict: verdict.clone(),
        })
    };
    let unchanged = round(later(&removed), &[]);
    assert_eq!(secrets(&unchanged), (vec![3], vec![], comment), "it stays");
    let back = round(later(&removed), &[secret()]);
    let changes = ReviewEvent::RequestChanges;
    assert_eq!(secrets(&back), (vec![], vec![], changes), "committed again");
    let unread = {
        let mut known = StoredContext {
            earlier: earlier(&[secret()], &[]),
            ..all_reported(&[])
        };
        for item in known.reports.values_mut() {
            for reader in &mut item.report.readers {
                reader.coverage.files_read = 0;
            }
        }
        verdict(&second(), &completed(Category::Logic), &known)
    };
    assert_eq!(secrets(&unread), (vec![], vec![], changes), "still open");
}

//! The second look: its request, and its effect on findings.

use super::*;

fn by_model(line: u32, code: &str) -> Finding {
    found(MODEL, line, Severity::High, code)
}

fn proof(proven: &[&Finding], unproven: &[&Finding]) -> Option<SecondLookItem> {
    let map = |all: &[&Finding], text: &str| {
        let known = all.iter().filter_map(|finding| finding.fingerprint.clone());
        known.map(|known| (known, text.to_owned())).collect()
    };
    Some(SecondLookItem {
        proven: map(proven, "run(x)"),
        unproven: map(unproven, "it is checked above"),
        ..SecondLookItem::default()
    })
}

/// Returns the emitted topics, and the number of findings to prove.
fn decided(review: &ReviewItem, heard: &HandledEvent, known: &StoredContext) -> (String, usize) {
    match decide(Some(review), heard, known, Timestamp::UNIX_EPOCH) {
        Decision::Ignore(reason) => (reason.to_string(), review.to_prove.len()),
        Decision::Write { next, emits, .. } => {
            let topics: Vec<_> = emits.iter().map(|say| say.topic.to_string()).collect();
            (topics.join(" "), next.to_prove.len())
        }
    }
}

#[test]
fn requests_second_look_for_model_findings() {
    let unsure = Finding {
        confidence: Confidence::percent(49),
        ..by_model(1, "a()")
    };
    let unnamed = Finding {
        fingerprint: None,
        ..by_model(1, "a()")
    };
    let small = found(MODEL, 1, Severity::Info, "a()");
    let agreed = vec![found("rule", 1, Severity::High, "a()"), by_model(1, "a()")];
    let mut review = ReviewItem::of(base());
    review.policy.severity_floor = Severity::Low;
    let proof_check = "agent.pr.second_look_requested";
    let verdict = "agent.pr.review_completed";
    for (why, findings, emits, to_prove) in [
        ("a model alone", vec![by_model(1, "a()")], proof_check, 1),
        (
            "two of a model",
            vec![by_model(1, "a()"), by_model(9, "b()")],
            proof_check,
            2,
        ),
        ("nothing found", vec![], verdict, 0),
        (
            "a rule",
            vec![found("rule", 1, Severity::High, "a()")],
            verdict,
            0,
        ),
        ("rule and model agree", agreed, verdict, 0),
        ("the model is not sure", vec![unsure], verdict, 0),
        ("below the floor", vec![small], verdict, 0),
        ("no fingerprint", vec![unnamed], verdict, 0),
    ] {
        let known = all_reported(&findings);
        let heard = completed(Category::Logic);
        let decided = decided(&review, &heard, &known);
        assert_eq!(decided, (emits.to_owned(), to_prove), "{why}");
    }
}

#[test]
fn waits_for_second_look_until_deadline() {
    let found = by_model(1, "a()");
    let asked = ReviewItem {
        to_prove: vec![found.clone()],
        ..ReviewItem::of(base())
    };
    let new = ReviewItem::of(base());
    let some = all_reported(std::slice::from_ref(&found));
    let with = |proof| StoredContext {
        second_look: proof,
        ..some.clone()
    };
    let verdict = "agent.pr.review_completed";
    for (why, review, heard, known, emits) in [
        (
            "another specialist's event",
            &asked,
            completed(Category::Style),
            with(None),
            "the second look is not complete",
        ),
        (
            "the second look",
            &asked,
            proved(),
            with(proof(&[&found], &[])),
            verdict,
        ),
        (
            "a specialist's event when the second look is there",
            &asked,
            completed(Category::Style),
            with(proof(&[], &[&found])),
            verdict,
        ),
        (
            "the deadline before the second look",
            &asked,
            deadline(),
            with(None),
            verdict,
        ),
        (
            "the deadline before the request",
            &new,
            deadline(),
            with(None),
            verdict,
        ),
        (
            "a second look without a result",
            &asked,
            proved(),
            with(Some(SecondLookItem::default())),
            verdict,
        ),
    ] {
        assert_eq!(decided(review, &heard, &known).0, emits, "{why}");
    }
}

#[test]
fn second_look_confirms_or_doubts_findings() {
    let (one, other) = (by_model(1, "a()"), by_model(9, "b()"));
    let no_time = "The second look did not finish in time. The model's findings are unproven.";
    let left = "The second look did not cover 1 finding.";
    for (why, heard, proof, told, unsure, notes) in [
        (
            "both proven",
            proved(),
            proof(&[&one, &other], &[]),
            vec![1, 9],
            vec![],
            vec![],
        ),
        (
            "one is not",
            proved(),
            proof(&[&one], &[&other]),
            vec![1],
            vec![9],
            vec![],
        ),
        (
            "none is: the review does not block",
            proved(),
            proof(&[], &[&one, &other]),
            vec![],
            vec![1, 9],
            vec![],
        ),
        (
            "one was not covered",
            proved(),
            proof(&[], &[&other]),
            vec![1],
            vec![9],
            vec![left],
        ),
        (
            "in both: one proof is enough",
            proved(),
            proof(&[&one, &other], &[&one]),
            vec![1, 9],
            vec![],
            vec![],
        ),
        (
            "the deadline passed",
            deadline(),
            None,
            vec![1, 9],
            vec![],
            vec![no_time],
        ),
    ] {
        let known = StoredContext {
            second_look: proof,
            ..all_reported(&[one.clone(), other.clone()])
        };
        let verdict = verdict(&ReviewItem::of(base()), &heard, &known);
        let lines = |all: &[Finding]| all.iter().map(|it| it.line).collect::<Vec<_>>();
        assert_eq!(lines(&verdict.findings), told, "{why}");
        assert_eq!(lines(&verdict.unsure), unsure, "{why}");
        assert_eq!(verdict.notes, notes, "{why}");
        let event = if told.is_empty() {
            ReviewEvent::Comment
        } else {
            ReviewEvent::RequestChanges
        };
        assert_eq!(verdict.event, event, "{why}");
        for finding in &verdict.unsure {
            let told = "It breaks. (Not proven: it is checked above.)";
            assert_eq!(finding.message, told, "{why}");
        }
    }
}

#[test]
fn rule_findings_need_no_proof() {
    let by_rule = found("rule", 1, Severity::High, "a()");
    let known = StoredContext {
        second_look: proof(&[], &[&by_rule]),
        ..all_reported(std::slice::from_ref(&by_rule))
    };
    let verdict = verdict(&ReviewItem::of(base()), &proved(), &known);
    assert_eq!(verdict.findings, [by_rule]);
    assert_eq!(verdict.event, ReviewEvent::RequestChanges);
}

#[test]
fn notes_and_cost_are_in_verdict() {
    let found = by_model(1, "a()");
    let usage = review::Usage {
        prompt_tokens: 100,
        ..review::Usage::default()
    };
    let known = StoredContext {
        second_look: Some(SecondLookItem {
            notes: vec!["It was refused.".to_owned()],
            usage: Some(usage.clone()),
            ..SecondLookItem::default()
        }),
        ..all_reported(&[found])
    };
    let verdict = verdict(&ReviewItem::of(base()), &proved(), &known);
    assert_eq!(verdict.usage, Some(usage));
    assert_eq!(verdict.notes[0], "It was refused.");
    assert_eq!(
        verdict.notes.len(),
        2,
        "and a note about the uncovered finding"
    );
}

#[test]
fn second_look_request_is_bounded() {
    let many: Vec<_> = (1..=40)
        .map(|line| by_model(line, &format!("run({line})")))
        .collect();
    let known = all_reported(&many);
    let heard = completed(Category::Logic);
    let (emits, to_prove) = decided(&ReviewItem::of(base()), &heard, &known);
    assert_eq!(
        (emits.as_str(), to_prove),
        ("agent.pr.second_look_requested", MOST_TO_PROVE)
    );
}

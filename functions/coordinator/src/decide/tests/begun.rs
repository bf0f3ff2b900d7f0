//! The beginning of a review, and its repetition.

use super::*;

#[test]
fn review_keeps_its_first_settings() {
    let begun = |steps: &[Step]| last(steps).0.unwrap();
    let first = begun(&[Step::Reviewed("c"), Asked(Head)]);
    assert_eq!(first.base_sha, sha("2"));
    assert_eq!(first.previous, Some(sha("c")));
    assert_eq!(first.expected, Category::ALL);
    assert_eq!((&first.skipped, &first.policy), (&None, &policy("")));

    let later = [
        Step::Reviewed("c"),
        Asked(Head),
        Step::Settings("reviewers = [\"style\"]"),
        Step::Reviewed("d"),
        Labelled(OfFacts),
        Asked(OfFacts),
    ];
    let again = begun(&later);
    assert_eq!(again.begun.as_ref().unwrap().request, request(6));
    let same = ReviewItem {
        begun: first.begun.clone(),
        ..again
    };
    assert_eq!(same, first);
    let skipped = begun(&later[..5]);
    let why = skipped.skipped.clone().unwrap();
    assert_eq!(
        (why.reason, why.why.as_str()),
        (SkipReason::Label, "It carries the label no-review.")
    );
    let unskipped = ReviewItem {
        skipped: None,
        ..skipped
    };
    assert_eq!(unskipped, first, "a skip removes nothing");
}

#[test]
fn repeated_request_begins_again() {
    let first = last(&[Asked(Head)]).0.unwrap();
    let begun = |second| {
        Some(ReviewStart {
            request: request(second),
            at: at(100 + second),
        })
    };
    assert_eq!(first.begun, begun(1));
    let again = last(&[Asked(Head), Asked(Head)]).0.unwrap();
    assert_eq!(again.begun, begun(2), "its deadline begins again");
    let told = last(&[Asked(Head), Step::Verdict, Asked(Head)]).0.unwrap();
    assert_eq!(
        told.begun,
        begun(1),
        "a review with a verdict does not begin again"
    );
}

#[test]
fn repeated_request_clears_findings_to_prove() {
    let proving = ReviewItem {
        to_prove: vec![Finding::sample()],
        ..last(&[Asked(Head)]).0.unwrap()
    };
    let asked = ReviewRequested {
        review: ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: sha("a"),
        },
        base_sha: sha("b"),
        cause: Head,
    };
    let known = RequestContext {
        asked: &asked,
        request: &request(9),
        pull: &pull(),
        settings: &settings(""),
    };
    let Decision::Write { next, .. } = decide(Some(&proving), &known, at(9)) else {
        panic!("it is written");
    };
    assert!(
        next.to_prove.is_empty(),
        "the second look may have been lost"
    );
}

#[test]
fn another_base_branch_begins_new_review() {
    let steps = [
        Step::Reviewed("c"),
        Asked(Head),
        Step::Verdict,
        Step::Onto("release"),
        Step::Settings("reviewers = [\"style\"]"),
        Step::Reviewed("a"),
        Asked(Head),
    ];
    let first = last(&steps[..2]).0.unwrap();
    assert_eq!(first.base_branch.as_deref(), Some("main"));
    let anew = last(&steps).0.unwrap();
    assert_eq!(anew.base_branch.as_deref(), Some("release"));
    assert_eq!((anew.base_sha, anew.previous), (sha("7"), None));
    assert_eq!(anew.policy, policy("reviewers = [\"style\"]"));
    assert_eq!(anew.expected, [Category::Style]);
    assert_eq!(anew.verdict, None);
    assert!(anew.reports.is_empty());
}

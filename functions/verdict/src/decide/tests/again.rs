//! Reviews that began more than once, and late reports.

use super::*;

#[test]
fn deadline_of_earlier_beginning_is_ignored() {
    let begun = |request: &str| ReviewItem {
        begun: Some(ReviewStart {
            request: request.parse().unwrap(),
            at: Timestamp::UNIX_EPOCH,
        }),
        ..ReviewItem::of(base())
    };
    for (why, seen, end) in [
        ("of this beginning", begun("request-1"), "a verdict"),
        (
            "of an earlier one",
            begun("request-2"),
            "the review has begun again",
        ),
        (
            "of a review that does not say when it began",
            ReviewItem::of(base()),
            "a verdict",
        ),
    ] {
        let heard = deadline_of("request-1");
        let decision = decide(
            Some(&seen),
            &heard,
            &StoredContext::default(),
            Timestamp::UNIX_EPOCH,
        );
        let ended = match decision {
            Decision::Ignore(reason) => reason.to_string(),
            Decision::Write { next, .. } => {
                assert!(next.verdict.is_some(), "{why}");
                "a verdict".to_owned()
            }
        };
        assert_eq!(ended, end, "{why}");
    }
}

#[test]
fn report_against_other_base_is_excluded() {
    let mut known = all_reported(&[]);
    known.reports.get_mut(&Category::Style).unwrap().base_sha = Some(head());
    let seen = ReviewItem::of(base());
    let heard = completed(Category::Logic);
    let Decision::Write { next, .. } = decide(Some(&seen), &heard, &known, Timestamp::UNIX_EPOCH)
    else {
        panic!("it is written");
    };
    assert_eq!(next.missing(), [Category::Style]);
    assert_eq!(next.verdict, None);
}

#[test]
fn late_blocking_finding_is_emitted() {
    let secret = || found("committed-secret", 1, Severity::Critical, "key");
    let told = |late: &Finding, base_sha: HeadSha| {
        let early = StoredContext {
            reports: reports(&[Category::Style, Category::Logic]),
            ..StoredContext::default()
        };
        let seen = ReviewItem {
            verdict: Some(verdict(&ReviewItem::of(base()), &deadline(), &early)),
            ..ReviewItem::of(base())
        };
        let mut known = all_reported(std::slice::from_ref(late));
        known.reports.get_mut(&Category::Security).unwrap().base_sha = Some(base_sha);
        let heard = completed(Category::Security);
        match decide(Some(&seen), &heard, &known, Timestamp::UNIX_EPOCH) {
            Decision::Ignore(reason) => reason.to_string(),
            Decision::Write { next, emits, .. } => {
                assert_eq!(next, seen, "the verdict stays");
                let line = |say: &NewEvent| format!("{} {}", say.topic, say.data["details"][0]);
                emits.iter().map(line).collect()
            }
        }
    };
    let late = "security is late: the verdict was decided without it";
    let mild = found("leftover", 1, Severity::Low, "key");
    for (why, finding, base_sha, emitted) in [
        (
            "a secret",
            secret(),
            base(),
            "agent.pr.block \"src/lib.rs:1 committed-secret\"",
        ),
        ("advice", mild, base(), late),
        ("a secret against another base", secret(), head(), late),
    ] {
        assert_eq!(told(&finding, base_sha), emitted, "{why}");
    }
}

//! A review that began more than once, and what comes late.

use super::*;

#[test]
fn the_deadline_of_an_earlier_beginning_ends_nothing() {
    let begun = |request: &str| ReviewItem {
        begun: Some(Begun {
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
            "the review has begun again since",
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
            &Known::default(),
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
fn what_was_read_against_another_base_is_not_joined() {
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
fn what_must_not_be_merged_is_said_however_late() {
    let secret = || found("committed-secret", 1, Severity::Critical, "key");
    let told = |late: &Finding, base_sha: HeadSha| {
        let early = Known {
            reports: reports(&[Category::Style, Category::Logic]),
            ..Known::default()
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
            Decision::Write { next, says, .. } => {
                assert_eq!(next, seen, "the verdict stays");
                let line = |say: &Say| format!("{} {}", say.topic, say.data["details"][0]);
                says.iter().map(line).collect()
            }
        }
    };
    let late = "security is late: the verdict went out without it";
    let mild = found("leftover", 1, Severity::Low, "key");
    for (why, finding, base_sha, said) in [
        (
            "a secret",
            secret(),
            base(),
            "agent.pr.block \"src/lib.rs:1 committed-secret\"",
        ),
        ("advice", mild, base(), late),
        ("a secret against another base", secret(), head(), late),
    ] {
        assert_eq!(told(&finding, base_sha), said, "{why}");
    }
}

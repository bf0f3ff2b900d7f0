use super::*;
use events::SeededEntropy;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn won(seen: Option<Publication<u8>>, second: i64) -> Claim<u8> {
    let entropy = SeededEntropy::new(second.unsigned_abs());
    let claim = claim(seen, None, |_| false, at(second), &entropy);
    claim.unwrap().expect("it is not published")
}

fn held(claim: &Claim<u8>) -> Publication<u8> {
    Publication {
        marker: claim.marker.clone(),
        subject: claim.subject.clone(),
        stage: Stage::Claimed(claim.lease.clone()),
    }
}

fn about(base: &str) -> Option<Subject> {
    Some(Subject {
        base: Some(base.to_owned()),
        digest: "0".to_owned(),
    })
}

#[test]
fn another_subject_gets_another_marker() {
    let entropy = SeededEntropy::new(1);
    let claimed = |seen, subject, is_told: bool, second| {
        claim(seen, subject, |_: &u8| is_told, at(second), &entropy).unwrap()
    };
    let first = claimed(None, about("main"), false, 100).unwrap();
    let published = Publication {
        stage: Stage::Published(5),
        ..held(&first)
    };
    let same = claimed(Some(published.clone()), about("main"), true, 200);
    assert_eq!(same, None, "the same subject is published");
    let other = claimed(Some(published.clone()), about("release"), true, 200).unwrap();
    assert_ne!(other.marker, first.marker, "another base branch");
    let withdrawn = Publication {
        stage: Stage::Withdrawn(5),
        ..published.clone()
    };
    let again = claimed(Some(withdrawn), about("main"), true, 200).unwrap();
    assert_ne!(again.marker, first.marker, "the vote was dismissed");
    let crashed = claimed(Some(held(&first)), about("main"), false, 200).unwrap();
    assert_eq!(crashed.marker, first.marker, "a crash after the claim");
    let crashed = claimed(Some(held(&first)), about("release"), false, 200).unwrap();
    assert_ne!(crashed.marker, first.marker, "a crash, then another base");
    let old = Publication {
        subject: None,
        ..published
    };
    let old = claimed(Some(old), about("main"), true, 200);
    assert_eq!(
        old, None,
        "an item of an earlier version posts nothing again"
    );
}

#[test]
fn second_attempt_waits_for_lease_end() {
    let first = won(None, 100);
    let entropy = SeededEntropy::new(2);
    let during = claim(Some(held(&first)), None, |_| false, at(144), &entropy);
    let wait = Duration::from_secs(1);
    assert_eq!(
        during,
        Err(Contested::Busy {
            until: at(145),
            wait
        })
    );
    let second = won(Some(held(&first)), 145);
    assert_eq!(
        second.marker, first.marker,
        "the post of the first attempt is found"
    );
    assert_ne!(second.lease, first.lease, "the claim is another");
}

#[test]
fn only_lease_holder_settles() {
    let first = won(None, 100);
    let second = won(Some(held(&first)), 200);
    let late = settle(Some(&held(&second)), &first, &5, vec![], at(201));
    assert_eq!(late, Decision::Ignore(Ignored::TakenOver));
    let now = settle(Some(&held(&second)), &second, &5, vec![], at(201));
    let Decision::Write { next, .. } = now else {
        panic!("the second claim holds the lease");
    };
    let entropy = SeededEntropy::new(3);
    let again = claim(Some(next.clone()), None, |it| *it == 5, at(9999), &entropy);
    assert_eq!(again, Ok(None), "and it stays published");
    let newer = won(Some(next), 9999);
    assert_eq!(newer.lease.before, Some(5), "the previous object is known");
    let taken_over = won(Some(held(&newer)), 10_100);
    assert_eq!(taken_over.lease.before, Some(5), "a crash later, too");
}

#[test]
fn post_needs_time_on_lease() {
    let claim = won(None, 100);
    assert_eq!(claim.time_left(at(133)), Ok(()));
    assert_eq!(claim.time_left(at(134)), Err(Contested::TooSlow));
}

#[test]
fn reads_claim_without_previous_object() {
    let old = r#"{"marker":"<!-- github-bot:1 -->","stage":{"claimed":{"holder":"a","until":"2026-01-05T09:00:00Z"}}}"#;
    let read: Publication<u8> = serde_json::from_str(old).unwrap();
    assert_eq!(read.marker.bare(), "github-bot:1");
}

//! Repeated checks, and earlier findings.

use super::*;

#[tokio::test]
async fn other_base_triggers_new_check() {
    let house = Fixture::new();
    let change = changed("a.rs", &[(5, "five()")]);
    house.github.put('0', '1', &change);
    house.github.put('9', '1', &change);
    house.open('1', first_round).await;
    house.ask('1').await.unwrap();
    assert_eq!(house.kept('1').await.base_sha, Some(sha('0')));

    house.open('1', |review| review.base_sha = sha('9')).await;
    house.asked();
    let outcome = house.ask_against('9', '1').await.unwrap();
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    assert_eq!(house.asked().len(), 1, "the model has not read this change");
    assert_eq!(house.kept('1').await.base_sha, Some(sha('9')));

    // A late request for the change against the first base is ignored.
    house.open('2', |review| review.base_sha = sha('9')).await;
    let outcome = house.ask('2').await.unwrap();
    let told = format!("{outcome:?}");
    assert!(told.contains("against another base"), "{told}");
}

#[tokio::test]
async fn report_against_old_base_is_dropped() {
    let house = Fixture::new();
    let change = changed("a.rs", &[(5, "five()")]);
    house.github.put('0', '1', &change);
    house.github.put('9', '1', &change);
    house.open('1', first_round).await;
    house.open_meanwhile('9', '1');
    let told = format!("{:?}", house.ask('1').await.unwrap());
    assert!(told.contains("against another base"), "{told}");
    house.ask_against('9', '1').await.unwrap();
    assert_eq!(house.kept('1').await.base_sha, Some(sha('9')));
}

#[tokio::test]
async fn blocking_finding_remains_if_not_repeated() {
    let then = changed("a.rs", &[(5, "five()"), (30, "thirty()")]);
    for (why, severity, now, since, kept) in [
        (
            "reviewed again without a note",
            "high",
            changed("a.rs", &[(5, "five()"), (30, "thirty()")]),
            Ok(changed("a.rs", &[(30, "thirty()")])),
            vec!["a.rs:5 Five (before)", "a.rs:30 Thirty"],
        ),
        (
            "its code is changed",
            "high",
            changed("a.rs", &[(5, "five()"), (30, "mended()")]),
            Ok(changed("a.rs", &[(30, "mended()")])),
            vec!["a.rs:5 Five (before)"],
        ),
        (
            "all of it is read again",
            "high",
            changed("a.rs", &[(5, "five()"), (30, "thirty()")]),
            Err(GitHubError::NotFound {
                call: "GET /compare".to_owned(),
            }),
            vec!["a.rs:5 Five", "a.rs:30 Thirty"],
        ),
        (
            "advice is",
            "medium",
            changed("a.rs", &[(5, "five()"), (30, "thirty()")]),
            Ok(changed("a.rs", &[(30, "thirty()")])),
            vec!["a.rs:5 Five (before)"],
        ),
    ] {
        let house = Fixture::of(Category::Security, "security");
        house.github.put('0', '1', &then);
        house.open('1', first_round).await;
        let places_then = [("a.rs", 5, "Five"), ("a.rs", 30, "Thirty")];
        house.model_says(move |_| Ok(found_as(severity, 4, &places_then)));
        house.report('1').await;

        house.github.put('0', '2', &now);
        house.github.answer('1', '2', since);
        house.github.put('2', '1', "");
        house.open('2', second_round).await;
        house.model_says(|_| Ok(found(9, &[])));
        assert_eq!(places(&house.report('2').await), kept, "{why}");
    }
}

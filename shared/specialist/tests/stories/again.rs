//! Repeated checks, and earlier findings.

use super::*;

#[tokio::test]
async fn other_base_triggers_new_check() {
    let fixture = Fixture::new();
    let change = changed("a.rs", &[(5, "five()")]);
    fixture.github.put('0', '1', &change);
    fixture.github.put('9', '1', &change);
    fixture.open('1', first_round).await;
    fixture.ask('1').await.unwrap();
    assert_eq!(fixture.kept('1').await.base_sha, Some(sha('0')));

    fixture.open('1', |review| review.base_sha = sha('9')).await;
    fixture.asked();
    let outcome = fixture.ask_against('9', '1').await.unwrap();
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    assert_eq!(
        fixture.asked().len(),
        1,
        "the model has not read this change"
    );
    assert_eq!(fixture.kept('1').await.base_sha, Some(sha('9')));

    // A late request for the change against the first base is ignored.
    fixture.open('2', |review| review.base_sha = sha('9')).await;
    let outcome = fixture.ask('2').await.unwrap();
    let told = format!("{outcome:?}");
    assert!(told.contains("against another base"), "{told}");
}

#[tokio::test]
async fn report_against_old_base_is_dropped() {
    let fixture = Fixture::new();
    let change = changed("a.rs", &[(5, "five()")]);
    fixture.github.put('0', '1', &change);
    fixture.github.put('9', '1', &change);
    fixture.open('1', first_round).await;
    fixture.open_meanwhile('9', '1');
    let told = format!("{:?}", fixture.ask('1').await.unwrap());
    assert!(told.contains("against another base"), "{told}");
    fixture.ask_against('9', '1').await.unwrap();
    assert_eq!(fixture.kept('1').await.base_sha, Some(sha('9')));
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
                reason: "Not Found".to_owned(),
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
        let fixture = Fixture::of(Category::Security, "security");
        fixture.github.put('0', '1', &then);
        fixture.open('1', first_round).await;
        let places_then = [("a.rs", 5, "Five"), ("a.rs", 30, "Thirty")];
        fixture.model_says(move |_| Ok(found_as(severity, 4, &places_then)));
        fixture.report('1').await;

        fixture.github.put('0', '2', &now);
        fixture.github.answer('1', '2', since);
        fixture.github.put('2', '1', "");
        fixture.open('2', second_round).await;
        fixture.model_says(|_| Ok(found(9, &[])));
        assert_eq!(places(&fixture.report('2').await), kept, "{why}");
    }
}

//! What is read again, and what stands though it was.

use super::*;

#[tokio::test]
async fn against_another_base_it_is_read_again() {
    let house = House::new();
    house
        .github
        .put('0', '1', &changed("a.rs", &[(5, "five()")]));
    house
        .github
        .put('9', '1', &changed("a.rs", &[(5, "five()")]));
    house.open('1', first_round).await;
    house.ask('1').await.unwrap();
    assert_eq!(house.kept('1').await.base_sha, Some(sha('0')));

    house.open('1', |review| review.base_sha = sha('9')).await;
    house.asked();
    let outcome = house.ask_against('9', '1').await.unwrap();
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    assert_eq!(house.asked().len(), 1, "the model has not read this change");
    assert_eq!(house.kept('1').await.base_sha, Some(sha('9')));

    // Who asks late for the change against the first base is not answered.
    house.open('2', |review| review.base_sha = sha('9')).await;
    let outcome = house.ask('2').await.unwrap();
    let told = format!("{outcome:?}");
    assert!(told.contains("against another base"), "{told}");
}

#[tokio::test]
async fn a_report_that_comes_after_the_base_was_changed_is_not_kept() {
    let house = House::new();
    house
        .github
        .put('0', '1', &changed("a.rs", &[(5, "five()")]));
    house
        .github
        .put('9', '1', &changed("a.rs", &[(5, "five()")]));
    house.open('1', first_round).await;
    house.open_meanwhile('9', '1');
    let told = format!("{:?}", house.ask('1').await.unwrap());
    assert!(told.contains("against another base"), "{told}");
    house.ask_against('9', '1').await.unwrap();
    assert_eq!(house.kept('1').await.base_sha, Some(sha('9')));
}

#[tokio::test]
async fn what_stands_against_merging_is_not_lifted_by_silence() {
    let then = changed("a.rs", &[(5, "five()"), (30, "thirty()")]);
    for (why, severity, now, since, kept) in [
        (
            "read again, and nothing is said of it",
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
        let house = House::of(Category::Security, "security");
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

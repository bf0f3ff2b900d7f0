//! What a specialist makes of a repository's policy and of a second round.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod again;
mod house;

use diff::WhyLeftOut;
use events::Outcome;
use github::port::GitHubError;
use house::{House, found, found_as, sha};
use model_client::AgentError;
use policy::{Layer, Policy, Source};
use review::Category;
use review::item::{CheckReport, ReviewItem, Skipped};
use review::message::SkipReason;
use std::time::Duration;

/// A file of which these lines (of 40) are changed to what they are named here, each in
/// a hunk of its own.
fn changed(path: &str, lines: &[(u32, &str)]) -> String {
    let mut text = format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n");
    for (line, code) in lines {
        text += &format!("@@ -{line} +{line} @@\n-before\n+{code}\n");
    }
    text
}

fn first_round(review: &mut ReviewItem) {
    review.previous = None;
}

fn second_round(review: &mut ReviewItem) {
    review.previous = Some(sha('1'));
}

fn under(settings: &str) -> impl FnOnce(&mut ReviewItem) {
    let layer = Layer::parse(settings, Source::Repository).unwrap();
    move |review| review.policy = Policy::default().over(layer)
}

/// Each finding's place, who it is by, and whether it stood there before.
fn places(report: &CheckReport) -> Vec<String> {
    let place = |it: &review::Finding| {
        let title = it.title.as_deref().unwrap_or(&it.rule);
        let before = if it.reviewed_before { " (before)" } else { "" };
        format!("{}:{} {title}{before}", it.path, it.line)
    };
    report.findings.iter().map(place).collect()
}

/// What is told of how the model read.
fn notes(report: &CheckReport) -> Vec<&str> {
    let model = report.readers.iter().find(|reader| reader.name == "kimi");
    model.unwrap().notes.iter().map(String::as_str).collect()
}

/// A house in which the model has found something in the lines 5 and 30 of the first
/// head.
async fn reviewed_once() -> House {
    let house = House::new();
    let diff = changed("a.rs", &[(5, "five()"), (30, "thirty()")]);
    house.github.put('0', '1', &diff);
    house.open('1', first_round).await;
    house.model_says(|_| Ok(found(4, &[("a.rs", 5, "Five"), ("a.rs", 30, "Thirty")])));
    let report = house.report('1').await;
    assert_eq!(places(&report), ["a.rs:5 Five", "a.rs:30 Thirty"]);
    assert!(report.findings.iter().all(|it| it.fingerprint.is_some()));
    assert_eq!(house.asked().len(), 1);
    house
}

#[tokio::test]
async fn what_was_not_opened_or_is_left_alone_is_not_reviewed() {
    let house = House::new();
    house
        .github
        .put('0', '1', &changed("a.rs", &[(5, "five()")]));
    let ignored = |outcome| match outcome {
        Outcome::Ignored { reason } => reason,
        other @ (Outcome::Applied { .. } | Outcome::Repeated { .. }) => panic!("{other:?}"),
    };
    assert_eq!(
        ignored(house.ask('1').await.unwrap()),
        "no such review was opened"
    );
    let skipped = Skipped {
        reason: SkipReason::Draft,
        why: "It is a draft.".to_owned(),
    };
    house
        .open('1', |review| review.skipped = Some(skipped))
        .await;
    assert_eq!(
        ignored(house.ask('1').await.unwrap()),
        "the head is left alone"
    );
    assert_eq!(house.asked().len(), 0);
}

#[tokio::test]
async fn what_the_policy_excludes_nobody_reads() {
    let house = House::new();
    let diff = changed("a.rs", &[(5, "dbg!(1)")]) + &changed("docs/b.rs", &[(5, "dbg!(2)")]);
    house.github.put('0', '1', &diff);
    house
        .open('1', under("[paths]\nexclude = [\"docs/**\"]"))
        .await;
    let report = house.report('1').await;
    assert_eq!(places(&report), ["a.rs:5 leftover"], "by rules");
    assert!(!house.asked()[0].contains("dbg!(2)"), "by the model");
    for reader in &report.readers {
        let left_out = &reader.coverage.left_out[0];
        let told = (left_out.path.as_str(), left_out.why);
        assert_eq!(told, ("docs/b.rs", WhyLeftOut::Excluded), "{}", reader.name);
    }
}

#[tokio::test]
async fn what_the_repository_calls_generated_neither_rules_nor_model_read() {
    let house = House::new();
    let diff = changed("a.rs", &[(5, "ok()")]) + &changed("gen/b.rs", &[(5, "dbg!(2)")]);
    house.github.put('0', '1', &diff);
    let attributes = policy::Attributes::parse("gen/** linguist-generated");
    house
        .open('1', |review| review.attributes = attributes)
        .await;
    let report = house.report('1').await;
    assert!(report.findings.is_empty(), "{:?}", places(&report));
    assert!(!house.asked()[0].contains("dbg!(2)"));
    for reader in &report.readers {
        assert_eq!(
            reader.coverage.left_out[0].why,
            WhyLeftOut::Generated,
            "{}",
            reader.name
        );
    }
}

#[tokio::test]
async fn a_budget_of_nothing_leaves_the_rules_and_says_so() {
    let house = House::new();
    house
        .github
        .put('0', '1', &changed("a.rs", &[(5, "dbg!(1)")]));
    house
        .open('1', under("[budget]\ntokens_per_pull_request = 0"))
        .await;
    let report = house.report('1').await;
    assert_eq!(house.asked().len(), 0);
    assert_eq!(places(&report), ["a.rs:5 leftover"]);
    let why = "Nothing read: the budget of this pull request is 0 tokens.";
    assert_eq!(notes(&report), [why]);
}

#[tokio::test]
async fn a_second_round_asks_about_what_changed_and_keeps_what_stands() {
    let house = reviewed_once().await;
    // Line 30 is mended, line 12 is new, and somebody else's work was merged.
    let diff = changed("a.rs", &[(5, "five()"), (12, "dbg!(12)"), (30, "mended()")]);
    house.github.put('0', '2', &diff);
    let since = changed("a.rs", &[(12, "dbg!(12)"), (30, "mended()")]);
    house
        .github
        .put('1', '2', &(since + &changed("theirs.rs", &[(1, "x")])));
    house.github.put('2', '1', "");
    house.open('2', second_round).await;
    house.model_says(|_| Ok(found(8, &[("a.rs", 12, "Twelve")])));
    let report = house.report('2').await;
    let question = &house.asked()[0];
    assert!(question.contains("R 12 +dbg!(12)") && question.contains("R 30 +mended()"));
    assert!(!question.contains("five()"), "read before: {question}");
    assert!(
        !question.contains("theirs.rs"),
        "not of this change: {question}"
    );
    assert_eq!(
        places(&report),
        ["a.rs:5 Five (before)", "a.rs:12 Twelve", "a.rs:12 leftover"],
        "the rules read all of it"
    );
    let note = "Read what changed since `1111111`; 1 finding of then still stands.";
    assert_eq!(notes(&report), [note]);
    assert_eq!(report.readers[1].score, Some(4), "something of then stands");
    assert_eq!(report.readers[0].coverage.files_read, 1);
}

#[tokio::test]
async fn what_is_mended_lifts_the_score() {
    let house = reviewed_once().await;
    let diff = changed("a.rs", &[(5, "better()"), (30, "mended()")]);
    house.github.put('0', '2', &diff);
    house.github.put('1', '2', &diff);
    house.github.put('2', '1', "");
    house.open('2', second_round).await;
    house.model_says(|_| Ok(found(8, &[])));
    let report = house.report('2').await;
    assert!(report.findings.is_empty(), "read again and not told again");
    assert_eq!(report.readers[1].score, Some(8));
    assert_eq!(notes(&report), ["Read what changed since `1111111`."]);
}

#[tokio::test]
async fn where_nothing_was_touched_the_model_is_not_asked() {
    let house = reviewed_once().await;
    // Two lines were put in above by a merge, so that all of it moved down.
    house.github.put(
        '0',
        '2',
        &changed("a.rs", &[(7, "five()"), (32, "thirty()")]),
    );
    house
        .github
        .put('1', '2', &changed("a.rs", &[(1, "theirs"), (2, "theirs")]));
    house.github.put('2', '1', "");
    house.open('2', second_round).await;
    let report = house.report('2').await;
    assert_eq!(house.asked().len(), 0);
    assert_eq!(
        places(&report),
        ["a.rs:7 Five (before)", "a.rs:32 Thirty (before)"]
    );
    assert_eq!(
        notes(&report),
        [
            "Not asked: nothing that it reads was touched since the last review.",
            "Reviewed before at `1111111`; 2 findings of then still stand.",
        ]
    );
    assert_eq!(
        report.readers[1].score,
        Some(4),
        "it thinks what it thought"
    );

    // And a third round knows them still.
    house
        .github
        .put('0', '3', &changed("a.rs", &[(7, "five()"), (32, "gone()")]));
    house
        .github
        .put('2', '3', &changed("a.rs", &[(32, "gone()")]));
    house.github.put('3', '2', "");
    house
        .open('3', |review| review.previous = Some(sha('2')))
        .await;
    house.model_says(|_| Ok(found(9, &[])));
    assert_eq!(places(&house.report('3').await), ["a.rs:7 Five (before)"]);
}

#[tokio::test]
async fn what_was_not_answered_keeps_its_findings_and_is_asked_the_next_time() {
    let house = reviewed_once().await;
    let diff = changed("a.rs", &[(5, "five()"), (12, "new()"), (30, "thirty()")]);
    house.github.put('0', '2', &diff);
    house.github.put(
        '1',
        '2',
        &changed("a.rs", &[(12, "new()"), (30, "thirty()")]),
    );
    house.github.put('2', '1', "");
    house.open('2', second_round).await;
    house.model_says(|_| Err(AgentError::CutShort));
    let report = house.report('2').await;
    assert_eq!(places(&report), ["a.rs:5 Five (before)", "a.rs:30 Thirty"]);
    assert_eq!(
        report.readers[1].coverage.left_out[0].why,
        WhyLeftOut::Unanswered
    );
    house.asked();

    house.github.put('0', '3', &diff);
    house.github.put('2', '3', "");
    house.github.put('3', '2', "");
    house
        .open('3', |review| review.previous = Some(sha('2')))
        .await;
    house.model_says(|_| Ok(found(7, &[("a.rs", 12, "New")])));
    let report = house.report('3').await;
    assert!(
        house.asked()[0].contains("R 12 +new()"),
        "nobody has read it yet"
    );
    assert_eq!(places(&report), ["a.rs:12 New"]);
}

#[tokio::test]
async fn what_cannot_be_compared_is_read_as_a_whole_with_the_reason() {
    let call = || "GET /compare".to_owned();
    let too_large = GitHubError::TooLarge {
        call: call(),
        reason: "20,000 lines".to_owned(),
    };
    let diff = changed("a.rs", &[(5, "five()"), (30, "thirty()")]);
    for (why, since, gone, note) in [
        (
            "a commit that is gone",
            Err(GitHubError::NotFound { call: call() }),
            "",
            "Reads all of it again: GitHub does not compare it with `1111111`.",
        ),
        (
            "a commit that may not be seen",
            Err(GitHubError::Forbidden {
                call: call(),
                reason: "not for you".to_owned(),
            }),
            "",
            "Reads all of it again: GitHub does not compare it with `1111111`.",
        ),
        (
            "too much",
            Err(too_large),
            "",
            "Reads all of it again: too much has changed since `1111111`.",
        ),
        (
            "a rewritten history: what is gone is in no comparison",
            Ok(String::new()),
            "diff --git a/a.rs b/a.rs\n",
            "Reads all of it again: `1111111` is not in its history any more.",
        ),
    ] {
        let house = reviewed_once().await;
        house.github.put('0', '2', &diff);
        house.github.answer('1', '2', since);
        house.github.put('2', '1', gone);
        house.open('2', second_round).await;
        house.model_says(|_| Ok(found(9, &[("a.rs", 30, "Thirty")])));
        let report = house.report('2').await;
        let question = &house.asked()[0];
        assert!(
            question.contains("five()") && question.contains("thirty()"),
            "{why}"
        );
        assert_eq!(
            places(&report),
            ["a.rs:30 Thirty"],
            "{why}: all was read again"
        );
        assert_eq!(notes(&report), [note], "{why}");
    }
}

#[tokio::test]
async fn github_that_is_away_is_asked_again() {
    let house = reviewed_once().await;
    house
        .github
        .put('0', '2', &changed("a.rs", &[(5, "five()")]));
    let away = GitHubError::Unavailable {
        call: "GET /compare".to_owned(),
        reason: "502".to_owned(),
    };
    house.github.answer('1', '2', Err(away));
    house.open('2', second_round).await;
    assert!(house.ask('2').await.unwrap_err().is_retryable());
}

/// Two questions, of which one is answered that has nothing of the second file.
async fn half_answered(error: impl Fn() -> AgentError + Send + 'static) -> House {
    let house = House::new();
    let lines: Vec<_> = (1..800)
        .map(|line| (line * 3, "something_long(another_thing_that_is_long())"))
        .collect();
    let diff = changed("a.rs", &lines) + &changed("b.rs", lines.get(..400).unwrap());
    house.github.put('0', '1', &diff);
    house.open('1', first_round).await;
    house.model_says(move |question| match question.contains("\"b.rs\"") {
        true => Err(error()),
        false => Ok(found(9, &[("a.rs", 3, "Three")])),
    });
    house
}

#[tokio::test]
async fn half_an_answer_waits_for_a_pause_and_goes_out_when_patience_is_over() {
    let house = half_answered(|| AgentError::Paused {
        until: "1970-01-01T00:05:00Z".parse().unwrap(),
        wait: Duration::from_secs(300),
    })
    .await;
    let error = house.ask('1').await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
    house.clock.advance(Duration::from_secs(300));
    let report = house.report('1').await;
    assert!(places(&report).contains(&"a.rs:3 Three".to_owned()));
    assert!(notes(&report)[0].contains("paused"), "{:?}", notes(&report));
    let left_out = &report.readers[1].coverage.left_out;
    assert!(
        left_out
            .iter()
            .any(|it| it.path == "b.rs" && it.why == WhyLeftOut::Unanswered)
    );
}

#[tokio::test]
async fn half_an_answer_does_not_wait_for_who_is_away() {
    let house = half_answered(|| AgentError::Unavailable {
        reason: "503".to_owned(),
    })
    .await;
    let report = house.report('1').await;
    assert!(places(&report).contains(&"a.rs:3 Three".to_owned()));
    assert!(notes(&report)[0].contains("503"), "{:?}", notes(&report));
}

//! Effects of a repository's policy and of repeated reviews on a specialist.

#![expect(clippy::unwrap_used, reason = "a missing value fails the test")]

mod again;
mod fixture;

use diff::OmissionReason;
use events::Outcome;
use fixture::{Fixture, found, found_as, sha};
use github::port::GitHubError;
use model_client::AgentError;
use policy::{Layer, Policy, Source};
use review::Category;
use review::item::{CheckReport, ReviewItem, SkippedHead};
use review::message::SkipReason;
use std::time::Duration;

/// Returns the diff of a file of 40 lines with these lines changed, each in its own hunk.
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

/// Returns each finding's position, its source, and whether the earlier report contains it.
fn places(report: &CheckReport) -> Vec<String> {
    let place = |it: &review::Finding| {
        let title = it.title.as_deref().unwrap_or(&it.rule);
        let before = if it.reviewed_before { " (before)" } else { "" };
        format!("{}:{} {title}{before}", it.path, it.line)
    };
    report.findings.iter().map(place).collect()
}

/// Returns the notes about the model's review.
fn notes(report: &CheckReport) -> Vec<&str> {
    let model = report.readers.iter().find(|reader| reader.name == "kimi");
    model.unwrap().notes.iter().map(String::as_str).collect()
}

/// Returns a fixture in which the model reported lines 5 and 30 of the first head.
async fn reviewed_once() -> Fixture {
    let fixture = Fixture::new();
    let diff = changed("a.rs", &[(5, "five()"), (30, "thirty()")]);
    fixture.github.put('0', '1', &diff);
    fixture.open('1', first_round).await;
    fixture.model_says(|_| Ok(found(4, &[("a.rs", 5, "Five"), ("a.rs", 30, "Thirty")])));
    let report = fixture.report('1').await;
    assert_eq!(places(&report), ["a.rs:5 Five", "a.rs:30 Thirty"]);
    assert!(report.findings.iter().all(|it| it.fingerprint.is_some()));
    assert_eq!(fixture.asked().len(), 1);
    fixture
}

#[tokio::test]
async fn unopened_or_skipped_review_is_ignored() {
    let fixture = Fixture::new();
    fixture
        .github
        .put('0', '1', &changed("a.rs", &[(5, "five()")]));
    let ignored = |outcome| match outcome {
        Outcome::Ignored { reason } => reason,
        other @ (Outcome::Applied { .. } | Outcome::Repeated { .. }) => panic!("{other:?}"),
    };
    assert_eq!(
        ignored(fixture.ask('1').await.unwrap()),
        "no such review was opened"
    );
    let skipped = SkippedHead {
        reason: SkipReason::Draft,
        why: "It is a draft.".to_owned(),
    };
    fixture
        .open('1', |review| review.skipped = Some(skipped))
        .await;
    assert_eq!(
        ignored(fixture.ask('1').await.unwrap()),
        "the head is left alone"
    );
    assert_eq!(fixture.asked().len(), 0);
}

#[tokio::test]
async fn excluded_files_are_not_reviewed() {
    let fixture = Fixture::new();
    let diff = changed("a.rs", &[(5, "dbg!(1)")]) + &changed("docs/b.rs", &[(5, "dbg!(2)")]);
    fixture.github.put('0', '1', &diff);
    fixture
        .open('1', under("[paths]\nexclude = [\"docs/**\"]"))
        .await;
    let report = fixture.report('1').await;
    assert_eq!(places(&report), ["a.rs:5 leftover"], "by rules");
    assert!(!fixture.asked()[0].contains("dbg!(2)"), "by the model");
    for reader in &report.readers {
        let left_out = &reader.coverage.left_out[0];
        let told = (left_out.path.as_str(), left_out.why);
        assert_eq!(
            told,
            ("docs/b.rs", OmissionReason::Excluded),
            "{}",
            reader.name
        );
    }
}

#[tokio::test]
async fn generated_files_are_not_reviewed() {
    let fixture = Fixture::new();
    let diff = changed("a.rs", &[(5, "ok()")]) + &changed("gen/b.rs", &[(5, "dbg!(2)")]);
    fixture.github.put('0', '1', &diff);
    let attributes = policy::Attributes::parse("gen/** linguist-generated");
    fixture
        .open('1', |review| review.attributes = attributes)
        .await;
    let report = fixture.report('1').await;
    assert!(report.findings.is_empty(), "{:?}", places(&report));
    assert!(!fixture.asked()[0].contains("dbg!(2)"));
    for reader in &report.readers {
        assert_eq!(
            reader.coverage.left_out[0].why,
            OmissionReason::Generated,
            "{}",
            reader.name
        );
    }
}

#[tokio::test]
async fn zero_budget_leaves_rules_only() {
    let fixture = Fixture::new();
    fixture
        .github
        .put('0', '1', &changed("a.rs", &[(5, "dbg!(1)")]));
    fixture
        .open('1', under("[budget]\ntokens_per_pull_request = 0"))
        .await;
    let report = fixture.report('1').await;
    assert_eq!(fixture.asked().len(), 0);
    assert_eq!(places(&report), ["a.rs:5 leftover"]);
    let why = "Nothing read: the budget of this pull request is 0 tokens.";
    assert_eq!(notes(&report), [why]);
}

#[tokio::test]
async fn second_review_covers_changes_only() {
    let fixture = reviewed_once().await;
    // Line 30 is fixed, line 12 is new, and a merge added other changes.
    let diff = changed("a.rs", &[(5, "five()"), (12, "dbg!(12)"), (30, "mended()")]);
    fixture.github.put('0', '2', &diff);
    let since = changed("a.rs", &[(12, "dbg!(12)"), (30, "mended()")]);
    fixture
        .github
        .put('1', '2', &(since + &changed("theirs.rs", &[(1, "x")])));
    fixture.github.put('2', '1', "");
    fixture.open('2', second_round).await;
    fixture.model_says(|_| Ok(found(8, &[("a.rs", 12, "Twelve")])));
    let report = fixture.report('2').await;
    let question = &fixture.asked()[0];
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
    let note = "Reviewed the changes since `1111111`; 1 earlier finding still applies.";
    assert_eq!(notes(&report), [note]);
    assert_eq!(
        report.readers[1].score,
        Some(4),
        "an earlier finding still applies"
    );
    assert_eq!(report.readers[0].coverage.files_read, 1);
}

#[tokio::test]
async fn fixed_finding_raises_score() {
    let fixture = reviewed_once().await;
    let diff = changed("a.rs", &[(5, "better()"), (30, "mended()")]);
    fixture.github.put('0', '2', &diff);
    fixture.github.put('1', '2', &diff);
    fixture.github.put('2', '1', "");
    fixture.open('2', second_round).await;
    fixture.model_says(|_| Ok(found(8, &[])));
    let report = fixture.report('2').await;
    assert!(
        report.findings.is_empty(),
        "reviewed again and not reported again"
    );
    assert_eq!(report.readers[1].score, Some(8));
    assert_eq!(notes(&report), ["Reviewed the changes since `1111111`."]);
}

#[tokio::test]
async fn untouched_code_asks_no_question() {
    let fixture = reviewed_once().await;
    // A merge inserted two lines above, which moved the code down.
    fixture.github.put(
        '0',
        '2',
        &changed("a.rs", &[(7, "five()"), (32, "thirty()")]),
    );
    fixture
        .github
        .put('1', '2', &changed("a.rs", &[(1, "theirs"), (2, "theirs")]));
    fixture.github.put('2', '1', "");
    fixture.open('2', second_round).await;
    let report = fixture.report('2').await;
    assert_eq!(fixture.asked().len(), 0);
    assert_eq!(
        places(&report),
        ["a.rs:7 Five (before)", "a.rs:32 Thirty (before)"]
    );
    assert_eq!(
        notes(&report),
        [
            "Not asked: none of its lines changed since the last review.",
            "Reviewed before at `1111111`; 2 earlier findings still apply.",
        ]
    );
    assert_eq!(report.readers[1].score, Some(4), "the score is unchanged");

    // A third review still contains the findings.
    fixture
        .github
        .put('0', '3', &changed("a.rs", &[(7, "five()"), (32, "gone()")]));
    fixture
        .github
        .put('2', '3', &changed("a.rs", &[(32, "gone()")]));
    fixture.github.put('3', '2', "");
    fixture
        .open('3', |review| review.previous = Some(sha('2')))
        .await;
    fixture.model_says(|_| Ok(found(9, &[])));
    assert_eq!(places(&fixture.report('3').await), ["a.rs:7 Five (before)"]);
}

#[tokio::test]
async fn failed_question_is_repeated_next_review() {
    let fixture = reviewed_once().await;
    let diff = changed("a.rs", &[(5, "five()"), (12, "new()"), (30, "thirty()")]);
    fixture.github.put('0', '2', &diff);
    fixture.github.put(
        '1',
        '2',
        &changed("a.rs", &[(12, "new()"), (30, "thirty()")]),
    );
    fixture.github.put('2', '1', "");
    fixture.open('2', second_round).await;
    fixture.model_says(|_| Err(AgentError::CutShort));
    let report = fixture.report('2').await;
    assert_eq!(places(&report), ["a.rs:5 Five (before)", "a.rs:30 Thirty"]);
    assert_eq!(
        report.readers[1].coverage.left_out[0].why,
        OmissionReason::Unanswered
    );
    fixture.asked();

    fixture.github.put('0', '3', &diff);
    fixture.github.put('2', '3', "");
    fixture.github.put('3', '2', "");
    fixture
        .open('3', |review| review.previous = Some(sha('2')))
        .await;
    fixture.model_says(|_| Ok(found(7, &[("a.rs", 12, "New")])));
    let report = fixture.report('3').await;
    assert!(
        fixture.asked()[0].contains("R 12 +new()"),
        "not reviewed yet"
    );
    assert_eq!(places(&report), ["a.rs:12 New"]);
}

#[tokio::test]
async fn unknown_changes_trigger_full_review() {
    let call = || "GET /compare".to_owned();
    let too_large = GitHubError::TooLarge {
        call: call(),
        reason: "20,000 lines".to_owned(),
    };
    let diff = changed("a.rs", &[(5, "five()"), (30, "thirty()")]);
    for (why, since, gone, note) in [
        (
            "a deleted commit",
            Err(GitHubError::NotFound {
                call: call(),
                reason: "Not Found".to_owned(),
            }),
            "",
            "Full review: GitHub does not compare it with `1111111`.",
        ),
        (
            "a commit that may not be seen",
            Err(GitHubError::Forbidden {
                call: call(),
                reason: "not for you".to_owned(),
            }),
            "",
            "Full review: GitHub does not compare it with `1111111`.",
        ),
        (
            "too much",
            Err(too_large),
            "",
            "Full review: too much has changed since `1111111`.",
        ),
        (
            "rewritten history: the comparison omits deletions",
            Ok(String::new()),
            "diff --git a/a.rs b/a.rs\n",
            "Full review: `1111111` is not in its history any more.",
        ),
    ] {
        let fixture = reviewed_once().await;
        fixture.github.put('0', '2', &diff);
        fixture.github.answer('1', '2', since);
        fixture.github.put('2', '1', gone);
        fixture.open('2', second_round).await;
        fixture.model_says(|_| Ok(found(9, &[("a.rs", 30, "Thirty")])));
        let report = fixture.report('2').await;
        let question = &fixture.asked()[0];
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
async fn unavailable_github_is_retried() {
    let fixture = reviewed_once().await;
    fixture
        .github
        .put('0', '2', &changed("a.rs", &[(5, "five()")]));
    let away = GitHubError::Unavailable {
        call: "GET /compare".to_owned(),
        reason: "502".to_owned(),
    };
    fixture.github.answer('1', '2', Err(away));
    fixture.open('2', second_round).await;
    assert!(fixture.ask('2').await.unwrap_err().is_retryable());
}

/// Runs a check with two questions, one of which fails. The answered one does not cover the second
/// file.
async fn half_answered(error: impl Fn() -> AgentError + Send + 'static) -> Fixture {
    let fixture = Fixture::new();
    let lines: Vec<_> = (1..800)
        .map(|line| (line * 3, "something_long(another_thing_that_is_long())"))
        .collect();
    let diff = changed("a.rs", &lines) + &changed("b.rs", lines.get(..400).unwrap());
    fixture.github.put('0', '1', &diff);
    fixture.open('1', first_round).await;
    fixture.model_says(move |question| match question.contains("\"b.rs\"") {
        true => Err(error()),
        false => Ok(found(9, &[("a.rs", 3, "Three")])),
    });
    fixture
}

#[tokio::test]
async fn partial_report_waits_for_pause() {
    let fixture = half_answered(|| AgentError::Paused {
        until: "1970-01-01T00:05:00Z".parse().unwrap(),
        wait: Duration::from_secs(300),
    })
    .await;
    let error = fixture.ask('1').await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
    fixture.clock.advance(Duration::from_secs(300));
    let report = fixture.report('1').await;
    assert!(places(&report).contains(&"a.rs:3 Three".to_owned()));
    assert!(notes(&report)[0].contains("paused"), "{:?}", notes(&report));
    let left_out = &report.readers[1].coverage.left_out;
    assert!(
        left_out
            .iter()
            .any(|it| it.path == "b.rs" && it.why == OmissionReason::Unanswered)
    );
}

#[tokio::test]
async fn partial_report_ignores_unavailable_model() {
    let fixture = half_answered(|| AgentError::Unavailable {
        reason: "503".to_owned(),
    })
    .await;
    let report = fixture.report('1').await;
    assert!(places(&report).contains(&"a.rs:3 Three".to_owned()));
    assert!(notes(&report)[0].contains("503"), "{:?}", notes(&report));
}

/// Returns the notes and the number of read files of every reader.
async fn unread(fixture: &Fixture) -> Vec<(String, u32)> {
    let readers = fixture.kept('1').await.report.readers.into_iter();
    readers
        .map(|reader| (reader.notes.join(" "), reader.coverage.files_read))
        .collect()
}

#[tokio::test]
async fn finally_refused_change_is_reported_with_reason() {
    let fixture = Fixture::new();
    let reason = "Resource protected by organization SAML enforcement.";
    let refused = GitHubError::Forbidden {
        call: "GET /compare".to_owned(),
        reason: reason.to_owned(),
    };
    fixture.github.answer('0', '1', Err(refused));
    fixture.open('1', first_round).await;
    fixture.ask('1').await.unwrap();
    for (notes, files_read) in unread(&fixture).await {
        assert!(notes.contains(reason), "{notes}");
        assert_eq!(files_read, 0);
    }
}

#[tokio::test]
async fn missing_change_is_read_twice() {
    let fixture = Fixture::new();
    let missing = || {
        Err(GitHubError::NotFound {
            call: "GET /compare".to_owned(),
            reason: "No common ancestor between main and topic.".to_owned(),
        })
    };
    fixture.github.answer('0', '1', missing());
    fixture.open('1', first_round).await;
    let first = fixture.ask('1').await.unwrap_err();
    assert!(first.is_retryable(), "GitHub may not have it yet");
    let wait = first.hidden_for();
    assert!(wait <= Duration::from_secs(60), "{wait:?}");
    fixture.clock.advance(wait);
    fixture.github.answer('0', '1', missing());
    fixture.ask('1').await.unwrap();
    for (notes, _) in unread(&fixture).await {
        assert!(notes.contains("No common ancestor"), "{notes}");
    }
}

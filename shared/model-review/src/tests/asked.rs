//! Selection of questions, and reports from partial answers.

use super::*;
use policy::{Layer, Source};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Parses the repository's settings.
fn policy(text: &str) -> Policy {
    Policy::default().over(Layer::parse(text, Source::Repository).unwrap())
}

/// Second hunk of [`DIFF`].
const SINCE: &str = "\
diff --git a/src/a.rs b/src/a.rs
--- a/src/a.rs
+++ b/src/a.rs
@@ -21 +21 @@
-newer
+new
";

#[tokio::test]
async fn later_review_covers_touched_lines_only() {
    let said = vec![finding("src/a.rs", 2, 2), finding("src/a.rs", 21, 21)];
    let ReviewResult { report, asked } = reviewed_under(
        &Policy::default(),
        DIFF,
        Some(SINCE),
        vec![Ok(answer(&said))],
    )
    .await;
    let (_, user) = &asked[0];
    assert!(user.contains("R 21 +new"), "touched lines: {user}");
    assert!(!user.contains("let two"), "no other lines: {user}");
    let lines: Vec<_> = report.unwrap().findings.iter().map(|it| it.line).collect();
    assert_eq!(lines, [21], "on shown lines");
}

#[tokio::test]
async fn untouched_change_asks_no_question() {
    let ReviewResult { report, asked } =
        reviewed_under(&Policy::default(), DIFF, Some(""), vec![]).await;
    assert!(asked.is_empty());
    let report = report.unwrap();
    assert_eq!(report.coverage.files_read, 0);
    assert!(
        report.notes[0].starts_with("Not asked: "),
        "{:?}",
        report.notes
    );
}

#[tokio::test]
async fn zero_budget_is_reported_without_question() {
    let none = policy("[budget]\ntokens_per_review = 0");
    let ReviewResult { report, asked } = reviewed_under(&none, DIFF, None, vec![]).await;
    assert!(asked.is_empty());
    let why = "the budget of this review is 0 tokens";
    assert_eq!(report, Err(ReviewError::refused(why)));
}

#[tokio::test]
async fn too_small_budget_lists_omitted_files() {
    let small = policy("[budget]\ntokens_per_review = 20_000");
    let ReviewResult { report, asked } = reviewed_under(&small, DIFF, None, vec![]).await;
    assert!(asked.is_empty());
    let report = report.unwrap();
    let left_out = OmittedFile {
        path: "src/a.rs".to_owned(),
        why: OmissionReason::Budget,
    };
    assert_eq!(report.coverage.left_out, [left_out]);
    assert!(
        report.notes[0].starts_with("Not asked: the review budget"),
        "{:?}",
        report.notes
    );
}

#[tokio::test]
async fn generated_files_are_not_shown() {
    let diff = DIFF.replace("src/a.rs", "gen/a.rs");
    let ReviewResult { report, asked } = reviewed(&diff, vec![]).await;
    assert!(asked.is_empty());
    assert_eq!(
        report.unwrap().coverage.left_out[0].why,
        OmissionReason::Generated
    );
}

/// Returns a diff of two files that do not fit into one part.
fn two_parts() -> String {
    let file = |path: &str| {
        let lines = "+let something_long = another_thing_that_is_long();\n".repeat(800);
        format!(
            "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n\
             @@ -0,0 +1,800 @@\n{lines}"
        )
    };
    file("a.rs") + &file("b.rs")
}

#[tokio::test]
async fn partial_report_marks_pending_files() {
    let paused = || AgentError::Paused {
        until: Timestamp::from_second(90).unwrap(),
        wait: Duration::from_secs(90),
    };
    let away = || AgentError::Unavailable {
        reason: "503".to_owned(),
    };
    use OmissionReason::{Budget, Unanswered};
    let over = AgentError::OverBudget {
        scope: "today".to_owned(),
        limit: 7,
    };
    for (why, error, wait, left_out, took) in [
        ("paused", paused(), Some(Some(90)), Unanswered, 110),
        ("away", away(), Some(None), Unanswered, 110),
        (
            "cut short: not retryable, and charged",
            AgentError::CutShort,
            None,
            Unanswered,
            220,
        ),
        ("budget exhausted", over, None, Budget, 110),
    ] {
        let said = answer(&[finding("a.rs", 1, 1)]);
        let report = reviewed(&two_parts(), vec![Ok(said), Err(error)]).await;
        let report = report.report.unwrap();
        assert_eq!(report.findings.len(), 1, "{why}");
        let waits = report
            .unfinished
            .map(|it| it.retry_after().map(|wait| wait.as_secs()));
        assert_eq!(waits, wait, "{why}");
        let left_out = OmittedFile {
            path: "b.rs".to_owned(),
            why: left_out,
        };
        assert_eq!(report.coverage.left_out, [left_out], "{why}");
        let usage = report.usage.unwrap();
        let both = usage.prompt_tokens + usage.completion_tokens;
        assert_eq!(both, took, "{why}");
    }
    let both = vec![Err(away()), Err(paused())];
    let error = reviewed(&two_parts(), both).await.report.unwrap_err();
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_secs(90)),
        "the longer wait"
    );
}

#[tokio::test]
async fn failed_questions_report_usage() {
    let cut = || Err(AgentError::CutShort);
    let error = reviewed(&two_parts(), vec![cut(), cut()])
        .await
        .report
        .unwrap_err();
    let ReviewError::Refused { usage, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        usage.as_ref().map(|it| it.prompt_tokens),
        Some(200),
        "{error}"
    );
}

#[tokio::test]
async fn finding_must_match_own_question() {
    let other = finding("b.rs", 1, 1);
    let report = reviewed(&two_parts(), vec![Ok(answer(&[other])), Ok(answer(&[]))]).await;
    let report = report.report.unwrap();
    assert!(report.findings.is_empty());
    assert!(
        report.notes[0].contains("on lines that it was not shown"),
        "{:?}",
        report.notes
    );
}

/// Model without answers. Records the maximum number of concurrent questions.
#[derive(Default)]
struct CountingModel {
    here: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

#[async_trait]
impl Model for CountingModel {
    fn name(&self) -> &str {
        "kimi"
    }

    async fn ask(&self, _: &Ask<'_>) -> Result<Answer, AskError> {
        let here = self.here.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(here, Ordering::Relaxed);
        self.all.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await; // lets the other questions start
        self.here.fetch_sub(1, Ordering::Relaxed);
        Ok(Answer {
            is_exact: true,
            value: answer(&[]),
            usage: ModelUsage::default(),
        })
    }
}

#[tokio::test]
async fn large_change_limits_concurrent_questions() {
    let crowd = Arc::new(CountingModel::default());
    let diff: String = ["c", "d", "e", "f"]
        .iter()
        .map(|name| {
            two_parts()
                .replace("a.rs", &format!("{name}1.rs"))
                .replace("b.rs", &format!("{name}2.rs"))
        })
        .collect();
    let mut rich = Policy::default();
    rich.budget.tokens_per_review = 1_000_000;
    let report = reviewed_by(crowd.clone(), &rich, &diff, None)
        .await
        .unwrap();
    let (all, most) = (
        crowd.all.load(Ordering::Relaxed),
        crowd.most.load(Ordering::Relaxed),
    );
    assert!(all > AT_ONCE, "{all}");
    assert_eq!(most, AT_ONCE);
    assert_eq!(report.coverage.files_read, 8);
    assert_eq!(report.coverage.left_out, []);
}

#[tokio::test]
async fn long_finding_is_placed_at_end() {
    let said = answer(&[finding("a.rs", 1, 50), finding("a.rs", 1, 51)]);
    let rest = answer(&[]);
    let report = reviewed(&two_parts(), vec![Ok(said), Ok(rest)]).await;
    let found = report.report.unwrap().findings;
    let places: Vec<_> = found.iter().map(|it| (it.start_line, it.line)).collect();
    assert_eq!(places, [(Some(1), 50), (None, 51)]);
    assert_eq!(found[1].suggestion, None, "it was meant for all of them");
}

//! Replay of a model's replies. A reply that does not match fails the review.

use super::by_hand::{CASES, FILE, NAME, cases, clock, record, recorded, replay};
use super::command::run_with;
use super::plain;
use async_trait::async_trait;
use eval::{Case, ModelReply, Recorder, Score, evaluate_all, json};
use model_client::{Answer, Ask, AskError, Model, Usage};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

#[tokio::test]
async fn replay_equals_recorded_evaluation() {
    let cases = cases();
    let (mut live, folder) = record(&cases).await;
    let again = replay(&cases, recorded(&folder)).await;
    let replayed = again.replayed.clone().expect("it was replayed");
    assert_eq!((replayed.given, replayed.unanswered()), (9, 0));
    assert_eq!(replayed.unasked, Vec::<String>::new());
    live.replayed = Some(replayed);
    assert_eq!(again, live);
    insta::assert_snapshot!(plain(&again));
}

#[tokio::test]
async fn question_is_independent_of_other_cases() {
    let (_, folder) = record(&cases()).await;
    let mut last_two = cases();
    last_two.remove(0);
    last_two.reverse();
    let replayed = replay(&last_two, recorded(&folder)).await.replayed;
    let replayed = replayed.expect("it was replayed");
    assert_eq!((replayed.given, replayed.unanswered()), (6, 0));
    assert_eq!(replayed.unasked.len(), 3, "of the case that is not there");
}

/// Three cases with three defects: two of security in the login, one of logic in the pages. The
/// handwritten replies contain both defects of the first, the last one, three findings at no defect
/// of their category (one of these in the clean case), and two invented findings. The rules find
/// only the print in the login, which is of style.
#[tokio::test]
async fn figures_match_manual_calculation() {
    let (evaluation, _) = record(&cases()).await;
    let row = |rows: &[(String, Score)], name: &str| {
        let row = rows.iter().find(|(it, _)| it == name);
        row.unwrap_or_else(|| panic!("no row {name}")).1
    };
    let (reviewers, kinds) = (&evaluation.reviewers, &evaluation.kinds);
    // Columns: row, score, (defects, found, false), precision, recall, false per clean change.
    for (name, score, counts, precision, recall, per_clean) in [
        (
            "security model",
            row(reviewers, "security model"),
            (2, 2, 0),
            Some(1.0),
            Some(1.0),
            0.0,
        ),
        (
            "style model",
            row(reviewers, "style model"),
            (0, 0, 2),
            Some(0.0),
            None,
            1.0,
        ),
        (
            "logic model",
            row(reviewers, "logic model"),
            (1, 1, 1),
            Some(0.5),
            Some(1.0),
            0.0,
        ),
        (
            "all rules",
            row(kinds, "rules"),
            (3, 0, 1),
            Some(0.0),
            Some(0.0),
            0.0,
        ),
        (
            "all of the model",
            row(kinds, NAME),
            (3, 3, 3),
            Some(0.5),
            Some(1.0),
            1.0,
        ),
        (
            "together",
            evaluation.together,
            (3, 3, 4),
            Some(3.0 / 7.0),
            Some(1.0),
            1.0,
        ),
    ] {
        let told = (score.defects, score.found, score.false_positives);
        assert_eq!(told, counts, "{name}: defects, found, false");
        assert_eq!(score.precision(), precision, "{name}: precision");
        assert_eq!(score.recall(), recall, "{name}: recall");
        assert_eq!(score.false_per_clean(), Some(per_clean), "{name}: clean");
    }
    let (model, rules) = (row(kinds, NAME).spent, row(kinds, "rules").spent);
    assert_eq!((model.tokens, model.price()), (9 * 110, Some(9 * 200)));
    assert_eq!(
        (rules.tokens, rules.price()),
        (0, Some(0)),
        "rules are free"
    );
    let pages = evaluation.cases.iter().find(|it| it.name == "python-pages");
    let lines = pages.map(|it| it.findings.iter().map(|it| it.line).collect::<Vec<_>>());
    assert_eq!(lines, Some(vec![24]), "the invented line is dropped");
}

#[tokio::test]
async fn question_without_reply_fails_review() {
    let cases = cases();
    let (_, folder) = record(&cases).await;
    let mut recording = recorded(&folder);
    let is_one = |id: &&String| id.starts_with("eval/clean-go") && id.ends_with("/style/0");
    let gone = recording.replies.keys().find(is_one).cloned();
    recording.replies.remove(&gone.expect("it is there"));
    let changed: Vec<Case> = cases
        .into_iter()
        .map(|case| match case.name.as_str() {
            "python-pages" => {
                let text = case.text.replace("PER_PAGE = 20", "PER_PAGE = 25");
                let diff = diff::parse(&text);
                Case { text, diff, ..case }
            }
            _ => case,
        })
        .collect();
    let evaluation = replay(&changed, recording).await;
    assert_eq!(evaluation.together.spent.failed, 4);
    let found = evaluation.cases.iter().map(|case| case.found().count());
    assert_eq!(
        found.collect::<Vec<_>>(),
        [0, 2, 0],
        "only the recorded replies"
    );
    insta::assert_snapshot!(plain(&evaluation));
    let told = json(&evaluation);
    let last: Value = serde_json::from_str(told.lines().last().expect("a summary")).expect("JSON");
    insta::assert_json_snapshot!(last["evaluated"]["replies"]);
}

#[tokio::test]
async fn invalid_recorded_answer_fails_review() {
    let cases = cases();
    let (_, folder) = record(&cases).await;
    let mut recording = recorded(&folder);
    for reply in recording.replies.values_mut() {
        let ModelReply::Answer { value, .. } = &mut reply.said else {
            panic!("all of them are answers");
        };
        *value = serde_json::json!({"found": "nothing"});
    }
    let evaluation = replay(&cases, recording).await;
    assert_eq!(evaluation.together.spent.failed, 9);
}

/// Model that finds nothing in any change.
struct Content;

#[async_trait]
impl Model for Content {
    fn name(&self) -> &str {
        NAME
    }

    async fn ask(&self, _: &Ask<'_>) -> Result<Answer, AskError> {
        Ok(Answer {
            is_exact: true,
            value: serde_json::json!({"findings": []}),
            usage: Usage {
                model: NAME.to_owned(),
                prompt_tokens: 7,
                ..Usage::default()
            },
        })
    }
}

#[tokio::test]
async fn partial_reply_to_long_change_fails() {
    let file = |name: &str| {
        let lines: String = (0..1500)
            .map(|number| format!("+value_{number} = compute_something({number})\n"))
            .collect();
        let header = format!("--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,1500 @@\n");
        format!("diff --git a/{name} b/{name}\nnew file mode 100644\n{header}{lines}")
    };
    let change = file("src/one.py") + &file("src/two.py");
    let expected = r#"{"about": "Long.", "language": "Python", "defects": []}"#;
    let cases = [Case::parse("cases/long", &change, expected).expect("a case")];
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::create(folder.path(), Arc::new(Content), None, clock());
    let recorder = Arc::new(recorder.expect("a new file"));
    let live = evaluate_all(&cases, Some(recorder), clock(), &|_, _| {}).await;
    assert_eq!(live.together.spent.failed, 0);
    assert_eq!(live.together.spent.price(), None, "no price is known");

    let mut recording = recorded(&folder);
    let ids: Vec<String> = recording.replies.keys().cloned().collect();
    let second = ids.iter().find(|id| id.ends_with("/logic/1"));
    let second = second.expect("it takes more than one question");
    recording.replies.remove(second);
    let evaluation = replay(&cases, recording).await;
    assert_eq!(evaluation.together.spent.failed, 1, "of all of logic");
    let missing = evaluation.replayed.map(|it| it.missing);
    assert_eq!(missing, Some(vec![second.clone()]));
}

/// Copies the cases into `folder`.
pub(super) fn on_disk(folder: &Path) {
    for case in CASES {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/cases");
        let to = folder.join("cases").join(case);
        std::fs::create_dir_all(&to).expect("a folder");
        for file in ["change.diff", "expected.json"] {
            std::fs::copy(from.join(case).join(file), to.join(file)).expect("a copy");
        }
    }
}

#[tokio::test]
async fn command_replays_and_names_problems() {
    let (_, folder) = record(&cases()).await;
    on_disk(folder.path());
    let text = std::fs::read_to_string(folder.path().join(FILE)).expect("the recording");
    let lines: Vec<&str> = text.lines().collect();
    let shorter = lines[..lines.len() - 1].join("\n");
    let mut told = String::new();
    let of_two = text.replacen(
        r#""usage":{"model":"written"#,
        r#""usage":{"model":"told"#,
        1,
    );
    for (why, text) in [
        ("all is there", text.clone()),
        ("blank lines", text.replace('\n', "\n\n")),
        ("one is missing", shorter),
        ("of two models", of_two),
        ("answered twice", format!("{text}{}\n", lines[1])),
        ("no reply", format!("{text}{{}}\n")),
        (
            "a field too many",
            text.replace("\"hash\"", "\"x\":1,\"hash\""),
        ),
        ("cut off", text[..text.len() - 9].to_owned()),
        ("no first line", lines[1..].join("\n")),
        ("empty", String::new()),
    ] {
        std::fs::write(folder.path().join("kept.jsonl"), text).expect("it can be written");
        let args = ["--eval", ".", "--replies", "kept.jsonl"];
        let output = run_with(folder.path(), &args, &[]);
        let status = output.status.code().expect("it ended");
        assert_eq!(output.stdout.is_empty(), status == 2, "{why}");
        let error = String::from_utf8_lossy(&output.stderr);
        told += &format!("{why}: {status} {}\n", error.trim());
    }
    std::fs::write(folder.path().join("kept.jsonl"), &text).expect("it can be written");
    let key = [("KIMI_API_KEY", "of-nobody")];
    for (why, args) in [
        ("no such file", &["--replies", "gone.jsonl"][..]),
        ("a folder", &["--replies", "."]),
        (
            "it is there already",
            &["--model", "--record", "kept.jsonl"],
        ),
        (
            "no such folder",
            &["--model", "--record", "gone/kept.jsonl"],
        ),
        ("no model to record", &["--record", "new.jsonl"]),
        ("live and recorded", &["--model", "--replies", "kept.jsonl"]),
        (
            "of another model",
            &[
                "--model",
                "--replies",
                "kept.jsonl",
                "--record",
                "new.jsonl",
            ],
        ),
    ] {
        let args = [&["--eval", "."], args].concat();
        let output = run_with(folder.path(), &args, &key);
        let status = output.status.code().expect("it ended");
        let error = String::from_utf8_lossy(&output.stderr);
        let first = error.trim().lines().take_while(|line| !line.is_empty());
        let first: Vec<_> = first.collect();
        told += &format!("{why}: {status} {}\n", first.join(" "));
        assert!(output.stdout.is_empty(), "{why}");
    }
    insta::assert_snapshot!(told);
}

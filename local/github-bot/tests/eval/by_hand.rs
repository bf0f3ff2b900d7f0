//! Three cases with handwritten replies (`by_hand.jsonl`). They do not measure any model.

use super::built_in;
use async_trait::async_trait;
use eval::{Case, Evaluation, Recorder, Recording, Replies, evaluate_all};
use events::{Clock, ManualClock, Timestamp};
use model_client::{Answer, Ask, AskError, Model, Usage};
use review::Category;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

pub(super) const NAME: &str = "written/by:hand";
pub(super) const FILE: &str = "written-by-hand.jsonl";
pub(super) const CASES: [&str; 3] = [
    "clean-go-worker-pool",
    "javascript-login-return",
    "python-pages",
];

/// Model that replies from `by_hand.jsonl`.
pub(super) struct ByHand(Vec<Line>);

#[derive(Deserialize)]
struct Line {
    case: String,
    category: Category,
    answer: Value,
}

impl ByHand {
    pub(super) fn read() -> Self {
        let lines = include_str!("by_hand.jsonl").lines().skip(1);
        Self(
            lines
                .map(|line| serde_json::from_str(line).expect("a reply"))
                .collect(),
        )
    }
}

#[async_trait]
impl Model for ByHand {
    fn name(&self) -> &str {
        NAME
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        let is_asked = |line: &&Line| {
            ask.id.starts_with(&format!("eval/{}#1@", line.case))
                && ask.id.ends_with(&format!("/{}/0", line.category))
        };
        let line = self.0.iter().find(is_asked).expect("a reply to it");
        (ask.check)(&line.answer).expect("an answer of the right form");
        Ok(Answer {
            is_exact: true,
            value: line.answer.clone(),
            usage: Usage {
                model: NAME.to_owned(),
                prompt_tokens: 100,
                cached_tokens: 0,
                completion_tokens: 10,
                micro_dollars: Some(200),
            },
        })
    }
}

pub(super) fn cases() -> Vec<Case> {
    let wanted = |case: &Case| CASES.contains(&case.name.as_str());
    built_in().into_iter().filter(wanted).collect()
}

pub(super) fn clock() -> Arc<dyn Clock> {
    let noon: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
    Arc::new(ManualClock::starting_at(noon))
}

/// Evaluates and records. Returns the evaluation and the folder with the recording.
pub(super) async fn record(cases: &[Case]) -> (Evaluation, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::create(folder.path(), Arc::new(ByHand::read()), None, clock());
    let recorder = Arc::new(recorder.expect("a new file"));
    let evaluation = evaluate_all(cases, Some(recorder.clone()), clock(), &|_, _| {}).await;
    recorder.finish().expect("all of it is written");
    (evaluation, folder)
}

pub(super) async fn replay(cases: &[Case], recording: Recording) -> Evaluation {
    let replies = Arc::new(Replies::new(recording));
    let mut evaluation = evaluate_all(cases, Some(replies.clone()), clock(), &|_, _| {}).await;
    evaluation.replayed = Some(replies.replayed());
    evaluation
}

pub(super) fn recorded(folder: &TempDir) -> Recording {
    Recording::read(&folder.path().join(FILE)).expect("a recording")
}

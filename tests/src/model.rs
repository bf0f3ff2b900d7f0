//! A model that says what a story has it say, without a network. What crosses one,
//! `shared/model-world` is for.

use agent::{AgentError, Answer, Ask, Model, Usage};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// What it does with a question.
type Reply = dyn Fn(&str) -> Result<Value, AgentError> + Send + Sync;

/// The model.
pub struct Scripted {
    reply: Box<Reply>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    /// A model that answers the text of a question with `reply`.
    pub fn new(
        reply: impl Fn(&str) -> Result<Value, AgentError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            reply: Box::new(reply),
            asked: Mutex::default(),
        })
    }

    /// Everything that it was asked, instructions and all.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Model for Scripted {
    fn name(&self) -> &str {
        "kimi"
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AgentError> {
        let question = format!("{}\n{}\n{}", ask.system, ask.user, ask.schema.json);
        let value = (self.reply)(&question);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(question);
        drop(asked);
        let value = value?;
        (ask.check)(&value).map_err(|reason| AgentError::Malformed { reason })?;
        let usage = Usage {
            model: self.name().to_owned(),
            prompt_tokens: 1_000,
            completion_tokens: 100,
            ..Usage::default()
        };
        Ok(Answer { value, usage })
    }
}

/// One finding, as a model says it.
pub fn finding(path: &str, line: u32, title: &str, explanation: &str) -> Value {
    json!({
        "path": path, "start_line": line, "line": line, "severity": "medium",
        "confidence": 80, "title": title, "explanation": explanation, "suggestion": "",
    })
}

/// A whole answer.
pub fn answer(findings: &[Value]) -> Value {
    json!({ "findings": findings, "quality_score": 7 })
}

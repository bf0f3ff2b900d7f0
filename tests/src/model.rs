//! A scripted model without a network. Use `testing/fake-model` for tests over HTTP.

use async_trait::async_trait;
use model_client::{AgentError, Answer, Ask, AskError, Model, Usage};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Function that answers a prompt.
type Reply = dyn Fn(&str) -> Result<Value, AgentError> + Send + Sync;

/// A model with scripted answers.
pub struct ScriptedModel {
    reply: Box<Reply>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedModel {
    /// Creates a model that answers a prompt with `reply`.
    pub fn new(
        reply: impl Fn(&str) -> Result<Value, AgentError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            reply: Box::new(reply),
            asked: Mutex::default(),
        })
    }

    /// Returns every prompt, including the instructions.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn name(&self) -> &str {
        "kimi"
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        let question = format!("{}\n{}\n{}", ask.system, ask.user, ask.schema);
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
        Ok(Answer {
            value,
            is_exact: true,
            usage,
        })
    }
}

/// A pattern that a scripted model reports wherever a prompt shows it.
#[derive(Debug, Clone, Copy)]
pub struct Notice {
    /// Subject of the prompts that it applies to, such as `logic`.
    pub subject: &'static str,
    /// Text in the line.
    pub text: &'static str,
    /// Title of the finding.
    pub title: &'static str,
    /// Severity of the finding.
    pub severity: &'static str,
    /// `true` if the model can quote the line as proof.
    pub holds: bool,
}

impl Notice {
    /// Creates a notice of medium severity with a proof.
    pub const fn of(subject: &'static str, text: &'static str, title: &'static str) -> Self {
        Self {
            subject,
            text,
            title,
            severity: "medium",
            holds: true,
        }
    }
}

/// Creates a model that reports each notice on the added lines of a prompt. Asked for
/// proof, it quotes the line.
pub fn attentive(notices: &'static [Notice]) -> Arc<ScriptedModel> {
    ScriptedModel::new(move |question| {
        Ok(if is_second_look(question) {
            proofs(question, notices)
        } else {
            noticed(question, notices)
        })
    })
}

/// Creates a model that reports the check removed by
/// [`changes::gone`](crate::changes::gone).
pub fn misses_the_check() -> Arc<ScriptedModel> {
    ScriptedModel::new(|question| {
        Ok(if is_second_look(question) {
            json!({ "findings": [proof(1, true, "require_admin(user)?;", "It is gone.")] })
        } else if question.contains("Your subject is security") {
            let mut emitted = finding("src/turn.rs", 8, "No check", "Anybody may delete all.");
            if let Value::Object(emitted) = &mut emitted {
                emitted.insert("side".to_owned(), "LEFT".into());
            }
            answer(&[emitted])
        } else {
            answer(&[])
        })
    })
}

/// Returns `true` for the prompt of the second look.
pub fn is_second_look(question: &str) -> bool {
    question.contains("[untrusted findings ")
}

/// Returns the findings of a prompt's lines.
pub fn noticed(question: &str, notices: &[Notice]) -> Value {
    let (mut path, mut findings) = ("", Vec::new());
    for line in question.lines() {
        if let Some(header) = line.strip_prefix("file \"") {
            path = header.split('"').next().unwrap_or_default();
        }
        let shown = line.strip_prefix("R ").and_then(|it| it.split_once(" +"));
        let Some((number, text)) = shown else {
            continue;
        };
        let asked = |it: &&Notice| question.contains(&format!("Your subject is {}", it.subject));
        for notice in notices.iter().filter(asked) {
            if text.contains(notice.text) {
                let number = number.parse().unwrap_or_default();
                let explanation = format!("{}.", notice.title);
                let mut found = finding(path, number, notice.title, &explanation);
                if let Value::Object(found) = &mut found {
                    found.insert("severity".to_owned(), notice.severity.into());
                }
                findings.push(found);
            }
        }
    }
    answer(&findings)
}

/// Returns the answer to the prompt of the second look.
pub fn proofs(question: &str, notices: &[Notice]) -> Value {
    let mut findings = Vec::new();
    for line in question.lines() {
        let numbered = line.split_once(". file ");
        let number =
            numbered.and_then(|(number, emitted)| Some((number.parse::<u32>().ok()?, emitted)));
        let Some((number, emitted)) = number else {
            continue;
        };
        let notice = notices.iter().find(|it| emitted.contains(it.title));
        let notice = notice.filter(|it| it.holds);
        let quote = notice.and_then(|it| {
            let shown = question
                .lines()
                .find(|shown| shown.starts_with("R ") && shown.contains(it.text));
            shown.and_then(|shown| shown.split_once(" +"))
        });
        findings.push(match quote {
            Some((_, quote)) => proof(number, true, quote, ""),
            None => proof(number, false, "", "It does something else."),
        });
    }
    json!({ "findings": findings })
}

/// Returns a second look's result for one finding.
pub fn proof(number: u32, holds: bool, quote: &str, why: &str) -> Value {
    json!({ "number": number, "holds": holds, "quote": quote, "why": why })
}

/// Returns one finding in the model's format.
pub fn finding(path: &str, line: u32, title: &str, explanation: &str) -> Value {
    json!({
        "path": path, "start_line": line, "line": line, "severity": "medium",
        "confidence": 80, "title": title, "explanation": explanation, "suggestion": "",
    })
}

/// Returns a complete answer.
pub fn answer(findings: &[Value]) -> Value {
    json!({ "findings": findings, "quality_score": 7 })
}

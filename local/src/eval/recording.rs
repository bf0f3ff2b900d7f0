//! A model's replies as they are kept: a file of JSON lines, which can be committed
//! beside the cases.

use agent::{Ask, Usage};
use ports::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

/// Bytes of a recording. Replies to all built-in cases take less than one megabyte.
const MOST_BYTES: u64 = 64 << 20;

/// One reply of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// [`Ask::id`].
    pub question: String,
    /// [`hash`] of the question.
    pub hash: String,
    /// When it came.
    pub recorded: Timestamp,
    /// The model, and what it took.
    pub usage: Usage,
    /// The JSON object that the model answered with.
    pub answer: Value,
}

/// The first line of a recording: what it is, for whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// A sentence or two.
    pub about: String,
}

/// The replies of one model.
///
/// ```json
/// {"about": "Replies of a model to the questions of github-bot --eval."}
/// {"question": "eval/go-retention#1@0123…/logic/0", "hash": "9f86…", "recorded": "2026-11-24T12:00:00Z",
///  "usage": {"model": "kimi-k3.1-pro", "prompt_tokens": 1500, "cached_tokens": 0,
///            "completion_tokens": 300, "micro_dollars": 6000},
///  "answer": {"findings": [], "quality_score": 8}}
/// ```
///
/// (Each object is one line; it is broken here to be read.)
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// What its first line says that it is.
    pub about: String,
    /// The model's id.
    pub model: String,
    /// The replies by their questions' ids.
    pub replies: BTreeMap<String, Reply>,
}

/// A recording that cannot be used, or not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct RecordingError {
    /// The file, with the line where it is one.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
}

impl RecordingError {
    pub(super) fn new(place: impl Display, problem: impl Display) -> Self {
        Self {
            place: place.to_string(),
            problem: problem.to_string(),
        }
    }
}

impl Recording {
    /// What the file `path` holds, if it is of the model `model`.
    ///
    /// # Errors
    /// [`RecordingError`] names the file and the first line that is wrong.
    pub fn read(path: &Path, model: &str) -> Result<Self, RecordingError> {
        let shown = path.display();
        let failed = |error: std::io::Error| RecordingError::new(&shown, error);
        let length = std::fs::metadata(path).map_err(failed)?.len();
        if length > MOST_BYTES {
            let problem = format!("more than {MOST_BYTES} bytes");
            return Err(RecordingError::new(&shown, problem));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::parse(&shown.to_string(), &text, model)
    }

    /// A recording from its text; `file` is for the error.
    ///
    /// # Errors
    /// As [`Recording::read`].
    pub fn parse(file: &str, text: &str, model: &str) -> Result<Self, RecordingError> {
        let mut lines = (1_usize..).zip(text.lines());
        let wrong = |line: usize, problem: &dyn Display| {
            RecordingError::new(format_args!("{file}:{line}"), problem)
        };
        let (_, first) = lines
            .next()
            .ok_or_else(|| RecordingError::new(file, "it is empty"))?;
        let About { about } = serde_json::from_str(first).map_err(|error| wrong(1, &error))?;
        let mut replies = BTreeMap::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let reply: Reply = serde_json::from_str(line).map_err(|error| wrong(number, &error))?;
            if reply.usage.model != model {
                let problem = format!(
                    "a reply of the model {}, but KIMI_MODEL is {model}: set it to what was recorded",
                    reply.usage.model
                );
                return Err(wrong(number, &problem));
            }
            if let Some(before) = replies.insert(reply.question.clone(), reply) {
                let problem = format!("{} is answered before", before.question);
                return Err(wrong(number, &problem));
            }
        }
        Ok(Self {
            about,
            model: model.to_owned(),
            replies,
        })
    }
}

/// SHA-256 of all that a model sees of a question, in hexadecimal: what it is told,
/// what it is asked, and the form of the answer.
pub fn hash(ask: &Ask<'_>) -> String {
    let schema = ask.schema.to_string();
    let mut hash = Sha256::new();
    for part in [ask.system, ask.user, ask.schema.name(), &schema] {
        // With its length before it, no text can pass for two.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

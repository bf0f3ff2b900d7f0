//! Recording of a model's replies: a JSON Lines file that can be committed beside the cases.

use events::Timestamp;
use model_client::{AgentError, Answer, Ask, AskError, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

/// Maximum size of a recording in bytes. Replies to all built-in cases take less than one megabyte.
const MOST_BYTES: u64 = 64 << 20;

/// Recorded reply of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// [`Ask::id`].
    pub question: String,
    /// [`hash`] of the question.
    pub hash: String,
    /// Time of the reply.
    pub recorded: Timestamp,
    /// Content of the reply.
    pub said: ModelReply,
    /// Usage of a reply that is not an answer. Older recordings omit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Reply {
    /// Converts `outcome` to a reply to `ask` at time `recorded`, if the model replied.
    pub fn of(
        ask: &Ask<'_>,
        outcome: &Result<Answer, AskError>,
        recorded: Timestamp,
    ) -> Option<Self> {
        let usage = outcome.as_ref().err().map(|it| it.usage.clone());
        Some(Self {
            question: ask.id.to_owned(),
            hash: hash(ask),
            recorded,
            said: ModelReply::of(outcome)?,
            usage,
        })
    }

    /// Returns the recorded outcome.
    ///
    /// # Errors
    /// [`AskError`] if the reply is not an answer.
    pub fn outcome(&self) -> Result<Answer, AskError> {
        self.said.outcome().map_err(|error| AskError {
            error,
            usage: self.usage.clone().unwrap_or_default(),
        })
    }
}

/// Reply of a model. Network errors, waits and budget refusals are not replies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelReply {
    /// Well-formed answer.
    Answer {
        /// JSON object of the answer.
        value: Value,
        /// Usage of the answer.
        usage: Usage,
    },
    /// [`AgentError::Refused`]
    Refused(String),
    /// [`AgentError::CutShort`]
    CutShort,
    /// [`AgentError::Empty`]
    Empty,
    /// [`AgentError::Filtered`]
    Filtered,
    /// [`AgentError::Malformed`]
    Malformed(String),
}

impl ModelReply {
    /// Converts `outcome` to a reply, if the model replied.
    fn of(outcome: &Result<Answer, AskError>) -> Option<Self> {
        let error = match outcome {
            Ok(Answer { value, usage, .. }) => {
                return Some(Self::Answer {
                    value: value.clone(),
                    usage: usage.clone(),
                });
            }
            Err(AskError { error, .. }) => error,
        };
        match error {
            AgentError::Refused(text) => Some(Self::Refused(text.clone())),
            AgentError::CutShort => Some(Self::CutShort),
            AgentError::Empty => Some(Self::Empty),
            AgentError::Filtered => Some(Self::Filtered),
            AgentError::Malformed { reason } => Some(Self::Malformed(reason.clone())),
            AgentError::Paused { .. }
            | AgentError::OverBudget { .. }
            | AgentError::Quota { .. }
            | AgentError::Unavailable { .. }
            | AgentError::Rejected { .. }
            | AgentError::NoTime
            | AgentError::State(_) => None,
        }
    }

    /// Returns true for a reply other than an answer, and for an answer that passes the check of
    /// `ask`.
    fn will_do(&self, ask: &Ask<'_>) -> bool {
        match self {
            Self::Answer { value, .. } => (ask.check)(value).is_ok(),
            Self::Refused(_)
            | Self::CutShort
            | Self::Empty
            | Self::Filtered
            | Self::Malformed(_) => true,
        }
    }

    fn outcome(&self) -> Result<Answer, AgentError> {
        match self {
            Self::Answer { value, usage } => Ok(Answer {
                is_exact: true,
                value: value.clone(),
                usage: usage.clone(),
            }),
            Self::Refused(text) => Err(AgentError::Refused(text.clone())),
            Self::CutShort => Err(AgentError::CutShort),
            Self::Empty => Err(AgentError::Empty),
            Self::Filtered => Err(AgentError::Filtered),
            Self::Malformed(reason) => Err(AgentError::Malformed {
                reason: reason.clone(),
            }),
        }
    }
}

/// First line of a recording. Describes it to readers of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Description, in one or two sentences.
    pub about: String,
    /// Id of the model.
    pub model: String,
}

/// Replies of one model.
///
/// ```json
/// {"about": "Replies of a model to the questions of github-bot --eval.", "model": "kimi-k3.1-pro"}
/// {"question": "eval/go-retention#1@0123…/logic/0", "hash": "9f86…", "recorded":
/// "2026-11-24T12:00:00Z",
///  "said": {"answer": {"value": {"findings": [], "quality_score": 8},
///                      "usage": {"model": "kimi-k3.1-pro", "prompt_tokens": 1500, "cached_tokens": 0,
///                                "completion_tokens": 300, "micro_dollars": 6000}}}}
/// {"question": "eval/go-retention#1@0123…/style/0", "hash": "2c26…", "recorded":
/// "2026-11-24T12:00:09Z",
///  "said": "cut_short"}
/// ```
///
/// Each object is one line in the file; the example adds line breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Description from the first line.
    pub about: String,
    /// Id of the model.
    pub model: String,
    /// Replies by the ids of their questions.
    pub replies: BTreeMap<String, Reply>,
}

/// Error for a recording that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct RecordingError {
    /// File, with the line number if there is one.
    pub place: String,
    /// Problem with the recording.
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
    /// Reads the recording in the file `path`.
    ///
    /// # Errors
    /// [`RecordingError`] names the file and the first invalid line.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let shown = path.display();
        let failed = |error: std::io::Error| RecordingError::new(&shown, error);
        let length = std::fs::metadata(path).map_err(failed)?.len();
        if length > MOST_BYTES {
            let problem = format!("more than {MOST_BYTES} bytes");
            return Err(RecordingError::new(&shown, problem));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::parse(&shown.to_string(), &text)
    }

    /// Parses a recording. `file` appears in errors.
    ///
    /// # Errors
    /// As [`Recording::read`].
    pub fn parse(file: &str, text: &str) -> Result<Self, RecordingError> {
        let mut lines = (1_usize..).zip(text.lines());
        let wrong = |line: usize, problem: &dyn Display| {
            RecordingError::new(format_args!("{file}:{line}"), problem)
        };
        let (_, first) = lines
            .next()
            .ok_or_else(|| RecordingError::new(file, "it is empty"))?;
        let About { about, model } =
            serde_json::from_str(first).map_err(|error| wrong(1, &error))?;
        let mut replies = BTreeMap::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let reply: Reply = serde_json::from_str(line).map_err(|error| wrong(number, &error))?;
            if let ModelReply::Answer { usage, .. } = &reply.said
                && usage.model != model
            {
                let problem = format!("an answer of {} among those of {model}", usage.model);
                return Err(wrong(number, &problem));
            }
            if let Some(before) = replies.insert(reply.question.clone(), reply) {
                let problem = format!("{} is answered before", before.question);
                return Err(wrong(number, &problem));
            }
        }
        Ok(Self {
            about,
            model,
            replies,
        })
    }

    /// Looks up the reply to `ask`.
    pub fn reply(&self, ask: &Ask<'_>) -> LookupResult<'_> {
        match self.replies.get(ask.id) {
            None => LookupResult::Missing,
            Some(reply) if reply.hash == hash(ask) && reply.said.will_do(ask) => {
                LookupResult::Reply(reply)
            }
            Some(_) => LookupResult::Changed,
        }
    }
}

/// Result of a lookup in a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LookupResult<'a> {
    /// A matching reply exists.
    Reply(&'a Reply),
    /// A reply exists for the id, but the question has changed or the reply fails the current
    /// check.
    Changed,
    /// No reply exists.
    Missing,
}

/// Returns the SHA-256, in hexadecimal, of everything that a model sees of a question: system text,
/// question and answer schema.
pub fn hash(ask: &Ask<'_>) -> String {
    let schema = ask.schema.to_string();
    let mut hash = Sha256::new();
    for part in [ask.system, ask.user, ask.schema.name(), &schema] {
        // The length prefix prevents two different lists of texts from having the same hash input.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! A model's replies as they are kept: a file of JSON lines, which can be committed
//! beside the cases.

use events::Timestamp;
use model_client::{AgentError, Answer, Ask, Unanswered, Usage};
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
    /// What it was.
    pub said: Said,
    /// What it took, where it was no answer. Older recordings do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Reply {
    /// The reply to `ask` that came at `recorded`, if `outcome` is one.
    pub fn of(
        ask: &Ask<'_>,
        outcome: &Result<Answer, Unanswered>,
        recorded: Timestamp,
    ) -> Option<Self> {
        let usage = outcome.as_ref().err().map(|it| it.usage.clone());
        Some(Self {
            question: ask.id.to_owned(),
            hash: hash(ask),
            recorded,
            said: Said::of(outcome)?,
            usage,
        })
    }

    /// The outcome that it is of.
    ///
    /// # Errors
    /// Those of a model that said anything but an answer.
    pub fn outcome(&self) -> Result<Answer, Unanswered> {
        self.said.outcome().map_err(|error| Unanswered {
            error,
            usage: self.usage.clone().unwrap_or_default(),
        })
    }
}

/// What a model said. That it could not be reached, had to wait or would have passed a
/// budget is nothing that it said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Said {
    /// An answer of the right form.
    Answer {
        /// The JSON object.
        value: Value,
        /// What it took.
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

impl Said {
    /// What of `outcome` a model said.
    fn of(outcome: &Result<Answer, Unanswered>) -> Option<Self> {
        let error = match outcome {
            Ok(Answer { value, usage, .. }) => {
                return Some(Self::Answer {
                    value: value.clone(),
                    usage: usage.clone(),
                });
            }
            Err(Unanswered { error, .. }) => error,
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

    /// Whether it passes the check of `ask`, if it is an answer.
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

/// The first line of a recording: what it is, for whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// A sentence or two.
    pub about: String,
    /// The model's id.
    pub model: String,
}

/// The replies of one model.
///
/// ```json
/// {"about": "Replies of a model to the questions of github-bot --eval.", "model": "kimi-k3.1-pro"}
/// {"question": "eval/go-retention#1@0123…/logic/0", "hash": "9f86…", "recorded": "2026-11-24T12:00:00Z",
///  "said": {"answer": {"value": {"findings": [], "quality_score": 8},
///                      "usage": {"model": "kimi-k3.1-pro", "prompt_tokens": 1500, "cached_tokens": 0,
///                                "completion_tokens": 300, "micro_dollars": 6000}}}}
/// {"question": "eval/go-retention#1@0123…/style/0", "hash": "2c26…", "recorded": "2026-11-24T12:00:09Z",
///  "said": "cut_short"}
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
    /// What the file `path` holds.
    ///
    /// # Errors
    /// [`RecordingError`] names the file and the first line that is wrong.
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

    /// A recording from its text; `file` is for the error.
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
            if let Said::Answer { usage, .. } = &reply.said
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

    /// What there is to `ask`.
    pub fn reply(&self, ask: &Ask<'_>) -> Recorded<'_> {
        match self.replies.get(ask.id) {
            None => Recorded::Missing,
            Some(reply) if reply.hash == hash(ask) && reply.said.will_do(ask) => {
                Recorded::Reply(reply)
            }
            Some(_) => Recorded::Changed,
        }
    }
}

/// What a recording has to say to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Recorded<'a> {
    /// This.
    Reply(&'a Reply),
    /// A reply to another question of the same id, or one that would not do any more.
    Changed,
    /// Nothing.
    Missing,
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

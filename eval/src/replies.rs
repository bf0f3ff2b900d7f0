//! Model that replays a recording: deterministic, without a key and without network.

use super::recording::{LookupResult, Recording};
use async_trait::async_trait;
use events::Timestamp;
use model_client::{AgentError, Answer, Ask, AskError, Model};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Model that answers from a [`Recording`] and counts unanswered questions. A question without a
/// matching reply fails its whole review, because the model's answer is unknown and must not count
/// as zero findings.
pub struct Replies {
    recording: Recording,
    asked: Mutex<QuestionIds>,
}

/// Ids of asked questions.
#[derive(Debug, Default)]
struct QuestionIds {
    given: BTreeSet<String>,
    missing: BTreeSet<String>,
    changed: BTreeSet<String>,
}

/// Use of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingUse {
    /// Id of the model.
    pub model: String,
    /// Description from the recording.
    pub about: String,
    /// Times of the first and the last reply, or `None` without replies.
    pub recorded: Option<(Timestamp, Timestamp)>,
    /// Number of answered questions.
    pub given: usize,
    /// Questions without a recorded reply.
    pub missing: Vec<String>,
    /// Questions that have changed since their reply was recorded.
    pub changed: Vec<String>,
    /// Recorded questions that were not asked.
    pub unasked: Vec<String>,
}

impl RecordingUse {
    /// Returns the number of questions without a matching reply.
    pub fn unanswered(&self) -> usize {
        self.missing.len() + self.changed.len()
    }
}

impl fmt::Display for RecordingUse {
    /// Writes `7 questions answered, 1 without a recorded reply, 2 changed since theirs was
    /// recorded, 0 recorded and not asked`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} questions answered, {} without a recorded reply, {} changed since theirs was \
             recorded, {} recorded and not asked",
            self.given,
            self.missing.len(),
            self.changed.len(),
            self.unasked.len()
        )
    }
}

impl Replies {
    /// Creates a model that answers from `recording`.
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            asked: Mutex::default(),
        }
    }

    /// Returns the use of the recording so far.
    pub fn replayed(&self) -> RecordingUse {
        let asked = self.asked();
        let listed = |ids: &BTreeSet<String>| ids.iter().cloned().collect();
        let replies = &self.recording.replies;
        let times = || replies.values().map(|reply| reply.recorded);
        let unasked = |id: &&String| !asked.given.contains(*id) && !asked.changed.contains(*id);
        RecordingUse {
            model: self.recording.model.clone(),
            about: self.recording.about.clone(),
            recorded: times().min().zip(times().max()),
            given: asked.given.len(),
            missing: listed(&asked.missing),
            changed: listed(&asked.changed),
            unasked: replies.keys().filter(unasked).cloned().collect(),
        }
    }

    fn asked(&self) -> MutexGuard<'_, QuestionIds> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Model for Replies {
    fn name(&self) -> &str {
        &self.recording.model
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        let mut asked = self.asked();
        let unavailable = |reason: String| Err(AgentError::Unavailable { reason }.into());
        let (id, question) = (ask.id.to_owned(), ask.id);
        match self.recording.reply(ask) {
            LookupResult::Reply(reply) => {
                asked.given.insert(id);
                reply.outcome()
            }
            LookupResult::Changed => {
                asked.changed.insert(id);
                unavailable(format!(
                    "{question} has changed since its reply was recorded"
                ))
            }
            LookupResult::Missing => {
                asked.missing.insert(id);
                unavailable(format!("no reply to {question} is recorded"))
            }
        }
    }
}

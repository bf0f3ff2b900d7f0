//! Answers from a recording: the same every time, without a key and without network.

use super::recording::{Recorded, Recording};
use async_trait::async_trait;
use events::Timestamp;
use model_client::{AgentError, Answer, Ask, Model, Unanswered};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A model that answers from a [`Recording`], and counts what it could not answer. A
/// question without a reply that fits ends its whole review in an error: nobody knows
/// what the model would have said, so it is never taken for "nothing found".
pub struct Replies {
    recording: Recording,
    asked: Mutex<Asked>,
}

/// Ids of questions.
#[derive(Debug, Default)]
struct Asked {
    given: BTreeSet<String>,
    missing: BTreeSet<String>,
    changed: BTreeSet<String>,
}

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The model's id.
    pub model: String,
    /// What the recording says that it is.
    pub about: String,
    /// When its first and its last reply came; `None` if there is none.
    pub recorded: Option<(Timestamp, Timestamp)>,
    /// How many questions a reply was given to.
    pub given: usize,
    /// Questions that no reply is recorded to.
    pub missing: Vec<String>,
    /// Questions that are other than they were when their reply was recorded.
    pub changed: Vec<String>,
    /// Questions with a recorded reply that nobody asked.
    pub unasked: Vec<String>,
}

impl Replayed {
    /// Questions without a reply that fits.
    pub fn unanswered(&self) -> usize {
        self.missing.len() + self.changed.len()
    }
}

impl fmt::Display for Replayed {
    /// `7 questions answered, 1 without a recorded reply, 2 changed since theirs was
    /// recorded, 0 recorded and not asked`
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
    /// Those of `recording`.
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            asked: Mutex::default(),
        }
    }

    /// What was asked until now.
    pub fn replayed(&self) -> Replayed {
        let asked = self.asked();
        let listed = |ids: &BTreeSet<String>| ids.iter().cloned().collect();
        let replies = &self.recording.replies;
        let times = || replies.values().map(|reply| reply.recorded);
        let unasked = |id: &&String| !asked.given.contains(*id) && !asked.changed.contains(*id);
        Replayed {
            model: self.recording.model.clone(),
            about: self.recording.about.clone(),
            recorded: times().min().zip(times().max()),
            given: asked.given.len(),
            missing: listed(&asked.missing),
            changed: listed(&asked.changed),
            unasked: replies.keys().filter(unasked).cloned().collect(),
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Model for Replies {
    fn name(&self) -> &str {
        &self.recording.model
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Unanswered> {
        let mut asked = self.asked();
        let unavailable = |reason: String| Err(AgentError::Unavailable { reason }.into());
        let (id, question) = (ask.id.to_owned(), ask.id);
        match self.recording.reply(ask) {
            Recorded::Reply(reply) => {
                asked.given.insert(id);
                reply.outcome()
            }
            Recorded::Changed => {
                asked.changed.insert(id);
                unavailable(format!(
                    "{question} has changed since its reply was recorded"
                ))
            }
            Recorded::Missing => {
                asked.missing.insert(id);
                unavailable(format!("no reply to {question} is recorded"))
            }
        }
    }
}

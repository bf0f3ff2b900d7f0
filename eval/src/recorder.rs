//! Recorder of a model's replies.

use super::recording::{About, LookupResult, Recording, RecordingError, Reply};
use async_trait::async_trait;
use events::Clock;
use model_client::{Answer, Ask, AskError, Model};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Asks another model and appends each reply to a file at once, so that a crash loses no paid
/// reply. Records nothing for a question without a reply.
pub struct Recorder {
    model: Arc<dyn Model>,
    known: Option<Recording>,
    clock: Arc<dyn Clock>,
    path: PathBuf,
    file: Mutex<File>,
    /// First failed write.
    problem: Mutex<Option<RecordingError>>,
}

impl Recorder {
    /// Creates a file at `path`, or in the folder `path` under the model's name. A question with a
    /// reply in `known` is not asked again: its reply is copied to the new file.
    ///
    /// # Errors
    /// [`RecordingError`] if the file exists or cannot be created, or if `known`
    /// belongs to another model.
    pub fn create(
        path: &Path,
        model: Arc<dyn Model>,
        known: Option<Recording>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RecordingError> {
        if let Some(other) = known.as_ref().filter(|it| it.model != model.name()) {
            let (other, model) = (&other.model, model.name());
            let problem = format!(
                "the replies of {other} do not go with those of {model}; set KIMI_MODEL to {other}"
            );
            return Err(RecordingError::new(path.display(), problem));
        }
        let path = if path.is_dir() {
            path.join(file_name(model.name()))
        } else {
            path.to_owned()
        };
        let file = File::create_new(&path);
        let file = file.map_err(|error| RecordingError::new(path.display(), error))?;
        let recorder = Self {
            model,
            known,
            clock,
            path,
            file: Mutex::new(file),
            problem: Mutex::new(None),
        };
        recorder.write(&About {
            about: format!(
                "Replies of {} to the questions of github-bot --eval, as they came.",
                recorder.model.name()
            ),
            model: recorder.model.name().to_owned(),
        })?;
        Ok(recorder)
    }

    /// Checks that all replies are in the file.
    ///
    /// # Errors
    /// The first [`RecordingError`] of a write.
    pub fn finish(&self) -> Result<(), RecordingError> {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        problem.clone().map_or(Ok(()), Err)
    }

    fn keep(&self, reply: &Reply) {
        if let Err(error) = self.write(reply) {
            let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
            problem.get_or_insert(error);
        }
    }

    fn write(&self, line: &impl Serialize) -> Result<(), RecordingError> {
        let failed =
            |error: &dyn std::fmt::Display| RecordingError::new(self.path.display(), error);
        let mut text = serde_json::to_string(line).map_err(|error| failed(&error))?;
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
            .map_err(|error| failed(&error))
    }
}

#[async_trait]
impl Model for Recorder {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        if let Some(LookupResult::Reply(reply)) = self.known.as_ref().map(|it| it.reply(ask)) {
            self.keep(reply);
            return reply.outcome();
        }
        let outcome = self.model.ask(ask).await;
        if let Some(reply) = Reply::of(ask, &outcome, self.clock.now()) {
            self.keep(&reply);
        }
        outcome
    }
}

/// Returns a file name for a model's id. The id may contain slashes and colons.
fn file_name(model: &str) -> String {
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    format!("{}.jsonl", model.chars().map(fit).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn file_name_replaces_unsafe_characters() {
        for (why, model, expected) in [
            ("plain", "kimi-k3.1-pro", "kimi-k3.1-pro.jsonl"),
            (
                "of a reseller",
                "moonshotai/kimi-k3:free",
                "moonshotai-kimi-k3-free.jsonl",
            ),
            ("no way up", "../x", "..-x.jsonl"),
        ] {
            assert_eq!(file_name(model), expected, "{why}");
        }
    }
}

//! The port: a question with all that decides about its answer.

use crate::{AgentError, Schema};
use async_trait::async_trait;
use events::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use state::Key;
use std::fmt;

/// Who answers questions.
#[async_trait]
pub trait Model: Send + Sync {
    /// The model's id, such as `kimi-k3.1-pro`.
    fn name(&self) -> &str;

    /// Asks, and answers with what passed the question's check.
    ///
    /// # Errors
    /// [`Unanswered`] names every other outcome, with what was paid for it.
    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Unanswered>;
}

/// A question.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The same question has the same id after a redelivery: what a budget has
    /// reserved for it is reserved once.
    pub id: &'a str,
    /// The budgets that it counts against.
    pub scopes: &'a [Scope],
    /// Who the model is and what it is to do. What is the same for many questions
    /// comes first: the endpoint caches prefixes by itself.
    pub system: &'a str,
    /// What this question is about.
    pub user: &'a str,
    /// What the answer looks like.
    pub schema: &'a Schema,
    /// Whether an answer will do; if not, why, in words for the model.
    pub check: &'a (dyn Fn(&Value) -> Result<(), String> + Send + Sync),
    /// The change in question, without line numbers: an object that occurs in it is a
    /// quotation, never the answer.
    pub change: &'a str,
    /// Nothing goes on after it.
    pub deadline: Timestamp,
}

impl fmt::Debug for Ask<'_> {
    /// Without what is asked, which may be long and nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("id", &self.id)
            .field("schema", &self.schema.name())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// An answer that passed its question's check.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// A JSON object.
    pub value: Value,
    /// The reply was this object and nothing else. Only then may it lead to an approval:
    /// an object among other text may be a draft or a quotation.
    pub is_exact: bool,
    /// What it took.
    pub usage: Usage,
}

/// There is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unanswered {
    /// Why.
    #[source]
    pub error: AgentError,
    /// What it took all the same.
    pub usage: Usage,
}

impl From<AgentError> for Unanswered {
    /// Without anything that was paid for.
    fn from(error: AgentError) -> Self {
        Self {
            error,
            usage: Usage::default(),
        }
    }
}

/// What was used, in tokens: the sum of all attempts of one question, a repair
/// included. An attempt whose reply did not say counts zero here, though not in the
/// budgets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The model's id.
    pub model: String,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Those of them that came from the endpoint's cache.
    pub cached_tokens: u64,
    /// Tokens written, reasoning included.
    pub completion_tokens: u64,
    /// Millionths of a dollar; `None` if the model's price is not known.
    pub micro_dollars: Option<u64>,
}

impl Usage {
    /// Tokens read and written.
    pub fn total(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }
}

/// A budget, kept as state under its key for 90 days after its last use: what each
/// question has reserved or used, by the question's id, and the sum of older ones.
///
/// ```json
/// {"folded": 120000, "next": 2, "entries": {
///   "review-1/security": {"tokens": 5210, "settled": true, "spent": 5210, "n": 0},
///   "review-1/tests": {"tokens": 9300, "settled": false, "spent": 0, "n": 1}}}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Of the kind `budget`.
    pub key: Key,
    /// Tokens.
    pub limit: u64,
    /// For people: "this review", "this pull request", "octo/widgets today", "today".
    pub name: String,
}

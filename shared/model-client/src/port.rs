//! Port: a question with everything that determines its answer.

use crate::{AgentError, Schema};
use async_trait::async_trait;
use events::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use state::Key;
use std::fmt;

/// Model that answers questions.
#[async_trait]
pub trait Model: Send + Sync {
    /// Returns the model's id, such as `kimi-k3.1-pro`.
    fn name(&self) -> &str;

    /// Asks a question. Returns an answer that passed the question's check.
    ///
    /// # Errors
    /// [`AskError`] names every other outcome, with its usage.
    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError>;
}

/// Question to a model.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Id of the question. A redelivery uses the same id, so budgets reserve for it once.
    pub id: &'a str,
    /// Budgets that count the question.
    pub scopes: &'a [Scope],
    /// System prompt: role and task. Text that many questions share comes first, because the
    /// endpoint caches prefixes.
    pub system: &'a str,
    /// Text of this question.
    pub user: &'a str,
    /// Schema of the answer.
    pub schema: &'a Schema,
    /// Check of the answer. An error tells the model the problem.
    pub check: &'a (dyn Fn(&Value) -> Result<(), String> + Send + Sync),
    /// Reviewed change without line numbers. An object that occurs in it is a quotation, never the
    /// answer.
    pub change: &'a str,
    /// Time limit of all attempts.
    pub deadline: Timestamp,
}

impl fmt::Debug for Ask<'_> {
    /// Omits the texts, which may be long and confidential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("id", &self.id)
            .field("schema", &self.schema.name())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Answer that passed its question's check.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// JSON object.
    pub value: Value,
    /// True if the reply was this object and nothing else. Required for an approval, because an
    /// object among other text may be a draft or a quotation.
    pub is_exact: bool,
    /// Usage of all attempts.
    pub usage: Usage,
}

/// Error with the usage of its attempts.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct AskError {
    /// Reason for the missing answer.
    #[source]
    pub error: AgentError,
    /// Usage of all attempts.
    pub usage: Usage,
}

impl From<AgentError> for AskError {
    /// Sets the usage to zero.
    fn from(error: AgentError) -> Self {
        Self {
            error,
            usage: Usage::default(),
        }
    }
}

/// Usage in tokens: the sum of all attempts of one question, including a repair. An attempt without
/// reported usage counts zero here, but not in the budgets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Id of the model.
    pub model: String,
    /// Input tokens.
    pub prompt_tokens: u64,
    /// Input tokens from the endpoint's cache.
    pub cached_tokens: u64,
    /// Output tokens, including reasoning.
    pub completion_tokens: u64,
    /// Millionths of a dollar, or `None` if the model's price is unknown.
    pub micro_dollars: Option<u64>,
}

impl Usage {
    /// Returns the input and output tokens.
    pub fn total(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }
}

/// Budget, stored under its key for 90 days after its last use: the reserved or used tokens by
/// question id, and the sum of older ones.
///
/// ```json
/// {"folded": 120000, "next": 2, "entries": {
///   "review-1/security": {"tokens": 5210, "settled": true, "spent": 5210, "n": 0},
///   "review-1/tests": {"tokens": 9300, "settled": false, "spent": 0, "n": 1}}}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Key of kind `budget`.
    pub key: Key,
    /// Limit in tokens.
    pub limit: u64,
    /// Name for people: "this review", "this pull request", "octo/widgets today", "today".
    pub name: String,
}

//! Budgets: reserved before a call, put right after it, by the optimistic lock.

use crate::ledger::{Change, Ledger};
use crate::{AgentError, Scope};
use events::Timestamp;
use state::{Key, StateError, StateManager};
use std::time::Duration;

/// How long a budget is kept after its last change.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Tokens reserved or used in the budget under `key`.
///
/// # Errors
/// As [`StateManager::get`].
pub async fn used(state: &StateManager, key: &Key) -> Result<u64, StateError> {
    let seen = state.get::<Ledger>(key).await?;
    Ok(seen.value.map_or(0, |ledger| ledger.sum()))
}

pub(crate) struct Budgets {
    state: StateManager,
}

impl Budgets {
    pub(crate) fn new(state: StateManager) -> Self {
        Self { state }
    }

    /// Reserves `tokens` for `id` in all of `scopes`, or in none.
    ///
    /// # Errors
    /// [`AgentError::OverBudget`] names the scope, [`AgentError::State`].
    pub(crate) async fn reserve(
        &self,
        scopes: &[Scope],
        id: &str,
        tokens: u64,
    ) -> Result<(), AgentError> {
        for (at, scope) in scopes.iter().enumerate() {
            let reserve = |ledger: &mut Ledger| ledger.reserve(id, tokens, scope.limit);
            let error = match self.change(&scope.key, reserve).await {
                Ok(Change::Made | Change::None) => continue,
                Ok(Change::Over) => AgentError::OverBudget {
                    scope: scope.name.clone(),
                    limit: scope.limit,
                },
                Err(error) => AgentError::State(error),
            };
            self.release(scopes.get(..at).unwrap_or_default(), id).await;
            return Err(error);
        }
        Ok(())
    }

    /// `used` tokens were used for `id`. What cannot be written stays reserved: too
    /// much is counted, never too little.
    pub(crate) async fn settle(&self, scopes: &[Scope], id: &str, used: u64) {
        self.for_each(scopes, id, |ledger| ledger.settle(id, used))
            .await;
    }

    /// Nothing was used for `id`.
    pub(crate) async fn release(&self, scopes: &[Scope], id: &str) {
        self.for_each(scopes, id, |ledger| ledger.release(id)).await;
    }

    async fn for_each(
        &self,
        scopes: &[Scope],
        id: &str,
        change: impl Fn(&mut Ledger) -> Change + Send + Sync,
    ) {
        for (at, scope) in scopes.iter().enumerate() {
            let before = scopes.get(..at).unwrap_or_default();
            if before.iter().any(|other| other.key == scope.key) {
                continue; // a budget that is named twice counts once
            }
            if let Err(error) = self.change(&scope.key, &change).await {
                tracing::warn!(%error, id, budget = %scope.key, "a budget counts what it reserved");
            }
        }
    }

    async fn change(
        &self,
        key: &Key,
        change: impl Fn(&mut Ledger) -> Change + Send,
    ) -> Result<Change, StateError> {
        let change = move |seen: Option<Ledger>, now: Timestamp| {
            let mut ledger = seen.unwrap_or_default();
            match change(&mut ledger) {
                Change::Made => {
                    let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
                    (Some((ledger, until)), Change::Made)
                }
                unchanged @ (Change::None | Change::Over) => (None, unchanged),
            }
        };
        self.state.update(key, change).await
    }
}

#[cfg(test)]
mod tests;

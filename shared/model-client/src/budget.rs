//! Budgets with optimistic locking: tokens are reserved before a call and corrected after it.

use crate::ledger::{Change, Ledger};
use crate::{AgentError, Scope};
use events::Timestamp;
use state::{Key, StateError, StateManager};
use std::time::Duration;

/// Lifetime of a budget after its last change.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Returns the tokens reserved or used in the budget under `key`.
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
    /// [`AgentError::OverBudget`] names the scope. [`AgentError::State`] if the state backend fails.
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

    /// Replaces the reservation of `id` with `used` tokens. After a failed write the reservation
    /// remains, so budgets may overcount but never undercount.
    pub(crate) async fn settle(&self, scopes: &[Scope], id: &str, used: u64) {
        self.for_each(scopes, id, |ledger| ledger.settle(id, used))
            .await;
    }

    /// Removes the reservation of `id`.
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
                tracing::warn!(%error, id, budget = %scope.key, "budget settlement failed, the reservation remains");
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

//! Pure ledger of a budget, so that each rule has a unit test.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Maximum number of separate entries. A larger ledger would exceed the item size.
pub(crate) const MOST_ENTRIES: usize = 500;

/// Maximum bytes of an unshortened id.
const LONGEST_ID: usize = 200;

/// Reserved and used tokens by question id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Sum of the entries that were folded.
    #[serde(default)]
    folded: u64,
    /// Number of the next entry.
    #[serde(default)]
    next: u64,
    #[serde(default)]
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Counted tokens: reserved, or used after settlement.
    tokens: u64,
    settled: bool,
    /// Tokens known to be used.
    #[serde(default)]
    spent: u64,
    /// Creation order of the entry.
    #[serde(default)]
    n: u64,
}

/// Result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The ledger changed.
    Made,
    /// The ledger is unchanged.
    None,
    /// The change would exceed the limit. The ledger is unchanged.
    Over,
}

impl Ledger {
    /// Returns the sum of reserved and used tokens.
    pub(crate) fn sum(&self) -> u64 {
        let entries = self.entries.values();
        entries.fold(self.folded, |sum, entry| sum.saturating_add(entry.tokens))
    }

    /// Reserves `tokens` for `id`. Existing reservations are not repeated. A settled question that
    /// is asked again is counted again.
    pub(crate) fn reserve(&mut self, id: &str, tokens: u64, limit: u64) -> Change {
        let id = name(id);
        let known = self.entries.get(&id);
        if known.is_some_and(|entry| !entry.settled) {
            return Change::None;
        }
        if self.sum().saturating_add(tokens) > limit {
            return Change::Over;
        }
        let spent = known.map_or(0, |entry| entry.spent);
        self.put(id, spent, spent.saturating_add(tokens), false);
        Change::Made
    }

    /// Settles `id` with `used` tokens.
    pub(crate) fn settle(&mut self, id: &str, used: u64) -> Change {
        let id = name(id);
        let before = self.entries.get(&id).map_or(0, |entry| entry.spent);
        let spent = before.saturating_add(used);
        self.put(id, spent, spent, true);
        Change::Made
    }

    /// Removes the reservation of `id`.
    pub(crate) fn release(&mut self, id: &str) -> Change {
        let id = name(id);
        match self.entries.get(&id) {
            None => Change::None,
            Some(entry) if entry.settled => Change::None,
            Some(entry) if entry.spent > 0 => {
                let spent = entry.spent;
                self.put(id, spent, spent, true);
                Change::Made
            }
            Some(_) => {
                self.entries.remove(&id);
                Change::Made
            }
        }
    }

    fn put(&mut self, id: String, spent: u64, tokens: u64, settled: bool) {
        let n = self.entries.get(&id).map_or(self.next, |entry| entry.n);
        self.next = self.next.max(n.saturating_add(1));
        let entry = Entry {
            tokens,
            settled,
            spent,
            n,
        };
        self.entries.insert(id, entry);
        while self.entries.len() > MOST_ENTRIES {
            // Folds settled entries first. An unsettled entry is folded only if all are unsettled.
            // It then counts its reservation and later its usage as well: too much, never too
            // little.
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, entry)| (!entry.settled, entry.n));
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            if let Some(entry) = self.entries.remove(&oldest) {
                self.folded = self.folded.saturating_add(entry.tokens);
            }
        }
    }
}

/// Returns the id if it is short, otherwise its start and its hash.
fn name(id: &str) -> String {
    if id.len() <= LONGEST_ID {
        return id.to_owned();
    }
    let mut name: String = id.chars().take(20).collect();
    for byte in Sha256::digest(id) {
        let _ = write!(name, "{byte:02x}"); // a String takes everything
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reservation_is_settled_released_or_retained() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.reserve("a", 60, 100), Change::Made);
        assert_eq!(ledger.reserve("a", 60, 100), Change::None, "a redelivery");
        assert_eq!(ledger.reserve("b", 41, 100), Change::Over, "one too many");
        assert_eq!(ledger.reserve("b", 40, 100), Change::Made, "just fits");
        assert_eq!(ledger.sum(), 100);
        assert_eq!(ledger.settle("a", 10), Change::Made);
        assert_eq!(ledger.sum(), 50, "corrected to the usage");
        assert_eq!(ledger.release("b"), Change::Made);
        assert_eq!(ledger.release("b"), Change::None, "released already");
        assert_eq!(ledger.release("a"), Change::None, "used is used");
        assert_eq!(ledger.sum(), 10);
    }

    #[test]
    fn settled_question_counts_again() {
        let mut ledger = Ledger::default();
        for (sum, limit, change) in [(10, 100, Change::Made), (20, 100, Change::Made)] {
            assert_eq!(ledger.reserve("a", 60, limit), change);
            ledger.settle("a", 10);
            assert_eq!(ledger.sum(), sum);
        }
        assert_eq!(ledger.reserve("a", 81, 100), Change::Over);
        assert_eq!(ledger.reserve("a", 80, 100), Change::Made);
        assert_eq!(ledger.release("a"), Change::Made);
        assert_eq!(ledger.sum(), 20, "earlier usage still counts");
    }

    #[test]
    fn folded_entries_still_count() {
        let mut ledger = Ledger::default();
        ledger.reserve("under way", 7, u64::MAX);
        for n in 0..2_000 {
            let id = format!("{n:04}{}", "x".repeat(1_000));
            ledger.reserve(&id, 50, u64::MAX);
            ledger.settle(&id, 3);
        }
        assert_eq!(ledger.entries.len(), MOST_ENTRIES);
        assert_eq!(ledger.sum(), 7 + 2_000 * 3);
        assert!(ledger.entries.contains_key("under way"), "not settled");
        let json = serde_json::to_string(&ledger).unwrap();
        assert!(json.len() < state::MAX_VALUE_BYTES, "{}", json.len());
    }

    #[test]
    fn unsettled_entries_are_bounded() {
        let mut ledger = Ledger::default();
        for n in 0..=MOST_ENTRIES {
            ledger.reserve(&n.to_string(), 2, u64::MAX);
        }
        assert_eq!(ledger.entries.len(), MOST_ENTRIES);
        assert_eq!(ledger.sum(), 2 * (MOST_ENTRIES as u64 + 1));
    }

    proptest! {
        /// In any order of operations, a reservation never exceeds the limit.
        #[test]
        fn reservations_never_exceed_limit(
            steps in prop::collection::vec((0..3_u8, "[a-f]", 0..400_u64), 0..60)
        ) {
            let mut ledger = Ledger::default();
            for (step, id, tokens) in steps {
                let before = ledger.clone();
                match step {
                    0 => match ledger.reserve(&id, tokens, 1_000) {
                        Change::Made => prop_assert!(ledger.sum() <= 1_000),
                        Change::None | Change::Over => prop_assert_eq!(&ledger, &before),
                    },
                    1 => prop_assert_eq!(ledger.settle(&id, tokens), Change::Made),
                    _ => {
                        ledger.release(&id);
                        prop_assert!(ledger.sum() <= before.sum());
                    }
                }
            }
        }
    }
}

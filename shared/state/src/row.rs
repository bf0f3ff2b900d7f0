//! Evaluates a conditional write against the existing row, for backends that read first and write
//! under a lock. DynamoDB evaluates the same rules as a condition expression.

use crate::{NewItem, RETENTION, SaveResult, StoredItem, Version};
use events::Timestamp;

/// Returns the version to write next, or the result if there is nothing to write.
///
/// # Errors
/// The result of a write that is not applied: a repeat, or a lost race.
pub fn judge(
    row: Option<&StoredItem>,
    expected: Version,
    item: &NewItem,
) -> Result<Version, SaveResult> {
    let Some(row) = row else {
        return if expected == Version::ABSENT {
            Ok(expected.next())
        } else {
            Err(SaveResult::Stale)
        };
    };
    if row.write_id == *item.write_id() {
        return Err(SaveResult::Written(row.version));
    }
    let seen = if is_expired(row, item.updated_at()) {
        Version::ABSENT
    } else {
        row.version
    };
    if seen == expected {
        Ok(row.version.next())
    } else {
        Err(SaveResult::Stale)
    }
}

/// Returns whether the item is absent at `now`.
pub fn is_expired(row: &StoredItem, now: Timestamp) -> bool {
    row.expires_at.is_some_and(|at| at <= now)
}

/// Returns the instant up to which expired rows may be removed.
pub(crate) fn removable_before(now: Timestamp) -> Timestamp {
    now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN)
}

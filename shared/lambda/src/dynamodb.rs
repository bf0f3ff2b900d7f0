//! State in a DynamoDB table, one item for each key.
//!
//! | attribute | type | |
//! |---|---|---|
//! | `kind` | S | partition key: the key up to its first `:` |
//! | `key` | S | sort key: the whole key |
//! | `version` | N | number of writes |
//! | `value` | S | JSON text |
//! | `updated_at` | N | time of the write, in milliseconds since 1970 |
//! | `expires_at_ms` | N | time from which the item is absent, in milliseconds since 1970 |
//! | `expires_at` | N | the table's TTL attribute, in seconds since 1970: some time later |
//! | `write_id` | S | save that wrote the item |
//!
//! A list reads one partition. A partition takes 1,000 writes a second ("DynamoDB burst and
//! adaptive capacity"), far more than one bot needs.

mod attributes;

use crate::explain::{CallError, explain};
use async_trait::async_trait;
use attributes::{KEY, KIND};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_types::SdkConfig;
use events::Timestamp;
use state::{
    Key, KeyPrefix, NewItem, Resume, SaveResult, StateBackend, StateError, StoredItem, Version,
    WriteId,
};

/// State in one table. A clone shares the connections.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

impl DynamoDb {
    /// Creates the backend for `table`, which must exist.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(config),
            table: table.into(),
        }
    }

    /// Checks that the table exists by reading an item that never exists. This also opens the
    /// connection for the first event.
    ///
    /// # Errors
    /// [`lambda::CallError`] if the table does not exist or the request failed.
    pub async fn look(&self) -> Result<(), CallError> {
        let nothing = || AttributeValue::S("-".to_owned());
        let got = self.client.get_item().table_name(&self.table);
        let got = got.key(KIND, nothing()).key(KEY, nothing()).send().await;
        match got {
            Ok(_) => Ok(()),
            Err(error) => Err(explain(&what(&self.table), &error)),
        }
    }

    fn update(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(KIND, AttributeValue::S(key.kind().to_owned()))
            .key(KEY, AttributeValue::S(key.to_string()))
    }
}

fn what(table: &str) -> String {
    format!("table {table}")
}

/// Converts every error except a failed condition.
fn failed<E>(table: &str, error: &SdkError<E>) -> StateError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let CallError { retryable, reason } = explain(&what(table), error);
    if retryable {
        StateError::Unavailable { reason }
    } else {
        StateError::Refused { reason }
    }
}

#[async_trait]
impl StateBackend for DynamoDb {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(KIND, AttributeValue::S(key.kind().to_owned()))
            .key(KEY, AttributeValue::S(key.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed(&self.table, &error))?;
        let stored = got
            .item()
            .map(|item| attributes::read(key, item))
            .transpose()?;
        Ok(stored.filter(|stored| stored.expires_at.is_none_or(|at| at > now)))
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        item.check_size(key)?;
        let write_id = item.write_id().clone();
        let update = attributes::write(self.update(key), item);
        let update = if expected == Version::ABSENT {
            // An expired item that still exists holds the version to continue.
            update
                .condition_expression("attribute_not_exists(#key) OR #expires_at_ms <= :updated_at")
                .expression_attribute_names("#key", KEY)
                .return_values(ReturnValue::UpdatedOld)
        } else {
            update
                .condition_expression(
                    "#version = :expected \
                     AND (attribute_not_exists(#expires_at_ms) OR #expires_at_ms > :updated_at)",
                )
                .expression_attribute_values(
                    ":expected",
                    AttributeValue::N(expected.get().to_string()),
                )
                .return_values(ReturnValue::None)
        };
        let sent = update
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(updated) if expected == Version::ABSENT => {
                let before = match updated.attributes() {
                    Some(old) if !old.is_empty() => attributes::version(key, old)?,
                    Some(_) | None => expected,
                };
                Ok(SaveResult::Written(before.next()))
            }
            Ok(_) => Ok(SaveResult::Written(expected.next())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    lost_or_written(key, &write_id, failed.item())
                }
                Some(_) | None => Err(failed(&self.table, &error)),
            },
        }
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        let mut start = match prefix.resume(after) {
            Resume::Beginning => None,
            Resume::After(key) => Some(attributes::key(key)),
            Resume::End => return Ok(Vec::new()),
        };
        let mut listed = Vec::new();
        // A page holds at most 1 MB, including expired items.
        while listed.len() < limit {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("#kind = :kind AND begins_with(#key, :prefix)")
                .filter_expression("attribute_not_exists(#expires_at_ms) OR #expires_at_ms > :now")
                .expression_attribute_names("#kind", KIND)
                .expression_attribute_names("#key", KEY)
                .expression_attribute_names("#expires_at_ms", attributes::EXPIRES_AT_MS)
                .expression_attribute_values(":kind", AttributeValue::S(prefix.kind().to_owned()))
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_string()))
                .expression_attribute_values(":now", attributes::millis(now))
                .limit(i32::try_from(limit - listed.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(|error| failed(&self.table, &error))?;
            for item in page.items() {
                listed.push(attributes::read_with_key(prefix, item)?);
            }
            match page.last_evaluated_key {
                Some(last) if !last.is_empty() => start = Some(last),
                Some(_) | None => break,
            }
        }
        Ok(listed)
    }
}

/// Returns the result of a failed condition: another writer was faster, or this write was applied,
/// its answer was lost, and the transport sent it again.
fn lost_or_written(
    key: &Key,
    write_id: &WriteId,
    found: Option<&attributes::Item>,
) -> Result<SaveResult, StateError> {
    match found {
        Some(item) if attributes::is_written_by(item, write_id) => {
            Ok(SaveResult::Written(attributes::version(key, item)?))
        }
        Some(_) | None => Ok(SaveResult::Stale),
    }
}

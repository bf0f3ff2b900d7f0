//! Converts an item to and from its attributes.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use events::Timestamp;
use state::{Key, KeyPrefix, NewItem, RETENTION, StateError, StoredItem, Version, WriteId};
use std::collections::HashMap;

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const KIND: &str = "kind";
pub(crate) const KEY: &str = "key";
pub(crate) const EXPIRES_AT_MS: &str = "expires_at_ms";
const VERSION: &str = "version";
const VALUE: &str = "value";
const UPDATED_AT: &str = "updated_at";
const EXPIRES_AT: &str = "expires_at";
const WRITE_ID: &str = "write_id";

/// Returns the primary key of the item under `key`.
pub(crate) fn key(key: &Key) -> Item {
    HashMap::from([
        (KIND.to_owned(), AttributeValue::S(key.kind().to_owned())),
        (KEY.to_owned(), AttributeValue::S(key.to_string())),
    ])
}

pub(crate) fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

/// Returns the time from which DynamoDB may remove the item: whole seconds, rounded up, and long
/// enough after its expiry that a new item continues the version.
fn removable_at(expires_at: Timestamp) -> AttributeValue {
    let seconds = expires_at.as_millisecond().div_euclid(1000) + 1;
    AttributeValue::N(
        seconds
            .saturating_add_unsigned(RETENTION.as_secs())
            .to_string(),
    )
}

/// Increments the version and sets everything else to `item`.
pub(crate) fn write(update: UpdateItemFluentBuilder, item: NewItem) -> UpdateItemFluentBuilder {
    const SET: &str = "SET #version = if_not_exists(#version, :none) + :one, #value = :value, \
                       #updated_at = :updated_at, #write_id = :write_id";
    let update = update
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_names("#value", VALUE)
        .expression_attribute_names("#updated_at", UPDATED_AT)
        .expression_attribute_names("#write_id", WRITE_ID)
        .expression_attribute_names("#expires_at", EXPIRES_AT)
        .expression_attribute_names("#expires_at_ms", EXPIRES_AT_MS)
        .expression_attribute_values(":none", AttributeValue::N("0".to_owned()))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .expression_attribute_values(":updated_at", millis(item.updated_at()))
        .expression_attribute_values(
            ":write_id",
            AttributeValue::S(item.write_id().as_str().to_owned()),
        );
    let update = match item.expires_at() {
        Some(at) => update
            .update_expression(format!(
                "{SET}, #expires_at = :expires_at, #expires_at_ms = :expires_at_ms"
            ))
            .expression_attribute_values(":expires_at", removable_at(at))
            .expression_attribute_values(":expires_at_ms", millis(at)),
        None => update.update_expression(format!("{SET} REMOVE #expires_at, #expires_at_ms")),
    };
    update.expression_attribute_values(":value", AttributeValue::S(item.into_value()))
}

pub(crate) fn read(key: &Key, item: &Item) -> Result<StoredItem, StateError> {
    Ok(StoredItem {
        version: version(key, item)?,
        value: text(key, item, VALUE)?.to_owned(),
        updated_at: instant(key, item, UPDATED_AT)?,
        expires_at: if item.contains_key(EXPIRES_AT_MS) {
            Some(instant(key, item, EXPIRES_AT_MS)?)
        } else {
            None
        },
        write_id: WriteId::stored(text(key, item, WRITE_ID)?.to_owned()),
    })
}

/// Reads an entry of a list, including the key.
pub(crate) fn read_with_key(
    prefix: &KeyPrefix,
    item: &Item,
) -> Result<(Key, StoredItem), StateError> {
    let key = item
        .get(KEY)
        .and_then(|key| key.as_s().ok())
        .and_then(|key| key.parse::<Key>().ok())
        .ok_or_else(|| StateError::Refused {
            reason: format!("an item of {prefix} has no state key in its attribute {KEY:?}"),
        })?;
    let stored = read(&key, item)?;
    Ok((key, stored))
}

pub(crate) fn version(key: &Key, item: &Item) -> Result<Version, StateError> {
    number(key, item, VERSION).map(Version::new)
}

pub(crate) fn is_written_by(item: &Item, write_id: &WriteId) -> bool {
    let found = item.get(WRITE_ID).and_then(|id| id.as_s().ok());
    found.is_some_and(|id| id == write_id.as_str())
}

fn instant(key: &Key, item: &Item, name: &str) -> Result<Timestamp, StateError> {
    Timestamp::from_millisecond(number(key, item, name)?).map_err(|_| corrupt(key, name))
}

fn number<N: std::str::FromStr>(key: &Key, item: &Item, name: &str) -> Result<N, StateError> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| corrupt(key, name))
}

fn text<'a>(key: &Key, item: &'a Item, name: &str) -> Result<&'a str, StateError> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| corrupt(key, name))
}

fn corrupt(key: &Key, name: &str) -> StateError {
    StateError::Corrupt {
        key: key.clone(),
        reason: format!("the attribute {name:?} is missing or of another type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_never_removes_early() {
        for (why, expires_at, seconds) in [
            ("a whole second", "1970-01-01T00:00:10Z", 3611),
            ("a part of a second", "1970-01-01T00:00:10.001Z", 3611),
            ("almost the next", "1970-01-01T00:00:10.999Z", 3611),
            ("before 1970", "1969-12-31T23:59:59.5Z", 3600),
        ] {
            let at = expires_at.parse().unwrap();
            assert_eq!(
                removable_at(at),
                AttributeValue::N(seconds.to_string()),
                "{why}"
            );
        }
    }
}

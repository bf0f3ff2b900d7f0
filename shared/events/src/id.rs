use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no id: expected 1 to 128 visible ASCII characters")]
pub struct InvalidId {
    text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let visible = text.bytes().all(|b| b.is_ascii_graphic());
                if visible && (1..=128).contains(&text.len()) {
                    Ok(Self(text))
                } else {
                    Err(InvalidId {
                        text: text.chars().take(160).collect(),
                    })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Id of an event (CloudEvents `id`): the delivery's GUID for events from GitHub, a
    /// [derived](EventId::derive) id for all others.
    EventId
}

id! {
    /// Id of the delivery that started the flow (`correlationid`): GitHub's `X-GitHub-Delivery`,
    /// carried by every event that follows from it.
    CorrelationId
}

impl EventId {
    /// Derives the id of the `index`th event that `handler` emits for `cause`.
    ///
    /// The same arguments always give the same id, so that a handler that handles an event twice
    /// emits the same events again. The form is a UUID of version 8 (RFC 9562) over SHA-256.
    ///
    /// ```
    /// # use events::EventId;
    /// let cause: EventId = "72d3162e-cc78-11e3-81ab-4c9367dc0958".parse()?;
    /// let first = EventId::derive(&cause, "coordinator", 0);
    /// assert_eq!(first, EventId::derive(&cause, "coordinator", 0));
    /// assert_ne!(first, EventId::derive(&cause, "coordinator", 1));
    /// # Ok::<(), events::InvalidId>(())
    /// ```
    pub fn derive(cause: &EventId, handler: &str, index: usize) -> Self {
        // No part can hold a zero byte, so the separated parts are unambiguous.
        let digest = Sha256::new()
            .chain_update(cause.as_str())
            .chain_update([0])
            .chain_update(handler)
            .chain_update([0])
            .chain_update((index as u64).to_be_bytes())
            .finalize();
        let mut value = [0; 16];
        for (byte, hashed) in value.iter_mut().zip(digest.iter()) {
            *byte = *hashed;
        }
        let mut value = u128::from_be_bytes(value);
        value = (value & !(0xF << 76)) | (0x8 << 76); // version 8
        value = (value & !(0b11 << 62)) | (0b10 << 62); // RFC 9562 variant
        let hex = format!("{value:032x}");
        let (a, rest) = hex.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        Self(format!("{a}-{b}-{c}-{d}-{e}"))
    }
}

impl From<&EventId> for CorrelationId {
    /// Uses the id of a flow's first event as its correlation id.
    fn from(id: &EventId) -> Self {
        Self(id.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_id_is_uuid_version_8() {
        let cause: EventId = "72d3162e-cc78-11e3-81ab-4c9367dc0958".parse().unwrap();
        // Pinned: ids that were already emitted must not change.
        insta::assert_snapshot!(
            EventId::derive(&cause, "coordinator", 2),
            @"a47e6542-14e9-8568-b650-76248193fc78"
        );
    }

    #[test]
    fn accepts_short_visible_ids_only() {
        for bad in ["", "two words", "new\nline", "é", &"x".repeat(129)] {
            assert!(bad.parse::<EventId>().is_err(), "{bad:?} was taken");
        }
    }
}

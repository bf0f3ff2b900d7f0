use pattern::EventPattern;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// Maximum length of EventBridge's `detail-type` ("PutEventsRequestEntry").
const MAX_LEN: usize = 128;

/// Topic of an event: lower-case segments joined by dots (`github.pr.opened`). It is the
/// CloudEvents `type` and EventBridge's `detail-type`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Topic(String);

/// Text that is not a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no topic: expected segments of a-z, 0-9, _ and - joined by dots, \
     at most {MAX_LEN} characters, such as github.pr.opened"
)]
pub struct InvalidTopic {
    text: String,
}

impl Topic {
    /// Returns the topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_segment(segment: &str) -> bool {
    !segment.is_empty()
        && segment
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

impl TryFrom<String> for Topic {
    type Error = InvalidTopic;

    fn try_from(text: String) -> Result<Self, InvalidTopic> {
        if text.len() <= MAX_LEN && text.split('.').all(is_segment) {
            Ok(Self(text))
        } else {
            Err(InvalidTopic {
                text: text.chars().take(160).collect(),
            })
        }
    }
}

impl std::str::FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        Self::try_from(text.to_owned())
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> String {
        topic.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Pattern of the topics that a handler subscribes to: exact (`github.pr.opened`), wildcard
/// (`github.pr.*`), multi-level (`github.*.created`).
///
/// `*` matches any run of characters, including dots, as in EventBridge's `wildcard`. A pattern
/// therefore has the same meaning in code, on one machine and on AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPattern(String);

/// Text that is not a topic pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopicPattern {
    /// The text has characters other than those of topics and `*`.
    #[error(
        "{0:?} is no topic pattern: expected a topic in which * matches any run of \
         characters, such as github.*.created"
    )]
    Characters(String),
    /// The text has two adjacent stars, which EventBridge rejects.
    #[error("{0:?} is no topic pattern: ** means the same as * and EventBridge rejects it")]
    StarStar(String),
}

impl TopicPattern {
    /// Returns the pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the EventBridge event pattern that matches the same topics: exact → a value, one
    /// trailing star → `prefix`, everything else → `wildcard`. (A bus allows only 30 rules with
    /// `wildcard`, so `prefix` is preferred.)
    ///
    /// ```
    /// # use events::TopicPattern;
    /// let pattern: TopicPattern = "github.pr.*".parse()?;
    /// assert_eq!(
    ///     pattern.to_event_pattern().to_string(),
    ///     r#"{"detail-type":[{"prefix":"github.pr."}]}"#,
    /// );
    /// # Ok::<(), events::InvalidTopicPattern>(())
    /// ```
    pub fn to_event_pattern(&self) -> Value {
        let filter = match self.0.split_once('*') {
            None => json!(self.0),
            Some((prefix, "")) => json!({ "prefix": prefix }),
            Some(_) => json!({ "wildcard": self.0 }),
        };
        json!({ "detail-type": [filter] })
    }

    /// Returns whether the pattern matches `topic`.
    pub fn matches(&self, topic: &Topic) -> bool {
        let envelope = json!({ "detail-type": topic });
        EventPattern::parse(&self.to_event_pattern().to_string())
            .is_ok_and(|pattern| pattern.matches(&pattern::Event::from_value(&envelope)))
    }
}

impl std::str::FromStr for TopicPattern {
    type Err = InvalidTopicPattern;

    fn from_str(text: &str) -> Result<Self, InvalidTopicPattern> {
        let shown = || text.chars().take(160).collect();
        if text.contains("**") {
            return Err(InvalidTopicPattern::StarStar(shown()));
        }
        // A star may match a whole segment, several, or a part of one. With a letter in place of
        // each star, the pattern must be a topic.
        match text.replace('*', "x").parse::<Topic>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(InvalidTopicPattern::Characters(shown())),
        }
    }
}

impl From<&Topic> for TopicPattern {
    fn from(topic: &Topic) -> Self {
        Self(topic.0.clone())
    }
}

impl fmt::Display for TopicPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_and_rejects_topics() {
        for (why, text, good) in [
            ("three segments", "github.pr.opened", true),
            (
                "underscores as GitHub writes them",
                "github.check_run.completed",
                true,
            ),
            ("one segment", "ping", true),
            ("upper case", "github.PR", false),
            ("empty", "", false),
            ("an empty segment", "github..opened", false),
            ("a dot at the end", "github.", false),
            ("a star belongs to patterns", "github.*", false),
            ("not ASCII", "github.é", false),
            ("longer than a detail-type", &"a".repeat(129), false),
        ] {
            assert_eq!(text.parse::<Topic>().is_ok(), good, "{why}: {text:?}");
        }
    }

    #[test]
    fn pattern_forms_compile() {
        for (why, pattern, compiled) in [
            (
                "exact is a value",
                "github.pr.opened",
                json!(["github.pr.opened"]),
            ),
            (
                "a trailing star is a prefix",
                "github.pr.*",
                json!([{"prefix": "github.pr."}]),
            ),
            (
                "everything is the empty prefix",
                "*",
                json!([{"prefix": ""}]),
            ),
            (
                "a star within is a wildcard",
                "github.*.created",
                json!([{"wildcard": "github.*.created"}]),
            ),
            (
                "two stars are a wildcard",
                "*.pr.*",
                json!([{"wildcard": "*.pr.*"}]),
            ),
        ] {
            let pattern: TopicPattern = pattern.parse().unwrap();
            assert_eq!(
                pattern.to_event_pattern(),
                json!({"detail-type": compiled}),
                "{why}"
            );
        }
    }

    #[test]
    fn error_names_bad_pattern() {
        insta::assert_snapshot!("github.**".parse::<TopicPattern>().unwrap_err(), @r#""github.**" is no topic pattern: ** means the same as * and EventBridge rejects it"#);
        insta::assert_snapshot!("GitHub.*".parse::<TopicPattern>().unwrap_err(), @r#""GitHub.*" is no topic pattern: expected a topic in which * matches any run of characters, such as github.*.created"#);
        insta::assert_snapshot!("".parse::<TopicPattern>().unwrap_err(), @r#""" is no topic pattern: expected a topic in which * matches any run of characters, such as github.*.created"#);
    }
}

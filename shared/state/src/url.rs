use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Location of the state as one text: `memory:`, `sqlite://path`, `dynamodb://table` or
/// `redis://…`. The program decides which of them it supports.
#[derive(Clone, PartialEq, Eq)]
pub enum StateUrl {
    /// `memory:`: in the memory of the process.
    Memory,
    /// `sqlite://path`: a file. `sqlite:///var/lib/bot.db` is an absolute path, `sqlite://bot.db` a
    /// relative one.
    Sqlite(PathBuf),
    /// `dynamodb://table`: name of a table.
    DynamoDb(String),
    /// `redis://…` or `rediss://…`: the whole URL, which may hold a password.
    Redis(String),
}

/// Text that is not a state URL. The error does not repeat a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no state URL: {expected}")]
pub struct InvalidStateUrl {
    text: String,
    expected: &'static str,
}

impl FromStr for StateUrl {
    type Err = InvalidStateUrl;

    fn from_str(text: &str) -> Result<Self, InvalidStateUrl> {
        let invalid = |expected| InvalidStateUrl {
            text: without_password(text),
            expected,
        };
        if text == "memory:" {
            return Ok(Self::Memory);
        }
        match text.split_once("://") {
            Some(("sqlite", path)) if path.is_empty() || path.contains(['?', '#']) => Err(invalid(
                "expected a file's path, as in sqlite://github-bot.db",
            )),
            Some(("sqlite", path)) => Ok(Self::Sqlite(path.into())),
            Some(("dynamodb", table)) if is_table(table) => Ok(Self::DynamoDb(table.to_owned())),
            Some(("dynamodb", _)) => Err(invalid(
                "expected a table's name, 3 to 255 of a-z, A-Z, 0-9, _, - and ., as in \
                 dynamodb://github-bot",
            )),
            Some(("redis" | "rediss", rest)) if !rest.is_empty() => {
                Ok(Self::Redis(text.to_owned()))
            }
            Some(("redis" | "rediss", _)) => {
                Err(invalid("expected a host, as in redis://127.0.0.1:6379"))
            }
            Some(_) | None => Err(invalid(
                "expected memory:, sqlite://path or dynamodb://table",
            )),
        }
    }
}

/// Checks a table name ("Supported data types and naming rules in Amazon DynamoDB").
fn is_table(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Removes everything between the scheme and the last `@`.
fn without_password(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once(':').map_or("", |(scheme, _)| scheme);
            format!("{scheme}://…@{host}")
        }
        None => text.to_owned(),
    }
}

impl fmt::Display for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::DynamoDb(table) => write!(f, "dynamodb://{table}"),
            Self::Redis(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_urls() {
        for (text, url) in [
            ("memory:", StateUrl::Memory),
            ("sqlite://bot.db", StateUrl::Sqlite("bot.db".into())),
            (
                "sqlite:///var/bot.db",
                StateUrl::Sqlite("/var/bot.db".into()),
            ),
            (
                "dynamodb://github-bot",
                StateUrl::DynamoDb("github-bot".to_owned()),
            ),
            (
                "redis://127.0.0.1:6379",
                StateUrl::Redis("redis://127.0.0.1:6379".to_owned()),
            ),
        ] {
            assert_eq!(text.parse(), Ok(url), "{text}");
            assert_eq!(text.parse::<StateUrl>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn error_names_bad_url_and_format() {
        let emitted: Vec<_> = [
            "",
            "memory",
            "postgres://localhost/bot",
            "sqlite://",
            "sqlite://bot.db?mode=ro",
            "dynamodb://",
            "dynamodb://a table",
            "redis://",
            "radis://:hunter2@cache:6379",
        ]
        .map(|text| text.parse::<StateUrl>().unwrap_err().to_string())
        .into();
        insta::assert_snapshot!(emitted.join("\n"), @r#"
        "" is no state URL: expected memory:, sqlite://path or dynamodb://table
        "memory" is no state URL: expected memory:, sqlite://path or dynamodb://table
        "postgres://localhost/bot" is no state URL: expected memory:, sqlite://path or dynamodb://table
        "sqlite://" is no state URL: expected a file's path, as in sqlite://github-bot.db
        "sqlite://bot.db?mode=ro" is no state URL: expected a file's path, as in sqlite://github-bot.db
        "dynamodb://" is no state URL: expected a table's name, 3 to 255 of a-z, A-Z, 0-9, _, - and ., as in dynamodb://github-bot
        "dynamodb://a table" is no state URL: expected a table's name, 3 to 255 of a-z, A-Z, 0-9, _, - and ., as in dynamodb://github-bot
        "redis://" is no state URL: expected a host, as in redis://127.0.0.1:6379
        "radis://…@cache:6379" is no state URL: expected memory:, sqlite://path or dynamodb://table
        "#);
    }

    #[test]
    fn display_hides_password() {
        let url: StateUrl = "redis://user:hunter2@cache:6379/0".parse().unwrap();
        assert_eq!(url.to_string(), "redis://…@cache:6379/0");
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}

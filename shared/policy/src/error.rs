use crate::Source;
use std::fmt;

/// More problems than this are only counted.
pub(crate) const MAX_PROBLEMS: usize = 20;

/// Why a file of settings is not used: all that is wrong with it, in its order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// Which file.
    pub source_file: Source,
    /// At least one, at most 20.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: usize,
}

impl event::Failure for PolicyError {
    fn is_retryable(&self) -> bool {
        false
    }
}

/// One line for a log.
impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source_file)?;
        let first = self.problems.first();
        first.map_or(Ok(()), |problem| write!(f, ": {problem}"))?;
        match self.problems.len().saturating_sub(1) + self.more {
            0 => Ok(()),
            rest => write!(f, " (and {rest} more)"),
        }
    }
}

impl PolicyError {
    /// What people read in a check run's summary, as Markdown: the file, and for
    /// each problem its line, its key, what was found and what to write instead.
    pub fn for_people(&self) -> String {
        let mut text = format!(
            "The settings in {} are not used, because of this:\n\n",
            self.source_file
        );
        for problem in &self.problems {
            text += &format!("- {problem}\n");
        }
        if self.more > 0 {
            text += &format!("- and {} more\n", self.more);
        }
        text + "\nNothing of a file is used while a part of it is wrong. Every setting is explained \
                in `docs/configuration.md` of the bot.\n"
    }
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, from 1. A file that is too long has no such line.
    pub line: Option<usize>,
    /// What.
    pub wrong: Wrong,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The file has more bytes than are read.
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// It is no TOML ("TOML v1.1.0").
    Syntax(Excerpt),
    /// Its brackets go deeper than any setting needs.
    TooDeep,
    /// No setting has this name.
    UnknownKey {
        /// With its table, such as `paths.exlude`.
        key: Excerpt,
        /// A setting whose name is like it.
        nearest: Option<String>,
    },
    /// The setting does not take this.
    Value {
        /// With its table, such as `paths.exclude`.
        key: String,
        /// As it stands in the file.
        given: Excerpt,
        /// What it takes.
        allowed: String,
    },
    /// The table lacks a setting that it makes no sense without.
    Missing {
        /// With its table: `instructions.text`.
        key: String,
    },
    /// The setting is not for this file.
    NotHere {
        /// With its table, such as `budget.tokens_a_day`.
        key: String,
        /// Which file it is for.
        belongs: &'static str,
    },
}

/// A sentence with its remedy. What comes from the file stands between backticks,
/// so that it is shown as it is.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.wrong {
            Wrong::TooLong { bytes } => write!(
                f,
                "the file has {bytes} bytes, and at most {} are read. Shorten it.",
                crate::MAX_BYTES
            ),
            Wrong::Syntax(message) => write!(f, "this is not TOML: {message}."),
            Wrong::TooDeep => f.write_str(
                "there are more brackets within brackets than any setting needs. Remove them.",
            ),
            Wrong::UnknownKey { key, nearest } => {
                write!(f, "{key} is not a setting. ")?;
                match nearest {
                    None => write!(f, "Remove it."),
                    Some(name) if name.contains('.') || key.0.contains('.') => {
                        let (table, _) = name.rsplit_once('.').unwrap_or(("", name));
                        write!(f, "Did you mean `{name}`, ")?;
                        match table {
                            "" => write!(f, "above the first table?"),
                            table => write!(f, "in the table `[{table}]`?"),
                        }
                    }
                    Some(name) => write!(f, "Did you mean `{name}`?"),
                }
            }
            Wrong::Value {
                key,
                given,
                allowed,
            } => write!(f, "`{key}` is {given}. Write {allowed}."),
            Wrong::Missing { key } => write!(f, "`{key}` is missing. Add it, or remove the table."),
            Wrong::NotHere { key, belongs } => {
                write!(f, "`{key}` can only be set by {belongs}. Remove it here.")
            }
        }
    }
}

/// A part of the file, short and on one line, so that it can be shown anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    const MAX_CHARS: usize = 60;

    /// Of `text`: its first 60 characters, with what would end a line or a code
    /// span of Markdown replaced.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let mut short: String = text
            .chars()
            .take(Self::MAX_CHARS)
            .map(|c| match c {
                '`' => '\'',
                c if c.is_control() || is_format(c) => ' ',
                c => c,
            })
            .collect();
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            short.push('…');
        }
        Self(short)
    }
}

/// Characters that turn the text around them or cannot be seen.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => f.write_str("empty"),
            text => write!(f, "`{text}`"),
        }
    }
}

use crate::Source;
use std::fmt;

/// Maximum number of problems that are listed. Further ones are only counted.
pub(crate) const MAX_PROBLEMS: usize = 20;

/// All problems of a rejected settings file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    pub source_file: Source,
    /// Between 1 and 20 problems.
    pub problems: Vec<Problem>,
    /// Number of problems that are not listed.
    pub more: usize,
}

impl events::Failure for PolicyError {
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
    /// Returns the Markdown text for a check run's summary: the file, and for each problem its
    /// line, its key, the value found and the value to write instead.
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

/// One problem of a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line number, from 1. A file that is too long has none.
    pub line: Option<usize>,
    pub wrong: ProblemKind,
}

/// Kind of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// The file has more bytes than the limit.
    TooLong { bytes: usize },
    /// The file is not TOML ("TOML v1.1.0").
    Syntax(Excerpt),
    /// The brackets are nested deeper than any setting needs.
    TooDeep,
    /// No setting has this name.
    UnknownKey {
        /// Name with its table, such as `paths.exlude`.
        key: Excerpt,
        /// Setting with a similar name.
        nearest: Option<String>,
    },
    /// The setting does not accept this value.
    Value {
        /// Name with its table, such as `paths.exclude`.
        key: String,
        /// Value as written in the file.
        given: Excerpt,
        /// Description of the accepted values.
        allowed: String,
    },
    /// The table lacks a required setting.
    Missing {
        /// Name with its table: `instructions.text`.
        key: String,
    },
    /// The setting belongs to another file.
    NotHere {
        /// Name with its table, such as `budget.tokens_a_day`.
        key: String,
        /// File that the setting belongs to.
        belongs: &'static str,
    },
}

/// A sentence with its remedy. Text from the file is put between backticks so that Markdown does
/// not interpret it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.wrong {
            ProblemKind::TooLong { bytes } => write!(
                f,
                "the file has {bytes} bytes, and at most {} are read. Shorten it.",
                crate::MAX_BYTES
            ),
            ProblemKind::Syntax(message) => write!(f, "this is not TOML: {message}."),
            ProblemKind::TooDeep => f.write_str(
                "there are more brackets within brackets than any setting needs. Remove them.",
            ),
            ProblemKind::UnknownKey { key, nearest } => {
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
            ProblemKind::Value {
                key,
                given,
                allowed,
            } => write!(f, "`{key}` is {given}. Write {allowed}."),
            ProblemKind::Missing { key } => {
                write!(f, "`{key}` is missing. Add it, or remove the table.")
            }
            ProblemKind::NotHere { key, belongs } => {
                write!(f, "`{key}` can only be set by {belongs}. Remove it here.")
            }
        }
    }
}

/// Part of a settings file, shortened to one line that is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    const MAX_CHARS: usize = 60;

    /// Returns the first 60 characters of `text`. Replaces characters that would end a line or a
    /// Markdown code span.
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

/// Returns whether a character is invisible or changes the direction of the text around it.
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

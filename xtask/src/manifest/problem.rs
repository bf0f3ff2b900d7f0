use std::fmt;

/// Error in a file, with its line, or error of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File, or option of a command.
    place: String,
    /// Line from 1.
    line: Option<usize>,
    reason: String,
}

impl Problem {
    /// Names the file, the line (from 1) and the reason.
    pub fn new(file: &str, line: usize, reason: impl fmt::Display) -> Self {
        Self {
            place: file.to_owned(),
            line: Some(line),
            reason: reason.to_string(),
        }
    }

    /// Names the option of a command, such as `--emits`, and the reason.
    pub fn of_option(option: &str, reason: impl fmt::Display) -> Self {
        Self {
            place: option.to_owned(),
            line: None,
            reason: reason.to_string(),
        }
    }

    /// Returns the line if the problem is in `file`.
    pub fn line_in(&self, file: &str) -> Option<usize> {
        self.line.filter(|_| self.place == file)
    }

    /// Returns the same problem of an option.
    #[must_use]
    pub fn at_option(self, option: &str) -> Self {
        Self::of_option(option, self.reason)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, reason, .. } = self;
        match self.line {
            Some(line) => write!(f, "{place}:{line}: {reason}"),
            None => write!(f, "{place}: {reason}"),
        }
    }
}

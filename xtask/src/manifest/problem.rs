use std::fmt;

/// Error in a file, with its line, or error of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File, or option of a command.
    place: String,
    /// Line from 1.
    line: Option<usize>,
    reason: String,
    /// The other place, if both have the same name.
    other: Option<(String, Option<usize>)>,
}

impl Problem {
    /// Names the file, the line (from 1) and the reason.
    pub fn new(file: &str, line: usize, reason: impl fmt::Display) -> Self {
        Self {
            place: file.to_owned(),
            line: Some(line),
            reason: reason.to_string(),
            other: None,
        }
    }

    /// Names the option of a command, such as `--emits`, and the reason.
    pub fn of_option(option: &str, reason: impl fmt::Display) -> Self {
        Self {
            place: option.to_owned(),
            line: None,
            reason: reason.to_string(),
            other: None,
        }
    }

    /// Names a file and a line (from 1), the name that both have, and the other place.
    pub fn taken(file: &str, line: usize, name: impl fmt::Display, other: (&str, usize)) -> Self {
        let (other, other_line) = other;
        Self {
            other: Some((other.to_owned(), Some(other_line))),
            ..Self::new(file, line, format!("{name} is taken by"))
        }
    }

    /// Returns the same problem, at the place in `file` if that is the other place.
    #[must_use]
    pub fn seen_from(mut self, file: &str) -> Self {
        if let Some((other, line)) = &mut self.other
            && other == file
        {
            std::mem::swap(other, &mut self.place);
            std::mem::swap(line, &mut self.line);
        }
        self
    }

    /// Returns the line if the problem is in `file`.
    pub fn line_in(&self, file: &str) -> Option<usize> {
        self.line.filter(|_| self.place == file)
    }

    /// Returns the same problem of an option.
    #[must_use]
    pub fn at_option(self, option: &str) -> Self {
        Self {
            place: option.to_owned(),
            line: None,
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Location(&self.place, self.line), self.reason)?;
        match &self.other {
            Some((other, line)) => write!(f, " {}", Location(other, *line)),
            None => Ok(()),
        }
    }
}

/// File or option, and line.
struct Location<'a>(&'a str, Option<usize>);

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(place, line) = self;
        match line {
            Some(line) => write!(f, "{place}:{line}"),
            None => write!(f, "{place}"),
        }
    }
}

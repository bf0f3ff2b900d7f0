use super::lexer::Lexer;
use diff::language::{self, Language};
use diff::{FileDiff, LineKind};

/// A file of the diff as rules see it: the lines that are in its new version.
#[derive(Debug)]
pub struct File<'a> {
    /// What the diff says of it.
    pub diff: &'a FileDiff,
    /// What it is written in.
    pub language: Language,
    /// Whether it holds tests.
    pub is_test: bool,
    /// Whether a tool or people elsewhere wrote it.
    pub is_generated: bool,
    /// Added lines and the context around them. Their code and comments are told
    /// apart only where people wrote the file.
    pub lines: Vec<Line<'a>>,
}

/// A line in a file's new version.
#[derive(Debug)]
pub struct Line<'a> {
    /// From 1.
    pub number: u32,
    /// Whether the diff adds it; else it is context.
    pub is_added: bool,
    /// As it is.
    pub text: &'a str,
    /// Its code, with comments and the contents of strings blanked. As long as
    /// `text` in bytes, or empty where `text` is too long for people.
    pub code: String,
    /// Its comments, all else blanked. As long as `code`.
    pub comment: String,
    /// Whether it is, as far as the diff shows, part of a test.
    pub in_test: bool,
}

impl<'a> File<'a> {
    /// Reads `diff`.
    pub fn new(diff: &'a FileDiff) -> Self {
        Self::of(diff, is_generated(diff))
    }

    /// Reads `diff`, of which it is known whether a tool wrote it.
    pub(super) fn of(diff: &'a FileDiff, is_generated: bool) -> Self {
        let language = Language::of(&diff.path);
        let is_test = language::is_test(&diff.path);
        let mut lexer = Lexer::new(language);
        let mut in_test = is_test;
        let mut lines = Vec::new();
        for hunk in &diff.hunks {
            lexer.gap();
            in_test |= hunk.section.as_deref().is_some_and(begins_tests);
            for line in &hunk.lines {
                let Some(number) = line.new_number else {
                    continue;
                };
                in_test |= language == Language::Rust && begins_tests(&line.text);
                let parts = match is_generated {
                    true => Default::default(),
                    false => lexer.line(&line.text),
                };
                lines.push(Line {
                    number,
                    is_added: line.kind == LineKind::Added,
                    text: &line.text,
                    code: parts.code,
                    comment: parts.comment,
                    in_test,
                });
            }
        }
        Self {
            diff,
            language,
            is_test,
            is_generated,
            lines,
        }
    }

    /// Its path.
    pub fn path(&self) -> &'a str {
        &self.diff.path
    }

    /// The last part of its path.
    pub fn name(&self) -> &'a str {
        language::file_name(&self.diff.path)
    }

    /// Whether it holds environment variables, such as `.env`.
    pub fn is_env_file(&self) -> bool {
        language::is_env_file(self.name())
    }

    /// Its added lines.
    pub fn added(&self) -> impl Iterator<Item = &Line<'a>> {
        self.lines.iter().filter(|line| line.is_added)
    }

    /// Every added line in its surroundings.
    pub fn spots(&self) -> impl Iterator<Item = Spot<'_>> {
        let added = |(_, line): &(usize, &Line<'_>)| line.is_added;
        let lines = self.lines.iter().enumerate().filter(added);
        lines.map(|(index, line)| Spot {
            file: self,
            line,
            index,
        })
    }
}

/// Whether a tool or people elsewhere wrote the file, by its path or by what its
/// first ten lines say: lock files, minified, generated and vendored code.
pub fn is_generated(diff: &FileDiff) -> bool {
    language::is_generated(&diff.path)
        || diff.lines().take(10).any(|line| {
            line.new_number.is_some_and(|n| n <= 10) && language::says_generated(&line.text)
        })
}

/// Rust's tests stand in the file that they test, behind all else.
fn begins_tests(line: &str) -> bool {
    line.contains("#[cfg(test)]") || line.contains("mod tests")
}

/// An added line and what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// The file that it is in.
    pub file: &'a File<'a>,
    line: &'a Line<'a>,
    index: usize,
}

impl<'a> Spot<'a> {
    /// [`Line::number`].
    pub fn number(&self) -> u32 {
        self.line.number
    }

    /// [`Line::text`].
    pub fn text(&self) -> &'a str {
        self.line.text
    }

    /// [`Line::code`].
    pub fn code(&self) -> &'a str {
        &self.line.code
    }

    /// [`Line::comment`].
    pub fn comment(&self) -> &'a str {
        &self.line.comment
    }

    /// [`Line::in_test`].
    pub fn in_test(&self) -> bool {
        self.line.in_test
    }

    /// The line above it, if the diff shows it.
    pub fn above(&self) -> Option<&'a Line<'a>> {
        self.lines_above().next()
    }

    /// The lines above it, the nearest first, as far as the diff shows them without
    /// a gap.
    pub fn lines_above(&self) -> impl Iterator<Item = &'a Line<'a>> {
        let above = self.file.lines.get(..self.index).unwrap_or_default();
        let mut number = self.line.number;
        above.iter().rev().take_while(move |line| {
            let next = line.number.checked_add(1) == Some(number);
            number = line.number;
            next
        })
    }

    /// The line below it, if the diff shows it.
    pub fn below(&self) -> Option<&'a Line<'a>> {
        let line = self.file.lines.get(self.index.checked_add(1)?)?;
        (line.number.checked_sub(1)? == self.line.number).then_some(line)
    }
}

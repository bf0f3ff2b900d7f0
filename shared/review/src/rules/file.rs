use super::lexer::Lexer;
use diff::language::{self, Language};
use diff::{FileDiff, LineKind};

/// A file of the diff with the lines of its new version.
#[derive(Debug)]
pub struct File<'a> {
    /// The file's part of the diff.
    pub diff: &'a FileDiff,
    pub language: Language,
    /// `true` for a test file.
    pub is_test: bool,
    /// `true` for generated or vendored files.
    pub is_generated: bool,
    /// Added lines and their context. Code and comments are separated only in files
    /// that are not generated.
    pub lines: Vec<Line<'a>>,
}

/// A line in a file's new version.
#[derive(Debug)]
pub struct Line<'a> {
    /// Line number, from 1.
    pub number: u32,
    /// `true` for an added line, `false` for context.
    pub is_added: bool,
    /// The unchanged text.
    pub text: &'a str,
    /// Code, with comments and string contents blanked. It has the same length as
    /// `text` in bytes, or is empty if `text` is longer than a hand-written line.
    pub code: String,
    /// Comments, with everything else blanked. It has the same length as `code`.
    pub comment: String,
    /// `true` if the visible context shows that the line is part of a test.
    pub in_test: bool,
}

impl<'a> File<'a> {
    /// Converts a file of the diff.
    pub fn new(diff: &'a FileDiff) -> Self {
        Self::of(diff, is_generated(diff))
    }

    /// Converts a file of the diff that is known to be generated or not.
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

    pub fn path(&self) -> &'a str {
        &self.diff.path
    }

    /// Returns the last part of the path.
    pub fn name(&self) -> &'a str {
        language::file_name(&self.diff.path)
    }

    /// Returns `true` for a file of environment variables, such as `.env`.
    pub fn is_env_file(&self) -> bool {
        language::is_env_file(self.name())
    }

    pub fn added(&self) -> impl Iterator<Item = &Line<'a>> {
        self.lines.iter().filter(|line| line.is_added)
    }

    /// Returns every added line with its context.
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

/// Returns `true` for generated or vendored files, judged by the path or the first ten
/// lines: lock files, minified, generated and vendored code.
pub fn is_generated(diff: &FileDiff) -> bool {
    language::is_generated(&diff.path)
        || diff.lines().take(10).any(|line| {
            line.new_number.is_some_and(|n| n <= 10) && language::says_generated(&line.text)
        })
}

/// Detects the test module, which comes last in a Rust file.
fn begins_tests(line: &str) -> bool {
    line.contains("#[cfg(test)]") || line.contains("mod tests")
}

/// An added line with its context.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// File of the line.
    pub file: &'a File<'a>,
    line: &'a Line<'a>,
    index: usize,
}

impl<'a> Spot<'a> {
    pub fn number(&self) -> u32 {
        self.line.number
    }

    pub fn text(&self) -> &'a str {
        self.line.text
    }

    pub fn code(&self) -> &'a str {
        &self.line.code
    }

    pub fn comment(&self) -> &'a str {
        &self.line.comment
    }

    pub fn in_test(&self) -> bool {
        self.line.in_test
    }

    /// Returns the line above, if the diff shows it.
    pub fn above(&self) -> Option<&'a Line<'a>> {
        self.lines_above().next()
    }

    /// Returns the lines above, nearest first, up to the first gap in the diff.
    pub fn lines_above(&self) -> impl Iterator<Item = &'a Line<'a>> {
        let above = self.file.lines.get(..self.index).unwrap_or_default();
        let mut number = self.line.number;
        above.iter().rev().take_while(move |line| {
            let next = line.number.checked_add(1) == Some(number);
            number = line.number;
            next
        })
    }

    /// Returns the line below, if the diff shows it.
    pub fn below(&self) -> Option<&'a Line<'a>> {
        let line = self.file.lines.get(self.index.checked_add(1)?)?;
        (line.number.checked_sub(1)? == self.line.number).then_some(line)
    }
}

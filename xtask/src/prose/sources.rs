//! Texts of the repository by kind.

use super::words::words;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Ends of the names of the files that are read, beside those in `.ci`.
const ENDS: [&str; 4] = [".rs", ".md", ".toml", ".yaml"];

/// Bytes of a text that is counted. Shorter ones are names, longer ones prompts of the model, whose
/// recorded answers depend on each word.
const TEXT: RangeInclusive<usize> = 25..=299;

/// Text with its place.
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) text: String,
}

/// Texts of the repository by kind.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) docs: Vec<Place>,
    pub(super) comments: Vec<Place>,
    pub(super) pages: Vec<Place>,
    pub(super) texts: Vec<Place>,
    pub(super) tests: Vec<Place>,
    pub(super) commits: Vec<Place>,
}

/// Returns the repository's source files, pages and settings, without build results and the
/// generated template.
pub(super) fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let ci = root.join(".ci");
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if name == ".ci" || (name != "target" && !name.starts_with('.')) {
                    folders.push(path);
                }
            } else if name != "template.yaml"
                && (path.parent() == Some(ci.as_path())
                    || ENDS.iter().any(|end| name.ends_with(end)))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

impl Sources {
    pub(super) fn read(&mut self, file: &str, text: &str) {
        let place = |line: usize, text: &str| Place {
            file: file.to_owned(),
            line: line + 1,
            text: text.trim().to_owned(),
        };
        let (mut is_code, mut is_doc, mut is_test) = (false, false, false);
        for (number, line) in &joined(file, text) {
            let (number, line) = (*number, line.as_str());
            let trimmed = line.trim();
            if file.ends_with(".md") {
                if trimmed.starts_with("```") {
                    is_code = !is_code;
                } else if !is_code && !trimmed.is_empty() {
                    self.pages.push(place(number, line));
                }
                continue;
            }
            if !file.ends_with(".rs") {
                if let Some(comment) = trimmed.strip_prefix("# ") {
                    self.comments.push(place(number, comment));
                } else if words(trimmed).count() > 4 {
                    self.texts.push(place(number, trimmed));
                }
                continue;
            }
            let doc = ["///", "//!"]
                .iter()
                .find_map(|it| trimmed.strip_prefix(it));
            if let Some(comment) = doc.or_else(|| trimmed.strip_prefix("// ")) {
                if doc.is_some() && !is_doc {
                    self.docs.push(place(number, comment));
                }
                self.comments.push(place(number, comment));
            } else {
                let name = trimmed.trim_start_matches("async ").strip_prefix("fn ");
                if let (true, Some(name)) = (is_test, name) {
                    let name = name.split('(').next().unwrap_or_default();
                    self.tests.push(place(number, name));
                }
                let line = line.replace("\\\"", "'");
                let quoted = line.split('"').skip(1).step_by(2);
                let texts = quoted.filter(|text| TEXT.contains(&text.len()));
                let texts = texts.map(|text| place(number, &without_placeholders(text)));
                self.texts.extend(texts);
            }
            is_doc = doc.is_some();
            let is_attribute = trimmed.starts_with("#[");
            is_test = trimmed.starts_with("#[test")
                || trimmed.starts_with("#[tokio::test")
                || (is_test && (is_attribute || trimmed.is_empty()));
        }
    }
}

/// Returns the text of a format string without its placeholders.
fn without_placeholders(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('}').map_or(part, |(_, after)| after));
    rest.fold(first, |text, part| text + part)
}

/// Returns the lines with their numbers from 0. In Rust code, a text that continues after a
/// backslash is in one line.
fn joined(file: &str, text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        match lines.last_mut().filter(|_| is_open) {
            Some((_, last)) => {
                last.pop();
                last.push_str(line.trim_start());
            }
            None => lines.push((number, line.to_owned())),
        }
        let last = lines.last().map(|(_, line)| line.as_str());
        let last = last.filter(|it| file.ends_with(".rs") && !it.trim_start().starts_with("//"));
        is_open = last.is_some_and(|it| {
            let quotes = it
                .replace("\\\\", "")
                .replace("\\\"", "")
                .matches('"')
                .count();
            it.ends_with('\\') && quotes % 2 == 1
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_by_kind() {
        let mut sources = Sources::default();
        let text = "/// Doc.\n/// More.\nfn a() { log(\"a text of more than 25 letters\"); }\n\
                    #[test]\nfn posts_one() {}\n// Comment.\n";
        sources.read("a.rs", text);
        sources.read(
            "b.rs",
            "f(\n    \"one \\\"text\\\" of \\\n     // several \\\n     lines\",\n);\n",
        );
        sources.read("a.md", "Line.\n```\ncode\n```\n");
        sources.read(
            "a.yaml",
            "# Note.\nName: x\nDescription: A text of five words.\n",
        );
        let texts = |places: &[Place]| {
            let texts: Vec<_> = places.iter().map(|it| it.text.clone()).collect();
            texts.join("|")
        };
        assert_eq!(texts(&sources.docs), "Doc.");
        assert_eq!(texts(&sources.comments), "Doc.|More.|Comment.|Note.");
        assert_eq!(
            texts(&sources.texts),
            "a text of more than 25 letters|one 'text' of // several lines|Description: A text of five words."
        );
        assert_eq!(texts(&sources.tests), "posts_one");
        assert_eq!(texts(&sources.pages), "Line.");
    }
}

//! Counts forms of English that readers must read twice, in comments, documentation, texts and
//! test names.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Form of English with the share of places that may have it.
struct Form {
    name: &'static str,
    /// Largest share in percent.
    limit: f64,
    places: fn(&Sources) -> &[Place],
    has: fn(&str) -> bool,
}

const FORMS: [Form; 7] = [
    Form {
        name: "doc comments that open with a noun clause",
        limit: 4.0,
        places: |it| &it.docs,
        has: |text| OPENINGS.contains(&first_word(text)),
    },
    Form {
        name: "comment lines with vague actors or verbs",
        limit: 0.5,
        places: |it| &it.comments,
        has: is_vague,
    },
    Form {
        name: "comment lines with \"what is ...\" as a noun",
        limit: 1.0,
        places: |it| &it.comments,
        has: has_noun_clause,
    },
    Form {
        name: "documentation lines with either",
        limit: 2.0,
        places: |it| &it.pages,
        has: |text| is_vague(text) || has_noun_clause(text),
    },
    Form {
        name: "texts in code with either",
        limit: 0.2,
        places: |it| &it.texts,
        has: |text| is_vague(text) || has_noun_clause(text),
    },
    Form {
        name: "test names that begin with an article or a question word",
        limit: 5.0,
        places: |it| &it.tests,
        has: |name| TEST_OPENINGS.contains(&name.split('_').next().unwrap_or_default()),
    },
    Form {
        name: "test names longer than six words",
        limit: 10.0,
        places: |it| &it.tests,
        has: |name| name.split('_').count() > 6,
    },
];

const OPENINGS: [&str; 13] = [
    "What", "Who", "Whoever", "Whom", "Whether", "Nobody", "Somebody", "Of", "Those", "How",
    "Where", "Why", "When",
];
const TEST_OPENINGS: [&str; 10] = [
    "what", "who", "whose", "that", "nothing", "nobody", "a", "an", "the", "where",
];
/// Ends of the names of the files that are read, beside those in `.ci`.
const ENDS: [&str; 4] = [".rs", ".md", ".toml", ".yaml"];
const VAGUE: [&str; 8] = [
    "nobody", "somebody", "anybody", "whoever", "told", "stands", "stand", "stood",
];
const AFTER_WHAT: [&str; 12] = [
    "is", "was", "are", "were", "a", "the", "has", "had", "it", "they", "comes", "stands",
];

/// Text with its place.
struct Place {
    file: String,
    line: usize,
    text: String,
}

/// Texts of the repository by kind.
#[derive(Default)]
struct Sources {
    docs: Vec<Place>,
    comments: Vec<Place>,
    pages: Vec<Place>,
    texts: Vec<Place>,
    tests: Vec<Place>,
}

/// Returns a table of the forms, with up to `list` places of each, and whether every form is
/// within its limit.
///
/// # Errors
/// A file that cannot be read.
pub fn report(root: &Path, list: usize) -> io::Result<(String, bool)> {
    let mut sources = Sources::default();
    for path in files(root)? {
        let name = path.strip_prefix(root).unwrap_or(&path);
        sources.read(&name.display().to_string(), &fs::read_to_string(&path)?);
    }
    let (mut table, mut is_within) = (String::new(), true);
    for form in &FORMS {
        let places = (form.places)(&sources);
        let hits: Vec<_> = places.iter().filter(|it| (form.has)(&it.text)).collect();
        let share = percent(hits.len(), places.len());
        is_within &= share <= form.limit;
        let (count, all, limit) = (hits.len(), places.len(), form.limit);
        let _ = writeln!(
            table,
            "{count:5} of {all:5}  {share:5.1} %  at most {limit:4.1} %  {}",
            form.name
        );
        for Place { file, line, text } in hits.into_iter().take(list) {
            let _ = writeln!(table, "        {file}:{line}: {text}");
        }
    }
    Ok((table, is_within))
}

#[expect(clippy::cast_precision_loss, reason = "counts of lines are small")]
fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

/// Returns the repository's source files, pages and settings, without build results and the
/// generated template.
fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
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
    fn read(&mut self, file: &str, text: &str) {
        let place = |line: usize, text: &str| Place {
            file: file.to_owned(),
            line: line + 1,
            text: text.trim().to_owned(),
        };
        let (mut is_code, mut is_doc, mut is_test) = (false, false, false);
        for (number, line) in text.lines().enumerate() {
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
                let quoted = line.split('"').skip(1).step_by(2);
                let texts = quoted.filter(|text| text.len() >= 25);
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

fn first_word(text: &str) -> &str {
    text.trim_start()
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn is_vague(text: &str) -> bool {
    words(text).any(|word| VAGUE.contains(&word.as_str()))
}

fn has_noun_clause(text: &str) -> bool {
    let words: Vec<_> = words(text).collect();
    words.windows(2).any(|pair| {
        matches!(pair, [what, next] if what == "what" && AFTER_WHAT.contains(&next.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_match_and_spare() {
        for (why, form, text, has) in [
            ("a noun clause", 0, "What a task returned.", true),
            ("a verb", 0, "Returns the result.", false),
            ("a vague actor", 1, "nobody posts meanwhile", true),
            ("part of a word", 1, "the standard notation", false),
            ("what as a noun", 2, "keeps what is left", true),
            ("a question of another kind", 2, "ask what changed", false),
            ("an article", 5, "a_review_is_posted", true),
            ("a verb in a test's name", 5, "posts_one_review", false),
            ("seven words", 6, "one_two_three_four_five_six_seven", true),
            ("six words", 6, "one_two_three_four_five_six", false),
        ] {
            let form = FORMS.get(form).expect("a form");
            assert_eq!((form.has)(text), has, "{why}: {text}");
        }
    }

    #[test]
    fn sources_are_read_by_kind() {
        let mut sources = Sources::default();
        let text = "/// Doc.\n/// More.\nfn a() { log(\"a text of more than 25 letters\"); }\n\
                    #[test]\nfn posts_one() {}\n// Comment.\n";
        sources.read("a.rs", text);
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
            "a text of more than 25 letters|Description: A text of five words."
        );
        assert_eq!(texts(&sources.tests), "posts_one");
        assert_eq!(texts(&sources.pages), "Line.");
    }
}

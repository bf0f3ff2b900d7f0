//! Counts forms of English that readers must read twice, in comments, documentation, texts,
//! test names and commits.

mod commits;
mod sources;
mod words;

use sources::{Place, Sources, files};
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};
use words::words;

/// Form of English with the share of places that may have it.
struct Form {
    name: &'static str,
    /// Largest share in percent.
    limit: f64,
    places: fn(&Sources) -> &[Place],
    has: fn(&str) -> bool,
}

const FORMS: [Form; 8] = [
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
        name: "comment lines with a noun clause after \"what\"",
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
    Form {
        name: "subjects of the newest 60 commits without an imperative verb",
        // The goal is 10 %, but published subjects cannot be changed.
        limit: 30.0,
        places: |it| &it.commits,
        has: |subject| !commits::is_imperative(subject),
    },
];

const OPENINGS: [&str; 13] = [
    "What", "Who", "Whoever", "Whom", "Whether", "Nobody", "Somebody", "Of", "Those", "How",
    "Where", "Why", "When",
];
const TEST_OPENINGS: [&str; 10] = [
    "what", "who", "whose", "that", "nothing", "nobody", "a", "an", "the", "where",
];
const VAGUE: [&str; 8] = [
    "nobody", "somebody", "anybody", "whoever", "told", "stands", "stand", "stood",
];
const AFTER_WHAT: [&str; 12] = [
    "is", "was", "are", "were", "a", "the", "has", "had", "it", "they", "comes", "stands",
];

/// Returns a table of the forms, with up to `list` places of each, and whether every form is
/// within its limit.
///
/// # Errors
/// A file that cannot be read.
pub fn report(root: &Path, list: usize) -> io::Result<(String, bool)> {
    let mut sources = Sources {
        commits: commits::subjects(root),
        ..Sources::default()
    };
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

fn first_word(text: &str) -> &str {
    text.trim_start()
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
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
            (
                "a verb after a component",
                7,
                "bus: limit connections",
                false,
            ),
            ("a verb alone", 7, "Add a bus", false),
            ("a sentence", 7, "One way to change a state", true),
            ("another verb form", 7, "bus: limits connections", true),
        ] {
            let form = FORMS.get(form).expect("a form");
            assert_eq!((form.has)(text), has, "{why}: {text}");
        }
    }
}

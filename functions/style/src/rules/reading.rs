//! Code that is hard to read.

use review::Severity::{Info, Medium};
use review::rules::rule;
use review::rules::scan::{around, indentation, words};
use review::rules::{Finds, Language, Line, Reads, Rule};

pub(super) const TODO: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::Lines(|line| {
        let comment = line.comment();
        ["TODO", "FIXME", "XXX"].iter().any(|word| {
            words(comment, word).any(|at| {
                let (before, after) = around(comment, at..at + word.len());
                // `TODO` as a mark, not as a word of the sentence.
                let is_mark = before
                    .trim_matches([' ', '/', '*', '!', '#', '@', '-', '<'])
                    .is_empty();
                is_mark && !after.starts_with('-') && !has_owner(after) && !has_owner(before)
            })
        })
    }),
    ..rule(
        "unowned-todo",
        Info,
        80,
        "This note has no owner. Name an issue or a person: `TODO(#123)`, `TODO(name)`.",
    )
};

/// Returns `true` if `text` contains `(name)`, `@name`, `#123`, `ABC-123` or a URL.
fn has_owner(text: &str) -> bool {
    let in_brackets = text
        .trim_start()
        .strip_prefix(['(', '['])
        .is_some_and(|rest| !rest.starts_with([')', ']']));
    let issue = |word: &str| {
        let word = word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '#' || c == '@'));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        word.rsplit_once('#')
            .is_some_and(|(_, number)| digits(number))
            || word.strip_prefix('@').is_some_and(|name| !name.is_empty())
            || ["issue", "bpo-", "gh-", "GH-"]
                .iter()
                .any(|tracker| word.strip_prefix(tracker).is_some_and(digits))
            || word.split_once('-').is_some_and(|(project, number)| {
                project.len() >= 2
                    && project
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                    && digits(number)
            })
    };
    in_brackets || text.contains("://") || text.split_whitespace().any(issue)
}

pub(super) const COMMENTED_OUT: Rule = Rule {
    finds: Finds::InFile(|file| {
        let mut found = Vec::new();
        let mut run: Vec<&Line<'_>> = Vec::new();
        let mut close = |run: &mut Vec<&Line<'_>>| {
            let code = run
                .iter()
                .filter(|line| is_code(file.language, &line.comment))
                .count();
            // Requires three consecutive lines that are mostly code, because
            // one sentence can resemble code.
            if let Some(first) = run.first()
                && code >= 3
                && code * 3 >= run.len() * 2
            {
                found.push(first.number);
            }
            run.clear();
        };
        for line in &file.lines {
            let is_comment = line.is_added
                && line.code.trim().is_empty()
                && !line.comment.trim().is_empty()
                && !is_documentation(line.text);
            let follows = run
                .last()
                .is_none_or(|last| last.number.checked_add(1) == Some(line.number));
            if !is_comment || !follows {
                close(&mut run);
            }
            if is_comment {
                run.push(line);
            }
        }
        close(&mut run);
        found
    }),
    ..rule(
        "commented-out-code",
        Info,
        65,
        "These comments look like code. Remove them, because the history keeps old code, or say \
         why they stay.",
    )
};

/// Detects documentation, tool directives and block comments: a block may be
/// documentation that begins above the diff.
fn is_documentation(text: &str) -> bool {
    let text = text.trim_start();
    let is_line = ["//", "#", "--"].iter().any(|mark| text.starts_with(mark));
    let other = [
        "///",
        "//!",
        "#!",
        "//go:",
        "//nolint",
        "// eslint",
        "// @ts",
    ];
    !is_line || other.iter().any(|start| text.starts_with(start))
}

/// Returns `true` if a comment's text resembles code more than a sentence.
fn is_code(language: Language, comment: &str) -> bool {
    let text = comment.trim();
    let call = |end: &str| {
        text.strip_suffix(end).is_some_and(|call| {
            let name = call.split('(').next().unwrap_or_default();
            call.contains('(')
                && !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '!'))
        })
    };
    let assignment = text.split_once(" = ").is_some_and(|(name, value)| {
        let name = name.trim_start_matches("let ").trim_start_matches("const ");
        !value.is_empty()
            && !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '$'))
    });
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    match language {
        Language::Python => {
            assignment
                || call(")")
                || text.ends_with(':')
                    && begins(&[
                        "def ", "class ", "if ", "elif ", "else:", "for ", "while ", "try:",
                        "except", "with ",
                    ])
                || begins(&["return ", "import "]) && text.split(' ').count() == 2
        }
        Language::Ruby | Language::Shell => assignment || text == "end",
        Language::Sql => text.ends_with(';'),
        _ => {
            matches!(text, "}" | "{" | "});" | "})" | "};" | "} else {")
                || call(");")
                || text.ends_with(';')
                    && (assignment
                        || begins(&["return ", "let ", "const ", "var ", "import ", "use "]))
                || text.ends_with('{')
                    && begins(&[
                        "if ",
                        "if(",
                        "for ",
                        "for(",
                        "while ",
                        "fn ",
                        "func ",
                        "function ",
                        "match ",
                        "switch ",
                    ])
        }
    }
}

pub(super) const MIXED_INDENTATION: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        let indentation = indentation(line.text());
        !line.code().trim().is_empty() && indentation.contains(' ') && indentation.contains('\t')
    }),
    ..rule(
        "mixed-indentation",
        Medium,
        85,
        "Tabs and blanks are mixed in this indentation: Python may refuse it, or nest it \
         otherwise than it looks.",
    )
};

pub(super) const LONG_LINE: Rule = Rule {
    finds: Finds::Lines(|line| {
        // Only code counts, because long URLs and sentences cannot be wrapped.
        const LONG: usize = 200;
        line.code().len() > LONG && {
            let letters = line.code().split_whitespace().map(|word| word.len() + 1);
            letters.sum::<usize>() > LONG
        }
    }),
    ..rule(
        "long-line",
        Info,
        50,
        "This line is too long to read. Break it.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_todos_without_owner() {
        check(&[
            (TODO, "nobody's", "a.rs", "// TODO: later", true),
            (
                TODO,
                "nobody's, behind code",
                "a.py",
                "x = 1  # FIXME this is wrong",
                true,
            ),
            (TODO, "a person's", "a.rs", "// TODO(alice): later", false),
            (
                TODO,
                "an issue's",
                "a.rs",
                "// TODO: later, see #123",
                false,
            ),
            (TODO, "a ticket's", "a.js", "// TODO ABC-123 later", false),
            (TODO, "an address", "a.js", "// TODO https://x.y/1", false),
            (TODO, "a mention", "a.js", "// FIXME @bob", false),
            (TODO, "a tracker's", "a.py", "# XXX: see issue5256", false),
            (TODO, "empty brackets", "a.js", "// TODO(): later", true),
            (
                TODO,
                "a word of the sentence",
                "a.js",
                "// shows the TODO list",
                false,
            ),
            (TODO, "code", "a.js", "const TODO = 1", false),
            (TODO, "a string", "a.js", "f('TODO: x')", false),
            (TODO, "lower case", "a.js", "// todo lists are fine", false),
            (TODO, "prose", "a.md", "TODO: write", false),
        ]);
    }

    #[test]
    fn distinguishes_commented_code_from_sentences() {
        check(&[
            (
                COMMENTED_OUT,
                "a block",
                "a.js",
                "// if (x) {\n//   f(x);\n// }\n",
                true,
            ),
            (
                COMMENTED_OUT,
                "Python",
                "a.py",
                "# x = 1\n# if x:\n#     f(x)\n",
                true,
            ),
            (
                COMMENTED_OUT,
                "two lines are an example",
                "a.js",
                "// f(x);\n// g(x);\n",
                false,
            ),
            (
                COMMENTED_OUT,
                "sentences",
                "a.py",
                "# First we do this (and that).\n# Then the other = more.\n# return to sender\n",
                false,
            ),
            (
                COMMENTED_OUT,
                "documentation",
                "a.rs",
                "/// let x = 1;\n/// f(x);\n/// g(x);\n",
                false,
            ),
            (
                COMMENTED_OUT,
                "a sentence with an example",
                "a.js",
                "// Why we do this:\n// it is\n// long\n// f(x);\n// g(x);\n// h(x);\n// so\n",
                false,
            ),
            (
                COMMENTED_OUT,
                "a licence",
                "a.c",
                "// Copyright;\n// see the file LICENSE;\n// all rights reserved;\n",
                false,
            ),
        ]);
    }

    #[test]
    fn finds_unreadable_lines() {
        let call = format!("f({});", "argument_one, ".repeat(16));
        let text = format!("f(\"{}\")", "words ".repeat(60));
        let url = format!("// https://x.y/{}", "z".repeat(300));
        check(&[
            (MIXED_INDENTATION, "both", "a.py", " \tx = 1", true),
            (MIXED_INDENTATION, "tabs", "a.py", "\t\tx = 1", false),
            (
                MIXED_INDENTATION,
                "a tab behind code",
                "a.py",
                "    x = 1\t# one",
                false,
            ),
            (LONG_LINE, "code", "a.rs", &call, true),
            (LONG_LINE, "a sentence", "a.rs", &text, false),
            (LONG_LINE, "an address", "a.rs", &url, false),
        ]);
    }
}

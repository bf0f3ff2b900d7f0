//! Conditions that are constant or test the wrong thing.

use review::Severity::{High, Medium};
use review::rules::rule;
use review::rules::scan::{arguments, around, ends_with_name, has_word, words};
use review::rules::{Finds, Language, Reads, Rule};

pub(super) const NAN: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code();
        let names: &[&str] = match line.file.language {
            Language::JavaScript => &["NaN", "Number.NaN"],
            Language::Python => &["np.nan", "numpy.nan", "math.nan", "np.NaN"],
            Language::Rust => &["f64::NAN", "f32::NAN"],
            Language::Go => &["math.NaN()"],
            Language::Java => &["Double.NaN", "Float.NaN"],
            _ => &[],
        };
        let float = matches!(line.file.language, Language::Python)
            && ["'nan'", "\"nan\""]
                .iter()
                .any(|nan| line.text().contains(&format!("== float({nan})")));
        float
            || names.iter().any(|name| {
                ["== ", "=== ", "!= ", "!== "].iter().any(|sign| {
                    let comparison = format!("{sign}{name}");
                    code.match_indices(&comparison).take(4).any(|(at, _)| {
                        let (before, after) = around(code, at..at + comparison.len());
                        !before.ends_with(['=', '!'])
                            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                    })
                })
            })
    }),
    ..rule(
        "nan-comparison",
        High,
        95,
        "NaN equals nothing, not even itself: this is always the same. Ask `isNaN`, `is_nan`, \
         `math.isnan`.",
    )
};

pub(super) const IS_LITERAL: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        let code = line.code();
        let statement = code.trim_start();
        words(code, "is").any(|at| {
            let (before, after) = around(code, at..at + 2);
            let after = after.trim_start();
            let value = after.strip_prefix("not ").unwrap_or(after).trim_start();
            !before.trim().is_empty()
                && !statement.starts_with(['"', '\''])
                && value.starts_with(|c: char| {
                    c.is_ascii_digit() || matches!(c, '"' | '\'' | '[' | '{')
                })
                && !before.trim_end().ends_with(['"', '\''])
        })
    }),
    ..rule(
        "is-literal",
        Medium,
        92,
        "`is` asks whether two things are the same object, which is chance for a literal. Use \
         `==`.",
    )
};

pub(super) const ASSIGNMENT: Rule = Rule {
    reads: Reads::Languages(&[
        Language::C,
        Language::CSharp,
        Language::Java,
        Language::JavaScript,
    ]),
    finds: Finds::Lines(|line| {
        let code = line.code();
        words(code, "if").any(|at| {
            let condition = arguments(code, at + 2).and_then(|range| {
                // Reads only conditions that end on this line.
                (range.end < code.len()).then(|| code.get(range))?
            });
            // `if ((a = b))` is a common mark of an intended assignment.
            condition.is_some_and(|condition| {
                condition.split_once('=').is_some_and(|(name, value)| {
                    let name = name.trim();
                    !name.is_empty()
                        && name
                            .chars()
                            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))
                        && !value.starts_with(['=', '>'])
                        && !value.contains(['=', '<', '>'])
                })
            })
        })
    }),
    ..rule(
        "assignment-in-condition",
        Medium,
        82,
        "This assigns and does not compare. Write `==` (or `===`); if it is meant, put it on a \
         line of its own.",
    )
};

pub(super) const SAME_ON_BOTH_SIDES: Rule = Rule {
    finds: Finds::Lines(|line| {
        !line.in_test()
            && !matches!(line.file.language, Language::Shell | Language::Sql)
            && [" == ", " === ", " && ", " || ", " and ", " or "]
                .iter()
                .any(|sign| {
                    line.code().match_indices(sign).take(16).any(|(at, _)| {
                        let (left, right) = around(line.code(), at..at + sign.len());
                        has_same_operand(left, right)
                    })
                })
    }),
    ..rule(
        "same-on-both-sides",
        Medium,
        85,
        "Both sides are the same, so this says less than it seems to. One of them is probably \
         meant to be another.",
    )
};

/// Returns `true` if the last operand of `left` equals the first of `right`, each
/// complete: `a.b`, but not the `b` in `a - b`.
fn has_same_operand(left: &str, right: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let right_end = right.find(|c: char| !part(c)).unwrap_or(right.len());
    let (operand, after) = right.split_at(right_end);
    let Some(before) = left.strip_suffix(operand) else {
        return false;
    };
    let begins = |text: &str| {
        let text = text.trim_end();
        text.is_empty()
            || text.ends_with(['(', ',', '{', ';', '?'])
            || text.ends_with("&&")
            || text.ends_with("||")
            || [
                "if", "elif", "while", "return", "and", "or", "when", "assert",
            ]
            .iter()
            .any(|word| {
                text.strip_suffix(word)
                    .is_some_and(|rest| !ends_with_name(rest))
            })
    };
    let ends = |text: &str| {
        let text = text.trim_start();
        text.is_empty()
            || text.starts_with([')', ',', '{', ';', '?', ':', '}'])
            || text.starts_with("&&")
            || text.starts_with("||")
            || has_word(text.split(' ').next().unwrap_or_default(), "and")
            || has_word(text.split(' ').next().unwrap_or_default(), "or")
    };
    operand.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !before.ends_with(part)
        && begins(before)
        && ends(after)
}

pub(super) const EMPTY_IF: Rule = Rule {
    reads: Reads::Languages(&[
        Language::C,
        Language::CSharp,
        Language::Java,
        Language::JavaScript,
        Language::Php,
    ]),
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        code.starts_with("if")
            && arguments(code, 2).is_some_and(|range| {
                code.get(range.end + 1..)
                    .is_some_and(|rest| rest.trim() == ";")
            })
    }),
    ..rule(
        "empty-if",
        High,
        90,
        "The `;` ends this `if`: what follows happens always.",
    )
};

pub(super) const ASSERTED_TUPLE: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        let Some(rest) = code.strip_prefix("assert") else {
            return false;
        };
        arguments(rest, 0).is_some_and(|range| {
            let closed = rest.get(range.end..).is_some_and(|rest| rest.trim() == ")");
            let inner = rest.get(range).unwrap_or_default();
            let first = review::rules::scan::first_argument(inner);
            // `assert (a, b) == …` and a generator are valid.
            closed && first.len() < inner.len() && !has_word(inner, "for")
        })
    }),
    ..rule(
        "asserted-tuple",
        High,
        92,
        "A tuple is always true, so this asserts nothing. Remove the brackets.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_constant_and_wrong_conditions() {
        check(&[
            (NAN, "JavaScript", "a.js", "if (x === NaN) {", true),
            (NAN, "asked well", "a.js", "if (Number.isNaN(x)) {", false),
            (NAN, "another name", "a.js", "if (x === NaNny) {", false),
            (NAN, "numpy", "a.py", "if x == np.nan:", true),
            (NAN, "float", "a.py", "if x == float('nan'):", true),
            (NAN, "a keyword's default", "a.py", "f(x=np.nan)", false),
            (NAN, "Rust", "a.rs", "x == f64::NAN", true),
            (IS_LITERAL, "a string", "a.py", "if x is 'a':", true),
            (IS_LITERAL, "not a number", "a.py", "if x is not 0:", true),
            (IS_LITERAL, "None", "a.py", "if x is None:", false),
            (IS_LITERAL, "True", "a.py", "if x is True:", false),
            (IS_LITERAL, "a sentence", "a.py", "# this is 'a'", false),
            (
                IS_LITERAL,
                "a sentence in a string",
                "a.py",
                "f('it is 5')",
                false,
            ),
            (ASSIGNMENT, "meant to compare", "a.js", "if (a = b) {", true),
            (ASSIGNMENT, "compared", "a.js", "if (a == b) {", false),
            (ASSIGNMENT, "at least", "a.c", "if (a >= b) {", false),
            (ASSIGNMENT, "meant", "a.c", "if ((a = f())) {", false),
            (
                ASSIGNMENT,
                "declared",
                "a.cpp",
                "if (auto a = f()) {",
                false,
            ),
            (
                ASSIGNMENT,
                "a function",
                "a.js",
                "if (xs.some(x => x)) {",
                false,
            ),
            (
                ASSIGNMENT,
                "in a string",
                "a.js",
                "if (f('a = b')) {",
                false,
            ),
            (
                ASSIGNMENT,
                "assigned and compared",
                "a.c",
                "if (a = f() != 0) {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "a name",
                "a.js",
                "if (a.b === a.b) {",
                true,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "of three",
                "a.py",
                "if x and y or y:",
                true,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "the end of a name",
                "a.js",
                "if (ba === a) {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "its field",
                "a.js",
                "if (a === a.b) {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "a sum",
                "a.js",
                "if (b - a === a) {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "a sum behind it",
                "a.js",
                "if (a === a + b) {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "a call",
                "a.js",
                "if (a === a()) {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "guarded",
                "a.js",
                "return a && a.b",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "two strings",
                "a.js",
                "if ('a' === 'b') {",
                false,
            ),
            (
                SAME_ON_BOTH_SIDES,
                "a test of equality",
                "tests/a.rs",
                "assert!(a == a);",
                false,
            ),
            (EMPTY_IF, "a semicolon", "a.c", "if (a == b);", true),
            (EMPTY_IF, "a call", "a.c", "if (a == b) f(x);", false),
            (EMPTY_IF, "another name", "a.js", "iffy(x);", false),
            (
                ASSERTED_TUPLE,
                "a message inside",
                "a.py",
                "assert (x > 0, 'positive')",
                true,
            ),
            (
                ASSERTED_TUPLE,
                "outside",
                "a.py",
                "assert (x > 0), 'positive'",
                false,
            ),
            (
                ASSERTED_TUPLE,
                "compared",
                "a.py",
                "assert (x, y) == (1, 2)",
                false,
            ),
            (
                ASSERTED_TUPLE,
                "one thing",
                "a.py",
                "assert (x > f(1, 2))",
                false,
            ),
        ]);
    }
}

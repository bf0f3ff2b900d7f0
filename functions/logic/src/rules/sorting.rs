//! Numbers sorted as text.

use review::Severity::Medium;
use review::rules::rule;
use review::rules::scan::{around, methods};
use review::rules::{File, Finds, Language, Line, Reads, Rule};
use std::collections::HashSet;

/// Declarations of a list of numbers, without blanks, up to the point where another type
/// could begin.
const LISTS: &[&str] = &[
    "number[]",
    "readonlynumber[]",
    "Array<number>",
    "ReadonlyArray<number>",
];

pub(super) const SORTED_AS_TEXT: Rule = Rule {
    reads: Reads::Languages(&[Language::JavaScript]),
    finds: Finds::InFile(|file| {
        let lists = lists_of_numbers(file);
        let sorted =
            |line: &&Line<'_>| bare_sorts(&line.code).any(|receiver| are_numbers(&lists, receiver));
        file.added()
            .filter(sorted)
            .map(|line| line.number)
            .collect()
    }),
    ..rule(
        "sorted-as-text",
        Medium,
        90,
        "Without a comparison these numbers are sorted as text: 1000 comes before 9. Give one: \
         `(a, b) => a - b`.",
    )
};

/// Returns the code before each call of `.sort()` or `.toSorted()` without arguments.
fn bare_sorts(code: &str) -> impl Iterator<Item = &str> {
    ["sort", "toSorted"].iter().flat_map(move |method| {
        methods(code, method).filter_map(move |range| {
            let closed = range.end < code.len();
            let bare = code.get(range.clone())?.trim().is_empty();
            let (before, _) = around(code, range);
            let receiver = before.trim_end().strip_suffix('(')?.trim_end();
            let receiver = receiver.strip_suffix(method)?.strip_suffix('.')?;
            (closed && bare).then_some(receiver.trim_end())
        })
    })
}

/// Returns `true` if `code` ends with an expression that is certainly a list of numbers.
fn are_numbers(lists: &HashSet<&str>, code: &str) -> bool {
    if [".map(Number)", ".map(parseFloat)"]
        .iter()
        .any(|made| code.ends_with(made))
    {
        return true;
    }
    let code = code.strip_suffix(".slice()").unwrap_or(code);
    if let Some(inner) = code.strip_suffix(']') {
        let Some((before, inner)) = inner.rsplit_once('[') else {
            return false;
        };
        // A value before the bracket makes it an index.
        let index = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']'));
        return match inner.trim().strip_prefix("...") {
            _ if index => false,
            Some(name) => is_declared(lists, name),
            None => has_long_numbers(inner),
        };
    }
    let start = code
        .rfind(|c: char| !(is_part(c) || c == '.'))
        .map_or(0, |at| {
            at + code
                .get(at..)
                .and_then(|it| it.chars().next())
                .map_or(1, char::len_utf8)
        });
    is_declared(lists, code.get(start..).unwrap_or_default())
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// Detects numbers of several digits, such as `3, 10`: numbers of one digit have the
/// same order either way.
fn has_long_numbers(inner: &str) -> bool {
    let numbers = || inner.split(',').map(str::trim);
    numbers().all(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()))
        && numbers().any(|it| it.len() > 1)
        && numbers().count() > 1
}

fn is_declared(lists: &HashSet<&str>, name: &str) -> bool {
    lists.contains(name.strip_prefix("this.").unwrap_or(name))
}

/// Returns the names that every visible declaration in the diff makes a list of numbers.
fn lists_of_numbers<'a>(file: &'a File<'_>) -> HashSet<&'a str> {
    let (mut lists, mut others) = (HashSet::new(), HashSet::new());
    for line in &file.lines {
        let mut keyword = "";
        let mut rest = line.code.as_str();
        while let Some(start) = rest.find(is_part) {
            let from = rest.get(start..).unwrap_or_default();
            let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
            let (name, after) = from.split_at(end);
            // A keyword counts only directly before the name.
            let parted = rest.get(..start).is_some_and(|it| it.trim().is_empty());
            let anew = parted && matches!(keyword, "const" | "let" | "var" | "of");
            let next = after.get(after.find(|c: char| c != ' ').unwrap_or(0)..);
            let next = next.unwrap_or_default();
            let kind = next.strip_prefix('?').unwrap_or(next).strip_prefix(':');
            match kind {
                Some(kind) if is_list(kind) => drop(lists.insert(name)),
                None if !anew && !next.starts_with("=>") => {}
                Some(_) | None => drop(others.insert(name)),
            }
            (keyword, rest) = (name, after);
        }
    }
    lists.retain(|name| !others.contains(name));
    lists
}

fn is_list(kind: &str) -> bool {
    let kind: String = kind
        .chars()
        .take(64)
        .filter(|c| !c.is_whitespace())
        .collect();
    LISTS.iter().any(|list| {
        kind.strip_prefix(list)
            .is_some_and(|rest| !rest.starts_with(['[', '|', '&']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_numbers_sorted_as_text() {
        const TYPED: &str = "private readonly samples: number[] = [];\n";
        let with = |line: &str| format!("{TYPED}{line}");
        for (why, text, hit) in [
            (
                "a copy of a field",
                with("const s = [...this.samples].sort();"),
                true,
            ),
            (
                "a copy by slice",
                with("return this.samples.slice().sort();"),
                true,
            ),
            ("in place", with("samples.sort();"), true),
            ("a sorted copy", with("f(samples.toSorted())"), true),
            ("compared", with("samples.sort((a, b) => a - b);"), false),
            ("compared below", with("samples.sort("), false),
            ("of another", with("names.sort();"), false),
            (
                "a field of something else",
                with("other.samples.sort();"),
                false,
            ),
            (
                "another type elsewhere",
                with("f(samples: string[])\nsamples.sort();"),
                false,
            ),
            (
                "declared anew",
                with("const samples = names();\nsamples.sort();"),
                false,
            ),
            ("one of a list", with("samples[0].sort();"), false),
            (
                "two types",
                "xs: number[] | string[] = [];\nxs.sort();".to_owned(),
                false,
            ),
            (
                "lists of lists",
                "xs: number[][] = [];\nxs.sort();".to_owned(),
                false,
            ),
            (
                "an array",
                "f(xs: Array<number>) {\nxs.sort();".to_owned(),
                true,
            ),
            (
                "a typed array sorts numbers",
                "xs: Float64Array = g();\nxs.sort();".to_owned(),
                false,
            ),
            ("no type", "const xs = g();\nxs.sort();".to_owned(), false),
            (
                "literals",
                "const s = [100, 9, 20].sort();".to_owned(),
                true,
            ),
            ("digits", "const s = [3, 1, 2].sort();".to_owned(), false),
            ("names", "const s = [a, b].sort();".to_owned(), false),
            (
                "made numbers",
                "text.split(',').map(Number).sort()".to_owned(),
                true,
            ),
            (
                "made names",
                "text.split(',').map(String).sort()".to_owned(),
                false,
            ),
            (
                "part of a longer name",
                with("mySamples.sort(); samples2.sort();"),
                false,
            ),
            (
                "an argument without a type",
                with("each((samples) => samples.sort());\nsamples => 1"),
                false,
            ),
            (
                "each of another",
                with("for (const samples of all) samples.sort();"),
                false,
            ),
            (
                "an optional one",
                "f(xs?: readonly number[]) {\n[...xs].sort();".to_owned(),
                true,
            ),
            ("a comment", with("// samples.sort()"), false),
            ("nothing before it", ".sort()".to_owned(), false),
            ("other letters", "é]é.sort(); é[é].sort()".to_owned(), false),
        ] {
            check(&[(SORTED_AS_TEXT, why, "src/a.ts", &text, hit)]);
        }
    }
}

//! SQL statements that change more than intended.

use review::Severity::High;
use review::rules::rule;
use review::rules::scan::is_constant;
use review::rules::{File, Finds, Language, Line, Reads, Rule};
use std::collections::HashSet;

/// Maximum number of lines of a statement.
const MOST_LINES: usize = 30;

pub(super) const EVERY_ROW: Rule = Rule {
    reads: Reads::Languages(&[Language::Sql]),
    finds: Finds::InFile(|file| {
        if file.is_test || empties_on_purpose(file.path()) {
            return Vec::new();
        }
        let new = new_columns(file);
        let starts = (0..file.lines.len()).filter(|&at| changes_every_row(file, at, &new));
        let lines = starts.filter_map(|at| file.lines.get(at));
        lines.map(|line| line.number).collect()
    }),
    ..rule(
        "every-row-changed",
        High,
        65,
        "Without a `WHERE`, this changes every row of the table and destroys the old values. \
         Name the rows. If all rows are meant, say so in a comment.",
    )
};

/// Detects files whose purpose is to reset a table.
fn empties_on_purpose(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [
        "down", "seed", "fixture", "reset", "clean", "rollback", "undo", "dev",
    ]
    .iter()
    .any(|word| path.contains(word))
}

/// Returns `true` if the statement at line `at` empties a table, or sets an existing
/// column to the same constant in each row. Columns in `new` hold no data to lose.
fn changes_every_row(file: &File<'_>, at: usize, new: &HashSet<String>) -> bool {
    let Some(statement) = statement(file, at) else {
        return false;
    };
    let words: Vec<&str> = statement.split_whitespace().collect();
    let whole = match words.as_slice() {
        ["DELETE", "FROM", _] => true,
        ["UPDATE", _, "SET", assignments @ ..] => sets_constants(&assignments.join(" "), new),
        _ => false,
    };
    whole && begins(file, at) && !says_all(file, at)
}

/// Returns the statement at line `at` in capitals and without its `;`, if the diff shows
/// all of it.
fn statement(file: &File<'_>, at: usize) -> Option<String> {
    let lines = file.lines.get(at..)?;
    let first = lines.first()?;
    let verb = first.code.trim_start().split(' ').next()?;
    if !["UPDATE", "DELETE"]
        .iter()
        .any(|it| verb.eq_ignore_ascii_case(it))
    {
        return None;
    }
    let mut statement = String::new();
    for (number, line) in (first.number..).zip(lines).take(MOST_LINES) {
        if line.number != number {
            return None;
        }
        match line.code.split_once(';') {
            Some((end, _)) => {
                statement.push_str(end);
                return Some(statement.to_ascii_uppercase());
            }
            None => statement.push_str(&line.code),
        }
        statement.push('\n');
    }
    None
}

/// Returns the lines above line `at`, nearest first, up to the first gap in the diff.
fn above<'a>(file: &'a File<'a>, at: usize) -> impl Iterator<Item = &'a Line<'a>> {
    let upwards = file.lines.get(..=at).unwrap_or_default().iter().rev();
    let below = upwards.clone();
    let joined =
        |(line, below): &(&Line<'_>, &Line<'_>)| line.number.checked_add(1) == Some(below.number);
    let pairs = upwards.skip(1).zip(below).take_while(joined);
    pairs.map(|(line, _)| line).take(MOST_LINES)
}

/// Returns `true` if the statement above has ended, so that one can begin at line `at`.
fn begins(file: &File<'_>, at: usize) -> bool {
    let is_first = file.lines.get(at).is_some_and(|line| line.number == 1);
    let mut above = above(file, at).map(|line| line.code.trim_end()).peekable();
    let parted = is_first || above.peek().is_some_and(|code| code.is_empty());
    let code = above.find(|code| !code.is_empty());
    code.map_or(parted, |code| code.ends_with(';'))
}

/// Returns `true` if the comment above says that all rows are intended.
fn says_all(file: &File<'_>, at: usize) -> bool {
    let comments = above(file, at).map_while(|line| {
        let comment = line.comment.trim();
        (!comment.is_empty()).then_some(comment)
    });
    let mut words = comments.flat_map(|comment| comment.split(|c: char| !c.is_alphanumeric()));
    words.any(|word| {
        ["all", "every", "each", "everything", "whole"]
            .iter()
            .any(|all| word.eq_ignore_ascii_case(all))
    })
}

/// Returns `true` if `assignments` set columns outside `new` to constants.
fn sets_constants(assignments: &str, new: &HashSet<String>) -> bool {
    assignments.split(',').all(|assignment| {
        let Some((column, value)) = assignment.split_once('=') else {
            return false;
        };
        let (column, value) = (column.trim(), value.trim());
        let constant = matches!(value, "NULL" | "TRUE" | "FALSE" | "DEFAULT")
            || !value.is_empty() && is_constant(value);
        constant && !new.contains(column)
    })
}

/// Returns the columns that the file adds to tables, in capitals.
fn new_columns(file: &File<'_>) -> HashSet<String> {
    let mut columns = HashSet::new();
    for line in &file.lines {
        let code = line.code.to_ascii_uppercase();
        let words = code
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')'))
            .filter(|word| !matches!(*word, "" | "COLUMN" | "IF" | "NOT" | "EXISTS"));
        let next = words.clone().skip(1);
        let added = words.zip(next).filter(|(word, _)| *word == "ADD");
        columns.extend(added.map(|(_, column)| column.to_owned()));
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_statements_on_all_rows() {
        check(&[
            (
                EVERY_ROW,
                "one value for all",
                "m/1.sql",
                "UPDATE t SET price = NULL;",
                true,
            ),
            (
                EVERY_ROW,
                "over lines",
                "m/1.sql",
                "SELECT 1;\nupdate t\n   set a = 0,\n   b = 'x'\n;",
                true,
            ),
            (
                EVERY_ROW,
                "all deleted",
                "m/1.sql",
                "DELETE FROM orders;",
                true,
            ),
            (
                EVERY_ROW,
                "rows are named",
                "m/1.sql",
                "DELETE FROM orders\nWHERE paid;",
                false,
            ),
            (
                EVERY_ROW,
                "rows are named behind",
                "m/1.sql",
                "UPDATE t SET a = 0 WHERE b = 1;",
                false,
            ),
            (
                EVERY_ROW,
                "the end is not seen",
                "m/1.sql",
                "UPDATE t SET a = 0",
                false,
            ),
            (
                EVERY_ROW,
                "each row's own value",
                "m/1.sql",
                "UPDATE t SET mail = lower(mail);",
                false,
            ),
            (
                EVERY_ROW,
                "another column's value",
                "m/1.sql",
                "UPDATE t SET a = 0, b = c;",
                false,
            ),
            (
                EVERY_ROW,
                "a new column",
                "m/1.sql",
                "ALTER TABLE t ADD COLUMN a INT;\nUPDATE t SET a = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "a new column, if it is not there",
                "m/1.sql",
                "ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT;\nUPDATE t SET a = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "all are meant",
                "m/1.sql",
                "-- Every price is asked for again.\nUPDATE t SET a = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "part of an insertion",
                "m/1.sql",
                "INSERT INTO t VALUES (1) ON CONFLICT DO\nUPDATE t SET a = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "joined",
                "m/1.sql",
                "UPDATE t JOIN s ON s.id = t.id SET a = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "the way back",
                "m/1.down.sql",
                "DELETE FROM orders;",
                false,
            ),
            (
                EVERY_ROW,
                "a test's table",
                "tests/a.sql",
                "DELETE FROM orders;",
                false,
            ),
            (
                EVERY_ROW,
                "a comment",
                "m/1.sql",
                "-- DELETE FROM orders;",
                false,
            ),
            (
                EVERY_ROW,
                "a string",
                "m/1.sql",
                "INSERT INTO t VALUES ('\nDELETE FROM orders;",
                false,
            ),
            (
                EVERY_ROW,
                "two new columns",
                "m/1.sql",
                "ALTER TABLE t ADD a INT, ADD b INT;\nUPDATE t SET a = 0, b = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "a condition without a blank",
                "m/1.sql",
                "UPDATE t SET a = 0 WHERE(b = 1);",
                false,
            ),
            (
                EVERY_ROW,
                "part of a longer one",
                "m/1.sql",
                "WITH s AS (SELECT 1)\n-- now\nUPDATE t SET a = 0;",
                false,
            ),
            (
                EVERY_ROW,
                "all are meant, two lines up",
                "m/1.sql",
                "-- All prices go,\n-- for good.\nDELETE FROM t;",
                false,
            ),
        ]);
    }
}

//! SQL that includes values as text, over several lines.

use super::put_together::{is_put_together, takes_in};
use super::sql::{MESSAGE, METHODS, begins_sql, begins_statement};
use review::Severity::High;
use review::rules::rule;
use review::rules::{File, Finds, Language, Rule};

/// Maximum number of lines of a call's first argument.
const MOST_LINES: usize = 12;

pub(super) const SQL_OVER_LINES: Rule = Rule {
    finds: Finds::InFile(|file| {
        let lines = (0..file.lines.len()).filter(|&at| {
            let line = file.lines.get(at);
            line.is_some_and(|line| !line.in_test)
        });
        let first = |at| first_put_together(file, at).or_else(|| first_in_long(file, at));
        lines.filter_map(first).collect()
    }),
    ..rule("sql-injection", High, 80, MESSAGE)
};

/// Returns `true` if the line ends with a call of a method that runs SQL, with the
/// arguments below.
fn opens_call(code: &str) -> bool {
    let name = code.trim_end().strip_suffix('(');
    name.is_some_and(|name| {
        METHODS.iter().any(|method| {
            name.strip_suffix(method)
                .is_some_and(|before| before.ends_with('.'))
        })
    })
}

/// Returns the first added line that includes a value, if the string below line `at` is
/// SQL. The string consists of the lines that begin with a quote or a plus.
fn first_put_together(file: &File<'_>, at: usize) -> Option<u32> {
    let opening = file.lines.get(at).filter(|line| opens_call(&line.code))?;
    let below = file.lines.get(at.checked_add(1)?..)?;
    if !below.first().is_some_and(|first| begins_sql(first.text)) {
        return None;
    }
    let numbers = opening.number.checked_add(1)?..;
    for (number, line) in numbers.zip(below).take(MOST_LINES) {
        let code = line.code.trim();
        if line.number != number || !continues_string(code) {
            return None;
        }
        if line.is_added && is_put_together(file.language, code, line.text.trim()) {
            return Some(number);
        }
        // The next line is another argument, or the call's end.
        if code.ends_with([',', ')', ';']) {
            return None;
        }
    }
    None
}

/// Returns the first added line that includes a value in a long string. The string opens
/// on line `at` as a call's first argument.
fn first_in_long(file: &File<'_>, at: usize) -> Option<u32> {
    let opening = file.lines.get(at)?;
    let code = opening.code.trim_end();
    let (before, value) = match file.language {
        Language::JavaScript => (code.strip_suffix('`')?, "${"),
        Language::Python => {
            let quoted = code.strip_suffix("\"\"\"").or(code.strip_suffix("'''"));
            (quoted?.strip_suffix(['f', 'F'])?, "{")
        }
        _ => return None,
    };
    let above = || {
        let above = file.lines.get(at.checked_sub(1)?)?;
        (above.number.checked_add(1)? == opening.number).then_some(&above.code)
    };
    let called = opens_call(before)
        || before.trim().is_empty() && above().is_some_and(|above| opens_call(above));
    let below = file.lines.get(at.checked_add(1)?..)?;
    let rest = opening.text.get(code.len()..)?.trim();
    let first = if rest.is_empty() {
        below.first()?.text
    } else {
        rest
    };
    // The rule for single lines detects a value on the opening line.
    if !called || !begins_statement(first) || takes_in(rest, value) {
        return None;
    }
    let numbers = opening.number.checked_add(1)?..;
    for (number, line) in numbers.zip(below).take(MOST_LINES) {
        if line.number != number {
            return None;
        }
        // The string ends at the first line of code.
        let end = line
            .code
            .find(|c: char| c != ' ')
            .unwrap_or(line.text.len());
        if line.is_added && takes_in(line.text.get(..end)?, value) {
            return Some(number);
        }
        if end < line.text.len() {
            return None;
        }
    }
    None
}

fn continues_string(code: &str) -> bool {
    let code = code.strip_prefix('+').unwrap_or(code).trim_start();
    let code = code.trim_start_matches(['f', 'F', 'r', 'R', '$', '@']);
    code.starts_with(['"', '\'', '`'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_sql_built_over_lines() {
        let rows = [
            (
                "an f-string",
                "a.py",
                "db.execute(\n    f\"SELECT * FROM t WHERE id = {user_id}\"\n)",
                Some(2),
            ),
            (
                "further down",
                "a.py",
                "db.execute(\n  \"SELECT * FROM t \"\n  f\"WHERE id = {user_id} \"\n  f\"LIMIT {limit}\"\n)",
                Some(3),
            ),
            (
                "parameters",
                "a.py",
                "db.execute(\n  \"SELECT * FROM t WHERE id = ?\",\n  (f\"{user_id}\",),\n)",
                None,
            ),
            (
                "a value behind the SQL",
                "a.py",
                "db.execute(\n  \"SELECT * FROM t WHERE id = ?\",\n  f\"{user_id}\",\n)",
                None,
            ),
            (
                "another call below",
                "a.py",
                "db.execute(\n  \"SELECT 1\")\nf\"{user_id}\"",
                None,
            ),
            (
                "no SQL",
                "a.py",
                "pool.execute(\n    f\"task {name}\"\n)",
                None,
            ),
            (
                "no method that runs it",
                "a.py",
                "log.info(\n    f\"SELECT {name}\"\n)",
                None,
            ),
            (
                "in a test",
                "tests/a.py",
                "db.execute(\n    f\"SELECT {x}\"\n)",
                None,
            ),
            (
                "Java",
                "A.java",
                "st.executeQuery(\n  \"SELECT * FROM t WHERE n = '\" + name + \"'\");",
                Some(2),
            ),
            (
                "Java, a plus first",
                "A.java",
                "st.executeQuery(\n  \"SELECT * FROM t\"\n  + \" WHERE n = '\" + name + \"'\");",
                Some(3),
            ),
            (
                "constants in Java",
                "A.java",
                "st.executeQuery(\n  \"SELECT * \" +\n  \"FROM t\");",
                None,
            ),
            (
                "a template",
                "a.ts",
                "await db.query(\n  `SELECT * FROM t WHERE id = ${id}`,\n);",
                Some(2),
            ),
            (
                "a tag makes parameters of it",
                "a.ts",
                "await db.query(\n  sql`SELECT * FROM t WHERE id = ${id}`,\n);",
                None,
            ),
            (
                "a long template",
                "a.ts",
                "await db.query(`\n  SELECT * FROM t\n  WHERE id = ${id}\n`);",
                Some(3),
            ),
            (
                "a long template that begins beside the call",
                "a.ts",
                "await db.query(`SELECT * FROM t\n  WHERE id = ${id}\n`);",
                Some(2),
            ),
            (
                "a value beside the call is another rule's",
                "a.ts",
                "await db.query(`SELECT * FROM ${table}\n  WHERE id = ${id}\n`);",
                None,
            ),
            (
                "a value behind a long template",
                "a.ts",
                "await db.query(`\n  SELECT * FROM t\n`, [`${id}`]);",
                None,
            ),
            (
                "a long template with a tag",
                "a.ts",
                "await db.query(sql`\n  SELECT * FROM t\n  WHERE id = ${id}\n`);",
                None,
            ),
            (
                "a long f-string",
                "a.py",
                "db.execute(\n  f\"\"\"\n  SELECT * FROM t\n  WHERE id = {user_id}\n  \"\"\")",
                Some(4),
            ),
            (
                "a long string",
                "a.py",
                "db.execute(\n  \"\"\"\n  SELECT * FROM t\n  WHERE id = {user_id}\n  \"\"\")",
                None,
            ),
            (
                "a long f-string of a constant table",
                "a.py",
                "db.execute(f\"\"\"\n  SELECT * FROM {TABLE}\n  \"\"\")",
                None,
            ),
            ("nothing below", "a.py", "db.execute(", None),
        ];
        for (why, path, text, line) in rows {
            let found = SQL_OVER_LINES.lines_of(path, text);
            assert_eq!(found, line.into_iter().collect::<Vec<u32>>(), "{why}");
        }
    }
}

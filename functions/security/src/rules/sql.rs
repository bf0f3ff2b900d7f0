//! SQL that includes values as text.

use super::put_together::is_put_together;
use review::Severity::High;
use review::rules::rule;
use review::rules::scan::{calls, methods};
use review::rules::{Finds, Rule};

/// Methods that run SQL.
pub(super) const METHODS: &[&str] = &[
    "execute",
    "executemany",
    "execute_query",
    "executeQuery",
    "executeUpdate",
    "query",
    "Query",
    "QueryRow",
    "QueryContext",
    "Exec",
    "ExecContext",
    "raw",
    "createQuery",
    "createNativeQuery",
    "prepareStatement",
    "exec",
    "queryRaw",
    "$queryRawUnsafe",
];

pub(super) const MESSAGE: &str = "SQL is put together from text. Pass the values as parameters (`?`, `$1`, \
                       `:name`), so that none of them can become SQL.";

pub(super) const SQL: Rule = Rule {
    finds: Finds::Lines(|line| {
        !line.in_test()
            && METHODS
                .iter()
                .flat_map(|name| methods(line.code(), name))
                .chain(calls(line.code(), "sqlx::query"))
                .chain(calls(line.code(), "diesel::sql_query"))
                .any(|range| {
                    let code = line.code().get(range.clone()).unwrap_or_default();
                    let text = line.text().get(range).unwrap_or_default();
                    begins_sql(text) && is_put_together(line.file.language, code, text)
                })
    }),
    ..rule("sql-injection", High, 80, MESSAGE)
};

/// Returns `true` if a string in `text` begins with an SQL statement.
pub(super) fn begins_sql(text: &str) -> bool {
    text.match_indices(['"', '\'', '`'])
        .take(16)
        .any(|(at, _)| {
            let inner = text.get(at + 1..).unwrap_or_default();
            begins_statement(inner.trim_start_matches([' ', '"', '\'']))
        })
}

pub(super) fn begins_statement(text: &str) -> bool {
    let word = text.trim_start().split(' ').next();
    word.is_some_and(|word| {
        [
            "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "DROP", "ALTER", "MERGE",
        ]
        .iter()
        .any(|verb| word.eq_ignore_ascii_case(verb))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_sql_built_from_values() {
        check(&[
            (
                SQL,
                "an f-string",
                "a.py",
                "db.execute(f\"SELECT * FROM t WHERE id = {user_id}\")",
                true,
            ),
            (
                SQL,
                "percent",
                "a.py",
                "db.execute(\"SELECT * FROM t WHERE id = %s\" % user_id)",
                true,
            ),
            (
                SQL,
                "parameters",
                "a.py",
                "db.execute(\"SELECT * FROM t WHERE id = %s\", (user_id,))",
                false,
            ),
            (
                SQL,
                "a constant table",
                "a.py",
                "db.execute(f\"SELECT * FROM {TABLE}\")",
                false,
            ),
            (
                SQL,
                "placeholders",
                "a.py",
                "db.execute(f\"DELETE FROM t WHERE id IN ({placeholders})\", ids)",
                false,
            ),
            (
                SQL,
                "no SQL",
                "a.py",
                "pool.execute(f\"task {name}\")",
                false,
            ),
            (
                SQL,
                "in a comment",
                "a.py",
                "# db.execute(f\"SELECT {x}\")",
                false,
            ),
            (
                SQL,
                "in a test",
                "tests/a.py",
                "db.execute(f\"SELECT {x}\")",
                false,
            ),
            (
                SQL,
                "a template",
                "a.ts",
                "await db.query(`SELECT * FROM t WHERE id = ${id}`)",
                true,
            ),
            (
                SQL,
                "a tag makes parameters of it",
                "a.ts",
                "await db.query(sql`SELECT * FROM t WHERE id = ${id}`)",
                false,
            ),
            (
                SQL,
                "added",
                "a.js",
                "db.query('SELECT * FROM t WHERE id = ' + id)",
                true,
            ),
            (
                SQL,
                "two constants",
                "a.js",
                "db.query('SELECT * ' + 'FROM t')",
                false,
            ),
            (
                SQL,
                "format!",
                "a.rs",
                "client.query(&format!(\"SELECT {x}\"), &[])",
                true,
            ),
            (
                SQL,
                "sqlx",
                "a.rs",
                "sqlx::query(\"SELECT $1\").bind(x)",
                false,
            ),
            (
                SQL,
                "Sprintf",
                "a.go",
                "db.QueryContext(ctx, fmt.Sprintf(\"SELECT %s\", x))",
                true,
            ),
            (
                SQL,
                "parameters in Go",
                "a.go",
                "db.QueryContext(ctx, \"SELECT $1\", x)",
                false,
            ),
            (
                SQL,
                "Java",
                "A.java",
                "st.executeQuery(\"SELECT * FROM t WHERE n = '\" + name + \"'\")",
                true,
            ),
        ]);
    }
}

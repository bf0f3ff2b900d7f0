//! Names of all settings.

/// Every table with its keys. The first entry holds the keys above all tables.
pub const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "enabled",
            "publish",
            "language",
            "reviewers",
            "severity_floor",
            "confidence_floor",
            "max_comments",
            "request_changes_at",
            "request_changes_confidence",
            "request_changes_for",
            "request_changes_below_score",
            "drafts",
            "bots",
            "skip_authors",
            "skip_labels",
        ],
    ),
    ("paths", &["include", "exclude", "languages"]),
    ("instructions", &["paths", "text"]),
    (
        "budget",
        &[
            "tokens_per_review",
            "tokens_per_pull_request",
            "tokens_per_repository_a_day",
            "tokens_a_day",
        ],
    ),
    ("show", &["review", "summary", "check"]),
    ("checks", &["on_findings", "on_block", "on_skip"]),
    (
        "auto_approve",
        &[
            "enabled",
            "score",
            "authors",
            "require_checks",
            "allow_forks",
            "allow_first_time",
        ],
    ),
];

/// Maximum number of wrong letters in a name that counts as a typing error.
const SLIP: usize = 2;

/// Maximum length of a name that is checked for typing errors.
const MAX_NAME: usize = 40;

/// Returns a key with its table, as documentation and error texts write it.
pub(crate) fn full_name(table: &str, key: &str) -> String {
    match table {
        "" => key.to_owned(),
        table => format!("{table}.{key}"),
    }
}

/// Returns whether `table` has `key`.
pub(crate) fn is_known(table: &str, key: &str) -> bool {
    let of_table = |(name, keys): &(&str, &[&str])| *name == table && keys.contains(&key);
    let is_table = |(name, _): &(&str, &[&str])| !name.is_empty() && *name == key;
    KEYS.iter().any(of_table) || (table.is_empty() && KEYS.iter().any(is_table))
}

/// Returns the setting with the name most similar to `key`: at most two letters differ. Settings of
/// `table` come before those of other tables.
pub(crate) fn nearest(table: &str, key: &str) -> Option<String> {
    let settings = KEYS
        .iter()
        .flat_map(|(table, keys)| keys.iter().map(|key| (*table, *key)));
    let tables = KEYS.iter().map(|(table, _)| ("", *table));
    let slips = settings.chain(tables).filter_map(|(of, name)| {
        let off = distance(key, name)?;
        (off <= SLIP && off < name.len()).then_some((off, of != table, full_name(of, name)))
    });
    slips.min().map(|(_, _, name)| name)
}

/// Returns the number of letters to add, remove or replace to turn `a` into `b` (Levenshtein
/// distance). `None` for names that are too long to check.
fn distance(a: &str, b: &str) -> Option<usize> {
    if a.len() > MAX_NAME || b.len() > MAX_NAME {
        return None;
    }
    let mut above: Vec<usize> = (0..=b.chars().count()).collect();
    for (row, left) in a.chars().enumerate() {
        let mut last = row + 1;
        let mut next = vec![last];
        for ((up_left, up), right) in above.iter().zip(above.iter().skip(1)).zip(b.chars()) {
            let replaced = up_left + usize::from(left != right);
            last = replaced.min(up + 1).min(last + 1);
            next.push(last);
        }
        above = next;
    }
    above.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_similar_setting() {
        for (why, table, key, meant) in [
            (
                "one letter short",
                "",
                "severity_flor",
                Some("severity_floor"),
            ),
            ("two letters off", "", "max_coments_", Some("max_comments")),
            ("three letters off", "", "mx_comnts", None),
            ("a table's name", "", "budgets", Some("budget")),
            (
                "its own table first",
                "auto_approve",
                "enable",
                Some("auto_approve.enabled"),
            ),
            ("of the top first", "", "enable", Some("enabled")),
            ("in the wrong table", "", "exclude", Some("paths.exclude")),
            (
                "below a table by mistake",
                "paths",
                "max_comments",
                Some("max_comments"),
            ),
            ("nothing", "", "", None),
            ("too long", "", &"x".repeat(1_000), None),
        ] {
            assert_eq!(
                nearest(table, key).as_deref(),
                meant,
                "{why}: {table}.{key}"
            );
        }
    }

    #[test]
    fn computes_edit_distance() {
        for (why, a, b, off) in [
            ("the same", "drafts", "drafts", 0),
            ("added", "drafts", "draft", 1),
            ("replaced", "bots", "bats", 1),
            ("changed places", "bots", "bost", 2),
            ("all", "", "bots", 4),
        ] {
            assert_eq!(distance(a, b), Some(off), "{why}: {a} {b}");
            assert_eq!(distance(b, a), Some(off), "{why}: {b} {a}");
        }
    }
}

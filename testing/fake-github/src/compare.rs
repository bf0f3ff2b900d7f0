//! Computes the changes between two heads of a pull request from the diff of each.
//!
//! Both texts of an added file are known, so its diff is exact. Of a modified file only
//! the hunks are known: if they differ, the result contains the file's later hunks
//! unchanged; if the later diff lacks the file, the result lacks it too.

use std::collections::BTreeMap;

/// Returns the diff from `before` to `after`, which are diffs from the same base.
pub(crate) fn compare(before: &str, after: &str) -> String {
    let (before, after) = (split_files(before), split_files(after));
    let mut text = String::new();
    for (name, now) in &after {
        text += &match before.get(name) {
            Some(then) if then == now => String::new(),
            Some(then) => match (added_text(then), added_text(now)) {
                (Some(then), Some(now)) => format_change(name, &then, &now),
                (Some(_) | None, Some(_) | None) => now.clone(),
            },
            None => now.clone(),
        };
    }
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    for (name, then) in gone {
        if let Some(then) = added_text(then) {
            text += &format_removal(name, &then);
        }
    }
    text
}

/// Splits a diff by its `diff --git` lines. Hunk lines begin with a sign, so they never
/// match.
fn split_files(diff: &str) -> BTreeMap<&str, String> {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    let mut open = None;
    for line in diff.split_inclusive('\n') {
        if line.starts_with("diff --git ") {
            open = Some(line.trim_end());
        }
        if let Some(name) = open {
            *parts.entry(name).or_default() += line;
        }
    }
    parts
}

/// Returns the text of the file that `part` adds; `None` if it does not add a text file.
fn added_text(part: &str) -> Option<String> {
    if part.starts_with("Binary files ") || part.contains("\nBinary files ") {
        return None;
    }
    let (header, hunks) = part.split_once("\n@@ ").unwrap_or((part, ""));
    let is_new = header
        .lines()
        .any(|line| line.starts_with("new file mode "));
    if !is_new {
        return None;
    }
    let lines = hunks.split_inclusive('\n').skip(1);
    let text: String = lines.filter_map(|line| line.strip_prefix('+')).collect();
    let is_cut = hunks.contains("\n\\ No newline");
    let cut = text.strip_suffix('\n').filter(|_| is_cut);
    Some(cut.map_or(text.clone(), str::to_owned))
}

/// Returns both names of a file that was not renamed: `a/x b/x`.
fn file_names(git: &str) -> Option<(&str, &str)> {
    let both = git.strip_prefix("diff --git ")?;
    let half = both.len().checked_sub(1)? / 2;
    Some((both.get(..half)?, both.get(half + 1..)?))
}

/// Appends a tab to a name that contains a space.
fn end_name(name: &str) -> String {
    let tab = if name.contains(' ') { "\t" } else { "" };
    format!("{name}{tab}")
}

fn format_change(git: &str, then: &str, now: &str) -> String {
    let Some((old, new)) = file_names(git).filter(|_| then != now) else {
        return String::new();
    };
    let patch = diffy::create_patch(then, now).to_string();
    let hunks = patch.find("@@ ").and_then(|at| patch.get(at..));
    let (old, new) = (end_name(old), end_name(new));
    format!("{git}\n--- {old}\n+++ {new}\n{}", hunks.unwrap_or_default())
}

fn format_removal(git: &str, then: &str) -> String {
    let head = format!("{git}\ndeleted file mode 100644\n");
    let Some((old, _)) = file_names(git).filter(|_| !then.is_empty()) else {
        return head;
    };
    let mut text = format!(
        "{head}--- {}\n+++ /dev/null\n@@ -1,{} +0,0 @@\n",
        end_name(old),
        then.lines().count()
    );
    for line in then.split_inclusive('\n') {
        text = text + "-" + line;
    }
    if !then.ends_with('\n') {
        text += "\n\\ No newline at end of file\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunks::DiffLines;

    fn added(path: &str, lines: &[&str]) -> String {
        let count = lines.len();
        let lines: String = lines.iter().map(|line| format!("+{line}\n")).collect();
        format!(
            "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{count} @@\n{lines}"
        )
    }

    fn hunk(path: &str, text: &str) -> String {
        format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -7 +7 @@\n{text}")
    }

    #[test]
    fn diff_between_heads_shows_later_push() {
        let one = added("a.rs", &["one", "two", "three"]);
        let two = added("b c.rs", &["four"]);
        for (why, before, after, expected) in [
            ("the same", one.clone(), one.clone(), String::new()),
            (
                "a line between others, and a file that stays",
                format!("{one}{two}"),
                format!("{}{two}", added("a.rs", &["one", "two", "2½", "three"])),
                "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1,3 +1,4 @@\n one\n two\n+2½\n three\n".to_owned(),
            ),
            ("a new file", one.clone(), format!("{one}{two}"), two.clone()),
            (
                "a file that is gone",
                format!("{one}{two}"),
                one.clone(),
                "diff --git a/b c.rs b/b c.rs\ndeleted file mode 100644\n--- a/b c.rs\t\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-four\n".to_owned(),
            ),
            (
                "an end without a newline",
                one.clone(),
                format!("{one}\\ No newline at end of file\n"),
                "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1,3 +1,3 @@\n one\n two\n-three\n+three\n\\ No newline at end of file\n".to_owned(),
            ),
            (
                "a partly known file is copied unchanged",
                hunk("a.rs", "-x\n+y\n"),
                hunk("a.rs", "-x\n+z\n"),
                hunk("a.rs", "-x\n+z\n"),
            ),
            (
                "unless it is the same",
                hunk("a.rs", "-x\n+y\n"),
                hunk("a.rs", "-x\n+y\n") + &two,
                two.clone(),
            ),
        ] {
            let diff = compare(&before, &after);
            assert_eq!(diff, expected, "{why}");
            let read = DiffLines::read(&diff);
            assert!(read.is_ok(), "{why}: {read:?}");
        }
    }
}

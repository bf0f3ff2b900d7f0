//! Leftovers of development.

use review::Severity::{High, Low, Medium};
use review::rules::rule;
use review::rules::scan::{calls, has_call};
use review::rules::{Finds, Language, Reads, Rule};

pub(super) const MERGE_MARKER: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::InFile(|file| {
        // All three marks must appear in order: `=======` alone underlines a
        // title.
        let mut begun = None;
        let mut divided = false;
        let mut found = Vec::new();
        for line in &file.lines {
            if line.text.starts_with("<<<<<<< ") {
                begun = Some(line.number);
                divided = false;
            } else if line.text == "=======" {
                divided = begun.is_some();
            } else if divided && line.text.starts_with(">>>>>>> ") {
                found.extend(begun.take());
                divided = false;
            }
        }
        found
    }),
    ..rule(
        "merge-marker",
        High,
        97,
        "A merge conflict is left in the file. Choose a side, and remove the markers.",
    )
};

pub(super) const DEBUGGER: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        match line.file.language {
            Language::Rust => has_call(code, "dbg!"),
            Language::JavaScript => matches!(code, "debugger" | "debugger;"),
            Language::Python => {
                code == "breakpoint()"
                    || ["pdb.set_trace", "ipdb.set_trace", "pudb.set_trace"]
                        .iter()
                        .any(|name| has_call(code, name))
            }
            Language::Ruby => matches!(code, "binding.pry" | "binding.irb" | "byebug" | "debugger"),
            Language::Php => ["var_dump", "dd", "print_r"]
                .iter()
                .any(|name| calls(code, name).any(|_| code.starts_with(name))),
            _ => false,
        }
    }),
    ..rule(
        "debugger-left",
        Medium,
        92,
        "This is for debugging, and stops or prints in production, too. Remove it.",
    )
};

pub(super) const STRAY_FILE: Rule = Rule {
    finds: Finds::InDiff(|files| {
        files.iter().position(|file| {
            let name = file.name();
            file.diff.change == diff::FileChange::Added
                && !file.is_test
                && ([".orig", ".rej", ".swp", ".bak", ".pyc", "~"]
                    .iter()
                    .any(|end| name.ends_with(end))
                    || matches!(
                        name,
                        ".DS_Store"
                            | "Thumbs.db"
                            | "nohup.out"
                            | "npm-debug.log"
                            | "yarn-error.log"
                    ))
        })
    }),
    ..rule(
        "stray-file",
        Low,
        85,
        "A tool seems to have left this file behind. Remove it, and name its kind in `.gitignore`.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_leftovers() {
        let conflict = format!(
            "a\n{} HEAD\nb\n{}\nc\n{} topic\n",
            "<".repeat(7),
            "=".repeat(7),
            ">".repeat(7)
        );
        let title = format!("Title\n{}\n", "=".repeat(7));
        check(&[
            (MERGE_MARKER, "a conflict", "a.rs", &conflict, true),
            (MERGE_MARKER, "a title", "a.rst", &title, false),
            (MERGE_MARKER, "a quotation", "a.md", ">>>>>>> deep\n", false),
            (MERGE_MARKER, "only a part", "a.md", "<<<<<<< HEAD\n", false),
            (DEBUGGER, "dbg!", "a.rs", "let x = dbg!(y);", true),
            (DEBUGGER, "in a comment", "a.rs", "// dbg!(y)", false),
            (DEBUGGER, "in a string", "a.rs", "f(\"dbg!(y)\")", false),
            (DEBUGGER, "debugger", "a.ts", "  debugger;", true),
            (
                DEBUGGER,
                "part of a name",
                "a.ts",
                "  debuggerPanel.open();",
                false,
            ),
            (DEBUGGER, "pdb", "a.py", "import pdb; pdb.set_trace()", true),
            (DEBUGGER, "pry", "a.rb", "  binding.pry", true),
            (DEBUGGER, "PHP", "a.php", "var_dump($x);", true),
            (STRAY_FILE, "of a merge", "a.rs.orig", "x", true),
            (STRAY_FILE, "a source", "original.rs", "x", false),
        ]);
    }
}

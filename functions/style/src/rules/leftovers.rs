//! Things from the author's desk.

use super::rule;
use review::Severity::{High, Low, Medium};
use review::rules::scan::{calls, has_call, has_word};
use review::rules::{File, Finds, Language, Line, Reads, Rule};

pub(super) const MERGE_MARKER: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::InFile(|file| {
        // All three must be there, in order: `=======` alone underlines a title.
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

pub(super) const DEBUG_PRINT: Rule = Rule {
    finds: Finds::InFile(|file| {
        let prints: fn(&Line<'_>) -> bool = match file.language {
            Language::JavaScript => |line| {
                ["console.log", "console.debug", "console.dir"]
                    .iter()
                    .any(|name| has_call(&line.code, name))
            },
            Language::Go => |line| prints_note(line, &["fmt.Println", "fmt.Printf", "println"]),
            Language::Rust => |line| prints_note(line, &["println!", "eprintln!"]),
            Language::Java => {
                |line| prints_note(line, &["System.out.println", "System.err.println"])
            }
            _ => return Vec::new(),
        };
        unless_for_a_terminal(file, prints)
    }),
    ..rule(
        "debug-print",
        Low,
        70,
        "This looks printed for debugging. Remove it, or use the logger.",
    )
};

fn prints_note(line: &Line<'_>, names: &[&str]) -> bool {
    names
        .iter()
        .flat_map(|name| calls(&line.code, name))
        .any(|range| says_debug(line.text.get(range)))
}

/// Whether what is printed is a note to oneself.
fn says_debug(arguments: Option<&str>) -> bool {
    let text = arguments
        .unwrap_or_default()
        .trim_start_matches(['"', '\'', ' ']);
    let marks = ["!!!", ">>>", "***", "---", "==="];
    let word = text
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    marks.iter().any(|mark| text.starts_with(mark))
        || ["debug", "here", "xxx"]
            .iter()
            .any(|note| word.eq_ignore_ascii_case(note))
}

pub(super) const PYTHON_PRINT: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::InFile(|file| {
        unless_for_a_terminal(file, |line| {
            line.code.trim_start().starts_with("print(")
                && line.code.starts_with([' ', '\t'])
                && !line.code.contains("file=")
        })
    }),
    ..rule(
        "debug-print",
        Low,
        45,
        "If this is not meant for people at a terminal, remove it or use the logger.",
    )
};

fn unless_for_a_terminal(file: &File<'_>, hit: fn(&Line<'_>) -> bool) -> Vec<u32> {
    if is_for_a_terminal(file) {
        return Vec::new();
    }
    let hits = file.added().filter(|line| !line.in_test && hit(line));
    hits.map(|line| line.number).collect()
}

/// Whether printing is what the file is for.
fn is_for_a_terminal(file: &File<'_>) -> bool {
    let mut parts = file.path().split('/');
    let folder = parts.any(|part| {
        matches!(
            part,
            "scripts"
                | "script"
                | "bin"
                | "cli"
                | "cmd"
                | "tools"
                | "tool"
                | "examples"
                | "example"
                | "docs"
                | "benches"
                | "benchmarks"
                | "bench"
                | "commands"
                | "notebooks"
                | ".github"
                | "ci"
                | "hack"
        )
    });
    let stem = file.name().split('.').next().unwrap_or_default();
    folder
        || matches!(
            stem,
            "cli" | "main" | "__main__" | "setup" | "manage" | "build" | "gulpfile"
        )
        || stem.ends_with("_cli")
        || file.name().contains("config")
        || file.lines.iter().any(|line| {
            line.number == 1 && line.text.starts_with("#!")
                || has_word(&line.code, "argparse")
                || has_word(&line.code, "if __name__")
        })
}

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
    use super::super::check;
    use super::*;

    #[test]
    fn what_is_left_over_is_found() {
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
            (
                DEBUG_PRINT,
                "console.log",
                "src/a.ts",
                "console.log('x', x)",
                true,
            ),
            (
                DEBUG_PRINT,
                "an error",
                "src/a.ts",
                "console.error(e)",
                false,
            ),
            (
                DEBUG_PRINT,
                "a script",
                "scripts/a.js",
                "console.log('done')",
                false,
            ),
            (
                DEBUG_PRINT,
                "a script by its first line",
                "a.js",
                "#!/usr/bin/env node\nconsole.log('done')",
                false,
            ),
            (
                DEBUG_PRINT,
                "a test",
                "src/a.test.ts",
                "console.log('x')",
                false,
            ),
            (
                DEBUG_PRINT,
                "a note",
                "api/a.go",
                "fmt.Println(\"DEBUG x\", x)",
                true,
            ),
            (
                DEBUG_PRINT,
                "output",
                "api/a.go",
                "fmt.Println(\"Listening on\", addr)",
                false,
            ),
            (
                DEBUG_PRINT,
                "a note in Rust",
                "src/a.rs",
                "println!(\"here {x:?}\");",
                true,
            ),
            (
                DEBUG_PRINT,
                "output in Rust",
                "src/a.rs",
                "println!(\"{x}\");",
                false,
            ),
            (
                PYTHON_PRINT,
                "in a function",
                "app/a.py",
                "    print(x)",
                true,
            ),
            (
                PYTHON_PRINT,
                "for a terminal",
                "app/cli.py",
                "    print(x)",
                false,
            ),
            (
                PYTHON_PRINT,
                "to a file",
                "app/a.py",
                "    print(x, file=f)",
                false,
            ),
            (
                PYTHON_PRINT,
                "a method",
                "app/a.py",
                "    doc.print(x)",
                false,
            ),
            (STRAY_FILE, "of a merge", "a.rs.orig", "x", true),
            (STRAY_FILE, "a source", "original.rs", "x", false),
        ]);
    }
}

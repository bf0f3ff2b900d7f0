//! Debug output left in the code.

use review::Severity::Low;
use review::rules::rule;
use review::rules::scan::{calls, has_call, has_word};
use review::rules::{File, Finds, Language, Line, Reads, Rule};

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

/// Returns `true` if the printed text looks like debug output.
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

pub(super) const JAVA_PRINT: Rule = Rule {
    reads: Reads::Languages(&[Language::Java]),
    finds: Finds::InFile(|file| {
        let stem = file.name().split('.').next().unwrap_or_default();
        let talks = [
            "Main", "Cli", "CLI", "Console", "Command", "Tool", "Demo", "Example",
        ]
        .iter()
        .any(|word| stem.contains(word))
            || file.lines.iter().any(|line| {
                ["main", "Scanner", "picocli"]
                    .iter()
                    .any(|word| has_word(&line.code, word))
            });
        // Programs for a terminal do not have this layout.
        if talks || !file.path().contains("src/main/java/") {
            return Vec::new();
        }
        unless_for_a_terminal(file, |line| {
            [
                "System.out.println",
                "System.out.print",
                "System.out.printf",
            ]
            .iter()
            .any(|name| has_call(&line.code, name))
        })
    }),
    ..rule(
        "debug-print",
        Low,
        60,
        "This prints to wherever the process happens to write. Remove it, or use the logger.",
    )
};

fn unless_for_a_terminal(file: &File<'_>, hit: fn(&Line<'_>) -> bool) -> Vec<u32> {
    if is_for_a_terminal(file) {
        return Vec::new();
    }
    let hits = file.added().filter(|line| !line.in_test && hit(line));
    hits.map(|line| line.number).collect()
}

/// Returns `true` if the file's purpose is to print.
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

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_debug_output() {
        check(&[
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
            (
                JAVA_PRINT,
                "in a service",
                "src/main/java/shop/Sync.java",
                "    System.out.println(\"changed \" + id);",
                true,
            ),
            (
                JAVA_PRINT,
                "a log",
                "src/main/java/shop/Sync.java",
                "    log.info(\"changed {}\", id);",
                false,
            ),
            (
                JAVA_PRINT,
                "in a string",
                "src/main/java/shop/Sync.java",
                "    f(\"System.out.println()\");",
                false,
            ),
            (
                JAVA_PRINT,
                "for a terminal",
                "src/main/java/shop/Sync.java",
                "  public static void main(String[] args) {\n    System.out.println(\"done\");",
                false,
            ),
            (
                JAVA_PRINT,
                "for a terminal, by its name",
                "src/main/java/shop/ExportCommand.java",
                "    System.out.println(\"done\");",
                false,
            ),
            (
                JAVA_PRINT,
                "a test",
                "src/test/java/shop/SyncTest.java",
                "    System.out.println(x);",
                false,
            ),
            (
                JAVA_PRINT,
                "another layout",
                "Hello.java",
                "    System.out.println(\"Hello\");",
                false,
            ),
        ]);
    }
}

//! Code that runs differently from its appearance.

use review::Severity::{Low, Medium};
use review::rules::rule;
use review::rules::scan::{arguments, calls, has_call, indentation, methods};
use review::rules::{Finds, Language, Reads, Rule, Spot};

pub(super) const MUTABLE_DEFAULT: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        let code = code.strip_prefix("async ").unwrap_or(code);
        code.strip_prefix("def ").is_some_and(|rest| {
            let open = rest.find('(').unwrap_or(rest.len());
            arguments(rest, open).is_some_and(|range| {
                let arguments: String = rest
                    .get(range)
                    .unwrap_or_default()
                    .split_whitespace()
                    .collect();
                ["=[]", "={}", "=list()", "=dict()", "=set()"]
                    .iter()
                    .any(|default| arguments.contains(default))
            })
        })
    }),
    ..rule(
        "mutable-default",
        Medium,
        85,
        "This default is made once and shared by all calls: what one call puts into it, the next \
         one finds. Use `None`, and make a new one inside.",
    )
};

pub(super) const ASYNC_FOR_EACH: Rule = Rule {
    reads: Reads::Languages(&[Language::JavaScript]),
    finds: Finds::Lines(|line| {
        let code = line.code();
        !line.in_test()
            && methods(code, "forEach").any(|range| {
                code.get(range)
                    .is_some_and(|arguments| arguments.trim_start().starts_with("async"))
            })
    }),
    ..rule(
        "async-for-each",
        Medium,
        85,
        "`forEach` does not wait: what follows runs before these are done, and their errors are \
         lost. Use `for … of` with `await`, or `Promise.all` with `map`.",
    )
};

pub(super) const UNREACHABLE: Rule = Rule {
    reads: Reads::Languages(&[
        Language::Go,
        Language::Java,
        Language::JavaScript,
        Language::Python,
        Language::Rust,
    ]),
    finds: Finds::Lines(follows_return),
    ..rule(
        "unreachable-code",
        Medium,
        80,
        "The line above leaves, so this never runs.",
    )
};

/// Returns `true` if the line follows a `return` or similar at the same indentation.
fn follows_return(line: &Spot<'_>) -> bool {
    let Some(above) = line.above() else {
        return false;
    };
    let (leaves, code) = (above.code.trim(), line.code().trim());
    let python = line.file.language == Language::Python;
    let word = leaves.split([' ', ';', '(']).next().unwrap_or_default();
    let whole = if python {
        // A continued expression has an open bracket or a backslash.
        !leaves.ends_with(['\\', ',', '(', '[', '{'])
    } else if line.file.language == Language::Go {
        leaves.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '"' | '_'))
            && !leaves.ends_with("func()")
    } else {
        leaves.ends_with(';')
    };
    let closed = |open, close| leaves.matches(open).count() == leaves.matches(close).count();
    matches!(word, "return" | "raise" | "throw" | "break" | "continue")
        && whole
        && (closed('(', ')') && closed('[', ']') && closed('{', '}'))
        && indentation(line.text()) == indentation(above.text)
        // The quote may close a text that began above the diff.
        && code.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !goes_on(code)
        && !is_branch_body(line)
}

/// Detects labels, branches and declarations.
fn goes_on(code: &str) -> bool {
    let word = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or_default();
    code.ends_with(':') && !code.contains(' ')
        || matches!(
            word,
            "case"
                | "default"
                | "else"
                | "elif"
                | "except"
                | "finally"
                | "catch"
                | "function"
                | "fn"
                | "def"
                | "class"
                | "async"
                | "end"
                | "and"
                | "or"
                | "if"
                | "for"
                | "yield"
                | "struct"
                | "impl"
                | "const"
                | "use"
                | "mod"
                | "type"
        )
}

/// Detects `if (x)` without braces above a `return` that is not indented.
fn is_branch_body(line: &Spot<'_>) -> bool {
    line.lines_above().nth(1).is_some_and(|before| {
        let code = before.code.trim();
        let opens = code.ends_with(['{', ':', ';', '}']) || code.is_empty();
        !opens
            && ["if", "else", "for", "while", "} else"]
                .iter()
                .any(|word| code.starts_with(word))
    })
}

pub(super) const UNFINISHED: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code();
        !line.in_test()
            && match line.file.language {
                Language::Rust => ["todo!", "unimplemented!"]
                    .iter()
                    .any(|name| has_call(code, name)),
                Language::JavaScript => {
                    calls(code, "new Error").any(|range| says_unfinished(line.text().get(range)))
                }
                Language::Go => {
                    calls(code, "panic").any(|range| says_unfinished(line.text().get(range)))
                }
                _ => false,
            }
    }),
    ..rule(
        "unfinished-code",
        Medium,
        82,
        "This fails as soon as it is reached. Finish it, or keep what leads here out of reach.",
    )
};

fn says_unfinished(arguments: Option<&str>) -> bool {
    let text = arguments
        .unwrap_or_default()
        .trim_start_matches(['"', '\'', '`', ' ']);
    [
        "not implemented",
        "not yet implemented",
        "todo",
        "unimplemented",
    ]
    .iter()
    .any(|note| {
        text.get(..note.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(note))
    })
}

pub(super) const LOCALHOST: Rule = Rule {
    finds: Finds::Lines(|line| {
        let text = line.text();
        let path = line.file.path();
        let for_development = [
            "config", "dev", "local", "example", "script", "docs", "mock", "stor",
        ]
        .iter()
        .any(|word| path.contains(word));
        // A default value of a setting is fine.
        let default = [
            "env",
            "ENV",
            "??",
            "||",
            " or ",
            "default",
            "unwrap_or",
            "flag",
            "arg",
            "fallback",
        ]
        .iter()
        .any(|word| text.contains(word));
        !line.in_test()
            && line.file.language != Language::Shell
            && !for_development
            && !default
            && line.comment().trim().is_empty()
            && [
                "\"http://localhost:",
                "'http://localhost:",
                "`http://localhost:",
                "\"http://127.0.0.1:",
                "'http://127.0.0.1:",
            ]
            .iter()
            .any(|url| text.contains(url))
    }),
    ..rule(
        "hard-coded-localhost",
        Low,
        50,
        "This address is right on one machine only. Read it from the configuration.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_misleading_control_flow() {
        check(&[
            (MUTABLE_DEFAULT, "a list", "a.py", "def f(x, y=[]):", true),
            (
                MUTABLE_DEFAULT,
                "with a type",
                "a.py",
                "async def f(x: dict = {}):",
                true,
            ),
            (MUTABLE_DEFAULT, "a tuple", "a.py", "def f(x=()):", false),
            (MUTABLE_DEFAULT, "a call", "a.py", "f(x=[])", false),
            (
                ASYNC_FOR_EACH,
                "nobody waits",
                "a.ts",
                "xs.forEach(async (x) => {",
                true,
            ),
            (
                ASYNC_FOR_EACH,
                "nothing to wait for",
                "a.ts",
                "xs.forEach((x) => {",
                false,
            ),
            (UNREACHABLE, "Python", "a.py", "    return x\n    f()", true),
            (
                UNREACHABLE,
                "out of the branch",
                "a.py",
                "        return x\n    f()",
                false,
            ),
            (
                UNREACHABLE,
                "goes on",
                "a.py",
                "    return (\n    f()\n    )",
                false,
            ),
            (
                UNREACHABLE,
                "the other branch",
                "a.py",
                "    return x\n    else:",
                false,
            ),
            (
                UNREACHABLE,
                "JavaScript",
                "a.js",
                "  return x;\n  f();",
                true,
            ),
            (UNREACHABLE, "a label", "a.js", "  break;\n  case 2:", false),
            (
                UNREACHABLE,
                "without braces",
                "a.js",
                "if (x)\nreturn y;\nf();",
                false,
            ),
            (
                UNREACHABLE,
                "a function is lifted",
                "a.js",
                "  return f();\n  function f() {",
                false,
            ),
            (
                UNREACHABLE,
                "a blank line first",
                "a.py",
                "    return x\n\n    f()",
                false,
            ),
            (UNREACHABLE, "Go", "a.go", "\treturn x\n\tf()", true),
            (
                UNREACHABLE,
                "a closure",
                "a.go",
                "\treturn func() {\n\tf()",
                false,
            ),
            (
                UNREACHABLE,
                "a macro's arm",
                "a.rs",
                "    return x;\n    }",
                false,
            ),
            (UNFINISHED, "todo!", "src/a.rs", "    todo!()", true),
            (UNFINISHED, "in a test", "tests/a.rs", "    todo!()", false),
            (
                UNFINISHED,
                "JavaScript",
                "src/a.ts",
                "throw new Error('Not implemented')",
                true,
            ),
            (
                UNFINISHED,
                "another error",
                "src/a.ts",
                "throw new Error('Not found')",
                false,
            ),
            (
                LOCALHOST,
                "an address",
                "src/a.ts",
                "const url = \"http://localhost:3000\"",
                true,
            ),
            (
                LOCALHOST,
                "a default",
                "src/a.ts",
                "const url = process.env.URL || \"http://localhost:3000\"",
                false,
            ),
            (
                LOCALHOST,
                "a setting",
                "src/config.ts",
                "url: \"http://localhost:3000\"",
                false,
            ),
            (
                LOCALHOST,
                "a test",
                "src/a.test.ts",
                "const url = \"http://localhost:3000\"",
                false,
            ),
        ]);
    }
}

//! Errors that are swallowed.

use review::Severity::{Low, Medium};
use review::rules::rule;
use review::rules::scan::has_method;
use review::rules::{Finds, Language, Reads, Rule, Spot};

pub(super) const SWALLOWED: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        !line.in_test()
            && match line.file.language {
                Language::Python => swallows_in_python(line, code),
                Language::JavaScript | Language::Java | Language::CSharp | Language::Php => {
                    catches_nothing(line, code)
                }
                Language::Ruby => {
                    code.ends_with(" rescue nil")
                        || (code == "rescue" || code.starts_with("rescue =>"))
                            && below_is(line, |code| code == "end")
                }
                Language::Go => {
                    code == "_ = err"
                        || code == "if err != nil {" && below_is(line, |code| code == "}")
                        || code == "if err != nil {}"
                }
                _ => false,
            }
    }),
    ..rule(
        "swallowed-error",
        Medium,
        78,
        "This error is swallowed. Handle it, return it, or log it. If it may be ignored, say \
         why in a comment.",
    )
};

/// Detects handlers of all errors. A specific one, such as `except KeyError: pass`, is a
/// decision.
fn swallows_in_python(line: &Spot<'_>, code: &str) -> bool {
    let Some((errors, body)) = code
        .strip_prefix("except")
        .and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    let errors = errors.split(" as ").next().unwrap_or_default().trim();
    let all = matches!(errors, "" | "Exception" | "BaseException");
    let nothing = |code: &str| matches!(code, "pass" | "...");
    all && line.comment().trim().is_empty()
        && (nothing(body.trim()) || body.trim().is_empty() && below_is(line, nothing))
}

/// Detects `catch (e) {}` on one line or two; a comment inside is an explanation.
fn catches_nothing(line: &Spot<'_>, code: &str) -> bool {
    let squeezed = code.replace(' ', "");
    let has_comment = !line.comment().trim().is_empty();
    if has_comment {
        return false;
    }
    if [
        ".catch(()=>{})",
        ".catch(()=>null)",
        ".catch(()=>undefined)",
        ".catch(function(){})",
    ]
    .iter()
    .any(|text| squeezed.contains(text))
    {
        return true;
    }
    let Some((before, rest)) = squeezed.split_once("catch") else {
        return false;
    };
    let body = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map(|(_, body)| body),
        None => Some(rest),
    };
    (before.is_empty() || before.ends_with('}'))
        && body.is_some_and(|body| {
            body.starts_with("{}") || body == "{" && below_is(line, |code| code.starts_with('}'))
        })
}

/// Returns `true` if the next line matches and has no comment.
fn below_is(line: &Spot<'_>, hit: impl Fn(&str) -> bool) -> bool {
    line.below()
        .is_some_and(|below| below.comment.trim().is_empty() && hit(below.code.trim()))
}

pub(super) const DROPPED: Rule = Rule {
    reads: Reads::Languages(&[Language::Rust]),
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        // Ignoring the result of these calls is common practice.
        let usual = [
            "send", "try_send", "set", "join", "shutdown", "close", "flush", "kill", "take",
            "replace", "swap", "insert", "remove",
        ];
        !line.in_test()
            && line.comment().trim().is_empty()
            && code.strip_prefix("let _ = ").is_some_and(|value| {
                let macros = ["write!", "writeln!", "print!", "println!", "format!"];
                (value.ends_with(");") || value.ends_with(".await;"))
                    && !value.starts_with('(')
                    && !value.contains("drop")
                    && !macros.iter().any(|name| value.starts_with(name))
                    && !usual.iter().any(|name| has_method(value, name))
            })
    }),
    ..rule(
        "dropped-result",
        Low,
        40,
        "An error of this call is ignored. Handle it, or say in a comment why it does not \
         matter.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_swallowed_errors() {
        check(&[
            (
                SWALLOWED,
                "all errors",
                "a.py",
                "try:\n    f()\nexcept:\n    pass",
                true,
            ),
            (
                SWALLOWED,
                "on one line",
                "a.py",
                "except Exception as e: pass",
                true,
            ),
            (
                SWALLOWED,
                "a chosen one",
                "a.py",
                "except KeyError:\n    pass",
                false,
            ),
            (
                SWALLOWED,
                "a reason",
                "a.py",
                "except Exception:\n    pass  # best effort",
                false,
            ),
            (
                SWALLOWED,
                "logged",
                "a.py",
                "except Exception:\n    log.exception('x')",
                false,
            ),
            (SWALLOWED, "catch", "a.js", "try { f() } catch (e) {}", true),
            (
                SWALLOWED,
                "over two lines",
                "A.java",
                "} catch (Exception e) {\n}",
                true,
            ),
            (
                SWALLOWED,
                "a reason inside",
                "a.ts",
                "} catch {\n  // not there yet\n}",
                false,
            ),
            (
                SWALLOWED,
                "handled",
                "a.ts",
                "} catch (e) {\n  log(e)\n}",
                false,
            ),
            (SWALLOWED, "a promise", "a.ts", "f().catch(() => {})", true),
            (SWALLOWED, "a word", "a.ts", "const catcher = {}", false),
            (
                SWALLOWED,
                "in a test",
                "a.test.ts",
                "try { f() } catch (e) {}",
                false,
            ),
            (SWALLOWED, "Go", "a.go", "_ = err", true),
            (
                SWALLOWED,
                "Go's empty branch",
                "a.go",
                "if err != nil {\n}",
                true,
            ),
            (
                SWALLOWED,
                "Go's way",
                "a.go",
                "if err != nil {\n\treturn err\n}",
                false,
            ),
            (SWALLOWED, "Ruby", "a.rb", "x = f rescue nil", true),
            (
                DROPPED,
                "a call",
                "a.rs",
                "let _ = fs::remove_file(path);",
                true,
            ),
            (
                DROPPED,
                "a reason",
                "a.rs",
                "let _ = fs::remove_file(path); // may be gone",
                false,
            ),
            (
                DROPPED,
                "nobody listens",
                "a.rs",
                "let _ = sender.send(x);",
                false,
            ),
            (
                DROPPED,
                "a text cannot fail",
                "a.rs",
                "let _ = write!(s, \"x\");",
                false,
            ),
            (DROPPED, "a value", "a.rs", "let _ = x;", false),
            (
                DROPPED,
                "a test",
                "tests/a.rs",
                "let _ = fs::remove_file(path);",
                false,
            ),
        ]);
    }
}

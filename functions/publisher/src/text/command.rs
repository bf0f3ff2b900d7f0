//! Recognises text that another bot could read as a command. Text of a model or of a user must not
//! control other bots through the comments of this one.
//!
//! Bots read the Markdown source of a comment, code included. Three kinds of commands are known: a
//! line that begins with `/word`, a mention, and a line that begins with a bot's name and a verb.

/// Words after a bot's name, or alone on a line, that bots read as commands.
const VERBS: &[&str] = &[
    "abandon",
    "approve",
    "approved",
    "backport",
    "cancel",
    "cherry-pick",
    "close",
    "delegate",
    "deploy",
    "hold",
    "ignore",
    "label",
    "lgtm",
    "merge",
    "ping",
    "queue",
    "rebase",
    "recheck",
    "recreate",
    "refresh",
    "release",
    "reopen",
    "requeue",
    "rerun",
    "retest",
    "retry",
    "review",
    "revert",
    "run",
    "ship",
    "squash",
    "test",
    "treeclosed",
    "try",
    "unapprove",
    "update",
];

/// Returns whether a line that begins with `text` could be a command. A wrong answer only adds an
/// invisible character.
pub(super) fn begins(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    first.starts_with('/') || is_verb(first) || is_verb(second)
}

/// Returns whether a line of code is a command and nothing else. Code is shown unchanged, so the
/// answer must be exact.
pub(super) fn is_code(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next();
    let is_slash = first.strip_prefix('/').is_some_and(is_word);
    let is_mention = first.strip_prefix('@').is_some_and(is_word);
    is_slash || (is_mention && second.is_some()) || second.is_some_and(is_signed)
}

fn is_word(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '[' | ']');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_part)
}

fn is_verb(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    is_signed(word) || VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(bare))
}

/// Returns whether the word is a command with a sign, such as `r+`, `r=octocat`, `p=1` or `try-`.
fn is_signed(word: &str) -> bool {
    let end = word.find(['+', '-', '=', '?']);
    let Some((name, sign)) = end.and_then(|end| word.split_at_checked(end)) else {
        return false;
    };
    let is_name = matches!(
        name,
        "r" | "p" | "d" | "try" | "delegate" | "retry" | "rollup"
    );
    is_name && !sign.starts_with("==") && (sign.len() == 1 || sign.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_kinds_of_commands() {
        for (text, begins_one) in [
            ("/approve", true),
            ("/lgtm cancel", true),
            ("/retest-required now", true),
            ("bors r+", true),
            ("bors: merge", true),
            ("homu r=octocat p=1", true),
            ("bors try", true),
            ("LGTM!", true),
            ("recheck", true),
            ("some-new-bot rebase", true),
            ("The key is committed. Revoke it.", false),
            ("`left` is never checked.", false),
            ("", false),
        ] {
            assert_eq!(begins(text), begins_one, "{text}");
        }
    }

    #[test]
    fn exact_code_is_command() {
        for (line, command) in [
            ("/approve", true),
            ("  /assign @octocat", true),
            ("@dependabot merge", true),
            ("@dependabot[bot] rebase", true),
            ("bors r+", true),
            ("/usr/bin/env python", false),
            ("// a comment", false),
            ("/* a comment */", false),
            ("/^a+$/.test(text)", false),
            ("@Override", false),
            ("@app.route(\"/\")", false),
            ("let r = 1;", false),
            ("git merge main", false),
            ("a == b", false),
        ] {
            assert_eq!(is_code(line), command, "{line}");
        }
    }
}

//! Subjects of commits.

use super::sources::Place;
use std::path::Path;
use std::process::Command;

/// Newest commits that are counted.
const NEWEST: &str = "60";
/// Verbs that a subject begins with, after its component.
const VERBS: [&str; 102] = [
    "add",
    "allow",
    "bound",
    "build",
    "bump",
    "cache",
    "check",
    "clean",
    "close",
    "compare",
    "count",
    "cover",
    "create",
    "cut",
    "delete",
    "deny",
    "document",
    "drop",
    "end",
    "escape",
    "explain",
    "extract",
    "fix",
    "give",
    "group",
    "guard",
    "handle",
    "honor",
    "honour",
    "ignore",
    "implement",
    "improve",
    "index",
    "inline",
    "keep",
    "let",
    "limit",
    "link",
    "list",
    "log",
    "make",
    "mark",
    "measure",
    "merge",
    "move",
    "name",
    "parse",
    "pass",
    "pin",
    "post",
    "print",
    "prove",
    "publish",
    "raise",
    "read",
    "record",
    "redo",
    "reduce",
    "refuse",
    "reject",
    "release",
    "remove",
    "rename",
    "render",
    "replace",
    "report",
    "require",
    "reset",
    "retry",
    "return",
    "revert",
    "rewrite",
    "route",
    "run",
    "send",
    "serve",
    "set",
    "show",
    "simplify",
    "skip",
    "speed",
    "split",
    "start",
    "stop",
    "store",
    "support",
    "switch",
    "tell",
    "test",
    "tighten",
    "time",
    "track",
    "turn",
    "unify",
    "update",
    "upgrade",
    "use",
    "validate",
    "verify",
    "warn",
    "wire",
    "write",
];

/// Returns the subjects of the newest commits, without merges; none without a history.
pub(super) fn subjects(root: &Path) -> Vec<Place> {
    let mut git = Command::new("git");
    // Not the history of a folder around the repository.
    git.arg("--git-dir").arg(root.join(".git"));
    git.args(["log", "--no-merges", "--format=%s", "-n", NEWEST]);
    let log = git.output().ok().filter(|it| it.status.success());
    let log = log.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let lines = log.iter().flat_map(|it| it.lines().enumerate());
    let places = lines.map(|(number, subject)| Place {
        file: "git".to_owned(),
        line: number + 1,
        text: subject.to_owned(),
    });
    places.collect()
}

/// Returns whether a subject such as `state: share one loop` begins with an imperative verb.
pub(super) fn is_imperative(subject: &str) -> bool {
    let is_component = |it: &str| {
        let is_char = |c: char| c.is_alphanumeric() || ['_', '/', '-'].contains(&c);
        !it.is_empty() && it.chars().all(is_char)
    };
    let text = match subject.split_once(": ") {
        Some((component, text)) if is_component(component) => text,
        Some(_) | None => subject,
    };
    let verb = text.split(|c: char| !c.is_alphanumeric()).next();
    VERBS.contains(&verb.unwrap_or_default().to_lowercase().as_str())
}

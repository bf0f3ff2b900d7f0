//! Files that an attacker can create first.

use review::Severity::Medium;
use review::rules::rule;
use review::rules::scan::has_call;
use review::rules::{Finds, Language, Reads, Rule};

pub(super) const TEMPORARY_NAME: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| !line.in_test() && has_call(line.code(), "tempfile.mktemp")),
    ..rule(
        "temporary-name",
        Medium,
        90,
        "Another user can create this file between the choice of the name and the write. Use \
         `mkstemp` or `NamedTemporaryFile`, which create the file.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_predictable_temporary_files() {
        check(&[
            (
                TEMPORARY_NAME,
                "a name",
                "a.py",
                "path = tempfile.mktemp(suffix='.png')",
                true,
            ),
            (
                TEMPORARY_NAME,
                "a file",
                "a.py",
                "fd, path = tempfile.mkstemp()",
                false,
            ),
            (
                TEMPORARY_NAME,
                "another's",
                "a.py",
                "path = my_tempfile.mktemp()",
                false,
            ),
            (
                TEMPORARY_NAME,
                "not called",
                "a.py",
                "name = tempfile.mktemp",
                false,
            ),
            (
                TEMPORARY_NAME,
                "in a test",
                "tests/a.py",
                "tempfile.mktemp()",
                false,
            ),
            (
                TEMPORARY_NAME,
                "in a comment",
                "a.py",
                "# tempfile.mktemp()",
                false,
            ),
            (
                TEMPORARY_NAME,
                "of a shell",
                "a.sh",
                "tempfile.mktemp()",
                false,
            ),
        ]);
    }
}

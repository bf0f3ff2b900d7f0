use crate::Diff;

/// Reads a unified diff in git's form.
pub fn parse(_text: &str) -> Diff {
    Diff::default()
}

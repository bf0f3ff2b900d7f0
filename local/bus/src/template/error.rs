/// Error for an invalid template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {path}: {problem}", line_of(*.line))]
pub struct TemplateError {
    /// Path of the file.
    pub file: String,
    /// Line, from 1, if known.
    pub line: Option<usize>,
    /// Path within the template, such as `Resources.SecurityRule.Properties.Targets`.
    pub path: String,
    /// Problem with the value, and the expected form.
    pub problem: String,
}

fn line_of(line: Option<usize>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

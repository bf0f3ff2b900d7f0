//! Names and layout of generated text.

/// Returns the name of resources for a function's name: `pull-request` is `PullRequest`.
pub fn pascal(name: &str) -> String {
    let words = name.split(['-', '/', '.', '_']);
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

/// Indents every line by a number of blanks.
pub fn indent(by: usize, text: &str) -> String {
    let lines = text.lines();
    lines.map(|line| format!("{:by$}{line}\n", "")).collect()
}

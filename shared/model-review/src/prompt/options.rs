use diff::language::Language;

/// Options of a plan.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Maximum tokens of a part, by [`tokens`].
    pub tokens_per_part: usize,
    /// Maximum number of parts.
    pub most_parts: usize,
    /// At least 16 hexadecimal digits, random for each plan and known only to the model. The
    /// delimiters around untrusted text contain it.
    pub nonce: &'a str,
    /// Returns true if `.gitattributes` marks a path as `linguist-generated`.
    pub generated: &'a (dyn Fn(&str) -> bool + Sync),
    /// Languages of the repository, most used first.
    pub languages: &'a [Language],
}

/// Estimates the tokens of `text`. Does not underestimate code.
///
/// ```
/// assert_eq!(model_review::prompt::tokens("fn f"), 2);
/// ```
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// Estimate for code.
pub(crate) const BYTES_PER_TOKEN: usize = 3;

/// Returns the lines before and after a part's untrusted text. The instructions to the model refer
/// to them.
pub fn delimiters(nonce: &str) -> (String, String) {
    (
        format!("[untrusted diff {nonce} begins]"),
        format!("[untrusted diff {nonce} ends]"),
    )
}

//! Small searches shared by rules. They take linear time, or inspect only the first few
//! matches of a kind.

use super::lexer::is_name;
use std::ops::Range;

/// Limit of matches per line; more appear only in adversarial input.
const MAX_PLACES: usize = 16;

/// Returns the positions of `word` in `text` where it is not part of a longer name.
///
/// ```
/// # use review::rules::scan::words;
/// assert_eq!(words("my_eval eval evaluate", "eval").collect::<Vec<_>>(), [8]);
/// ```
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .take(MAX_PLACES)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let (before, after) = around(text, at..at + word.len());
            !ends_with_name(before) && !after.chars().next().is_some_and(is_name)
        })
}

/// Returns `true` if `text` contains `word` that is not part of a longer name.
pub fn has_word(text: &str, word: &str) -> bool {
    words(text, word).next().is_some()
}

/// Returns the argument ranges of calls to the function `name`: the text between the
/// brackets, or up to the end of the line if they stay open. Methods (`.name(`) and
/// definitions (`fn name(`) do not match, but `name` may contain dots.
///
/// ```
/// # use review::rules::scan::calls;
/// let code = "def eval(x): re.eval(y); eval (f(z), 1)";
/// assert_eq!(calls(code, "eval").map(|r| &code[r]).collect::<Vec<_>>(), ["f(z), 1"]);
/// ```
pub fn calls<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    words(code, name)
        .filter(move |&at| {
            let before = code.get(..at).unwrap_or_default();
            !before.ends_with('.') && !defines(before)
        })
        .filter_map(move |at| arguments(code, at + name.len()))
}

/// Like [`calls`], for methods: `.name(`.
pub fn methods<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    words(code, name)
        .filter(move |&at| code.get(..at).is_some_and(|before| before.ends_with('.')))
        .filter_map(move |at| arguments(code, at + name.len()))
}

/// Returns `true` if the function `name` is called.
pub fn has_call(code: &str, name: &str) -> bool {
    calls(code, name).next().is_some()
}

/// Returns `true` if the method `name` is called.
pub fn has_method(code: &str, name: &str) -> bool {
    methods(code, name).next().is_some()
}

/// Returns the range between the brackets that open at `at`, after blanks.
pub fn arguments(code: &str, at: usize) -> Option<Range<usize>> {
    let rest = code.get(at..)?;
    let blanks = rest.len() - rest.trim_start().len();
    let inner = rest.trim_start().strip_prefix('(')?;
    let start = at + blanks + 1;
    let mut depth = 0_usize;
    for (offset, c) in inner.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return Some(start..start + offset),
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    Some(start..code.len())
}

/// Returns the text before the first comma outside brackets.
pub fn first_argument(code: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return code.get(..at).unwrap_or_default(),
            _ => {}
        }
    }
    code
}

/// Returns `true` if `code` with blanked strings is one plain string or number, so that
/// its value is not under external control.
///
/// ```
/// # use review::rules::scan::is_constant;
/// assert!(is_constant(" '      ' ") && is_constant("42") && is_constant(""));
/// assert!(!is_constant("f'   '") && !is_constant("'  ' + x") && !is_constant("`  `"));
/// ```
pub fn is_constant(code: &str) -> bool {
    let code = code.trim();
    let quoted = ['"', '\''].iter().any(|&quote| {
        code.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            .is_some_and(|inner| inner.trim().is_empty())
    });
    quoted || code.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Returns the leading blanks and tabs.
pub fn indentation(text: &str) -> &str {
    let end = text.len() - text.trim_start_matches([' ', '\t']).len();
    text.get(..end).unwrap_or_default()
}

/// Returns the text before and after `range`.
pub fn around(text: &str, range: Range<usize>) -> (&str, &str) {
    (
        text.get(..range.start).unwrap_or_default(),
        text.get(range.end..).unwrap_or_default(),
    )
}

/// Returns `true` if `text` contains `part`, ignoring ASCII case. `part` is in lower
/// case.
pub fn has_ignoring_case(text: &str, part: &str) -> bool {
    text.as_bytes()
        .windows(part.len().max(1))
        .any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Returns `true` if the last character can be part of a name.
pub fn ends_with_name(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_name)
}

fn defines(before: &str) -> bool {
    let before = before.trim_end();
    ["fn", "def", "function", "func", "fun"].iter().any(|word| {
        before
            .strip_suffix(word)
            .is_some_and(|rest| !ends_with_name(rest))
    })
}

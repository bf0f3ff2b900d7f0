//! Detects strings built from values, in each language's syntax.

use review::rules::Language;
use review::rules::scan::{ends_with_name, has_call};

/// Returns `true` if strings in `text`, blanked in `code`, include values. Names in
/// capitals are constants, and placeholders are the recommended form.
pub(super) fn is_put_together(language: Language, code: &str, text: &str) -> bool {
    use Language as L;
    let formats = match language {
        L::Python => {
            is_f_string(code) && takes_in(text, "{")
                || code.contains("\".format(")
                || code.contains("'.format(")
                || ["\" % ", "' % "]
                    .iter()
                    .any(|percent| code.contains(percent))
        }
        L::JavaScript => {
            let tagged = code
                .find('`')
                .is_some_and(|at| code.get(..at).is_some_and(ends_with_name));
            code.contains('`') && !tagged && takes_in(text, "${")
        }
        L::Rust => has_call(code, "format!"),
        L::Go => has_call(code, "fmt.Sprintf"),
        L::CSharp => code.contains("$\"") && takes_in(text, "{"),
        L::Ruby => takes_in(text, "#{"),
        L::Java => code.contains("String.format(") || takes_in(text, "${"),
        L::Php => text.starts_with('"') && text.contains('$') || code.contains("' . $"),
        _ => false,
    };
    formats || adds_value(code)
}

fn is_f_string(code: &str) -> bool {
    ["f\"", "f'", "F\"", "F'"].iter().any(|open| {
        code.match_indices(open).take(8).any(|(at, _)| {
            let before = code.get(..at).unwrap_or_default();
            !ends_with_name(before.strip_suffix(['r', 'R']).unwrap_or(before))
        })
    })
}

/// Returns `true` if a value is between `open` and the next `}`.
pub(super) fn takes_in(text: &str, open: &str) -> bool {
    text.match_indices(open).take(16).any(|(at, _)| {
        let rest = text.get(at + open.len()..).unwrap_or_default();
        let value = rest.split('}').next().unwrap_or_default().trim();
        is_value(value)
    })
}

/// Returns `true` if something other than a constant is added to a string.
pub(super) fn adds_value(code: &str) -> bool {
    code.match_indices(['"', '\'', '`'])
        .take(32)
        .any(|(at, _)| {
            let rest = code.get(at + 1..).unwrap_or_default().trim_start();
            rest.strip_prefix('+').is_some_and(|rest| {
                let rest = rest.trim_start();
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
                is_value(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default())
            })
        })
}

fn is_value(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_lowercase())
        && !["placeholder", "param_list", "bind"]
            .iter()
            .any(|word| name.contains(word))
}

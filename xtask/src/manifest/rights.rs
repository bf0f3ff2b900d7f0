//! Validation of the needs.

use super::check::Check;
use super::form::{NeedsTable, is_set};
use super::names::{is_kind, is_resource, is_secret, refused_variable};
use toml::Spanned;

pub(super) fn needs(check: &mut Check<'_>, needs: &NeedsTable) {
    if let (Some(read), true) = (
        needs.github_read.as_ref().filter(|it| *it.get_ref()),
        is_set(needs.github_write.as_ref()),
    ) {
        check.refuse(
            &read.span(),
            "github-write includes github-read: remove github-read",
        );
    }
    if let Some(state) = &needs.state {
        let (span, state) = (state.span(), state.get_ref());
        if state.read.is_empty() && state.write.is_empty() {
            check.refuse(&span, "state has no kinds: expected read, write or both");
        }
        for (key, kinds) in [("read", &state.read), ("write", &state.write)] {
            check.distinct(key, kinds.iter());
            for kind in kinds.iter().filter(|it| !is_kind(it.get_ref())) {
                let kind_text = kind.get_ref();
                let reason = format!("{kind_text:?} is not a kind: expected a-z, 0-9, _ and -");
                check.refuse(&kind.span(), reason);
            }
        }
    }
    check.distinct("secrets", needs.secrets.values());
    for (variable, parameter) in &needs.secrets {
        secret(check, variable, parameter);
    }
}

fn secret(check: &mut Check<'_>, variable: &str, parameter: &Spanned<String>) {
    let (span, name) = (parameter.span(), parameter.get_ref());
    if let Some(reason) = refused_variable(variable) {
        check.refuse(&span, reason);
    } else if !is_secret(variable) {
        check.refuse(
            &span,
            format!("{variable} must end in _SECRET, _TOKEN or _KEY"),
        );
    }
    if !is_resource(name) {
        let reason = format!(
            "{name:?} is not a name of a parameter: expected A-Z, a-z and 0-9, a letter first"
        );
        check.refuse(&span, reason);
    }
    // A pattern of names, such as "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*".
    let is_pattern =
        |line: &&str| line.contains("AllowedPattern") && line.contains("(/[A-Za-z0-9_.-]+)*");
    let parameter = check.base.parameter(name);
    let lines = parameter.map(|it| it.lines);
    if lines.is_some_and(|lines| !lines.iter().any(is_pattern)) {
        check.refuse(
            &span,
            format!("the parameter {name} is not a name of a secret"),
        );
    }
}

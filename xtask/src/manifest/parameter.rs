//! Validation of numbers and of the parameters that hold them.

use super::Setting;
use super::check::Check;
use crate::base;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// Refuses a number outside of `range`, and a parameter that allows one.
pub(super) fn setting(
    check: &mut Check<'_>,
    key: &str,
    of: Option<&Spanned<Setting>>,
    range: RangeInclusive<u64>,
) {
    let Some(of) = of else { return };
    match of.get_ref() {
        Setting::Parameter(name) => number(check, key, name, &of.span(), range),
        Setting::Number(number) => check.number(key, *number, &of.span(), range),
    }
}

/// Refuses a parameter that allows numbers outside of `range`.
pub(super) fn number(
    check: &mut Check<'_>,
    key: &str,
    name: &str,
    span: &Range<usize>,
    range: RangeInclusive<u64>,
) {
    if !check.parameter(span, name) {
        return;
    }
    let Some(parameter) = check.base.parameter(name) else {
        return;
    };
    let (from, to) = (range.start(), range.end());
    let place = format!("{}:{}", base::PATH, parameter.line);
    let reason = match (parameter.property("Type"), parameter.range()) {
        (Some("Number"), Some(allowed)) => {
            let (least, most) = (allowed.start(), allowed.end());
            let is_within = [*least, *most]
                .into_iter()
                .all(|it| u64::try_from(it).is_ok_and(|it| range.contains(&it)));
            if is_within {
                return;
            }
            format!(
                "the parameter {name} allows {least} to {most}, but {key} must be {from} to {to}: \
                 change its limits in {place}"
            )
        }
        (Some("Number"), None) => format!(
            "the parameter {name} has no limits: give it MinValue and MaxValue, or AllowedValues, \
             within {from} to {to} in {place}"
        ),
        (Some(_) | None, _) => format!("the parameter {name} is not a number ({place})"),
    };
    check.refuse(span, reason);
}

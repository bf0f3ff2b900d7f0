//! Styles of the text. The output stream removes them if it is no terminal.

use anstyle::{AnsiColor, Style};
use review::Severity;

pub(super) const TOPIC: Style = AnsiColor::Cyan.on_default();
pub(super) const CODE: Style = AnsiColor::Cyan.on_default();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const QUIET: Style = AnsiColor::BrightBlack.on_default();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const TITLE: Style = Style::new().bold();

/// Severities, the worst first.
const SEVERITIES: [Severity; 5] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
    Severity::Info,
];

/// Returns the style of the severity with this name.
pub(super) fn severity(name: &str) -> Option<Style> {
    let mut all = SEVERITIES.into_iter();
    let severity = all.find(|severity| severity.to_string() == name)?;
    Some(match severity {
        Severity::Critical => BAD,
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => AnsiColor::BrightBlack.on_default(),
    })
}

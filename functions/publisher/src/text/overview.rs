//! Status of a head, for its check and for the pull request's summary.

use super::coverage::left_out;
use super::list::folded;
use super::markdown::{code, plain};
use super::{
    LONGEST_BODY, LONGEST_SUMMARY, by_severity, counted, fit, is_unread, partial, progress, unread,
};
use crate::head::HeadState;
use crate::status::Status;
use review::item::Verdict;
use review::message::SkipReason;
use std::fmt::Write;

/// Returns the text of the summary comment, with `marker` in it.
pub(crate) fn summary(state: &HeadState, status: Status, marker: &str) -> String {
    let head = code(state.review.head_sha.short());
    let body = format!(
        "### Review status of {head}\n\n**{}**\n\n{}",
        headline(state, status),
        overview(state, status)
    );
    fit(&body, marker, LONGEST_BODY)
}

/// Returns the text of a check.
pub(crate) fn check_summary(state: &HeadState, status: Status) -> String {
    fit(&overview(state, status), "", LONGEST_SUMMARY)
}

/// Returns the title of a check: one line of fixed texts, without user input.
pub(crate) fn headline(state: &HeadState, status: Status) -> String {
    match (status, &state.item.verdict) {
        (Status::Skipped(_), _) => "Not reviewed".to_owned(),
        (Status::UnderWay, _) => "Under review".to_owned(),
        (Status::Blocked, _) => "Security issues".to_owned(),
        (Status::Reviewed, Some(verdict)) => open(state, verdict),
        (Status::Reviewed, None) => "No verdict".to_owned(),
    }
}

fn open(state: &HeadState, verdict: &Verdict) -> String {
    let reports = &state.item.reports;
    let open = by_severity(verdict.open().chain(&verdict.late));
    if !open.is_empty() {
        format!("Open: {open}")
    } else if is_unread(reports) {
        "The change could not be read".to_owned()
    } else if reports.is_empty() && !verdict.missing.is_empty() {
        "No specialist answered".to_owned()
    } else if !verdict.missing.is_empty() {
        "No findings in the partial review".to_owned()
    } else if unread(reports) > 0 {
        let (files, was) = match unread(reports) {
            1 => ("1 file".to_owned(), "was"),
            many => (counted(many, "file"), "were"),
        };
        format!("No findings in the files read; {files} {was} not read")
    } else if !verdict.unsure.is_empty() {
        "No confirmed findings".to_owned()
    } else {
        "No open findings".to_owned()
    }
}

/// Returns the text below the headline.
fn overview(state: &HeadState, status: Status) -> String {
    let mut text = String::new();
    match status {
        Status::Skipped(reason) => return skipped(state, reason),
        Status::Blocked => {
            text += "The security specialist answered after the review was posted. A separate \
                     review lists its findings. Address them before merging.\n\n";
        }
        Status::UnderWay => return "The review will list the findings.".to_owned(),
        Status::Reviewed => {}
    }
    let Some(verdict) = &state.item.verdict else {
        return text;
    };
    if let Some(progress) = progress(verdict) {
        let _ = writeln!(text, "{progress}\n");
    }
    if let Some(score) = verdict.quality_score {
        let _ = writeln!(text, "Quality: **{score}** of 10.\n");
    }
    if let Some(partial) = partial(&verdict.missing) {
        let _ = writeln!(text, "{partial}");
    }
    let mut open: Vec<_> = verdict.open().chain(&verdict.late).collect();
    open.sort_by_key(|finding| finding.rank());
    text += &folded("open", &open);
    text + &left_out(&state.item.reports)
}

/// Returns the reason that a head was skipped. The text about invalid settings is Markdown of the
/// bot itself; the other reasons contain logins and labels, which are escaped.
fn skipped(state: &HeadState, reason: SkipReason) -> String {
    let why = state
        .item
        .skipped
        .as_ref()
        .map(|skipped| skipped.why.as_str());
    let why = why.unwrap_or_default();
    match reason {
        SkipReason::InvalidPolicy => why.to_owned(),
        SkipReason::Disabled
        | SkipReason::Bot
        | SkipReason::Author
        | SkipReason::Draft
        | SkipReason::Label => plain(why),
    }
}

//! How a head stands, for its check and for the pull request's summary.

use super::coverage::left_out;
use super::list::folded;
use super::markdown::{code, plain};
use super::{
    LONGEST_BODY, LONGEST_SUMMARY, by_severity, counted, fit, is_unread, partial, progress, unread,
};
use crate::check::Told;
use crate::wanted::Wanted;
use review::item::Verdict;
use review::message::SkipReason;
use std::fmt::Write;

/// The text of the comment that is kept up to date, with `marker` in it.
pub(crate) fn summary(of: &Wanted, told: Told, marker: &str) -> String {
    let head = code(of.review.head_sha.short());
    let body = format!(
        "### How {head} stands\n\n**{}**\n\n{}",
        headline(of, told),
        overview(of, told)
    );
    fit(&body, marker, LONGEST_BODY)
}

/// A check's text.
pub(crate) fn check_summary(of: &Wanted, told: Told) -> String {
    fit(&overview(of, told), "", LONGEST_SUMMARY)
}

/// A check's title: one line, of our own words.
pub(crate) fn headline(of: &Wanted, told: Told) -> String {
    match (told, &of.item.verdict) {
        (Told::Skipped(_), _) => "Not reviewed".to_owned(),
        (Told::UnderWay, _) => "Under review".to_owned(),
        (Told::Block, _) => "Security issues".to_owned(),
        (Told::Review, Some(verdict)) => open(of, verdict),
        (Told::Review, None) => "No verdict".to_owned(),
    }
}

fn open(of: &Wanted, verdict: &Verdict) -> String {
    let reports = &of.item.reports;
    let open = by_severity(verdict.open().chain(&verdict.late));
    if !open.is_empty() {
        format!("Open: {open}")
    } else if is_unread(reports) {
        "The change could not be read".to_owned()
    } else if reports.is_empty() && !verdict.missing.is_empty() {
        "Nobody has looked at this change".to_owned()
    } else if !verdict.missing.is_empty() {
        "Nothing found in what was looked at".to_owned()
    } else if unread(reports) > 0 {
        let (files, was) = match unread(reports) {
            1 => ("1 file".to_owned(), "was"),
            many => (counted(many, "file"), "were"),
        };
        format!("Nothing found in what was read; {files} {was} not read")
    } else if !verdict.unsure.is_empty() {
        "Nothing is open that anybody is sure of".to_owned()
    } else {
        "Nothing is open".to_owned()
    }
}

/// What there is to say below the headline.
fn overview(of: &Wanted, told: Told) -> String {
    let mut text = String::new();
    match told {
        Told::Skipped(reason) => return skipped(of, reason),
        Told::Block => {
            text += "The security specialist answered after the review was posted. What it \
                     found stands in a review of its own; please address it before merging.\n\n";
        }
        Told::UnderWay => return "What is found comes in a review.".to_owned(),
        Told::Review => {}
    }
    let Some(verdict) = &of.item.verdict else {
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
    text + &left_out(&of.item.reports)
}

/// Why a head is left alone. Of the settings' mistakes we have written Markdown; else
/// there are logins and labels in it.
fn skipped(of: &Wanted, reason: SkipReason) -> String {
    let why = of.item.skipped.as_ref().map(|skipped| skipped.why.as_str());
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

//! Status of a head, for its check and for the pull request's summary.

use super::clean;
use super::coverage::left_out;
use super::list::folded;
use super::markdown::{code, plain};
use super::{
    LONGEST_BODY, LONGEST_SUMMARY, by_severity, counted, demand, fit, is_unread, partial, progress,
    to_revoke, unread,
};
use crate::approval::Approval;
use crate::head::HeadState;
use crate::status::Status;
use review::BlockRule;
use review::item::Verdict;
use review::message::SkipReason;
use std::fmt::Write;

/// Returns the text of the summary comment, with `marker` in it. The comment does not repeat the
/// list of a review of the same head.
pub(crate) fn summary(state: &HeadState, status: Status, has_review: bool, marker: &str) -> String {
    let head = code(state.review.head_sha.short());
    let text = match (status, has_review) {
        (Status::Reviewed | Status::Blocked, true) => reviewed(state),
        (Status::Skipped(_) | Status::UnderWay | Status::Reviewed | Status::Blocked, _) => {
            overview(state, status)
        }
    };
    let body = format!(
        "### Review status of {head}\n\n**{}**\n\n{text}",
        headline(state, status),
    );
    fit(&body, marker, LONGEST_BODY)
}

/// Returns the text below the headline if a review of the head lists the findings.
fn reviewed(state: &HeadState) -> String {
    let verdict = state.item.verdict.as_ref();
    let progress = verdict.and_then(progress);
    let progress = progress.map_or_else(String::new, |it| format!("{it} "));
    format!("{progress}The review of this commit has the details.\n")
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
        (Status::Reviewed, Some(verdict)) if state.refusal.is_some() => {
            format!("Review not posted. {}", open(state, verdict))
        }
        (Status::Reviewed, Some(verdict)) => open(state, verdict),
        (Status::Reviewed, None) => "No verdict".to_owned(),
    }
}

fn open(state: &HeadState, verdict: &Verdict) -> String {
    let reports = &state.item.reports;
    let open = by_severity(verdict.open().chain(&verdict.late));
    let rule = state.item.policy.block_rule();
    let blocking = verdict.open().filter(|it| it.blocks(&rule)).count();
    let secrets = verdict.to_revoke.len();
    if !open.is_empty() || secrets > 0 {
        let open = (!open.is_empty()).then(|| format!("Open: {open}"));
        let blocking = match blocking {
            0 => None,
            1 => Some("1 blocks merging".to_owned()),
            blocking => Some(format!("{blocking} block merging")),
        };
        let secrets = (secrets > 0).then(|| format!("Revoke {}", counted(secrets, "key")));
        let parts: Vec<_> = [open, blocking, secrets].into_iter().flatten().collect();
        parts.join("; ")
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
    let mut text = match &state.refusal {
        Some(reason) => format!(
            "**GitHub refused the review.** It is shown here instead. {}.\n\n",
            plain(reason)
        ),
        None => String::new(),
    };
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
    if clean::is_clean(verdict) {
        let lines = clean::lines(verdict, &state.item.reports, &Approval::NotRequested);
        return format!("{text}{lines}\n");
    }
    if let Some(progress) = progress(verdict) {
        let _ = writeln!(text, "{progress}\n");
    }
    if let Some(demand) = demand(verdict, &state.item.policy) {
        let _ = writeln!(text, "{demand}\n");
    }
    if let Some(score) = verdict.quality_score {
        let _ = writeln!(text, "Quality: **{score}** of 10.\n");
    }
    if let Some(partial) = partial(&verdict.missing) {
        let _ = writeln!(text, "{partial}");
    }
    let mut open: Vec<_> = verdict.open().collect();
    open.sort_by_key(|finding| finding.rank());
    text += &to_revoke(&verdict.to_revoke);
    text += &folded("open", &open, &state.item.policy.block_rule());
    for (which, findings) in [
        ("on lines that were reviewed before", &verdict.late),
        ("not confirmed", &verdict.unsure),
    ] {
        let findings: Vec<_> = findings.iter().collect();
        text += &folded(which, &findings, &BlockRule::never());
    }
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
        SkipReason::Unreadable
        | SkipReason::Disabled
        | SkipReason::Bot
        | SkipReason::Author
        | SkipReason::Draft
        | SkipReason::Label => plain(why),
    }
}

//! Texts for GitHub. Input from pull requests, paths and models is escaped: it cannot mention users
//! or add markup.

mod clean;
mod command;
mod coverage;
mod list;
mod markdown;
mod overview;
mod review;

pub(crate) use overview::{check_summary, headline, summary};
pub(crate) use review::{outdated, recorded, review};

use ::review::BlockRule;
use ::review::item::{CheckReport, Verdict};
use ::review::{Category, Coverage, Finding, Severity};
use diff::OmissionReason;
use github::port::ReviewEvent;
use markdown::{code, plain};
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// GitHub's limit for the body of a review or a comment, in characters ("Create a review for a pull
/// request", "Create an issue comment").
const LONGEST_BODY: usize = 65_536;

/// GitHub's limit for the summary of a check, in characters ("Create a check run", `output`).
const LONGEST_SUMMARY: usize = 65_535;

/// Returns whether the change has files to read and no reader has read any.
pub(crate) fn is_unread(reports: &BTreeMap<Category, CheckReport>) -> bool {
    let mut read = reports
        .values()
        .flat_map(|report| &report.readers)
        .map(|reader| &reader.coverage)
        .peekable();
    let none = |coverage: &Coverage| coverage.files_read == 0 && !coverage.left_out.is_empty();
    read.peek().is_some() && read.all(none)
}

/// Counts the files that should have been read and were not. Files that the repository excludes or
/// marks as generated do not count.
pub(crate) fn unread(reports: &BTreeMap<Category, CheckReport>) -> usize {
    let readers = reports.values().flat_map(|report| &report.readers);
    let files: BTreeSet<_> = readers
        .flat_map(|reader| &reader.coverage.left_out)
        .filter(|file| match file.why {
            OmissionReason::Excluded | OmissionReason::Generated => false,
            OmissionReason::Binary
            | OmissionReason::Submodule
            | OmissionReason::Malformed
            | OmissionReason::TooLarge
            | OmissionReason::Unanswered
            | OmissionReason::Budget
            | OmissionReason::NoPatch
            | OmissionReason::Refused => true,
        })
        .map(|file| &file.path)
        .collect();
    files.len()
}

/// Returns the number of findings per severity: `1 critical, 2 low`.
fn by_severity<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut of_severity: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *of_severity.entry(finding.severity).or_default() += 1;
    }
    let each: Vec<_> = of_severity
        .into_iter()
        .rev()
        .map(|(of, count)| format!("{count} {}", of.to_string().to_lowercase()))
        .collect();
    each.join(", ")
}

/// Returns ``Since `abc1234`: 1 new, 2 resolved, 3 still open.`` after an earlier review.
fn progress(verdict: &Verdict) -> Option<String> {
    let since = code(verdict.since.as_ref()?.short());
    let (resolved, still_open) = (verdict.resolved.len(), verdict.still_open.len());
    let begin = match verdict.findings.len() {
        0 => format!("Nothing new since {since}: "),
        new => format!("Since {since}: {new} new, "),
    };
    Some(format!(
        "{begin}{resolved} resolved, {still_open} still open."
    ))
}

/// Returns the number of findings per severity, as one sentence.
fn found(verdict: &Verdict, reports: &BTreeMap<Category, CheckReport>) -> String {
    match (verdict.findings.len(), verdict.missing.len()) {
        (0, _) if is_unread(reports) => {
            "The change could not be read. It was not reviewed.".to_owned()
        }
        (0, 0) if !verdict.unsure.is_empty() => "No confirmed findings.".to_owned(),
        (0, 0) => "No findings.".to_owned(),
        (0, _) if reports.is_empty() => {
            "No specialist answered. This change was not reviewed.".to_owned()
        }
        (0, _) => "No findings in the partial review.".to_owned(),
        (count, _) => format!(
            "{}: {}.",
            counted(count, "finding"),
            by_severity(verdict.findings.iter())
        ),
    }
}

fn below_floor(count: u32) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 finding below the minimum severity is not shown.".to_owned()),
        _ => Some(format!(
            "{count} findings below the minimum severity are not shown."
        )),
    }
}

/// Maximum number of blocking findings that a sentence names.
const MOST_NAMED: usize = 5;

/// Returns what the author must do before merging, if the verdict requests changes.
fn demand(verdict: &Verdict, policy: &Policy) -> Option<String> {
    if verdict.event != ReviewEvent::RequestChanges {
        return None;
    }
    let rule = policy.block_rule();
    let blocking: Vec<_> = verdict.open().filter(|it| it.blocks(&rule)).collect();
    if blocking.is_empty() {
        let score = verdict.quality_score.unwrap_or_default();
        let least = policy.request_changes_below_score;
        return Some(format!(
            "**Changes requested:** the score of {score} is below the minimum of {least}."
        ));
    }
    let named: Vec<_> = blocking
        .iter()
        .take(MOST_NAMED)
        .map(|it| named(it))
        .collect();
    let more = match blocking.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let named = named.join(", ");
    Some(format!("**Fix before merging:** {named}{more}."))
}

/// Returns the place and the subject of a finding: `` `src/a.rs:1` (`committed-secret`) ``.
fn named(finding: &Finding) -> String {
    format!("{} ({})", code(&finding.place()), subject(finding))
}

/// Returns the rule of a finding, or the title of a model's finding.
fn subject(finding: &Finding) -> String {
    match &finding.title {
        Some(title) if !finding.is_by_rules() => plain(title),
        Some(_) | None => code(&finding.rule),
    }
}

/// Returns the list of removed secrets, or an empty text without any.
fn to_revoke(secrets: &[Finding]) -> String {
    match secrets {
        [] => String::new(),
        secrets => format!(
            "**Revoke these keys.** The change no longer contains them, but the history of the \
             branch does. They do not block, and stay listed until the pull request is \
             closed.\n\n{}\n",
            list::listed(secrets, &BlockRule::never())
        ),
    }
}

/// Returns a warning that names the specialists without an answer, if there are any.
fn partial(missing: &[Category]) -> Option<String> {
    let missing: Vec<_> = missing.iter().map(|category| category.as_str()).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "> [!WARNING]\n> This review is partial: **{}** did not answer in time.\n",
            missing.join("**, **")
        )
    })
}

/// Returns `body` and `tail`, cut to `most` characters with a note about the cut.
fn fit(body: &str, tail: &str, most: usize) -> String {
    const CUT: &str = "\n\n*Text cut here: it exceeds GitHub's size limit.*\n";
    let room = most - tail.chars().count() - 1;
    let fitting = if body.chars().count() <= room {
        body.to_owned()
    } else {
        let kept: String = body.chars().take(room - CUT.len()).collect();
        // A tag or fence that is cut open would hide the marker.
        let (whole_lines, _) = kept.rsplit_once('\n').unwrap_or((&kept, ""));
        format!("{whole_lines}{CUT}")
    };
    format!("{fitting}\n{tail}")
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests;

//! Text of a verdict without any listed finding: what was checked, in a few lines.

use super::coverage::{cost, not_kept, read};
use super::markdown::{code, plain};
use super::{below_floor, found};
use crate::approval::Approval;
use review::Category;
use review::item::{CheckReport, Verdict};
use review::rules::RULES;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of unread files that a line names.
const MOST_FILES: usize = 3;
/// Maximum number of remarks in a line.
const MOST_NOTES: usize = 3;

/// Returns whether no list of the verdict has a finding.
pub(super) fn is_clean(verdict: &Verdict) -> bool {
    let lists = [
        &verdict.findings,
        &verdict.still_open,
        &verdict.late,
        &verdict.unsure,
        &verdict.resolved,
        &verdict.to_revoke,
    ];
    lists.iter().all(|list| list.is_empty())
}

/// Returns at most five lines: the result, what was checked, unread files, remarks, and the cost.
pub(super) fn lines(
    verdict: &Verdict,
    reports: &BTreeMap<Category, CheckReport>,
    approval: &Approval,
) -> String {
    let lines = [
        Some(result(verdict, reports, approval)),
        checked(reports),
        unread(reports),
        remarks(verdict, reports),
        cost_of(verdict, reports),
    ];
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    lines.join("\n- ")
}

fn result(
    verdict: &Verdict,
    reports: &BTreeMap<Category, CheckReport>,
    approval: &Approval,
) -> String {
    let mut result = vec![found(verdict, reports)];
    if let Some(score) = verdict.quality_score {
        result.push(format!("Quality: **{score}** of 10."));
    }
    if !verdict.missing.is_empty() && !reports.is_empty() {
        let missing: Vec<_> = verdict.missing.iter().map(|it| it.as_str()).collect();
        result.push(format!(
            "**{}** did not answer in time.",
            missing.join("**, **")
        ));
    }
    match approval {
        Approval::NotRequested => {}
        Approval::Given => result.push(
            "Approved: no open findings, every file was read, and all conditions of the \
             repository are met."
                .to_owned(),
        ),
        Approval::Withheld(reasons) => {
            let reasons: Vec<_> = reasons.iter().map(|it| plain(&it.to_string())).collect();
            result.push(format!("Not approved: {}", reasons.join(" ")));
        }
    }
    result.join(" ")
}

/// Returns the specialists, and the number of files that their readers have read.
fn checked(reports: &BTreeMap<Category, CheckReport>) -> Option<String> {
    let files = |report: &&CheckReport| {
        let readers = report.readers.iter();
        readers
            .map(|reader| reader.coverage.files_read)
            .sum::<u32>()
    };
    let most = reports
        .values()
        .max_by_key(files)
        .filter(|it| files(it) > 0)?;
    let names: Vec<_> = reports.keys().map(|category| category.as_str()).collect();
    let readers = most.readers.iter();
    let alone = match readers.clone().all(|reader| reader.name == RULES) {
        true => ", without a model",
        false => "",
    };
    let read = (readers.len() > 0).then(|| read(&most.readers))?;
    Some(format!("Checked for {}: {read}{alone}", names.join(", ")))
}

/// Returns the first unread files with their reasons, and the number of the others.
fn unread(reports: &BTreeMap<Category, CheckReport>) -> Option<String> {
    let readers = reports.values().flat_map(|report| &report.readers);
    let files: BTreeSet<_> = readers.flat_map(|it| &it.coverage.left_out).collect();
    let named = files.iter().take(MOST_FILES);
    let named: Vec<_> = named
        .map(|file| format!("{} ({})", code(&file.path), file.why))
        .collect();
    let more = match files.len().saturating_sub(MOST_FILES) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!files.is_empty()).then(|| format!("Not read: {}{more}", named.join(", ")))
}

/// Returns the first remarks about how the change was read, and the number of the others.
fn remarks(verdict: &Verdict, reports: &BTreeMap<Category, CheckReport>) -> Option<String> {
    let of_reader = |report: &CheckReport| {
        let readers = report.readers.iter();
        let notes = readers.flat_map(|it| it.notes.iter().map(|note| (it.name.clone(), note)));
        let notes: Vec<_> = notes
            .map(|(name, note)| format!("{}: {}", code(&name), plain(note)))
            .collect();
        notes
    };
    let mut all: Vec<String> = Vec::new();
    let notes = verdict.notes.iter().map(|note| plain(note));
    for note in notes.chain(reports.values().flat_map(of_reader)) {
        if !all.contains(&note) {
            all.push(note);
        }
    }
    let dropped = reports.values().map(|report| report.not_kept).sum();
    let dropped = not_kept(dropped).trim().to_owned();
    let counts = [
        below_floor(verdict.below_floor),
        (!dropped.is_empty()).then_some(dropped),
    ];
    let counts = counts.into_iter().flatten();
    let more = match all.len().saturating_sub(MOST_NOTES) {
        0 => None,
        1 => Some("1 more remark.".to_owned()),
        more => Some(format!("{more} more remarks.")),
    };
    all.truncate(MOST_NOTES);
    let all: Vec<_> = counts.chain(all).chain(more).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn cost_of(verdict: &Verdict, reports: &BTreeMap<Category, CheckReport>) -> Option<String> {
    let readers = reports.values().flat_map(|report| &report.readers);
    let cost = cost(readers, verdict.usage.as_ref());
    (!cost.is_empty()).then(|| cost.join("; "))
}

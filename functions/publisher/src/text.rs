//! What people will read on GitHub. Whatever comes from a pull request, a path or
//! a message, is shown as text: it mentions nobody and formats nothing.

mod coverage;
mod markdown;

use crate::post::{Kind, Wanted};
use coverage::coverage;
use diff::Diff;
use github::port::{NewReview, ReviewComment, ReviewEvent, Side};
use markdown::{code, fenced, plain};
use review::item::{CheckReport, ReviewItem, Verdict};
use review::message::Block;
use review::rules::RULES;
use review::{Category, Coverage, Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

/// GitHub takes no longer body ("Create a review for a pull request").
const LONGEST_BODY: usize = 65_536;

/// More comments than this are noise: the rest is listed in the body.
const MOST_COMMENTS: usize = 10;

/// The review that is `wanted`, with `marker` in its body. Comments sit on lines
/// of `diff`; a finding without a line goes into the body.
pub(crate) fn review(wanted: &Wanted, diff: &Diff, marker: &str) -> NewReview {
    let head = wanted.review.head_sha.short();
    let (event, body, comments) = match &wanted.kind {
        Kind::Verdict(verdict) => {
            let (comments, rest) = place(&verdict.findings, diff);
            let body = verdict_body(head, verdict, &wanted.item, &rest);
            (verdict.event, body, comments)
        }
        Kind::Block(block) => (
            ReviewEvent::RequestChanges,
            block_body(head, block),
            Vec::new(),
        ),
    };
    NewReview {
        commit_id: wanted.review.head_sha.clone(),
        event,
        body: fit(&body, marker),
        comments,
    }
}

/// The worst findings as comments, one a place, and what is left over.
fn place<'a>(findings: &'a [Finding], diff: &Diff) -> (Vec<ReviewComment>, Vec<&'a Finding>) {
    let mut places: BTreeMap<(&str, u32, Option<u32>), Vec<&Finding>> = BTreeMap::new();
    let mut rest = Vec::new();
    for finding in findings {
        let place = (
            finding.path.as_str(),
            finding.line,
            first_line(finding, diff),
        );
        let room = places.len() < MOST_COMMENTS || places.contains_key(&place);
        if room && diff.has_line(&finding.path, finding.line) {
            places.entry(place).or_default().push(finding);
        } else {
            rest.push(finding);
        }
    }
    let comment = |((path, line, start_line), findings): ((&str, u32, Option<u32>), Vec<_>)| {
        let told: Vec<_> = findings
            .into_iter()
            .map(|it| told(it, start_line))
            .collect();
        ReviewComment {
            start_line,
            start_side: start_line.map(|_| Side::Right),
            ..ReviewComment::at(path, line, Side::Right, told.join("\n\n"))
        }
    };
    (places.into_iter().map(comment).collect(), rest)
}

/// Where a comment on several lines begins, if GitHub takes one there.
fn first_line(finding: &Finding, diff: &Diff) -> Option<u32> {
    let first = finding.start_line?;
    diff.has_range(&finding.path, first, finding.line)
        .then_some(first)
}

/// `**High** · security · committed-secret (95% sure)`, and the message below. A
/// model's finding has its title in the rule's place, and its own words say so.
fn told(finding: &Finding, start_line: Option<u32>) -> String {
    let subject = match &finding.title {
        Some(title) if !finding.is_by_rules() => plain(title),
        Some(_) | None => code(&finding.rule),
    };
    let mut told = format!(
        "**{}** · {} · {subject} ({}% sure{})\n\n{}",
        severity(finding.severity),
        finding.category,
        finding.confidence.as_percent(),
        agreed(&finding.by),
        plain(&finding.message),
    );
    // It replaces the lines that the comment sits on, whichever they are.
    if let Some(lines) = &finding.suggestion
        && finding.start_line == start_line
    {
        let _ = write!(told, "\n\n{}", fenced("suggestion", lines));
    }
    told
}

/// Who found it, where rules alone did not.
fn agreed(by: &[String]) -> String {
    match by {
        [] => String::new(),
        [one] if one == RULES => String::new(),
        names => {
            let names: Vec<_> = names.iter().map(|name| code(name)).collect();
            format!(", {}", names.join(" and "))
        }
    }
}

fn verdict_body(head: &str, verdict: &Verdict, item: &ReviewItem, rest: &[&Finding]) -> String {
    let mut body = format!("### Review of {}\n\n", code(head));
    let _ = writeln!(body, "{}\n", summary(verdict, &item.reports));
    if let Some(score) = verdict.quality_score {
        let _ = writeln!(body, "Quality: **{score}** of 10.\n");
    }
    if !verdict.missing.is_empty() {
        let missing: Vec<_> = verdict
            .missing
            .iter()
            .map(|category| category.as_str())
            .collect();
        let _ = writeln!(
            body,
            "> [!WARNING]\n> This review is partial: no answer in time from **{}**.\n",
            missing.join("**, **")
        );
    }
    folded(&mut body, "not shown as comments", rest);
    let unsure: Vec<_> = verdict.unsure.iter().collect();
    folded(&mut body, "that may be none", &unsure);
    body + &coverage(&item.reports)
}

fn folded(body: &mut String, which: &str, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    let count = counted(findings.len(), "finding");
    let _ = writeln!(body, "<details><summary>{count} {which}</summary>\n");
    for finding in findings {
        let place = code(&format!("{}:{}", finding.path, finding.line));
        let (severity, message) = (severity(finding.severity), plain(&finding.message));
        let _ = writeln!(body, "- {place} **{severity}** {message}");
    }
    let _ = writeln!(body, "\n</details>\n");
}

/// Whether there was something to read, and nobody has.
fn is_unread(reports: &BTreeMap<Category, CheckReport>) -> bool {
    let mut read = reports
        .values()
        .flat_map(|report| &report.readers)
        .map(|reader| &reader.coverage)
        .peekable();
    let none = |coverage: &Coverage| coverage.files_read == 0 && !coverage.left_out.is_empty();
    read.peek().is_some() && read.all(none)
}

/// How many findings of which severity, in one sentence.
fn summary(verdict: &Verdict, reports: &BTreeMap<Category, CheckReport>) -> String {
    let unread = is_unread(reports);
    if verdict.findings.is_empty() {
        return match (unread, verdict.missing.len()) {
            (true, _) => "The change could not be read, so nothing is said about it.",
            (false, 0) if !verdict.unsure.is_empty() => "Nothing found that anybody is sure of.",
            (false, 0) => "Nothing found.",
            (false, _) if reports.is_empty() => "Nobody has looked at this change.",
            (false, _) => "Nothing found in what was looked at.",
        }
        .to_owned();
    }
    let mut of_severity: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in &verdict.findings {
        *of_severity.entry(finding.severity).or_default() += 1;
    }
    let each: Vec<_> = of_severity
        .into_iter()
        .rev()
        .map(|(of, count)| format!("{count} {}", severity(of).to_lowercase()))
        .collect();
    let wish = match verdict.event {
        ReviewEvent::RequestChanges => " Please address what blocks before merging.",
        ReviewEvent::Comment | ReviewEvent::Approve => "",
    };
    format!(
        "{}: {}.{wish}",
        counted(verdict.findings.len(), "finding"),
        each.join(", ")
    )
}

fn block_body(head: &str, block: &Block) -> String {
    let mut body = format!(
        "### Security issues in {}\n\nThe security specialist answered after the review was posted. \
         Please address before merging:\n\n",
        code(head)
    );
    for place in &block.details {
        let _ = writeln!(body, "- {}", code(place));
    }
    body
}

/// `body` and `marker`, cut where GitHub would refuse it, and saying so.
fn fit(body: &str, marker: &str) -> String {
    const CUT: &str = "\n\n*Cut here: GitHub takes no longer text.*\n";
    let room = LONGEST_BODY - marker.chars().count() - 1;
    let fitting = if body.chars().count() <= room {
        body.to_owned()
    } else {
        let kept: String = body.chars().take(room - CUT.len()).collect();
        // A tag or fence that is cut open would swallow the marker.
        let (whole_lines, _) = kept.rsplit_once('\n').unwrap_or((&kept, ""));
        format!("{whole_lines}{CUT}")
    };
    format!("{fitting}\n{marker}")
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Info",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

#[cfg(test)]
mod tests;

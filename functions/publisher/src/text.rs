//! What people will read on GitHub. Whatever comes from a pull request, a path or
//! a message, is shown as text: it mentions nobody and formats nothing.

use crate::post::{Kind, Wanted};
use diff::{Diff, WhyLeftOut};
use github::port::{NewReview, ReviewComment, ReviewEvent, Side};
use review::item::{CheckReport, ReviewItem, Verdict};
use review::message::Block;
use review::{Category, Finding, Severity};
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

/// The worst findings as comments, one a line, and what is left over.
fn place<'a>(findings: &'a [Finding], diff: &Diff) -> (Vec<ReviewComment>, Vec<&'a Finding>) {
    let mut lines: BTreeMap<(&str, u32), Vec<&Finding>> = BTreeMap::new();
    let mut rest = Vec::new();
    for finding in findings {
        let place = (finding.path.as_str(), finding.line);
        let room = lines.len() < MOST_COMMENTS || lines.contains_key(&place);
        if room && diff.has_line(&finding.path, finding.line) {
            lines.entry(place).or_default().push(finding);
        } else {
            rest.push(finding);
        }
    }
    let comment = |((path, line), findings): ((&str, u32), Vec<&Finding>)| {
        let told: Vec<_> = findings.into_iter().map(told).collect();
        ReviewComment::at(path, line, Side::Right, told.join("\n\n"))
    };
    (lines.into_iter().map(comment).collect(), rest)
}

/// `**High** · security · committed-secret (95% sure)`, and the message below.
fn told(finding: &Finding) -> String {
    format!(
        "**{}** · {} · {} ({}% sure)\n\n{}",
        severity(finding.severity),
        finding.category,
        code(&finding.rule),
        finding.confidence.as_percent(),
        plain(&finding.message),
    )
}

fn verdict_body(head: &str, verdict: &Verdict, item: &ReviewItem, rest: &[&Finding]) -> String {
    let mut body = format!("### Review of {}\n\n", code(head));
    let _ = writeln!(body, "{}\n", summary(verdict, &item.reports));
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
    if !rest.is_empty() {
        let _ = writeln!(
            body,
            "<details><summary>{} not shown as comments</summary>\n",
            counted(rest.len(), "finding")
        );
        for finding in rest {
            let place = code(&format!("{}:{}", finding.path, finding.line));
            let _ = writeln!(
                body,
                "- {place} **{}** {}",
                severity(finding.severity),
                plain(&finding.message)
            );
        }
        let _ = writeln!(body, "\n</details>\n");
    }
    body + &coverage(&item.reports)
}

/// How many findings of which severity, in one sentence.
fn summary(verdict: &Verdict, reports: &BTreeMap<Category, CheckReport>) -> String {
    let unread = reports.values().any(|report| report.unread.is_some());
    if verdict.findings.is_empty() {
        return match (unread, verdict.missing.len()) {
            (true, _) => "The change could not be read, so nothing is said about it.",
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

/// Who read what, and what nobody read.
fn coverage(reports: &BTreeMap<Category, CheckReport>) -> String {
    let mut text = String::new();
    for (category, report) in reports {
        let by = report.reviewers.join(" and ");
        let _ = match &report.unread {
            Some(why) => writeln!(text, "- {category}: nothing read, {}", plain(why)),
            None => writeln!(
                text,
                "- {category}: {} read by {by}{}",
                counted(report.coverage.files_read as usize, "file"),
                not_kept(report.not_kept),
            ),
        };
    }
    let mut left_out: Vec<_> = reports
        .values()
        .flat_map(|report| &report.coverage.left_out)
        .collect();
    left_out.sort();
    left_out.dedup();
    for file in left_out {
        let _ = writeln!(
            text,
            "- not read: {} ({})",
            code(&file.path),
            why_left_out(file.why)
        );
    }
    let mut reviewers = reports
        .values()
        .flat_map(|report| &report.reviewers)
        .peekable();
    if reviewers.peek().is_some() && reviewers.all(|by| by == "rules") {
        text += "\n<sub>Reviewed by rules alone, without a model.</sub>\n";
    }
    text
}

fn not_kept(count: u32) -> String {
    match count {
        0 => String::new(),
        count => format!(" ({count} more findings not listed)"),
    }
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

/// A code span that whatever is in it cannot leave.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{text}{fence}")
    } else {
        format!("{fence} {text} {fence}")
    }
}

/// Text in a sentence: no markup but code spans, no mention, no line of its own.
fn plain(text: &str) -> String {
    let spans: Vec<_> = text.split('`').collect();
    if spans.len() % 2 == 0 {
        return spans
            .into_iter()
            .map(escaped)
            .collect::<Vec<_>>()
            .join("\\`");
    }
    let spans = spans.into_iter().enumerate();
    let shown = |(n, span)| {
        if n % 2 == 0 {
            escaped(span)
        } else {
            code(span)
        }
    };
    spans.map(shown).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => escaped.push(' '),
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // GitHub sees a mention behind an escaped sign too: a joiner of no
            // width between the sign and the name keeps it from seeing one.
            '@' => escaped.push_str("@\u{200d}"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn why_left_out(why: WhyLeftOut) -> &'static str {
    match why {
        WhyLeftOut::Binary => "not text",
        WhyLeftOut::Submodule => "a submodule",
        WhyLeftOut::Malformed => "its diff is malformed",
        WhyLeftOut::TooLarge => "too large",
        WhyLeftOut::Generated => "generated",
    }
}

#[cfg(test)]
mod tests;

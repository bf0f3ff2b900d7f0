//! Renders the bot's part of a pull request's page: reviews, check runs, the summary.

use super::super::{Page, Run};
use super::{BAD, GOOD, QUIET, TITLE, TOPIC};
use fake_github::{PostedCheck, PostedComment, PostedReview};
use github::PrKey;
use github::port::{Conclusion, ReviewEvent};
use std::fmt::Write;

/// Renders the page from top to bottom.
pub(super) fn show(out: &mut String, run: &Run, pr: &PrKey, page: &Page) {
    for posted in &page.reviews {
        review(out, run, pr, posted);
        let _ = writeln!(out, "{QUIET}└─{QUIET:#}\n");
    }
    for posted in &page.checks {
        check(out, pr, posted);
    }
    for posted in &page.comments {
        comment(out, pr, posted);
    }
    if !(page.checks.is_empty() && page.comments.is_empty()) {
        out.push('\n');
    }
}

/// Renders a review as GitHub shows it, with folded sections.
fn review(out: &mut String, run: &Run, pr: &PrKey, posted: &PostedReview) {
    let (style, verb) = match posted.event {
        ReviewEvent::RequestChanges => (BAD, "requested changes"),
        ReviewEvent::Comment => (GOOD, "commented"),
        ReviewEvent::Approve => (GOOD, "approved"),
    };
    let _ = writeln!(
        out,
        "{TITLE}{pr}{TITLE:#} {} {style}{verb}{style:#} on {}{}",
        posted.author.login,
        posted.commit_id.short(),
        if posted.dismissed.is_some() {
            ", and has taken that back since"
        } else {
            ""
        }
    );
    for line in seen(&posted.body) {
        match line {
            Line::Text(line) | Line::Folded(line) => quoted(out, line),
            Line::Fold(what) => quoted(out, &format!("▾ {what}")),
        }
    }
    for comment in &posted.comments {
        let _ = writeln!(
            out,
            "{QUIET}├─{QUIET:#} {TOPIC}{}:{}{TOPIC:#}",
            comment.path, comment.line
        );
        if let Some(line) = run.line(pr, &posted.commit_id, &comment.path, comment.line) {
            let _ = writeln!(out, "{QUIET}│{QUIET:#}  {GOOD}+ {line}{GOOD:#}");
        }
        for line in comment.body.lines() {
            let _ = writeln!(out, "{QUIET}│{QUIET:#}  {line}");
        }
    }
}

/// Renders a check run as the merge box shows it.
fn check(out: &mut String, pr: &PrKey, posted: &PostedCheck) {
    let check = &posted.check;
    let (style, conclusion) = match check.conclusion {
        Some(Conclusion::Success) => (GOOD, "success"),
        Some(Conclusion::Neutral) => (QUIET, "neutral"),
        Some(Conclusion::Failure) => (BAD, "failure"),
        Some(Conclusion::Cancelled) => (QUIET, "cancelled"),
        None => (QUIET, "in progress"),
    };
    let _ = writeln!(
        out,
        "{TITLE}{pr}{TITLE:#} check {} on {}: {style}{conclusion}{style:#} · {}",
        check.name,
        check.head_sha.short(),
        check.title
    );
}

/// Renders a comment without folded sections and without empty lines.
fn comment(out: &mut String, pr: &PrKey, posted: &PostedComment) {
    let _ = writeln!(
        out,
        "{TITLE}{pr}{TITLE:#} {}, in a comment that the bot updates",
        posted.author.login
    );
    for line in seen(&posted.body) {
        match line {
            _ if line.is_empty() => {}
            Line::Text(line) => quoted(out, line),
            Line::Fold(what) => quoted(out, &format!("▸ {what}")),
            Line::Folded(_) => {}
        }
    }
    let _ = writeln!(out, "{QUIET}└─{QUIET:#}");
}

fn quoted(out: &mut String, line: &str) {
    let _ = writeln!(out, "{QUIET}│{QUIET:#} {line}");
}

/// Line of Markdown, as a browser shows it.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    /// Visible line.
    Text(&'a str),
    /// Title of a folded section.
    Fold(&'a str),
    /// Line inside a folded section.
    Folded(&'a str),
}

/// Returns the visible lines: no HTML comments, no tags of `<details>`, and at most one empty line
/// in a row.
fn seen(markdown: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut is_folded = false;
    for line in markdown.lines() {
        let fold = line.strip_prefix("<details><summary>");
        let next = if let Some(what) = fold.and_then(|line| line.strip_suffix("</summary>")) {
            is_folded = true;
            Line::Fold(what)
        } else if line == "</details>" {
            is_folded = false;
            continue;
        } else if line.starts_with("<!--") {
            continue;
        } else if is_folded {
            Line::Folded(line)
        } else {
            Line::Text(line)
        };
        if !(next.is_empty() && lines.last().is_none_or(Line::is_empty)) {
            lines.push(next);
        }
    }
    lines
}

impl Line<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(line) | Self::Folded(line) => line.trim().is_empty(),
            Self::Fold(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omits_lines_that_browsers_hide() {
        let body = "One\n\n\n<details><summary>2 findings open</summary>\n- a\n\n</details>\n\nTwo\n<!-- x -->";
        assert_eq!(
            seen(body),
            [
                Line::Text("One"),
                Line::Text(""),
                Line::Fold("2 findings open"),
                Line::Folded("- a"),
                Line::Folded(""),
                Line::Text("Two"),
            ]
        );
    }
}

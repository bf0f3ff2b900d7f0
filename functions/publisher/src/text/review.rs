//! Text of a review, and of its comments on lines.

use super::coverage::coverage;
use super::list::{behind, folded, listed};
use super::markdown::{code, fenced, plain};
use super::{
    LONGEST_BODY, below_floor, by_severity, clean, command, counted, demand, fit, found, is_unread,
    partial, progress, subject, to_revoke,
};
use crate::approval::Approval;
use crate::desired::{ReviewContent, vote};
use crate::head::{HeadState, requests_changes};
use diff::Diff;
use github::port::{NewReview, ReviewComment, ReviewEvent, Side};
use policy::Policy;
use review::item::{CheckReport, ReviewItem, Verdict};
use review::rules::RULES;
use review::{BlockRule, Category, Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Returns the review that shows `content`, with `marker` in its body. Comments are on lines of
/// `diff`; a finding without a line goes into the body. Without a diff, after GitHub refused
/// comments on lines, all findings do.
pub(crate) fn review(
    state: &HeadState,
    content: &ReviewContent,
    diff: Option<&Diff>,
    marker: &str,
    approval: &Approval,
) -> NewReview {
    let head = state.review.head_sha.short();
    let item = &state.item;
    let findings = content.findings();
    let rule = match content {
        // Findings of a model alone had no second look.
        ReviewContent::Late(findings) if !requests_changes(findings) => BlockRule::never(),
        ReviewContent::Verdict(_) | ReviewContent::Late(_) | ReviewContent::Approval(_) => {
            item.policy.block_rule()
        }
    };
    let most = usize::from(item.policy.max_comments);
    let (comments, rest) = match diff {
        Some(diff) => place(findings, diff, most, &rule),
        None => (vec![], findings.iter().collect()),
    };
    let mut body = match content {
        ReviewContent::Verdict(verdict) => verdict_body(head, verdict, item, &rest, approval),
        ReviewContent::Late(findings) => late_body(head, findings, rest, &rule),
        ReviewContent::Approval(verdict) => verdict_body(head, verdict, item, &[], approval),
    };
    if diff.is_none() && !findings.is_empty() {
        body += "\nGitHub refused comments on these lines. They are listed here instead.\n";
    }
    NewReview {
        commit_id: state.review.head_sha.clone(),
        // Only the policy can approve, not the verdict.
        event: match (vote(content), approval) {
            (ReviewEvent::Comment, Approval::Given) => ReviewEvent::Approve,
            (event, _) => event,
        },
        body: fit(&body, marker, LONGEST_BODY),
        comments,
    }
}

/// Returns the body of a review that no longer holds.
pub(crate) fn outdated(body: &str) -> String {
    let first = "> **Outdated**: this review no longer applies.";
    match body.starts_with(first) {
        true => body.to_owned(),
        false => fit(&format!("{first}\n\n{body}"), "", LONGEST_BODY),
    }
}

/// Returns a review as one text, for the record of a review that is not posted.
pub(crate) fn recorded(review: &NewReview) -> String {
    let mut text = review.body.trim_end().to_owned();
    for comment in &review.comments {
        let lines = match comment.start_line {
            Some(first) => format!("{first}-{}", comment.line),
            None => comment.line.to_string(),
        };
        let gone = match comment.side {
            Side::Left => " (gone)",
            Side::Right => "",
        };
        let place = code(&format!("{}:{lines}{gone}", comment.path));
        let _ = write!(text, "\n\n---\n\n{place}\n\n{}", comment.body);
    }
    fit(&text, "", LONGEST_BODY)
}

/// Returns the worst findings as comments, one per place and at most `most`, and the remaining
/// findings. A finding that exceeds the size of its comment is among the remaining ones.
fn place<'a>(
    findings: &'a [Finding],
    diff: &Diff,
    most: usize,
    rule: &BlockRule,
) -> (Vec<ReviewComment>, Vec<&'a Finding>) {
    let mut places: BTreeMap<(&str, Side, u32, Option<u32>), String> = BTreeMap::new();
    let mut rest = Vec::new();
    for finding in findings {
        let place = (
            finding.path.as_str(),
            side(finding),
            finding.line,
            first_line(finding, diff),
        );
        let before = places.get(&place);
        let room = before.is_some() || places.len() < most;
        let text = comment(finding, place.3, rule);
        let body = match before {
            Some(before) => format!("{before}\n\n{text}"),
            None => text,
        };
        let fits = body.chars().count() <= LONGEST_BODY;
        if room && fits && finding.is_on(diff) {
            places.insert(place, body);
        } else {
            rest.push(finding);
        }
    }
    let at_place =
        |((path, side, line, start_line), body): ((&str, Side, u32, Option<u32>), String)| {
            ReviewComment {
                start_line,
                start_side: start_line.map(|_| side),
                ..ReviewComment::at(path, line, side, body)
            }
        };
    (places.into_iter().map(at_place).collect(), rest)
}

/// Returns GitHub's name of the side.
fn side(finding: &Finding) -> Side {
    match finding.side {
        review::Side::Left => Side::Left,
        review::Side::Right => Side::Right,
    }
}

/// Returns the first line of a comment on several lines, if GitHub accepts one there.
fn first_line(finding: &Finding, diff: &Diff) -> Option<u32> {
    let first = finding.start_line.filter(|_| finding.side.is_right())?;
    diff.has_range(&finding.path, first, finding.line)
        .then_some(first)
}

/// Returns `**High** · security · committed-secret (95% sure)` and the message below it. A finding
/// of a model has its title in place of the rule.
fn comment(finding: &Finding, start_line: Option<u32>, rule: &BlockRule) -> String {
    let mut text = format!(
        "**{}** · {} · {} ({}% sure{}){}\n\n{}",
        finding.severity,
        categories(finding),
        subject(finding),
        finding.confidence.as_percent(),
        agreed(&finding.by),
        match finding.blocks(rule) {
            true => " · **blocks merging**",
            false => "",
        },
        plain(&finding.message),
    );
    // A suggestion replaces exactly the lines of its comment. Its code cannot be escaped.
    if let Some(lines) = &finding.suggestion
        && finding.start_line == start_line
        && !lines.lines().any(command::is_code)
    {
        let _ = write!(text, "\n\n{}", fenced("suggestion", lines));
    }
    text
}

/// Returns the specialists of a finding: `security, logic`.
fn categories(finding: &Finding) -> String {
    let all = [finding.category].into_iter().chain(finding.also.clone());
    all.map(Category::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns the names of the readers that found it, unless it was only the rules.
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

fn verdict_body(
    head: &str,
    verdict: &Verdict,
    item: &ReviewItem,
    rest: &[&Finding],
    approval: &Approval,
) -> String {
    let rule = item.policy.block_rule();
    if clean::is_clean(verdict) {
        let lines = clean::lines(verdict, &item.reports, approval);
        return format!("### Review of {}\n{lines}", code(head));
    }
    let mut body = format!("### Review of {}\n\n", code(head));
    for line in opening(verdict, &item.reports, &item.policy) {
        let _ = writeln!(body, "{line}\n");
    }
    if let Some(score) = verdict.quality_score {
        let _ = writeln!(body, "Quality: **{score}** of 10.\n");
    }
    if let Some(partial) = partial(&verdict.missing) {
        let _ = writeln!(body, "{partial}");
    }
    body += &approved(approval);
    let (severe, other): (Vec<_>, Vec<_>) =
        (verdict.still_open.iter()).partition(|finding| finding.severity >= Severity::High);
    if !severe.is_empty() {
        let _ = writeln!(body, "Still open:\n\n{}", listed(severe, &rule));
    }
    body += &to_revoke(&verdict.to_revoke);
    body += &folded("not shown as comments", rest, &rule);
    body += &folded("still open", &other, &rule);
    for (which, findings) in [
        ("on lines that were reviewed before", &verdict.late),
        ("not confirmed", &verdict.unsure),
        ("resolved", &verdict.resolved),
    ] {
        let findings: Vec<_> = findings.iter().collect();
        body += &folded(which, &findings, &BlockRule::never());
    }
    if let Some(below) = below_floor(verdict.below_floor) {
        let _ = writeln!(body, "- {below}");
    }
    for note in &verdict.notes {
        let _ = writeln!(body, "- {}", plain(note));
    }
    body + &coverage(&item.reports, verdict.usage.as_ref())
}

/// Returns the number of findings, the changes since the earlier review, and the blocking findings.
fn opening(
    verdict: &Verdict,
    reports: &BTreeMap<Category, CheckReport>,
    policy: &Policy,
) -> Vec<String> {
    let whole = verdict.missing.is_empty() && !is_unread(reports);
    let progress = progress(verdict);
    let nothing_new = progress.is_some() && verdict.findings.is_empty() && whole;
    let mut lines = Vec::new();
    if !nothing_new {
        lines.push(found(verdict, reports));
    }
    lines.extend(progress);
    lines.extend(demand(verdict, policy));
    lines
}

fn approved(approval: &Approval) -> String {
    match approval {
        Approval::NotRequested => String::new(),
        Approval::Given => {
            "Approved: no open findings, every file was read, and all conditions of the \
             repository are met.\n\n"
                .to_owned()
        }
        Approval::Withheld(reasons) => {
            let each = reasons.iter().map(|why| plain(&why.to_string()));
            let list: String = each.map(|why| format!("- {why}\n")).collect();
            let count = counted(reasons.len(), "reason");
            behind(&format!("Not approved, for {count}"), &list)
        }
    }
}

/// Returns the body of a review of late security findings.
fn late_body(head: &str, findings: &[Finding], rest: Vec<&Finding>, rule: &BlockRule) -> String {
    let what = match requests_changes(findings) {
        true => "Address its findings before merging",
        false => "Only a model found this, without a second look. Check it before merging",
    };
    format!(
        "### Security issues in {}\n\nThe security specialist answered after the review was \
         posted. {what}: {}.\n\n{}",
        code(head),
        by_severity(findings.iter()),
        listed(rest, rule)
    )
}

//! JSON Lines for programs.

use crate::{FunctionCall, Page, PlayedSample, Run};
use events::EventId;
use fake_github::{PostedCheck, PostedReview};
use github::port::{ReviewComment, ReviewEvent, ReviewState};
use local_bus::runner::CallResult;
use review::Finding;
use review::item::Verdict;
use serde_json::{Value, json};
use std::fmt::Write;

/// Renders one line per event, one per pull request, and a last line with the counts.
pub fn json(run: &Run) -> String {
    let mut out = String::new();
    let events = run.played.iter().flat_map(events);
    for line in events.chain(run.pages.iter().map(pull_request)) {
        let _ = writeln!(out, "{line}");
    }
    let counts = json!({"simulated": {
        "events": run.events(),
        "reviews": run.reviews(),
        "failed": run.failed,
    }});
    let _ = writeln!(out, "{counts}");
    out
}

/// Returns the events of a delivery, each with the functions that received it.
fn events(played: &PlayedSample) -> Vec<Value> {
    let mut shown: Vec<&EventId> = Vec::new();
    let mut lines = Vec::new();
    for FunctionCall { event, .. } in &played.heard {
        if shown.contains(&&event.id) {
            continue;
        }
        shown.push(&event.id);
        let of_event = played.heard.iter().filter(|one| one.event.id == event.id);
        lines.push(json!({
            "id": event.id,
            "type": event.topic,
            "subject": event.subject,
            "correlationid": event.correlationid,
            "causationid": event.causationid,
            "handlers": of_event.map(|one| handler(&one.tried)).collect::<Vec<_>>(),
        }));
    }
    lines
}

fn handler(tried: &CallResult) -> Value {
    let (outcome, error) = match &tried.result {
        Ok(outcome) => (Some(outcome.to_string()), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "function": tried.function,
        "attempts": tried.attempt,
        "latency_ms": tried.latency.as_secs_f64() * 1000.0,
        "outcome": outcome,
        "error": error,
    })
}

/// Returns a pull request as GitHub shows it, with the stored verdict of its head.
fn pull_request(page: &Page) -> Value {
    let github = &page.github;
    let comments = github.comments.iter();
    json!({"pull_request": {
        "repository": github.pr.repo,
        "number": github.pr.number,
        "head": github.head,
        "base": github.base_branch,
        "verdict": page.verdict().map(verdict),
        "reviews": github.reviews.iter().map(review).collect::<Vec<_>>(),
        "checks": github.checks.iter().map(check).collect::<Vec<_>>(),
        "comments": comments
            .map(|comment| json!({"id": comment.id, "body": comment.body}))
            .collect::<Vec<_>>(),
    }})
}

/// Returns the decision as the state that its review has on GitHub, and the open findings.
fn verdict(verdict: &Verdict) -> Value {
    let decision = match verdict.event {
        ReviewEvent::Comment => ReviewState::Commented,
        ReviewEvent::RequestChanges => ReviewState::ChangesRequested,
        ReviewEvent::Approve => ReviewState::Approved,
    };
    let open = verdict.open().chain(&verdict.late);
    json!({"decision": decision, "findings": open.map(finding).collect::<Vec<_>>()})
}

fn finding(finding: &Finding) -> Value {
    json!({
        "path": finding.path,
        "line": finding.line,
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
    })
}

fn review(posted: &PostedReview) -> Value {
    let comments = posted.comments.iter();
    json!({
        "id": posted.id,
        "commit": posted.commit_id,
        "state": posted.state(),
        "body": posted.body,
        "comments": comments.map(line_comment).collect::<Vec<_>>(),
    })
}

fn line_comment(comment: &ReviewComment) -> Value {
    json!({
        "path": comment.path,
        "line": comment.line,
        "side": comment.side,
        "body": comment.body,
    })
}

fn check(posted: &PostedCheck) -> Value {
    let check = &posted.check;
    let status = match check.conclusion {
        Some(_) => "completed",
        None => "in_progress",
    };
    json!({
        "commit": check.head_sha,
        "status": status,
        "conclusion": check.conclusion,
        "title": check.title,
    })
}

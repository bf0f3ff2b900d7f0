//! Output of a simulation: coloured text for people (colours are removed if unsupported), JSON
//! Lines for programs.

mod page;

use super::{FunctionCall, PlayedSample, Run};
use anstyle::{AnsiColor, Style};
use events::{Event, EventId, Outcome};
use local_bus::runner::{CallResult, End};
use serde_json::json;
use std::fmt::Write;

const TOPIC: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const QUIET: Style = AnsiColor::BrightBlack.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// Renders the whole run as text.
pub fn text(run: &Run) -> String {
    let mut out = String::new();
    for (n, played) in run.played.iter().enumerate() {
        delivery(&mut out, n + 1, played);
    }
    for (pr, page) in &run.pages {
        page::show(&mut out, run, pr, page);
    }
    state(&mut out, run);
    let _ = writeln!(
        out,
        "{TITLE}{} events, {} reviews, {} failed{TITLE:#}",
        run.events(),
        run.reviews(),
        run.failed
    );
    out
}

fn delivery(out: &mut String, number: usize, played: &PlayedSample) {
    let answer = &played.answer;
    let style = if answer.status.is_success() {
        GOOD
    } else {
        BAD
    };
    let _ = writeln!(
        out,
        "{TITLE}{number}. {}{TITLE:#}\n   {style}{} {}{style:#}",
        played.about,
        answer.status.as_u16(),
        answer.message
    );
    let roots = said_by(&played.heard, None, "");
    for root in roots {
        event(out, played, root, "   ");
    }
    out.push('\n');
}

/// Returns the events that `function` published in response to `cause`, without repeats, in order.
fn said_by<'a>(
    heard: &'a [FunctionCall],
    cause: Option<&EventId>,
    function: &str,
) -> Vec<&'a Event> {
    let source = format!("github-bot.{function}");
    let mut emitted: Vec<&Event> = Vec::new();
    for FunctionCall { event, .. } in heard {
        let caused =
            event.causationid.as_ref() == cause && (cause.is_none() || event.source == source);
        if caused && !emitted.iter().any(|other| other.id == event.id) {
            emitted.push(event);
        }
    }
    emitted
}

fn event(out: &mut String, played: &PlayedSample, event_: &Event, indent: &str) {
    let subject = event_.subject.as_deref().unwrap_or_default();
    let _ = writeln!(
        out,
        "{indent}{TOPIC}{}{TOPIC:#} {QUIET}{subject}{QUIET:#}",
        event_.topic
    );
    let heard = heard(played, event_);
    for (n, tried) in heard.iter().enumerate() {
        let last = n + 1 == heard.len();
        let (branch, below) = if last {
            ("└─", "   ")
        } else {
            ("├─", "│  ")
        };
        let _ = write!(out, "{indent}{QUIET}{branch}{QUIET:#} ");
        outcome(out, tried);
        for emitted in said_by(&played.heard, Some(&event_.id), &tried.function) {
            event(out, played, emitted, &format!("{indent}{below}"));
        }
    }
}

/// Returns the last call of each function that received the event. Omits the recorder, which
/// receives every event.
fn heard<'a>(played: &'a PlayedSample, event: &Event) -> Vec<&'a CallResult> {
    let mut heard: Vec<&CallResult> = Vec::new();
    let of_event = played.heard.iter().filter(|one| one.event.id == event.id);
    for FunctionCall { tried, .. } in of_event {
        if tried.function == "recorder" {
            continue;
        }
        match heard
            .iter_mut()
            .find(|other| other.function == tried.function && tried.attempt > 1)
        {
            Some(earlier) => *earlier = tried,
            None => heard.push(tried),
        }
    }
    heard
}

fn outcome(out: &mut String, tried: &CallResult) {
    let (style, summary) = match (&tried.result, &tried.end) {
        (Ok(outcome @ Outcome::Applied { .. }), _) => (GOOD, outcome.to_string()),
        (Ok(outcome), _) => (QUIET, outcome.to_string()),
        (Err(reason), End::Dead) => (BAD, format!("failed permanently: {reason}")),
        (Err(reason), _) => (WARN, format!("failed: {reason}")),
    };
    let attempts = match tried.attempt {
        1 => String::new(),
        n => format!(", try {n}"),
    };
    let _ = writeln!(
        out,
        "{} {style}{summary}{style:#} {QUIET}{:.1} ms{attempts}{QUIET:#}",
        tried.function,
        tried.latency.as_secs_f64() * 1000.0,
    );
}

fn state(out: &mut String, run: &Run) {
    let _ = writeln!(out, "{TITLE}State{TITLE:#}");
    for (key, version, value) in &run.state {
        let _ = writeln!(
            out,
            "   {key} {QUIET}version {} · {}{QUIET:#}",
            version.get(),
            gist(value)
        );
    }
    out.push('\n');
}

fn counted(findings: usize) -> String {
    format!("{findings} finding{}", if findings == 1 { "" } else { "s" })
}

/// Summarises a state item in a few words.
fn gist(value: &serde_json::Value) -> String {
    let count = |pointer: &str| {
        value
            .pointer(pointer)
            .and_then(|it| it.as_array())
            .map(Vec::len)
    };
    let text = |pointer: &str| value.pointer(pointer).and_then(|it| it.as_str());
    if let Some(findings) = count("/verdict/findings") {
        let event = text("/verdict/event").unwrap_or_default().to_lowercase();
        format!("verdict: {event}, {}", counted(findings))
    } else if let Some(reason) = text("/skipped/reason") {
        format!("skipped: {reason}")
    } else if let Some(expected) = count("/expected") {
        format!("waits for {expected} specialists")
    } else if let Some(findings) = count("/report/findings") {
        counted(findings)
    } else if let Some(published) = published(value) {
        published
    } else if value.pointer("/stage/claimed").is_some() {
        "claimed, not published".to_owned()
    } else if let Some(head) = text("/head_sha") {
        format!("head {}", head.get(..7).unwrap_or(head))
    } else {
        String::new()
    }
}

/// Returns GitHub's id of a publication.
fn published(value: &serde_json::Value) -> Option<String> {
    let publication = value.pointer("/stage/published")?;
    let id = |name| publication.get(name).and_then(serde_json::Value::as_u64);
    let review = id("review_id").map(|id| format!("published as review {id}"));
    let check = || id("check_id").map(|id| format!("published as check {id}"));
    let comment = || id("comment").map(|id| format!("published as comment {id}"));
    review.or_else(check).or_else(comment)
}

/// Renders one JSON line per event and a last line with the counts.
pub fn json(run: &Run) -> String {
    let mut out = String::new();
    for played in &run.played {
        let mut shown: Vec<&EventId> = Vec::new();
        for FunctionCall { event, .. } in &played.heard {
            if shown.contains(&&event.id) {
                continue;
            }
            shown.push(&event.id);
            let of_event = played.heard.iter().filter(|one| one.event.id == event.id);
            let line = json!({
                "id": event.id,
                "type": event.topic,
                "subject": event.subject,
                "correlationid": event.correlationid,
                "causationid": event.causationid,
                "handlers": of_event.map(|one| handler(&one.tried)).collect::<Vec<_>>(),
            });
            let _ = writeln!(out, "{line}");
        }
    }
    let counts = json!({"simulated": {
        "events": run.events(),
        "reviews": run.reviews(),
        "failed": run.failed,
    }});
    let _ = writeln!(out, "{counts}");
    out
}

fn handler(tried: &CallResult) -> serde_json::Value {
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

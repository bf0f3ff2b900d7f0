//! Tree of the events that each delivery caused.

use super::style::{BAD, GOOD, QUIET, TITLE, TOPIC, WARN};
use crate::{FunctionCall, PlayedSample, Run};
use events::{Event, EventId, Outcome};
use local_bus::runner::{CallResult, End};
use std::fmt::Write;

/// Renders all deliveries, with a legend.
pub(super) fn show(out: &mut String, run: &Run) {
    let _ = writeln!(
        out,
        "{TITLE}Events{TITLE:#}\n   \
         {TOPIC}topic{TOPIC:#} {QUIET}subject, time (UTC, simulated){QUIET:#}\n   \
         {QUIET}└─{QUIET:#} function, its result {QUIET}and duration{QUIET:#}: {GOOD}applied{GOOD:#}, \
         {QUIET}ignored or repeated{QUIET:#}, {WARN}failed{WARN:#}, {BAD}failed permanently{BAD:#}\n      \
         {TOPIC}topic{TOPIC:#} {QUIET}of an event that the function published{QUIET:#}\n   \
         The function recorder receives every event and is omitted.\n"
    );
    for (n, played) in run.played.iter().enumerate() {
        delivery(out, n + 1, played);
    }
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
        "{indent}{TOPIC}{}{TOPIC:#} {QUIET}{subject}, {}{QUIET:#}",
        event_.topic,
        event_.time.strftime("%H:%M:%S")
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

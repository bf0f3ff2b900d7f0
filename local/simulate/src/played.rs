//! Record of a simulation.

use super::Sample;
use diff::Diff;
use events::{Event, Outcome};
use fake_github::{PostedCheck, PullRequestPage};
use github::{HeadSha, PrKey};
use local_bus::runner::{CallResult, End};
use review::item::{ReviewItem, Verdict};
use serde::Deserialize;
use source::Answer;
use state::{Key, Version};
use std::collections::BTreeSet;

/// Record of a whole run.
#[derive(Debug, Default)]
pub struct Run {
    /// Deliveries in order, each with its effects.
    pub played: Vec<PlayedSample>,
    /// Final pages of all pull requests, sorted by repository and number.
    pub pages: Vec<Page>,
    /// Final state without the journal.
    pub state: Vec<(Key, Version, serde_json::Value)>,
    /// Number of dead letters.
    pub failed: u32,
}

/// Pull request at the end of the run.
#[derive(Debug)]
pub struct Page {
    /// Page on GitHub.
    pub github: PullRequestPage,
    /// Stored review of the head.
    pub review: Option<ReviewItem>,
}

impl Page {
    /// Returns the verdict of the newest head and base.
    pub fn verdict(&self) -> Option<&Verdict> {
        let review = self.review.as_ref()?;
        let base = review.base_branch.as_ref();
        let is_current = base.is_none_or(|base| *base == self.github.base_branch);
        review.verdict.as_ref().filter(|_| is_current)
    }

    /// Returns the newest check of the head.
    pub fn check(&self) -> Option<&PostedCheck> {
        let mut checks = self.github.checks.iter().rev();
        checks.find(|posted| posted.check.head_sha == self.github.head)
    }
}

/// Delivery with its effects.
#[derive(Debug)]
pub struct PlayedSample {
    /// File of the sample.
    pub file: String,
    /// Description of the sample.
    pub about: String,
    /// `true` if an earlier delivery had the same id.
    pub is_repeated: bool,
    /// Answer of the webhook.
    pub answer: Answer,
    /// Pull request of the delivery.
    pub pr: Option<PrKey>,
    /// Head commit in the delivery.
    pub head: Option<HeadSha>,
    /// Diff of the sample.
    pub diff: Diff,
    /// Calls of all functions, in order.
    pub heard: Vec<FunctionCall>,
}

/// Call of a function with an event.
#[derive(Debug)]
pub struct FunctionCall {
    /// Event.
    pub event: Event,
    /// Call.
    pub tried: CallResult,
}

impl PlayedSample {
    /// Returns the events that failed permanently, each with the function and the reason.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&Event, &str, &str)> {
        self.heard.iter().filter_map(|call| match &call.tried {
            CallResult {
                function,
                result: Err(reason),
                end: End::Dead,
                ..
            } => Some((&call.event, function.as_str(), reason.as_str())),
            _ => None,
        })
    }

    /// Returns the number of calls that changed the state, without those of the recorder.
    pub(super) fn changes(&self) -> usize {
        let is_change = |call: &&FunctionCall| {
            let is_applied = matches!(call.tried.result, Ok(Outcome::Applied { .. }));
            is_applied && call.tried.function != "recorder"
        };
        self.heard.iter().filter(is_change).count()
    }
}

impl Run {
    pub(super) fn begin(&mut self, sample: &Sample, answer: Answer) {
        let text = |pointer: &str| sample.payload.pointer(pointer);
        let repo = text("/repository/full_name").and_then(|name| name.as_str()?.parse().ok());
        let number = text("/pull_request/number").and_then(serde_json::Value::as_u64);
        self.played.push(PlayedSample {
            file: sample.file.clone(),
            is_repeated: sample.again,
            about: sample.about.clone(),
            answer,
            pr: repo
                .zip(number)
                .map(|(repo, number)| PrKey { repo, number }),
            head: text("/pull_request/head/sha").and_then(|sha| sha.as_str()?.parse().ok()),
            diff: sample.diff.as_deref().map(diff::parse).unwrap_or_default(),
            heard: Vec::new(),
        });
    }

    /// Adds a call to the newest delivery that caused it.
    pub(super) fn note(&mut self, tried: CallResult) {
        // The functions publish only valid events.
        let Ok(event) = Event::deserialize(&tried.event.detail) else {
            return;
        };
        let began = |played: &&mut PlayedSample| {
            let id = played.answer.id.as_ref().map(events::EventId::as_str);
            id == Some(event.correlationid.as_str())
        };
        if let Some(played) = self.played.iter_mut().rev().find(began) {
            played.heard.push(FunctionCall { event, tried });
        }
    }

    /// Returns the number of reviews on GitHub.
    pub fn reviews(&self) -> usize {
        let reviews = |page: &Page| page.github.reviews.len();
        self.pages.iter().map(reviews).sum()
    }

    /// Returns the number of different events.
    pub fn events(&self) -> usize {
        let heard = self.played.iter().flat_map(|played| &played.heard);
        heard
            .map(|heard| &heard.event.id)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// Returns the text of a line, if a delivery of that head has a diff that contains it.
    pub(super) fn line(&self, pr: &PrKey, head: &HeadSha, path: &str, number: u32) -> Option<&str> {
        let is_of = |played: &&PlayedSample| {
            played.pr.as_ref() == Some(pr) && played.head.as_ref() == Some(head)
        };
        let of_head = self.played.iter().filter(is_of);
        let files = of_head.flat_map(|played| &played.diff.files);
        let lines = files
            .filter(|file| file.path == path)
            .flat_map(|file| &file.hunks);
        let mut lines = lines.flat_map(|hunk| &hunk.lines);
        let line = lines.find(|line| line.new_number == Some(number));
        line.map(|line| line.text.as_str())
    }
}

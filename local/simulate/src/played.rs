//! Record of a simulation.

use super::Sample;
use diff::Diff;
use events::Event;
use fake_github::{PostedCheck, PostedComment, PostedReview};
use github::{HeadSha, PrKey};
use local_bus::runner::CallResult;
use serde::Deserialize;
use source::Answer;
use state::{Key, Version};
use std::collections::{BTreeMap, BTreeSet};

/// Record of a whole run.
#[derive(Debug, Default)]
pub struct Run {
    /// Deliveries in order, each with its effects.
    pub played: Vec<PlayedSample>,
    /// Final page of each pull request on GitHub.
    pub pages: BTreeMap<PrKey, Page>,
    /// Final state without the journal.
    pub state: Vec<(Key, Version, serde_json::Value)>,
    /// Number of dead letters.
    pub failed: u32,
}

/// Reviews, checks and comments that the bot left on a pull request.
#[derive(Debug, Default)]
pub struct Page {
    /// Reviews, oldest first.
    pub reviews: Vec<PostedReview>,
    /// Check runs of all heads, in the order of their pushes.
    pub checks: Vec<PostedCheck>,
    /// Comments, oldest first.
    pub comments: Vec<PostedComment>,
}

/// Delivery with its effects.
#[derive(Debug)]
pub struct PlayedSample {
    /// Description of the sample.
    pub about: String,
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

impl Run {
    pub(super) fn begin(&mut self, sample: &Sample, answer: Answer) {
        let text = |pointer: &str| sample.payload.pointer(pointer);
        let repo = text("/repository/full_name").and_then(|name| name.as_str()?.parse().ok());
        let number = text("/pull_request/number").and_then(serde_json::Value::as_u64);
        self.played.push(PlayedSample {
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

    /// Returns the heads of each pull request, in the order of their deliveries.
    pub(super) fn heads(&self) -> BTreeMap<PrKey, Vec<HeadSha>> {
        let mut all: BTreeMap<PrKey, Vec<HeadSha>> = BTreeMap::new();
        for played in &self.played {
            let Some(pr) = &played.pr else { continue };
            let heads = all.entry(pr.clone()).or_default();
            let new = played.head.iter().find(|head| !heads.contains(head));
            heads.extend(new.cloned());
        }
        all
    }

    /// Returns the number of reviews on GitHub.
    pub fn reviews(&self) -> usize {
        self.pages.values().map(|page| page.reviews.len()).sum()
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

//! What happened in a simulation.

use super::Sample;
use crate::runner::Tried;
use diff::Diff;
use events::Event;
use fake_github::{PostedCheck, PostedComment, PostedReview};
use github::{HeadSha, PrKey};
use serde::Deserialize;
use source::Answer;
use state::{Key, Version};
use std::collections::{BTreeMap, BTreeSet};

/// A whole run.
#[derive(Debug, Default)]
pub struct Run {
    /// The deliveries, in order, each with what followed from it.
    pub played: Vec<Played>,
    /// What GitHub shows in the end of each pull request.
    pub pages: BTreeMap<PrKey, Page>,
    /// The state that is left, without the journal.
    pub state: Vec<(Key, Version, serde_json::Value)>,
    /// How many deliveries ended among the dead letters.
    pub failed: u32,
}

/// What the bot has left on a pull request's page.
#[derive(Debug, Default)]
pub struct Page {
    /// Reviews, oldest first.
    pub reviews: Vec<PostedReview>,
    /// Check runs of all its heads, in the order of their pushes.
    pub checks: Vec<PostedCheck>,
    /// Comments, oldest first.
    pub comments: Vec<PostedComment>,
}

/// One delivery, and what followed from it.
#[derive(Debug)]
pub struct Played {
    /// What it shows.
    pub about: String,
    /// What the webhook answered.
    pub answer: Answer,
    /// What it is about.
    pub pr: Option<PrKey>,
    /// Its head, as the delivery tells it.
    pub head: Option<HeadSha>,
    /// The diff that it brought.
    pub diff: Diff,
    /// Every try of every function, in order.
    pub heard: Vec<Heard>,
}

/// One try of a function on an event.
#[derive(Debug)]
pub struct Heard {
    /// The event.
    pub event: Event,
    /// The try.
    pub tried: Tried,
}

impl Run {
    pub(super) fn begin(&mut self, sample: &Sample, answer: Answer) {
        let text = |pointer: &str| sample.payload.pointer(pointer);
        let repo = text("/repository/full_name").and_then(|name| name.as_str()?.parse().ok());
        let number = text("/pull_request/number").and_then(serde_json::Value::as_u64);
        self.played.push(Played {
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

    /// Notes a try with the newest delivery that it follows from.
    pub(super) fn note(&mut self, tried: Tried) {
        // Nobody here says what is no event.
        let Ok(event) = Event::deserialize(&tried.event.detail) else {
            return;
        };
        let began = |played: &&mut Played| {
            let id = played.answer.id.as_ref().map(events::EventId::as_str);
            id == Some(event.correlationid.as_str())
        };
        if let Some(played) = self.played.iter_mut().rev().find(began) {
            played.heard.push(Heard { event, tried });
        }
    }

    /// The heads that each pull request has had, in the order of their deliveries.
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

    /// How many reviews stand on GitHub.
    pub fn reviews(&self) -> usize {
        self.pages.values().map(|page| page.reviews.len()).sum()
    }

    /// How many different events there were.
    pub fn events(&self) -> usize {
        let heard = self.played.iter().flat_map(|played| &played.heard);
        heard
            .map(|heard| &heard.event.id)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// The text of a line, where the delivery of that head brought a diff that shows it.
    pub(super) fn line(&self, pr: &PrKey, head: &HeadSha, path: &str, number: u32) -> Option<&str> {
        let is_of =
            |played: &&Played| played.pr.as_ref() == Some(pr) && played.head.as_ref() == Some(head);
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

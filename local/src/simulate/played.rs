//! What happened in a simulation.

use super::Sample;
use crate::runner::Tried;
use diff::Diff;
use event::Event;
use github::PrKey;
use github_world::PostedReview;
use serde::Deserialize;
use state::{Key, Version};
use std::collections::BTreeSet;
use webhook::Answer;

/// A whole run.
#[derive(Debug, Default)]
pub struct Run {
    /// The deliveries, in order, each with what followed from it.
    pub played: Vec<Played>,
    /// The reviews that stand on GitHub in the end.
    pub reviews: Vec<(PrKey, PostedReview)>,
    /// The state that is left, without the journal.
    pub state: Vec<(Key, Version, serde_json::Value)>,
    /// How many deliveries ended among the dead letters.
    pub failed: u32,
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
            let id = played.answer.id.as_ref().map(event::EventId::as_str);
            id == Some(event.correlationid.as_str())
        };
        if let Some(played) = self.played.iter_mut().rev().find(began) {
            played.heard.push(Heard { event, tried });
        }
    }

    pub(super) fn pull_requests(&self) -> BTreeSet<PrKey> {
        self.played
            .iter()
            .filter_map(|played| played.pr.clone())
            .collect()
    }

    /// How many different events there were.
    pub fn events(&self) -> usize {
        let heard = self.played.iter().flat_map(|played| &played.heard);
        heard
            .map(|heard| &heard.event.id)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// The text of a line, where a delivery's diff shows it.
    pub(super) fn line(&self, pr: &PrKey, path: &str, number: u32) -> Option<&str> {
        let of_pr = self
            .played
            .iter()
            .rev()
            .filter(|played| played.pr.as_ref() == Some(pr));
        let files = of_pr.flat_map(|played| &played.diff.files);
        let lines = files
            .filter(|file| file.path == path)
            .flat_map(|file| &file.hunks);
        let mut lines = lines.flat_map(|hunk| &hunk.lines);
        let line = lines.find(|line| line.new_number == Some(number));
        line.map(|line| line.text.as_str())
    }
}

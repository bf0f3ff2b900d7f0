//! Validation of a manifest's values.

use super::names::{EXPECTED_NAME, is_name, is_secret, refused_variable};
use super::parse::{Manifest, is_set};
use super::{Invoke, Problem, Subscription, http, own_events, parameter, rights, subscribe};
use crate::base::Base;
use events::{Rate, TopicPattern};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::{Component, Path};
use toml::Spanned;

/// Reserved concurrency of a function. Only the account limits it.
const RESERVED: RangeInclusive<u64> = 0..=i32::MAX as u64;

/// Problems of one manifest, found so far.
pub(super) struct Check<'a> {
    file: String,
    text: &'a str,
    pub(super) base: Base<'a>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    pub(super) fn new(name: &str, text: &'a str, base: &'a str) -> Self {
        Self {
            file: format!("functions/{name}/function.toml"),
            text,
            base: Base(base),
            problems: Vec::new(),
        }
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    pub(super) fn refuse(&mut self, span: &Range<usize>, reason: impl fmt::Display) {
        let line = self.line(span);
        self.problems.push(Problem::new(&self.file, line, reason));
    }

    /// Refuses a parameter that does not exist. Returns whether it exists.
    pub(super) fn parameter(&mut self, span: &Range<usize>, name: &str) -> bool {
        let exists = self.base.parameter(name).is_some();
        if !exists {
            self.refuse(span, format!("infra/base.yaml has no parameter {name:?}"));
        }
        exists
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        number: u64,
        span: &Range<usize>,
        range: RangeInclusive<u64>,
    ) {
        if !range.contains(&number) {
            let (from, to) = (range.start(), range.end());
            self.refuse(span, format!("{key} must be {from} to {to}, not {number}"));
        }
    }

    /// Refuses values that are listed twice.
    pub(super) fn distinct<'b>(
        &mut self,
        key: &str,
        values: impl Iterator<Item = &'b Spanned<String>>,
    ) {
        let mut seen = BTreeSet::new();
        for value in values {
            if !seen.insert(value.get_ref()) {
                self.refuse(
                    &value.span(),
                    format!("{key} has {:?} twice", value.get_ref()),
                );
            }
        }
    }

    /// Validates everything but the sample. Returns the subscriptions, that of the schedule last.
    pub(super) fn manifest(&mut self, name: &str, manifest: &Manifest) -> Vec<Subscription> {
        let start = 0..0;
        if !is_name(name) {
            self.refuse(&start, format!("{name:?} is not a name: {EXPECTED_NAME}"));
        }
        let description = manifest.description.get_ref();
        if description.trim().is_empty() || description.contains(char::is_control) {
            self.refuse(
                &manifest.description.span(),
                "description must be one line of text",
            );
        }
        let mut subscriptions = Vec::new();
        for of in &manifest.subscribe {
            subscriptions.push(subscribe::subscription(self, name, of));
        }
        let topics = manifest.subscribe.iter();
        let topics = topics.flat_map(|it| it.get_ref().topics.get_ref());
        self.distinct("topics", topics);
        subscriptions.extend(self.schedule(name, manifest));
        if subscriptions.is_empty() && manifest.http.is_none() {
            self.refuse(&start, "expected subscribe, schedule or http");
        }
        let mut queues = manifest.subscribe.iter();
        let mut queues = queues
            .by_ref()
            .filter(|it| it.get_ref().invoke == Invoke::Queue);
        if let Some(second) = queues.nth(1) {
            self.refuse(&second.span(), "a function has at most one queue");
        }
        http::http(self, manifest);
        self.emits(manifest);
        own_events::check(self, manifest, &subscriptions);
        self.environment(manifest);
        rights::needs(self, &manifest.needs);
        if let Some(timeout) = &manifest.timeout {
            self.number("timeout", *timeout.get_ref(), &timeout.span(), 1..=900);
        }
        if let Some(memory) = &manifest.memory {
            self.number("memory", *memory.get_ref(), &memory.span(), 128..=10240);
        }
        if let Some(parameter) = &manifest.reserved_concurrency {
            let key = "reserved-concurrency";
            parameter::number(self, key, parameter.get_ref(), &parameter.span(), RESERVED);
            let condition = format!("\n  Has{}: ", parameter.get_ref());
            if !self.base.0.contains(&condition) {
                let reason = format!("infra/base.yaml has no condition {}", condition.trim());
                self.refuse(&parameter.span(), reason.trim_end_matches(':'));
            }
        }
        subscriptions
    }

    fn schedule(&mut self, name: &str, manifest: &Manifest) -> Option<Subscription> {
        let schedule = manifest.schedule.as_ref()?;
        if let Err(error) = schedule.get_ref().parse::<Rate>() {
            self.refuse(&schedule.span(), error);
        }
        let topic = format!("schedule.{name}");
        Some(Subscription {
            name: format!("{name}-schedule"),
            pattern: json!({ "detail-type": [topic] }),
            topics: vec![topic],
            invoke: Invoke::Rule,
            source: "Schedule".to_owned(),
            target: "schedule".to_owned(),
            delay: None,
            concurrency: None,
            line: self.line(&schedule.span()),
        })
    }

    fn emits(&mut self, manifest: &Manifest) {
        self.distinct("emits", manifest.emits.iter());
        for topic in &manifest.emits {
            if let Err(error) = topic.get_ref().parse::<TopicPattern>() {
                self.refuse(&topic.span(), error);
            }
        }
        if let (Some(topic), false) = (
            manifest.emits.first(),
            is_set(manifest.needs.bus.as_ref()) || manifest.http.is_some(),
        ) {
            self.refuse(&topic.span(), "emits needs bus = true in [needs]");
        }
    }

    fn environment(&mut self, manifest: &Manifest) {
        for (variable, parameter) in &manifest.environment {
            let span = parameter.span();
            if let Some(reason) = refused_variable(variable) {
                self.refuse(&span, reason);
            } else if is_secret(variable) {
                let reason = format!("{variable} holds a secret: put it into secrets of [needs]");
                self.refuse(&span, reason);
            }
            self.parameter(&span, parameter.get_ref());
        }
    }

    /// Returns the path of the sample below `events/` and its line.
    pub(super) fn sample(
        &mut self,
        manifest: &Manifest,
        subscriptions: &[Subscription],
    ) -> Option<(String, usize)> {
        if let Some(sample) = &manifest.sample {
            let (span, path) = (sample.span(), sample.get_ref());
            let mut parts = Path::new(path).components();
            let is_below = parts.all(|part| matches!(part, Component::Normal(_)));
            if !is_below || path.contains(char::is_control) {
                self.refuse(&span, format!("{path:?} is not a path below events/"));
            }
            return Some((path.clone(), self.line(&span)));
        }
        let listed = manifest.subscribe.iter();
        let mut listed = listed.flat_map(|it| it.get_ref().topics.get_ref());
        let exact = listed.find(|topic| !topic.get_ref().contains('*'));
        let (topic, line) = match exact {
            Some(topic) => (topic.get_ref().clone(), self.line(&topic.span())),
            None => {
                let mut topics = subscriptions.iter().flat_map(|it| {
                    let topics = it.topics.iter();
                    topics.map(|topic| (topic.clone(), it.line))
                });
                let Some(exact) = topics.find(|(topic, _)| !topic.contains('*')) else {
                    // A refused topic is not the lack of a sample.
                    if self.problems.is_empty() {
                        let reason = "expected sample, the path of an event below events/";
                        self.refuse(&(0..0), reason);
                    }
                    return None;
                };
                exact
            }
        };
        Some((format!("bus/{topic}.json"), line))
    }
}

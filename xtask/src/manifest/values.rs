//! Validation of a manifest's values.

use super::check::Check;
use super::form::{Manifest, is_set};
use super::names::{EXPECTED_NAME, is_name, is_secret, refused_variable};
use super::{Invoke, Subscription, http, own_events, parameter, rights, subscribe};
use events::{Rate, TopicPattern};
use serde_json::json;
use std::ops::RangeInclusive;
use std::path::{Component, Path};

/// Reserved concurrency of a function. Only the account limits it.
const RESERVED: RangeInclusive<u64> = 0..=i32::MAX as u64;

/// Validates everything but the sample. Returns the subscriptions, that of the schedule last.
pub(super) fn manifest(
    check: &mut Check<'_>,
    name: &str,
    manifest: &Manifest,
) -> Vec<Subscription> {
    let start = 0..0;
    if !is_name(name) {
        check.refuse(&start, format!("{name:?} is not a name: {EXPECTED_NAME}"));
    }
    let description = manifest.description.get_ref();
    if description.trim().is_empty() || description.contains(char::is_control) {
        check.refuse(
            &manifest.description.span(),
            "description must be one line of text",
        );
    }
    let mut subscriptions = Vec::new();
    for of in &manifest.subscribe {
        subscriptions.push(subscribe::subscription(check, name, of));
    }
    let topics = manifest.subscribe.iter();
    let topics = topics.flat_map(|it| it.get_ref().topics.get_ref());
    check.distinct("topics", topics);
    subscriptions.extend(schedule(check, name, manifest));
    if subscriptions.is_empty() && manifest.http.is_none() {
        check.refuse(&start, "expected subscribe, schedule or http");
    }
    let mut queues = manifest.subscribe.iter();
    let mut queues = queues
        .by_ref()
        .filter(|it| it.get_ref().invoke == Invoke::Queue);
    if let Some(second) = queues.nth(1) {
        check.refuse(&second.span(), "a function has at most one queue");
    }
    http::http(check, manifest);
    emits(check, manifest);
    own_events::check(check, manifest, &subscriptions);
    environment(check, manifest);
    rights::needs(check, &manifest.needs);
    if let Some(timeout) = &manifest.timeout {
        check.number("timeout", *timeout.get_ref(), &timeout.span(), 1..=900);
    }
    if let Some(memory) = &manifest.memory {
        check.number("memory", *memory.get_ref(), &memory.span(), 128..=10240);
    }
    if let Some(parameter) = &manifest.reserved_concurrency {
        let key = "reserved-concurrency";
        parameter::number(check, key, parameter.get_ref(), &parameter.span(), RESERVED);
        let condition = format!("\n  Has{}: ", parameter.get_ref());
        if !check.base.0.contains(&condition) {
            let reason = format!("infra/base.yaml has no condition {}", condition.trim());
            check.refuse(&parameter.span(), reason.trim_end_matches(':'));
        }
    }
    subscriptions
}

fn schedule(check: &mut Check<'_>, name: &str, manifest: &Manifest) -> Option<Subscription> {
    let schedule = manifest.schedule.as_ref()?;
    if let Err(error) = schedule.get_ref().parse::<Rate>() {
        check.refuse(&schedule.span(), error);
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
        line: check.line(&schedule.span()),
    })
}

fn emits(check: &mut Check<'_>, manifest: &Manifest) {
    check.distinct("emits", manifest.emits.iter());
    for topic in &manifest.emits {
        if let Err(error) = topic.get_ref().parse::<TopicPattern>() {
            check.refuse(&topic.span(), error);
        }
    }
    if let (Some(topic), false) = (
        manifest.emits.first(),
        is_set(manifest.needs.bus.as_ref()) || manifest.http.is_some(),
    ) {
        check.refuse(&topic.span(), "emits needs bus = true in [needs]");
    }
}

fn environment(check: &mut Check<'_>, manifest: &Manifest) {
    for (variable, parameter) in &manifest.environment {
        let span = parameter.span();
        if let Some(reason) = refused_variable(variable) {
            check.refuse(&span, reason);
        } else if is_secret(variable) {
            let reason = format!("{variable} holds a secret: put it into secrets of [needs]");
            check.refuse(&span, reason);
        }
        check.parameter(&span, parameter.get_ref());
    }
}

/// Returns the path of the sample below `events/` and its line.
pub(super) fn sample(
    check: &mut Check<'_>,
    manifest: &Manifest,
    subscriptions: &[Subscription],
) -> Option<(String, usize)> {
    if let Some(sample) = &manifest.sample {
        let (span, path) = (sample.span(), sample.get_ref());
        let mut parts = Path::new(path).components();
        let is_below = parts.all(|part| matches!(part, Component::Normal(_)));
        if !is_below || path.contains(char::is_control) {
            check.refuse(&span, format!("{path:?} is not a path below events/"));
        }
        return Some((path.clone(), check.line(&span)));
    }
    let listed = manifest.subscribe.iter();
    let mut listed = listed.flat_map(|it| it.get_ref().topics.get_ref());
    let exact = listed.find(|topic| !topic.get_ref().contains('*'));
    let (topic, line) = match exact {
        Some(topic) => (topic.get_ref().clone(), check.line(&topic.span())),
        None => {
            let mut topics = subscriptions.iter().flat_map(|it| {
                let topics = it.topics.iter();
                topics.map(|topic| (topic.clone(), it.line))
            });
            let Some(exact) = topics.find(|(topic, _)| !topic.contains('*')) else {
                // A refused topic is not the lack of a sample.
                if check.problems.is_empty() {
                    let reason = "expected sample, the path of an event below events/";
                    check.refuse(&(0..0), reason);
                }
                return None;
            };
            exact
        }
    };
    Some((format!("bus/{topic}.json"), line))
}

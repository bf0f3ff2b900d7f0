//! Validation of subscriptions.

use super::check::Check;
use super::form::Subscribe;
use super::names::{EXPECTED_NAME, is_name, is_resource};
use super::parameter;
use super::{Invoke, Setting, Subscription};
use events::TopicPattern;
use pattern::EventPattern;
use serde_json::{Value, json};
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// Parameter that limits the consumer of a queue without `concurrency`.
const DEFAULT_CONCURRENCY: &str = "SpecialistConcurrency";
/// Maximum characters of an event pattern ("Amazon EventBridge quotas").
const MAX_PATTERN: usize = 2048;
/// Seconds of `DelaySeconds` ("SetQueueAttributes", SQS API Reference).
const DELAY: RangeInclusive<u64> = 0..=900;
/// `MaximumConcurrency` ("ScalingConfig", Lambda API Reference).
const CONCURRENCY: RangeInclusive<u64> = 2..=1000;

/// Returns EventBridge's event pattern for the topics and the filter.
fn pattern(check: &mut Check<'_>, of: &Subscribe) -> Value {
    let mut types = Vec::new();
    let before = check.problems.len();
    for topic in of.topics.get_ref() {
        match topic.get_ref().parse::<TopicPattern>() {
            Ok(pattern) => {
                let pattern = pattern.to_event_pattern();
                if let Err(error) = EventPattern::parse(&pattern.to_string()) {
                    check.refuse(&topic.span(), error);
                }
                let values = pattern.get("detail-type").and_then(Value::as_array);
                types.extend(values.into_iter().flatten().cloned());
            }
            Err(error) => check.refuse(&topic.span(), error),
        }
    }
    let mut pattern = json!({ "detail-type": types });
    if !types.is_empty() && before == check.problems.len() {
        joined(check, &of.topics.span(), &pattern);
    }
    if let (Some(filter), Some(fields)) = (&of.filter, pattern.as_object_mut()) {
        fields.insert("detail".to_owned(), filter.get_ref().clone());
        if before == check.problems.len() {
            joined(check, &filter.span(), &pattern);
        }
    }
    pattern
}

/// Refuses an event pattern that EventBridge refuses.
fn joined(check: &mut Check<'_>, span: &Range<usize>, pattern: &Value) {
    let text = pattern.to_string();
    let length = text.chars().count();
    if length > MAX_PATTERN {
        let reason =
            format!("the event pattern has {length} characters, EventBridge accepts {MAX_PATTERN}");
        check.refuse(span, reason);
    } else if let Err(error) = EventPattern::parse(&text) {
        check.refuse(span, error);
    }
}

pub(super) fn subscription(
    check: &mut Check<'_>,
    function: &str,
    of: &Spanned<Subscribe>,
) -> Subscription {
    let (span, of) = (of.span(), of.get_ref());
    if of.topics.get_ref().is_empty() {
        check.refuse(&of.topics.span(), "topics is empty");
    }
    if of.invoke == Invoke::Rule {
        for setting in [&of.delay, &of.concurrency].into_iter().flatten() {
            let reason = "delay and concurrency need invoke = \"queue\"";
            check.refuse(&setting.span(), reason);
        }
    }
    parameter::setting(check, "delay", of.delay.as_ref(), DELAY);
    parameter::setting(check, "concurrency", of.concurrency.as_ref(), CONCURRENCY);
    let limit = of.concurrency.as_ref().map(|it| it.get_ref().clone());
    let concurrency = match of.invoke {
        Invoke::Rule => None,
        Invoke::Queue => limit.or_else(|| {
            parameter::number(
                check,
                "concurrency",
                DEFAULT_CONCURRENCY,
                &span,
                CONCURRENCY,
            );
            Some(Setting::Parameter(DEFAULT_CONCURRENCY.to_owned()))
        }),
    };
    if let Some(source) = of.source.as_ref().filter(|it| !is_resource(it.get_ref())) {
        let reason = format!(
            "{:?} is not a name of an event source: expected A-Z, a-z and 0-9, a letter first, \
             at most 64 characters",
            source.get_ref()
        );
        check.refuse(&source.span(), reason);
    }
    if let Some(name) = of.name.as_ref().filter(|it| !is_name(it.get_ref())) {
        let reason = format!("{:?} is not a name: {EXPECTED_NAME}", name.get_ref());
        check.refuse(&name.span(), reason);
    }
    let source = of.source.as_ref().map_or("Queue", |it| it.get_ref());
    let name = of.name.as_ref().map_or(function, |it| it.get_ref());
    let topics = of.topics.get_ref().iter();
    Subscription {
        target: match &of.name {
            Some(_) => source.to_lowercase(),
            None => function.to_owned(),
        },
        name: name.to_owned(),
        topics: topics.map(|topic| topic.get_ref().clone()).collect(),
        pattern: pattern(check, of),
        invoke: of.invoke,
        source: source.to_owned(),
        delay: of.delay.as_ref().map(|it| it.get_ref().clone()),
        concurrency,
        line: check.line(&span),
    }
}

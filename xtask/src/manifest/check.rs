//! Validation of a manifest's values.

use super::names::{
    EXPECTED_NAME, is_kind, is_name, is_resource, is_route, is_secret, refused_variable,
};
use super::parse::{Manifest, NeedsTable, Subscribe, is_set};
use super::{Invoke, Problem, Setting, Subscription};
use crate::base::Base;
use events::{Rate, TopicPattern};
use pattern::EventPattern;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::{Component, Path};
use toml::Spanned;

/// Parameter that limits the consumer of a queue without `concurrency`.
const DEFAULT_CONCURRENCY: &str = "SpecialistConcurrency";
/// Maximum characters of an event pattern ("Amazon EventBridge quotas").
const MAX_PATTERN: usize = 2048;
/// Path of the local server's own route.
const HEALTH: &str = "/health";

/// Problems of one manifest, found so far.
pub(super) struct Check<'a> {
    file: String,
    text: &'a str,
    base: Base<'a>,
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

    /// Returns the lines of a parameter.
    fn parameter(&mut self, span: &Range<usize>, name: &str) -> Option<Vec<&'a str>> {
        let parameter = self.base.parameter(name);
        if parameter.is_none() {
            self.refuse(span, format!("infra/base.yaml has no parameter {name:?}"));
        }
        parameter
    }

    fn number_parameter(&mut self, span: &Range<usize>, name: &str) {
        let Some(lines) = self.parameter(span, name) else {
            return;
        };
        if !lines.contains(&"    Type: Number") {
            self.refuse(span, format!("the parameter {name} is not a number"));
        }
    }

    fn setting(&mut self, key: &str, of: Option<&Spanned<Setting>>, range: Range<u64>) {
        let Some(of) = of else { return };
        match of.get_ref() {
            Setting::Parameter(name) => self.number_parameter(&of.span(), name),
            Setting::Number(number) => self.number(key, *number, &of.span(), range),
        }
    }

    fn number(&mut self, key: &str, number: u64, span: &Range<usize>, range: Range<u64>) {
        if !range.contains(&number) {
            let (from, to) = (range.start, range.end - 1);
            self.refuse(span, format!("{key} must be {from} to {to}, not {number}"));
        }
    }

    /// Refuses values that are listed twice.
    fn distinct<'b>(&mut self, key: &str, values: impl Iterator<Item = &'b Spanned<String>>) {
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
            subscriptions.push(self.subscription(name, of));
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
        self.http(manifest);
        self.emits(manifest);
        self.environment(manifest);
        self.needs(&manifest.needs);
        if let Some(timeout) = &manifest.timeout {
            self.number("timeout", *timeout.get_ref(), &timeout.span(), 1..901);
        }
        if let Some(memory) = &manifest.memory {
            self.number("memory", *memory.get_ref(), &memory.span(), 128..10241);
        }
        if let Some(parameter) = &manifest.reserved_concurrency {
            self.number_parameter(&parameter.span(), parameter.get_ref());
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

    fn http(&mut self, manifest: &Manifest) {
        let Some(http) = &manifest.http else {
            if let Some(required) = &manifest.required {
                self.refuse(&required.span(), "required needs http");
            }
            return;
        };
        let (span, route) = (http.span(), http.get_ref());
        if !is_route(route) {
            self.refuse(
                &span,
                format!("{route:?} is not a route such as POST /webhook"),
            );
        }
        if route.split(' ').nth(1) == Some(HEALTH) {
            self.refuse(&span, format!("the local server itself answers {HEALTH}"));
        }
        if !manifest.subscribe.is_empty() || manifest.schedule.is_some() {
            self.refuse(&span, "http excludes subscribe and schedule");
        }
        let needs = &manifest.needs;
        if !is_set(needs.bus.as_ref()) {
            self.refuse(
                &span,
                "http needs bus = true: an event source publishes events",
            );
        }
        if manifest.emits.is_empty() {
            self.refuse(&span, "http needs emits, the topics of its events");
        }
        for (name, need) in [
            ("github-read", &needs.github_read),
            ("github-write", &needs.github_write),
            ("model", &needs.model),
            ("policy", &needs.policy),
            ("entropy", &needs.entropy),
        ] {
            if let Some(need) = need.as_ref().filter(|it| *it.get_ref()) {
                let reason = format!(
                    "a function with http cannot need {name}: it needs only state, bus, clock \
                     and secrets"
                );
                self.refuse(&need.span(), reason);
            }
        }
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

    fn needs(&mut self, needs: &NeedsTable) {
        if let (Some(read), true) = (
            needs.github_read.as_ref().filter(|it| *it.get_ref()),
            is_set(needs.github_write.as_ref()),
        ) {
            self.refuse(
                &read.span(),
                "github-write includes github-read: remove github-read",
            );
        }
        if let Some(state) = &needs.state {
            let (span, state) = (state.span(), state.get_ref());
            if state.read.is_empty() && state.write.is_empty() {
                self.refuse(&span, "state has no kinds: expected read, write or both");
            }
            for (key, kinds) in [("read", &state.read), ("write", &state.write)] {
                self.distinct(key, kinds.iter());
                for kind in kinds.iter().filter(|it| !is_kind(it.get_ref())) {
                    let kind_text = kind.get_ref();
                    let reason = format!("{kind_text:?} is not a kind: expected a-z, 0-9, _ and -");
                    self.refuse(&kind.span(), reason);
                }
            }
        }
        self.distinct("secrets", needs.secrets.values());
        for (variable, parameter) in &needs.secrets {
            self.secret(variable, parameter);
        }
    }

    fn secret(&mut self, variable: &str, parameter: &Spanned<String>) {
        let (span, name) = (parameter.span(), parameter.get_ref());
        if let Some(reason) = refused_variable(variable) {
            self.refuse(&span, reason);
        } else if !is_secret(variable) {
            self.refuse(
                &span,
                format!("{variable} must end in _SECRET, _TOKEN or _KEY"),
            );
        }
        if !is_resource(name) {
            let reason = format!(
                "{name:?} is not a name of a parameter: expected A-Z, a-z and 0-9, a letter first"
            );
            self.refuse(&span, reason);
        }
        // A pattern of names, such as "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*".
        let is_pattern =
            |line: &&str| line.contains("AllowedPattern") && line.contains("(/[A-Za-z0-9_.-]+)*");
        let parameter = self.base.parameter(name);
        if parameter.is_some_and(|lines| !lines.iter().any(is_pattern)) {
            self.refuse(
                &span,
                format!("the parameter {name} is not a name of a secret"),
            );
        }
    }

    /// Returns EventBridge's event pattern for the topics and the filter.
    fn pattern(&mut self, of: &Subscribe) -> Value {
        let mut types = Vec::new();
        let before = self.problems.len();
        for topic in of.topics.get_ref() {
            match topic.get_ref().parse::<TopicPattern>() {
                Ok(pattern) => {
                    let pattern = pattern.to_event_pattern();
                    if let Err(error) = EventPattern::parse(&pattern.to_string()) {
                        self.refuse(&topic.span(), error);
                    }
                    let values = pattern.get("detail-type").and_then(Value::as_array);
                    types.extend(values.into_iter().flatten().cloned());
                }
                Err(error) => self.refuse(&topic.span(), error),
            }
        }
        let mut pattern = json!({ "detail-type": types });
        if !types.is_empty() && before == self.problems.len() {
            self.joined(&of.topics.span(), &pattern);
        }
        if let (Some(filter), Some(fields)) = (&of.filter, pattern.as_object_mut()) {
            fields.insert("detail".to_owned(), filter.get_ref().clone());
            if before == self.problems.len() {
                self.joined(&filter.span(), &pattern);
            }
        }
        pattern
    }

    /// Refuses an event pattern that EventBridge refuses.
    fn joined(&mut self, span: &Range<usize>, pattern: &Value) {
        let text = pattern.to_string();
        let length = text.chars().count();
        if length > MAX_PATTERN {
            let reason = format!(
                "the event pattern has {length} characters, EventBridge accepts {MAX_PATTERN}"
            );
            self.refuse(span, reason);
        } else if let Err(error) = EventPattern::parse(&text) {
            self.refuse(span, error);
        }
    }

    fn subscription(&mut self, function: &str, of: &Spanned<Subscribe>) -> Subscription {
        let (span, of) = (of.span(), of.get_ref());
        if of.topics.get_ref().is_empty() {
            self.refuse(&of.topics.span(), "topics is empty");
        }
        if of.invoke == Invoke::Rule {
            for setting in [&of.delay, &of.concurrency].into_iter().flatten() {
                let reason = "delay and concurrency need invoke = \"queue\"";
                self.refuse(&setting.span(), reason);
            }
        }
        self.setting("delay", of.delay.as_ref(), 0..901);
        self.setting("concurrency", of.concurrency.as_ref(), 2..1001);
        let limit = of.concurrency.as_ref().map(|it| it.get_ref().clone());
        let concurrency = match of.invoke {
            Invoke::Rule => None,
            Invoke::Queue => limit.or_else(|| {
                self.number_parameter(&span, DEFAULT_CONCURRENCY);
                Some(Setting::Parameter(DEFAULT_CONCURRENCY.to_owned()))
            }),
        };
        if let Some(source) = of.source.as_ref().filter(|it| !is_resource(it.get_ref())) {
            let reason = format!(
                "{:?} is not a name of an event source: expected A-Z, a-z and 0-9, a letter first, \
                 at most 64 characters",
                source.get_ref()
            );
            self.refuse(&source.span(), reason);
        }
        if let Some(name) = of.name.as_ref().filter(|it| !is_name(it.get_ref())) {
            let reason = format!("{:?} is not a name: {EXPECTED_NAME}", name.get_ref());
            self.refuse(&name.span(), reason);
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
            pattern: self.pattern(of),
            invoke: of.invoke,
            source: source.to_owned(),
            delay: of.delay.as_ref().map(|it| it.get_ref().clone()),
            concurrency,
            line: self.line(&span),
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
                    let reason = "expected sample, the path of an event below events/";
                    self.refuse(&(0..0), reason);
                    return None;
                };
                exact
            }
        };
        Some((format!("bus/{topic}.json"), line))
    }
}

//! Manifest of a function: `functions/<name>/function.toml`.

use events::{Rate, TopicPattern};
use pattern::{Event, EventPattern};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// Error in a file, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(String);

impl Problem {
    /// Names the file, the line (from 1) and the reason.
    pub fn new(file: &str, line: usize, reason: impl fmt::Display) -> Self {
        Self(format!("{file}:{line}: {reason}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Function as its manifest declares it, validated.
#[derive(Debug, Clone)]
pub struct Function {
    /// Name of its folder.
    pub name: String,
    /// One sentence without a full stop.
    pub description: String,
    /// HTTP route.
    pub http: Option<Route>,
    /// Rate expression of EventBridge Scheduler.
    pub schedule: Option<String>,
    /// Rules that invoke it.
    pub subscriptions: Vec<Subscription>,
    /// Topics and patterns that it emits.
    pub emits: Vec<String>,
    /// Seconds that one invocation may take; the base file's default if none.
    pub timeout: Option<u64>,
    /// Memory in MB; the base file's default if none.
    pub memory: Option<u64>,
    /// Environment variables that hold a parameter's value.
    pub environment: BTreeMap<String, String>,
    /// Sample event below `events/`.
    pub sample: String,
    /// State, services and secrets that it uses.
    pub needs: Needs,
}

/// HTTP route, such as `POST /webhook`.
#[derive(Debug, Clone)]
pub struct Route {
    /// Method and path.
    pub key: String,
    line: usize,
}

/// Rule and its target.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Name that the resources begin with.
    pub name: String,
    /// Topic patterns.
    pub topics: Vec<String>,
    /// EventBridge's event pattern.
    pub pattern: Value,
    /// Way from the rule to the function.
    pub invoke: Invoke,
    /// Name of the function's event source in the template.
    pub source: String,
    /// Id of the rule's target.
    pub target: String,
    /// Seconds before the function may take an event from the queue.
    pub delay: Option<Setting>,
    /// Events that the function takes from the queue at a time. Every queue has a limit.
    pub concurrency: Option<Setting>,
    /// Line in the manifest, from 1.
    pub line: usize,
}

impl Subscription {
    /// Returns whether the rule matches `event`.
    pub fn matches(&self, event: &Event) -> bool {
        EventPattern::parse(&self.pattern.to_string()).is_ok_and(|it| it.matches(event))
    }
}

/// Way from a rule to the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Invoke {
    /// EventBridge invokes the function.
    Rule,
    /// EventBridge sends to a queue, from which Lambda invokes the function.
    Queue,
}

/// Number, or name of a parameter of the base file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// Fixed value.
    Number(u64),
    /// Name of a template parameter.
    Parameter(String),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Parameter(name) => write!(f, "!Ref {name}"),
        }
    }
}

/// State, services and secrets that a function uses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Needs {
    /// Kinds of state items.
    pub state: Option<State>,
    /// Emits events.
    pub bus: bool,
    /// Reads from GitHub.
    pub github_read: bool,
    /// Reads from and writes to GitHub.
    pub github_write: bool,
    /// Asks the model.
    pub model: bool,
    /// Reads the deployment's settings, `REVIEW_POLICY`.
    pub policy: bool,
    /// Reads the time, or sleeps.
    pub clock: bool,
    /// Draws random numbers.
    pub entropy: bool,
    /// Variables of the secrets, with the template parameter that holds each secret's name.
    /// `wire` generates a parameter that the base file does not have.
    pub secrets: BTreeMap<String, Spanned<String>>,
}

/// Kinds of state items, such as `pr` of `pr:octo/widgets#7`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Kinds that the function reads.
    #[serde(default)]
    pub read: Vec<String>,
    /// Kinds that the function writes.
    #[serde(default)]
    pub write: Vec<String>,
}

impl Needs {
    /// Returns whether the function calls GitHub.
    pub fn has_github(&self) -> bool {
        self.github_read || self.github_write
    }

    /// Returns the names of the fields of the handler's `Deps`.
    pub fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("state", self.state.is_some()),
            ("bus", self.bus),
            ("github", self.has_github()),
            ("model", self.model),
            ("policy", self.policy),
            ("clock", self.clock),
            ("entropy", self.entropy),
        ];
        let needed = fields.into_iter().filter(|(_, is_needed)| *is_needed);
        needed.map(|(name, _)| name).collect()
    }

    /// Returns the needs as the manifest names them.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(state) = &self.state {
            names.push(format!(
                "state (reads {}; writes {})",
                state.read.join(" "),
                state.write.join(" ")
            ));
        }
        for (name, is_needed) in [
            ("bus", self.bus),
            ("github-read", self.github_read),
            ("github-write", self.github_write),
            ("model", self.model),
            ("policy", self.policy),
            ("clock", self.clock),
            ("entropy", self.entropy),
        ] {
            if is_needed {
                names.push(name.to_owned());
            }
        }
        names.extend(self.secrets.keys().map(|name| format!("`{name}`")));
        names
    }
}

/// Parameter that limits a queue's consumer without `concurrency`.
const DEFAULT_CONCURRENCY: &str = "SpecialistConcurrency";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    description: String,
    http: Option<Spanned<String>>,
    schedule: Option<Spanned<String>>,
    sample: Option<String>,
    timeout: Option<Spanned<u64>>,
    memory: Option<Spanned<u64>>,
    #[serde(default)]
    emits: Vec<Spanned<String>>,
    #[serde(default)]
    environment: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    subscribe: Vec<Spanned<Subscribe>>,
    #[serde(default)]
    needs: Needs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    name: Option<String>,
    topics: Vec<Spanned<String>>,
    filter: Option<Spanned<Value>>,
    invoke: Invoke,
    source: Option<String>,
    delay: Option<Spanned<Setting>>,
    concurrency: Option<Spanned<Setting>>,
}

/// Problems of one manifest, found so far.
struct Check<'a> {
    file: String,
    text: &'a str,
    base: &'a str,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    fn refuse(&mut self, span: &Range<usize>, reason: impl fmt::Display) {
        let line = self.line(span);
        self.problems.push(Problem::new(&self.file, line, reason));
    }

    fn parameter(&mut self, span: &Range<usize>, name: &str) {
        let parameters = self.base.split("\nConditions:").next().unwrap_or_default();
        if !parameters.contains(&format!("\n  {name}:\n")) {
            self.refuse(span, format!("infra/base.yaml has no parameter {name:?}"));
        }
    }

    fn setting(&mut self, what: &str, of: Option<&Spanned<Setting>>, range: Range<u64>) {
        let Some(of) = of else { return };
        match of.get_ref() {
            Setting::Parameter(name) => self.parameter(&of.span(), name),
            Setting::Number(number) => self.number(what, *number, &of.span(), range),
        }
    }

    fn number(&mut self, what: &str, number: u64, span: &Range<usize>, range: Range<u64>) {
        if !range.contains(&number) {
            let (from, to) = (range.start, range.end - 1);
            self.refuse(span, format!("{what} must be {from} to {to}, not {number}"));
        }
    }

    /// Returns EventBridge's event pattern for the topics and the filter.
    fn pattern(&mut self, topics: &[Spanned<String>], filter: Option<&Spanned<Value>>) -> Value {
        let mut types = Vec::new();
        for topic in topics {
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
        if let (Some(filter), Some(fields)) = (filter, pattern.as_object_mut()) {
            fields.insert("detail".to_owned(), filter.get_ref().clone());
            if let Err(error) = EventPattern::parse(&pattern.to_string()) {
                self.refuse(&filter.span(), error);
            }
        }
        pattern
    }

    fn subscription(&mut self, function: &str, of: &Spanned<Subscribe>) -> Subscription {
        let (span, of) = (of.span(), of.get_ref());
        if of.topics.is_empty() {
            self.refuse(&span, "topics is empty");
        }
        if of.invoke == Invoke::Rule && (of.delay.is_some() || of.concurrency.is_some()) {
            self.refuse(&span, "delay and concurrency need invoke = \"queue\"");
        }
        self.setting("delay", of.delay.as_ref(), 0..901);
        self.setting("concurrency", of.concurrency.as_ref(), 2..1001);
        let limit = of.concurrency.as_ref().map(|it| it.get_ref().clone());
        let concurrency = match of.invoke {
            Invoke::Rule => None,
            Invoke::Queue => limit.or_else(|| {
                self.parameter(&span, DEFAULT_CONCURRENCY);
                Some(Setting::Parameter(DEFAULT_CONCURRENCY.to_owned()))
            }),
        };
        let source = of.source.clone().unwrap_or_else(|| "Queue".to_owned());
        let name = of.name.clone().unwrap_or_else(|| function.to_owned());
        if !is_name(&name) {
            self.refuse(&span, format!("{name:?} is not a name of a-z, 0-9 and -"));
        }
        Subscription {
            target: match &of.name {
                Some(_) => source.to_lowercase(),
                None => function.to_owned(),
            },
            name,
            topics: of
                .topics
                .iter()
                .map(|topic| topic.get_ref().clone())
                .collect(),
            pattern: self.pattern(&of.topics, of.filter.as_ref()),
            invoke: of.invoke,
            source,
            delay: of.delay.as_ref().map(|it| it.get_ref().clone()),
            concurrency,
            line: self.line(&span),
        }
    }
}

/// Returns whether `name` can be the name of a function: a-z, 0-9 and -, a letter first.
pub fn is_name(name: &str) -> bool {
    let is_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.bytes().next().is_some_and(|b| b.is_ascii_lowercase()) && name.bytes().all(is_char)
}

fn is_route(key: &str) -> bool {
    let is_char = |b: u8| b.is_ascii_alphanumeric() || b"/-_.".contains(&b);
    key.split_once(' ').is_some_and(|(method, path)| {
        ["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&method)
            && path.starts_with('/')
            && path.len() > 1
            && path.bytes().all(is_char)
    })
}

/// Parses and validates one manifest; parameters must exist in `base`.
///
/// # Errors
/// Every problem, by line.
pub fn parse(name: &str, text: &str, base: &str) -> Result<Function, Vec<Problem>> {
    let mut check = Check {
        file: format!("functions/{name}/function.toml"),
        text,
        base,
        problems: Vec::new(),
    };
    let manifest: Manifest = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => {
            let span = error.span().unwrap_or_default();
            let reason = error.message().replace('\n', " ");
            check.refuse(&span, reason);
            return Err(check.problems);
        }
    };
    let start = 0..0;
    if !is_name(name) {
        check.refuse(&start, format!("{name:?} is not a name of a-z, 0-9 and -"));
    }
    let mut subscriptions = Vec::new();
    for of in &manifest.subscribe {
        subscriptions.push(check.subscription(name, of));
    }
    if let Some(http) = &manifest.http {
        if !is_route(http.get_ref()) {
            let reason = format!("{:?} is not a route such as POST /webhook", http.get_ref());
            check.refuse(&http.span(), reason);
        }
        if !manifest.subscribe.is_empty() || manifest.schedule.is_some() {
            check.refuse(&http.span(), "http excludes subscribe and schedule");
        }
    }
    if let Some(schedule) = &manifest.schedule {
        let text = schedule.get_ref();
        if let Err(error) = text.parse::<Rate>() {
            check.refuse(&schedule.span(), error);
        }
        let topic = format!("schedule.{name}");
        subscriptions.push(Subscription {
            name: format!("{name}-schedule"),
            pattern: json!({ "detail-type": [topic] }),
            topics: vec![topic],
            invoke: Invoke::Rule,
            source: "Schedule".to_owned(),
            target: "schedule".to_owned(),
            delay: None,
            concurrency: None,
            line: check.line(&schedule.span()),
        });
    }
    if subscriptions.is_empty() && manifest.http.is_none() {
        check.refuse(&start, "expected subscribe, schedule or http");
    }
    let queues = subscriptions.iter().filter(|it| it.invoke == Invoke::Queue);
    if queues.count() > 1 {
        check.refuse(&start, "a function has at most one queue");
    }
    for topic in &manifest.emits {
        if let Err(error) = topic.get_ref().parse::<TopicPattern>() {
            check.refuse(&topic.span(), error);
        }
    }
    for parameter in manifest.environment.values() {
        check.parameter(&parameter.span(), parameter.get_ref());
    }
    for (variable, parameter) in &manifest.needs.secrets {
        let name = parameter.get_ref();
        if !["_SECRET", "_TOKEN", "_KEY"]
            .iter()
            .any(|end| variable.ends_with(end))
        {
            let reason = format!("{variable} must end in _SECRET, _TOKEN or _KEY");
            check.refuse(&parameter.span(), reason);
        }
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let reason = format!("{name:?} is not a name of a parameter: expected A-Z, a-z, 0-9");
            check.refuse(&parameter.span(), reason);
        }
    }
    if let Some(timeout) = &manifest.timeout {
        check.number("timeout", *timeout.get_ref(), &timeout.span(), 1..901);
    }
    if let Some(memory) = &manifest.memory {
        check.number("memory", *memory.get_ref(), &memory.span(), 128..10241);
    }
    let topics = subscriptions.iter().flat_map(|it| &it.topics);
    let exact = topics.clone().find(|topic| !topic.contains('*'));
    let sample = manifest
        .sample
        .or_else(|| exact.map(|topic| format!("bus/{topic}.json")));
    if sample.is_none() {
        check.refuse(
            &start,
            "expected sample, the path of an event below events/",
        );
    }
    if !check.problems.is_empty() {
        return Err(check.problems);
    }
    let http = manifest.http.map(|http| Route {
        line: check.line(&http.span()),
        key: http.into_inner(),
    });
    Ok(Function {
        name: name.to_owned(),
        description: manifest.description,
        http,
        schedule: manifest.schedule.map(Spanned::into_inner),
        subscriptions,
        emits: manifest
            .emits
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        timeout: manifest.timeout.map(Spanned::into_inner),
        memory: manifest.memory.map(Spanned::into_inner),
        environment: manifest
            .environment
            .into_iter()
            .map(|(variable, parameter)| (variable, parameter.into_inner()))
            .collect(),
        sample: sample.unwrap_or_default(),
        needs: manifest.needs,
    })
}

impl Function {
    /// Returns the manifest's path.
    pub fn file(&self) -> String {
        format!("functions/{}/function.toml", self.name)
    }

    /// Returns the name of its crate in code.
    pub fn module(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Returns the subscription that has a queue.
    pub fn queue(&self) -> Option<&Subscription> {
        let mut subscriptions = self.subscriptions.iter();
        subscriptions.find(|it| it.invoke == Invoke::Queue)
    }

    /// Returns whether EventBridge invokes the function without a queue.
    pub fn has_invocation(&self) -> bool {
        self.subscriptions
            .iter()
            .any(|it| it.invoke == Invoke::Rule)
    }
}

/// Returns the problems of functions that share a route or the names of resources.
pub fn conflicts(functions: &[Function]) -> Vec<Problem> {
    let (mut problems, mut taken) = (Vec::new(), BTreeMap::new());
    for function in functions {
        let file = function.file();
        let route = function.http.as_ref();
        let route = route.map(|http| (http.key.clone(), http.line));
        let names = function.subscriptions.iter();
        let names = names.map(|it| (format!("the subscription {}", it.name), it.line));
        for (name, line) in route.into_iter().chain(names) {
            let place = format!("{file}:{line}");
            if let Some(other) = taken.insert(name.clone(), place) {
                problems.push(Problem::new(
                    &file,
                    line,
                    format!("{name} is taken by {other}"),
                ));
            }
        }
    }
    problems
}

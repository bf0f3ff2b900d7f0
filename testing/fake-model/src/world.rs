//! World: script, rules and recorded requests.

use crate::answer::{Outgoing, Reply};
use crate::request::Request;
use crate::rules;
use events::Clock;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of text counted as one token.
const BYTES_A_TOKEN: usize = 4;

type Otherwise = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// Model server. Clones share all state.
#[derive(Clone)]
pub struct ModelWorld {
    inner: Arc<Mutex<Inner>>,
    pub(crate) clock: Arc<dyn Clock>,
}

struct Inner {
    script: VecDeque<Reply>,
    otherwise: Otherwise,
    without: Vec<&'static str>,
    requests: Vec<Request>,
    /// Text of the last prompt.
    prompt: String,
}

/// Usage of a completion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prompt {
    pub(crate) tokens: usize,
    pub(crate) cached: usize,
}

impl fmt::Debug for ModelWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelWorld").finish_non_exhaustive()
    }
}

impl ModelWorld {
    /// Creates a world that answers `{}` by default.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            script: VecDeque::new(),
            otherwise: Arc::new(|_| Reply::Json(serde_json::json!({}))),
            without: Vec::new(),
            requests: Vec::new(),
            prompt: String::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            clock,
        }
    }

    /// Returns the accepted key.
    pub fn key(&self) -> &'static str {
        "sk-world-0123456789abcdef"
    }

    /// Returns the available models.
    pub fn models(&self) -> &'static [&'static str] {
        &["kimi-k3.1-pro", "kimi-k3", "kimi-k2.6"]
    }

    /// Adds `reply` to the script. Each valid request takes the next reply.
    pub fn then(&self, reply: Reply) {
        self.lock().script.push_back(reply);
    }

    /// Sets the reply to requests without a scripted reply.
    pub fn otherwise(&self, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.lock().otherwise = Arc::new(reply);
    }

    /// Rejects a `response_format` of this type from now on, as endpoints without support do:
    /// `json_schema`, `json_object`.
    pub fn without(&self, response_format: &'static str) {
        self.lock().without.push(response_format);
    }

    /// Returns the received requests, including rejected ones, except calls with another key.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    pub(crate) async fn hear(&self, text: String) -> (Outgoing, Prompt) {
        let (checked, prompt) = self.check(text);
        let request = match checked {
            Ok(request) => request,
            Err(refused) => return (refused, prompt),
        };
        loop {
            let next = self.lock().script.pop_front();
            let reply = next.unwrap_or_else(|| {
                let otherwise = self.lock().otherwise.clone();
                otherwise(&request)
            });
            let Reply::Slow(duration) = reply else {
                return (reply.outgoing(), prompt);
            };
            self.clock.sleep(duration).await;
        }
    }

    fn check(&self, text: String) -> (Result<Request, Outgoing>, Prompt) {
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let request = Request { text, body };
        let mut inner = self.lock();
        inner.requests.push(request.clone());
        let prompt = inner.prompt(&request);
        let invalid = |message: String| {
            let message = format!("Invalid request: {message}");
            Outgoing::error(400, "invalid_request_error", message)
        };
        let Some(body) = request.body.as_object() else {
            return (Err(invalid("no JSON object".to_owned())), prompt);
        };
        let model = body.get("model").and_then(Value::as_str).unwrap_or("");
        if !self.models().contains(&model) {
            let message = format!("Not found the model {model} or Permission denied");
            let refused = Outgoing::error(404, "resource_not_found_error", message);
            return (Err(refused), prompt);
        }
        let format = request.response_format();
        if let Some(format) = inner.without.iter().find(|&&name| Some(name) == format) {
            let message = format!("response_format type {format} is not supported");
            return (Err(invalid(message)), prompt);
        }
        match rules::check(body, model) {
            Ok(()) => (Ok(request), prompt),
            Err(message) => (Err(invalid(message)), prompt),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Computes the usage of the request's prompt. The prefix that it shares with the last prompt
    /// counts as cached.
    fn prompt(&mut self, request: &Request) -> Prompt {
        let messages = request.messages();
        let text: String = messages.iter().map(|(_, content)| *content).collect();
        let pairs = text.bytes().zip(self.prompt.bytes());
        let same = pairs.take_while(|(now, before)| now == before).count();
        let prompt = Prompt {
            tokens: tokens(text.len()),
            cached: same / BYTES_A_TOKEN,
        };
        self.prompt = text;
        prompt
    }
}

pub(crate) fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_A_TOKEN)
}

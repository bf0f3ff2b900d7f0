//! A request as it came.

use serde_json::Value;

/// A request that the world heard, also if it refused it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The body, byte by byte.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Request {
    /// The messages' roles and contents.
    pub fn messages(&self) -> Vec<(&str, &str)> {
        let messages = self.body.get("messages").and_then(Value::as_array);
        messages
            .into_iter()
            .flatten()
            .map(|message| {
                let text = |name| message.get(name).and_then(Value::as_str);
                (
                    text("role").unwrap_or_default(),
                    text("content").unwrap_or_default(),
                )
            })
            .collect()
    }

    /// The names of the body's fields, in the order in which they were sent.
    pub fn fields(&self) -> Vec<String> {
        let fields = self.body.as_object().into_iter().flatten();
        let mut fields: Vec<(usize, String)> = fields
            .map(|(name, _)| {
                let at = self.text.find(&format!("\"{name}\":"));
                (at.unwrap_or(usize::MAX), name.clone())
            })
            .collect();
        fields.sort();
        fields.into_iter().map(|(_, name)| name).collect()
    }

    /// How an answer's shape is asked for: `json_schema`, `json_object`, or nothing.
    pub fn response_format(&self) -> Option<&str> {
        self.body.pointer("/response_format/type")?.as_str()
    }
}

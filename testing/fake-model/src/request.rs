//! Recorded request.

use serde_json::Value;

/// Request that the world received, including rejected ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Body as sent.
    pub text: String,
    /// Body as JSON, or null if it is not JSON.
    pub body: Value,
}

impl Request {
    /// Returns the messages' roles and contents.
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

    /// Returns the names of the body's fields in the order in which they were sent.
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

    /// Returns the requested answer format: `json_schema`, `json_object`, or `None`.
    pub fn response_format(&self) -> Option<&str> {
        self.body.pointer("/response_format/type")?.as_str()
    }
}

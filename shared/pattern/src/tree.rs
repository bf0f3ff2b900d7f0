//! A document as a tree, for patterns: it keeps every key, in order.

use crate::json::{self, Scalar, Sink, SyntaxError};

/// A value and its parts.
#[derive(Debug)]
pub(crate) enum Node {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Scalar(Scalar),
}

/// Reads `text` as a tree.
pub(crate) fn tree(text: &str) -> Result<Node, SyntaxError> {
    let mut builder = TreeBuilder::default();
    json::read(text, &mut builder)?;
    Ok(builder.done.unwrap_or(Node::Scalar(Scalar::Null)))
}

/// The open nodes, each with the keys that wait for their values.
#[derive(Default)]
struct TreeBuilder {
    open: Vec<(Node, String)>,
    key: String,
    done: Option<Node>,
}

impl TreeBuilder {
    fn begin(&mut self, node: Node) {
        self.open.push((node, std::mem::take(&mut self.key)));
    }

    fn end(&mut self) {
        if let Some((node, key)) = self.open.pop() {
            self.key = key;
            self.add(node);
        }
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            Some((Node::Object(entries), _)) => entries.push((std::mem::take(&mut self.key), node)),
            Some((Node::Array(items), _)) => items.push(node),
            Some((Node::Scalar(_), _)) | None => self.done = Some(node),
        }
    }
}

impl Sink for TreeBuilder {
    fn begin_object(&mut self) {
        self.begin(Node::Object(Vec::new()));
    }

    fn key(&mut self, key: String) {
        self.key = key;
    }

    fn end_object(&mut self) {
        self.end();
    }

    fn begin_array(&mut self) {
        self.begin(Node::Array(Vec::new()));
    }

    fn end_array(&mut self) {
        self.end();
    }

    fn scalar(&mut self, value: Scalar) {
        self.add(Node::Scalar(value));
    }
}

//! Flattens an event: its values by path, each with its enclosing array elements.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::InvalidEvent;
use crate::json::{self, Scalar, Sink};

/// An event parsed for matching against any number of patterns.
///
/// ```
/// use pattern::{Event, EventPattern};
///
/// let event = Event::parse(r#"{"source": "forge", "detail": {"labels": ["bug", "easy"]}}"#)?;
/// let pattern = EventPattern::parse(r#"{"detail": {"labels": ["easy"]}}"#)?;
/// assert!(pattern.matches(&event));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    /// Steps of the paths; the first is the event itself.
    steps: Vec<Step>,
    elements: Vec<Element>,
}

/// One step of a path: the steps below it and the values exactly at it.
#[derive(Clone, Debug, Default)]
struct Step {
    below: BTreeMap<Box<str>, usize>,
    leaves: Vec<Leaf>,
}

/// A scalar value and its innermost array element (0: none).
///
/// A value that is itself an element belongs to the element around its array, because values of one
/// list never contradict one another.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) value: Scalar,
    pub(crate) element: usize,
}

/// An object or array inside an array. Elements are numbered in opening order, so the elements
/// inside element `e` are `e + 1` up to but excluding `end`.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) array: usize,
    pub(crate) end: usize,
}

impl Event {
    /// Parses the JSON text of an event.
    ///
    /// A repeated key counts each time, and numbers keep their spelling.
    ///
    /// # Errors
    ///
    /// [`InvalidEvent`] if the text is not JSON, is nested more than 1,000 deep, or is not an
    /// object.
    pub fn parse(json: &str) -> Result<Self, InvalidEvent> {
        let mut flattener = Flattener::new();
        json::read(json, &mut flattener)?;
        if !flattener.root_is_object {
            return Err(InvalidEvent::NotAnObject);
        }
        Ok(flattener.finish())
    }

    /// Converts a parsed event. A value that is not an object becomes an event without fields.
    ///
    /// ```
    /// let event = pattern::Event::from_value(&serde_json::json!({"source": "forge"}));
    /// assert!(pattern::EventPattern::parse(r#"{"source": ["forge"]}"#)?.matches(&event));
    /// # Ok::<(), pattern::InvalidPattern>(())
    /// ```
    pub fn from_value(value: &Value) -> Self {
        let mut flattener = Flattener::new();
        if value.is_object() {
            walk(value, &mut flattener);
        }
        flattener.finish()
    }

    /// Returns the values at a path whose steps are joined by dots.
    pub(crate) fn leaves(&self, path: &str) -> &[Leaf] {
        path.split('.')
            .try_fold(0, |step, key| self.steps.get(step)?.below.get(key).copied())
            .and_then(|step| self.steps.get(step))
            .map_or(&[], |step| step.leaves.as_slice())
    }

    pub(crate) fn elements(&self) -> &[Element] {
        &self.elements
    }
}

fn walk(value: &Value, sink: &mut impl Sink) {
    match value {
        Value::Object(entries) => {
            sink.begin_object();
            for (key, value) in entries {
                sink.key(key.clone());
                walk(value, sink);
            }
            sink.end_object();
        }
        Value::Array(items) => {
            sink.begin_array();
            for item in items {
                walk(item, sink);
            }
            sink.end_array();
        }
        Value::String(text) => sink.scalar(Scalar::Text(text.clone())),
        Value::Number(number) => {
            sink.scalar(Scalar::Number(crate::number::Number::new(
                &number.to_string(),
            )));
        }
        Value::Bool(truth) => sink.scalar(Scalar::Bool(*truth)),
        Value::Null => sink.scalar(Scalar::Null),
    }
}

/// Builds an [`Event`] from the parts of a document.
struct Flattener {
    event: Event,
    open: Vec<Open>,
    /// The path step of the next value.
    step: usize,
    /// The innermost open element.
    element: usize,
    arrays: usize,
    root_is_object: bool,
}

/// An open object or array.
struct Open {
    /// The step that receives the keys.
    step: usize,
    /// The number of this array; `None` for an object.
    array: Option<usize>,
    /// The enclosing element, if this is itself an element.
    outer: Option<usize>,
}

impl Flattener {
    fn new() -> Self {
        Self {
            event: Event {
                steps: vec![Step::default()],
                elements: vec![Element { array: 0, end: 0 }],
            },
            open: Vec::new(),
            step: 0,
            element: 0,
            arrays: 0,
            root_is_object: false,
        }
    }

    fn begin(&mut self, array: Option<usize>) {
        let around = self.open.last().and_then(|open| open.array);
        let outer = around.map(|array| {
            self.event.elements.push(Element { array, end: 0 });
            std::mem::replace(&mut self.element, self.event.elements.len() - 1)
        });
        self.open.push(Open {
            step: self.step,
            array,
            outer,
        });
    }

    fn end(&mut self) {
        let Some(closed) = self.open.pop() else {
            return;
        };
        self.step = closed.step;
        if let Some(outer) = closed.outer {
            self.close_element();
            self.element = outer;
        }
    }

    fn close_element(&mut self) {
        let end = self.event.elements.len();
        if let Some(element) = self.event.elements.get_mut(self.element) {
            element.end = end;
        }
    }

    /// Returns the step below `from`, creating it if needed.
    fn below(&mut self, from: usize, key: &str) -> usize {
        let next = self.event.steps.len();
        let Some(step) = self.event.steps.get_mut(from) else {
            return from;
        };
        if let Some(&known) = step.below.get(key) {
            return known;
        }
        step.below.insert(key.into(), next);
        self.event.steps.push(Step::default());
        next
    }

    fn finish(mut self) -> Event {
        self.close_element();
        self.event
    }
}

impl Sink for Flattener {
    fn begin_object(&mut self) {
        self.root_is_object |= self.open.is_empty();
        self.begin(None);
    }

    fn key(&mut self, key: String) {
        let from = self.open.last().map_or(0, |open| open.step);
        self.step = key
            .split('.')
            .fold(from, |step, part| self.below(step, part));
    }

    fn end_object(&mut self) {
        self.end();
    }

    fn begin_array(&mut self) {
        self.arrays += 1;
        self.begin(Some(self.arrays));
    }

    fn end_array(&mut self) {
        self.end();
    }

    fn scalar(&mut self, value: Scalar) {
        let element = self.element;
        if let Some(step) = self.event.steps.get_mut(self.step) {
            step.leaves.push(Leaf { value, element });
        }
    }
}

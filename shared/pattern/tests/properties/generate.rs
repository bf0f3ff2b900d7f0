//! Generates patterns and events from few keys and values, so that matches are frequent.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::reference::{Comparison, Entry, NumberCase, Object, Rule, Value};

/// A dotted key and nested keys form the same path.
const KEYS: [&str; 4] = ["a", "b", "a.b", "detail-type"];

const TEXTS: [&str; 14] = [
    "",
    "a",
    "ab",
    "abc",
    "aba",
    "b",
    "AB",
    "É",
    "é",
    "ß",
    "SS",
    "10.0.0.1",
    "10.0.0.200",
    "::1",
];

/// Includes other spellings of the same address.
const EVENT_TEXTS: [&str; 3] = ["0:0:0:0:0:0:0:1", "::2", "a*b"];

const NUMBERS: [NumberCase; 13] = [
    ("0", Some(0.0)),
    ("-0.0", Some(0.0)),
    ("1", Some(1.0)),
    ("1.0", Some(1.0)),
    ("10E-1", Some(1.0)),
    ("2.5", Some(2.5)),
    ("300", Some(300.0)),
    ("3.0e2", Some(300.0)),
    ("-7", Some(-7.0)),
    ("9007199254740992", Some(9_007_199_254_740_992.0)),
    ("9007199254740993", None),
    ("1e400", None),
    ("1e-400", None),
];

const COMPARISONS: [Comparison; 7] = [
    (r#"["=",1]"#, |n| n == 1.0),
    (r#"["<",1.0]"#, |n| n < 1.0),
    (r#"["<=",1]"#, |n| n <= 1.0),
    (r#"[">",2.5]"#, |n| n > 2.5),
    (r#"[">=",3e2]"#, |n| n >= 300.0),
    (r#"[">",0,"<",300]"#, |n| 0.0 < n && n < 300.0),
    (r#"[">=",-7,"<=",2.5]"#, |n| (-7.0..=2.5).contains(&n)),
];

const BLOCKS: [[&str; 3]; 4] = [
    ["10.0.0.0/24", "10.0.0.0", "10.0.0.255"],
    ["10.0.0.9/24", "10.0.0.9", "10.0.0.255"],
    ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
    ["::/127", "::", "::1"],
];

const GLOBS: [&str; 9] = ["", "*", "a*", "*b", "a*a", "*b*", r"a\*b", "É*", "10.*.1"];

fn text(from: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(from).prop_map(str::to_owned)
}

fn texts(from: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(text(from), 1..3)
}

fn scalar(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text(texts).prop_map(Value::Text),
        3 => select(&NUMBERS).prop_map(Value::Number),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ]
}

/// Generates an event: an object, at most four deep, whose keys may repeat.
pub fn event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![3 => scalar(&TEXTS), 1 => scalar(&EVENT_TEXTS)];
    let value = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            2 => entries(inner.clone()),
            3 => vec(inner, 0..4).prop_map(Value::List),
        ]
    });
    entries(value)
}

fn entries(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec((text(&KEYS), value), 0..4).prop_map(Value::Object)
}

/// Generates each kind of entry with equal probability, except that plain values are more likely.
fn entry() -> impl Strategy<Value = Entry> {
    let affixes: &[&str] = TEXTS.get(1..).unwrap();
    prop_oneof![
        6 => scalar(&TEXTS).prop_map(Entry::Value),
        2 => any::<bool>().prop_map(Entry::Exists),
        1 => text(&TEXTS).prop_map(Entry::Prefix),
        1 => text(&TEXTS).prop_map(Entry::PrefixIgnoreCase),
        1 => text(&TEXTS).prop_map(Entry::Suffix),
        1 => text(&TEXTS).prop_map(Entry::SuffixIgnoreCase),
        1 => text(&TEXTS).prop_map(Entry::EqualsIgnoreCase),
        1 => text(&GLOBS).prop_map(Entry::Wildcard),
        2 => select(&COMPARISONS).prop_map(Entry::Numeric),
        1 => select(&BLOCKS).prop_map(Entry::Cidr),
        1 => texts(&TEXTS).prop_map(Entry::ButTexts),
        1 => vec(select(NUMBERS.get(..10).unwrap()), 1..3).prop_map(Entry::ButNumbers),
        1 => texts(affixes).prop_map(Entry::ButPrefixes),
        1 => texts(affixes).prop_map(Entry::ButSuffixes),
        1 => texts(&TEXTS).prop_map(Entry::ButIgnoreCase),
        1 => texts(&GLOBS).prop_map(Entry::ButWildcards),
    ]
}

/// Generates a pattern: an object of lists, objects and `$or`.
pub fn pattern_object() -> impl Strategy<Value = Object> {
    let list = vec(entry(), 1..5).prop_map(Rule::List);
    let rule = list.prop_recursive(3, 8, 3, |inner| {
        let object = fields(inner.clone());
        prop_oneof![
            2 => inner,
            2 => object.clone().prop_map(Rule::Nested),
            2 => vec(object, 2..4).prop_map(Rule::Or),
        ]
    });
    fields(rule)
}

fn fields(rule: impl Strategy<Value = Rule> + 'static) -> BoxedStrategy<Object> {
    vec((text(&KEYS), rule), 1..3)
        .prop_map(|entries| {
            let key = |(key, rule)| match rule {
                Rule::Or(_) => ("$or".to_owned(), rule),
                Rule::List(_) | Rule::Nested(_) => (key, rule),
            };
            Object(entries.into_iter().map(key).collect())
        })
        .boxed()
}

/// Generates an event and patterns; half of the patterns are derived from the event.
pub fn patterns_and_event(count: Range<usize>) -> impl Strategy<Value = (Vec<Object>, Value)> {
    event().prop_flat_map(move |event| {
        let pattern = prop_oneof![pattern_object(), pattern_for(&event)];
        (vec(pattern, count.clone()), Just(event))
    })
}

/// Generates fields at paths that the event has; most have an entry that accepts the value there.
fn pattern_for(event: &Value) -> impl Strategy<Value = Object> + use<> {
    let mut leaves = Vec::new();
    collect_leaves(None, event, &mut leaves);
    if leaves.is_empty() {
        leaves.push(("a".to_owned(), Value::Null));
    }
    let field = (any::<Index>(), 0..9_usize, vec(entry(), 0..2), entry());
    (vec(field, 1..5), 0..3).prop_map(move |(fields, shape)| {
        let fields: Vec<(String, Rule)> = fields
            .into_iter()
            .map(|(leaf, kind, mut entries, other)| {
                let (path, value) = leaf.get(&leaves);
                entries.push(entry_for(value, kind, other));
                (path.clone(), Rule::List(entries))
            })
            .collect();
        if shape > 0 || fields.len() < 3 {
            return Object(fields);
        }
        let (outside, inside) = fields.split_at(1);
        let branches = inside.iter().map(|field| Object(vec![field.clone()]));
        let or = ("$or".to_owned(), Rule::Or(branches.collect()));
        Object([outside, &[or]].concat())
    })
}

fn collect_leaves(path: Option<&str>, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = path.map_or(key.clone(), |path| format!("{path}.{key}"));
                collect_leaves(Some(&path), value, leaves);
            }
        }
        Value::List(items) => {
            for item in items {
                collect_leaves(path, item, leaves);
            }
        }
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
            leaves.extend(path.map(|path| (path.to_owned(), value.clone())));
        }
    }
}

/// Returns an entry that accepts the value, or occasionally `other`, which may not.
fn entry_for(value: &Value, kind: usize, other: Entry) -> Entry {
    match (kind, value) {
        (0, _) => other,
        (1, _) => Entry::Exists(true),
        (2, _) => Entry::ButTexts(vec!["another".to_owned()]),
        (3, Value::Text(text)) => Entry::Prefix(text.chars().take(1).collect()),
        (4, Value::Text(text)) => Entry::Wildcard(format!("*{}", text.replace('*', "\\*"))),
        (5, Value::Text(text)) => Entry::EqualsIgnoreCase(text.clone()),
        _ => Entry::Value(value.clone()),
    }
}

//! Reads a field's list of values and match objects, and refuses entries in the same order as AWS.

use crate::cidr::{Address, Block};
use crate::error::InvalidPattern;
use crate::fold::FoldedText;
use crate::glob::Glob;
use crate::json::Scalar;
use crate::matcher::{Bound, Exclusion, Interval, Matcher};
use crate::number::Number;
use crate::tree::Node;

const ONE_KEY: &str = "Only one key allowed in match expression";
const TOO_MANY: &str = "Too many elements in numeric expression";
const BUT_VALUE: &str = "Value of anything-but must be an array or single string/number value.";

fn refuse<T>(reason: impl Into<String>) -> Result<T, InvalidPattern> {
    Err(InvalidPattern::new(reason))
}

pub(crate) fn matchers(list: &[Node]) -> Result<Vec<Matcher>, InvalidPattern> {
    if list.is_empty() {
        return refuse("Empty arrays are not allowed");
    }
    list.iter()
        .map(|node| match node {
            Node::Object(entries) => match_object(entries),
            Node::Array(_) => refuse("Match value must be String, number, true, false, or null"),
            Node::Scalar(Scalar::Text(text)) => Ok(match Address::parse(text) {
                Some(address) => Matcher::Address(address),
                None => Matcher::Text(text.clone()),
            }),
            Node::Scalar(Scalar::Number(number)) => Ok(Matcher::Number(number.clone())),
            Node::Scalar(Scalar::Bool(truth)) => Ok(Matcher::Bool(*truth)),
            Node::Scalar(Scalar::Null) => Ok(Matcher::Null),
        })
        .collect()
}

fn match_object(entries: &[(String, Node)]) -> Result<Matcher, InvalidPattern> {
    let Some(((operator, argument), more)) = entries.split_first() else {
        return refuse("Match expression name not found");
    };
    let matcher = match operator.as_str() {
        "exactly" => Matcher::Text(text(argument, "exact")?),
        "prefix" => match argument {
            Node::Object(inner) => Matcher::PrefixIgnoringCase(ignoring_case(inner, "prefix")?),
            Node::Array(_) | Node::Scalar(_) => Matcher::Prefix(text(argument, "prefix")?),
        },
        "suffix" => match argument {
            Node::Object(inner) => Matcher::SuffixIgnoringCase(ignoring_case(inner, "suffix")?),
            Node::Array(_) | Node::Scalar(_) => Matcher::Suffix(text(argument, "suffix")?),
        },
        "equals-ignore-case" => {
            Matcher::EqualsIgnoringCase(FoldedText::new(&text(argument, "equals-ignore-case")?))
        }
        "wildcard" => Matcher::Wildcard(glob(&text(argument, "wildcard")?)?),
        // AWS says "prefix" here too.
        "cidr" => {
            Matcher::Cidr(Block::parse(&text(argument, "prefix")?).map_err(InvalidPattern::new)?)
        }
        "exists" => match argument {
            Node::Scalar(Scalar::Bool(true)) => Matcher::Present,
            Node::Scalar(Scalar::Bool(false)) => Matcher::Absent,
            Node::Object(_) | Node::Array(_) | Node::Scalar(_) => {
                return refuse("exists match pattern must be either true or false.");
            }
        },
        "numeric" => match argument {
            Node::Array(terms) => Matcher::Numeric(interval(terms)?),
            Node::Object(_) | Node::Scalar(_) => {
                return refuse("Value of numeric must be an array.");
            }
        },
        "anything-but" => Matcher::AnythingBut(excluded(argument)?),
        unknown => return refuse(format!("Unrecognized match type {unknown}")),
    };
    match (more, operator.as_str()) {
        ([], _) => Ok(matcher),
        (_, "numeric" | "anything-but") => refuse(TOO_MANY),
        _ => refuse(ONE_KEY),
    }
}

fn text(node: &Node, operator: &str) -> Result<String, InvalidPattern> {
    match node {
        Node::Scalar(Scalar::Text(text)) => Ok(text.clone()),
        Node::Object(_) | Node::Array(_) | Node::Scalar(_) => {
            refuse(format!("{operator} match pattern must be a string"))
        }
    }
}

fn glob(text: &str) -> Result<Glob, InvalidPattern> {
    Glob::parse(text).map_err(InvalidPattern::new)
}

/// Reads the object in `{"prefix": {"equals-ignore-case": …}}`.
fn ignoring_case(entries: &[(String, Node)], operator: &str) -> Result<FoldedText, InvalidPattern> {
    let Some(((inner, argument), more)) = entries.split_first() else {
        let operator = if operator == "prefix" {
            "Prefix"
        } else {
            "Suffix"
        };
        return refuse(format!("{operator} expression name not found"));
    };
    if inner != "equals-ignore-case" {
        return refuse(format!("Unsupported {operator} pattern: {inner}"));
    }
    let folded = FoldedText::new(&text(argument, "equals-ignore-case")?);
    if more.is_empty() {
        Ok(folded)
    } else {
        refuse(ONE_KEY)
    }
}

fn excluded(argument: &Node) -> Result<Exclusion, InvalidPattern> {
    match argument {
        Node::Object(entries) => {
            let Some(((operator, argument), more)) = entries.split_first() else {
                return refuse("Anything-But expression name not found");
            };
            let excluded = excluded_by(operator, argument)?;
            if more.is_empty() {
                Ok(excluded)
            } else {
                refuse(TOO_MANY)
            }
        }
        Node::Array(list) => excluded_list(list),
        Node::Scalar(Scalar::Text(text)) => Ok(Exclusion::Texts(vec![text.clone()])),
        Node::Scalar(Scalar::Number(number)) => Ok(Exclusion::Numbers(vec![comparable(number)?])),
        Node::Scalar(Scalar::Bool(_) | Scalar::Null) => refuse(BUT_VALUE),
    }
}

fn excluded_list(list: &[Node]) -> Result<Exclusion, InvalidPattern> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    for node in list {
        match node {
            Node::Scalar(Scalar::Text(text)) => texts.push(text.clone()),
            Node::Scalar(Scalar::Number(number)) => numbers.push(comparable(number)?),
            Node::Object(_) | Node::Array(_) | Node::Scalar(Scalar::Bool(_) | Scalar::Null) => {
                return refuse("Inside anything but list, start|null|boolean is not supported.");
            }
        }
    }
    match (texts.is_empty(), numbers.is_empty()) {
        (false, true) => Ok(Exclusion::Texts(texts)),
        (true, false) => Ok(Exclusion::Numbers(numbers)),
        (true, true) | (false, false) => refuse(
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
    }
}

/// Reads `anything-but` around another operator, which takes one text or a list of texts.
fn excluded_by(operator: &str, argument: &Node) -> Result<Exclusion, InvalidPattern> {
    let not_text = match operator {
        "prefix" | "suffix" => "prefix/suffix match pattern must be a string",
        "equals-ignore-case" => {
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        }
        "wildcard" => "wildcard match pattern must be a string",
        unknown => return refuse(format!("Unsupported anything-but pattern: {unknown}")),
    };
    let list = match argument {
        Node::Array(list) => list.as_slice(),
        Node::Scalar(Scalar::Text(_) | Scalar::Number(_)) => std::slice::from_ref(argument),
        Node::Object(_) | Node::Scalar(Scalar::Bool(_) | Scalar::Null) => return refuse(BUT_VALUE),
    };
    let affix = matches!(operator, "prefix" | "suffix");
    let mut texts = Vec::new();
    for node in list {
        match node {
            Node::Scalar(Scalar::Text(text)) if affix && text.is_empty() => {
                return refuse("Null prefix/suffix not allowed");
            }
            Node::Scalar(Scalar::Text(text)) => texts.push(text.clone()),
            Node::Object(_) | Node::Array(_) | Node::Scalar(_) => return refuse(not_text),
        }
    }
    Ok(match operator {
        "prefix" => Exclusion::Prefixes(texts),
        "suffix" => Exclusion::Suffixes(texts),
        "wildcard" => Exclusion::Wildcards(
            texts
                .iter()
                .map(|text| glob(text))
                .collect::<Result<_, _>>()?,
        ),
        _ => Exclusion::IgnoringCase(texts.iter().map(|text| FoldedText::new(text)).collect()),
    })
}

fn comparable(number: &Number) -> Result<f64, InvalidPattern> {
    number
        .double()
        .ok_or_else(|| InvalidPattern::new(format!("Cannot compare number : {}", number.text())))
}

/// Reads one comparison, or a lower bound and then an upper one.
fn interval(terms: &[Node]) -> Result<Interval, InvalidPattern> {
    let (operator, terms) = match terms.split_first() {
        Some((Node::Scalar(Scalar::Text(operator)), terms)) => (operator.as_str(), terms),
        other => {
            let found = other.map_or("]", |(node, _)| shown(node));
            return refuse(format!("Invalid member in numeric match: {found}"));
        }
    };
    let name = match operator {
        "=" => "equals",
        "<" | "<=" | ">" | ">=" => operator,
        unknown => return refuse(format!("Unrecognized numeric range operator: {unknown}")),
    };
    let Some((Node::Scalar(Scalar::Number(number)), terms)) = terms.split_first() else {
        return refuse(format!("Value of {name} must be numeric"));
    };
    let bound = |inclusive| -> Result<Option<Bound>, InvalidPattern> {
        let value = comparable(number)?;
        Ok(Some(Bound { value, inclusive }))
    };
    let inclusive = operator != "<" && operator != ">";
    match (operator, terms) {
        (">" | ">=", []) => Ok(Interval {
            bottom: bound(inclusive)?,
            top: None,
        }),
        (">" | ">=", terms) => {
            let (top, top_inclusive) = upper_bound(terms)?;
            let (bottom, top) = (comparable(number)?, comparable(top)?);
            if bottom >= top {
                return refuse("Bottom must be less than top");
            }
            Ok(Interval {
                bottom: bound(inclusive)?,
                top: Some(Bound {
                    value: top,
                    inclusive: top_inclusive,
                }),
            })
        }
        (_, [_, ..]) => refuse(TOO_MANY),
        ("=", []) => Ok(Interval {
            bottom: bound(true)?,
            top: bound(true)?,
        }),
        (_, []) => Ok(Interval {
            bottom: None,
            top: bound(inclusive)?,
        }),
    }
}

/// Reads the optional part after a lower bound: `"<", 5` or `"<=", 5`, with no terms after it.
fn upper_bound(terms: &[Node]) -> Result<(&Number, bool), InvalidPattern> {
    let (operator, terms) = match terms.split_first() {
        Some((Node::Scalar(Scalar::Text(operator)), terms)) => (operator.as_str(), terms),
        other => {
            let found = other.map_or("]", |(node, _)| shown(node));
            return refuse(format!("Bad value in numeric range: {found}"));
        }
    };
    if operator != "<" && operator != "<=" {
        return refuse(format!("Bad numeric range operator: {operator}"));
    }
    match terms {
        [Node::Scalar(Scalar::Number(number))] => Ok((number, operator == "<=")),
        [Node::Scalar(Scalar::Number(_)), ..] => {
            refuse("Too many terms in numeric range expression")
        }
        _ => refuse(format!("Value of {operator} must be numeric")),
    }
}

/// Returns the token that AWS shows for a node.
fn shown(node: &Node) -> &str {
    match node {
        Node::Object(_) => "{",
        Node::Array(_) => "[",
        Node::Scalar(Scalar::Text(text)) => text,
        Node::Scalar(Scalar::Number(number)) => number.text(),
        Node::Scalar(Scalar::Bool(true)) => "true",
        Node::Scalar(Scalar::Bool(false)) => "false",
        Node::Scalar(Scalar::Null) => "null",
    }
}

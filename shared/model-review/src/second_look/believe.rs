//! Validates the answer of a second look. A finding is proven if the quoted line is in the
//! finding's hunk.

use super::{LONGEST_QUOTE, LONGEST_REASON};
use crate::answer::text;
use crate::shape::in_form;
use diff::{Hunk, Line, LineKind};
use review::item::SecondLookItem;
use review::{Finding, Fingerprint};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Maximum compared letters of a line. Long lines are shown and quoted in part.
const COMPARED: usize = 200;
/// Maximum bytes of a line that are read.
const MOST_OF_LINE: usize = 2_000;

/// Finding in the question, with its hunk.
pub(super) struct Claim<'a> {
    pub(super) finding: &'a Finding,
    pub(super) fingerprint: &'a Fingerprint,
    pub(super) hunk: &'a Hunk,
}

/// Required fields of an answer.
#[derive(Deserialize)]
struct RawAnswer {
    findings: Vec<RawOpinion>,
}

#[derive(Deserialize)]
struct RawOpinion {
    number: i64,
    holds: bool,
    #[serde(default)]
    quote: String,
    #[serde(default)]
    why: String,
}

/// Checks the form of an answer. The error is sent to the model once.
pub(super) fn check(value: &Value) -> Result<(), String> {
    let said = RawAnswer::deserialize(in_form(value));
    said.map(|_| ()).map_err(|error| error.to_string())
}

/// Validates an answer about `claims`, numbered from 1. Ignores other numbers.
pub(super) fn read(value: &Value, claims: &[Claim<'_>]) -> SecondLookItem {
    let said = RawAnswer::deserialize(in_form(value)).map_or(vec![], |said| said.findings);
    let mut by_number: BTreeMap<i64, Vec<RawOpinion>> = BTreeMap::new();
    for one in said {
        by_number.entry(one.number).or_default().push(one);
    }
    let mut item = SecondLookItem::default();
    for (number, claim) in (1..).zip(claims) {
        let said = by_number.get(&number).map_or(&[][..], Vec::as_slice);
        let fingerprint = claim.fingerprint.clone();
        match judged(said, claim.hunk) {
            Ok(line) => item.proven.entry(fingerprint).or_insert(line),
            Err(why) => item.unproven.entry(fingerprint).or_insert(why),
        };
    }
    let proven = &item.proven;
    item.unproven.retain(|known, _| !proven.contains_key(known));
    item
}

/// Returns the line that proves the finding, or the reason why none does.
fn judged(said: &[RawOpinion], hunk: &Hunk) -> Result<String, String> {
    match said {
        [] => Err("the answer does not mention it".to_owned()),
        [one] if one.holds => hunk
            .lines
            .iter()
            .find_map(|line| quoted(line, &one.quote))
            .ok_or_else(|| "the line that was given as its proof is not there".to_owned()),
        [one] => {
            let why = text(&one.why, LONGEST_REASON);
            let why = why.trim_end_matches('.');
            Err(if why.is_empty() {
                "it does not hold"
            } else {
                why
            }
            .to_owned())
        }
        [_, _, ..] => Err("it was answered more than once".to_owned()),
    }
}

/// Returns the line if `quote` matches its text or its displayed form, ignoring white space. A line
/// without a letter or digit proves nothing.
fn quoted(line: &Line, quote: &str) -> Option<String> {
    let end = line.text.floor_char_boundary(MOST_OF_LINE);
    let said = text(line.text.get(..end)?, MOST_OF_LINE);
    let (letter, number, sign) = match line.kind {
        LineKind::Added => ('R', line.new_number, "+"),
        LineKind::Context => ('R', line.new_number, ""),
        LineKind::Removed => ('L', line.old_number, "-"),
    };
    let as_shown = format!("{letter}{}{sign}{said}", number?);
    let quote = bare(quote);
    let is_it = said.chars().any(char::is_alphanumeric)
        && (quote == bare(&said) || quote == bare(&as_shown));
    is_it.then(|| text(&said, LONGEST_QUOTE))
}

/// Returns the start of the text without invisible characters.
fn bare(text: &str) -> String {
    let seen = text.chars().filter(|c| !c.is_whitespace());
    seen.take(COMPARED).collect()
}

/// Returns true if the finding is in the hunk.
pub(super) fn is_on(hunk: &Hunk, finding: &Finding) -> bool {
    let mut numbers = hunk.lines.iter().filter_map(|at| at.number(finding.side));
    numbers.any(|number| number == finding.line)
}

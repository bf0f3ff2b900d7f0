//! Compares the matcher with a simple reference, and feeds it untrusted text.

#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a test fails the test, as it should"
)]

mod generate;
mod hostile;
mod reference;

use std::cell::Cell;

use pattern::{Event, EventPattern, RuleSet};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use generate::{event, pattern_object, patterns_and_event};

/// The number of times each verdict occurred.
#[derive(Default)]
struct Verdicts {
    matched: Cell<u32>,
    missed: Cell<u32>,
    too_complex: Cell<u32>,
}

impl Verdicts {
    fn count(&self, matched: bool) {
        let cell = if matched { &self.matched } else { &self.missed };
        cell.set(cell.get() + 1);
    }

    fn report(&self, of_what: &str) {
        let (matched, missed) = (self.matched.get(), self.missed.get());
        let too_complex = self.too_complex.get();
        println!("{of_what}: {matched} matched, {missed} did not, {too_complex} too complex");
        let all = matched + missed;
        assert!(
            matched * 5 > all,
            "at least a fifth match: {matched} of {all}"
        );
        assert!(
            missed * 5 > all,
            "at least a fifth do not: {missed} of {all}"
        );
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

#[test]
fn matcher_agrees_with_reference() {
    let verdicts = Verdicts::default();
    runner(3_000)
        .run(&patterns_and_event(1..4), |(patterns, event)| {
            let event_text = event.to_string();
            let parsed = Event::parse(&event_text).unwrap();
            for pattern in patterns {
                let pattern_text = pattern.to_string();
                match EventPattern::parse(&pattern_text) {
                    Ok(compiled) => {
                        let expected = reference::matches(&pattern, &event);
                        verdicts.count(expected);
                        let found = compiled.matches(&parsed);
                        prop_assert_eq!(found, expected, "{} and {}", pattern_text, event_text);
                    }
                    Err(refused) => {
                        let too_complex = refused.reason().starts_with("Rule is too complex");
                        prop_assert!(too_complex, "{}: {}", refused, pattern_text);
                        verdicts.too_complex.set(verdicts.too_complex.get() + 1);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    verdicts.report("patterns and events");
}

#[test]
fn rule_set_agrees_with_single_patterns() {
    let verdicts = Verdicts::default();
    runner(400)
        .run(&patterns_and_event(0..20), |(patterns, event)| {
            let event = Event::parse(&event.to_string()).unwrap();
            let mut rules = RuleSet::new();
            let mut expected = Vec::new();
            for (name, pattern) in patterns.iter().enumerate() {
                if let Ok(pattern) = EventPattern::parse(&pattern.to_string()) {
                    let matched = pattern.matches(&event);
                    verdicts.count(matched);
                    if matched {
                        expected.push(name);
                    }
                    rules.insert(pattern, name);
                }
            }
            let found: Vec<usize> = rules.matching(&event).copied().collect();
            prop_assert_eq!(found, expected, "in the order of insertion");
            Ok(())
        })
        .unwrap();
    verdicts.report("rules of a set");
}

#[test]
fn parsed_value_equals_parsed_text() {
    runner(500)
        .run(&(pattern_object(), event()), |(pattern, event)| {
            let (pattern, text) = (pattern.to_string(), event.to_string());
            // serde_json keeps only one of two equal keys, and no number beyond a double.
            let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else {
                return Ok(());
            };
            let text = value.to_string();
            if let Ok(pattern) = EventPattern::parse(&pattern) {
                let from_text = pattern.matches(&Event::parse(&text).unwrap());
                prop_assert_eq!(pattern.matches(&Event::from_value(&value)), from_text);
            }
            Ok(())
        })
        .unwrap();
}

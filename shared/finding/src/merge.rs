use crate::Finding;
use std::collections::BTreeSet;

/// Findings of several reviewers, those about the same thing made one: worst first,
/// each with everybody who found it. Nobody's own findings are taken for each other.
///
/// The same thing is: the same place, and either the same subject found by another
/// reviewer, or nearly the same words. What a rule says stands before what a model
/// says, the worse before the better.
pub fn merged(findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut rest: Vec<Finding> = findings.into_iter().collect();
    rest.sort_by(|a, b| (!a.is_by_rules(), a.rank()).cmp(&(!b.is_by_rules(), b.rank())));
    let mut merged: Vec<Finding> = Vec::new();
    for finding in rest {
        match merged.iter_mut().find(|other| is_same(other, &finding)) {
            Some(other) => join(other, finding),
            None => merged.push(finding),
        }
    }
    merged.sort_by(|a, b| a.rank().cmp(&b.rank()));
    merged
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    let (a, b) = (one.lines(), other.lines());
    let overlap = a.start() <= b.end() && b.start() <= a.end();
    // Two rules that look for different things have each something to say.
    let rules = one.is_by_rules() && other.is_by_rules();
    let by_others = !other.by.iter().any(|by| one.by.contains(by));
    let same_subject = one.category == other.category && by_others;
    one.path == other.path && overlap && !rules && (same_subject || alike(one, other))
}

/// The first stands, with what the other adds to it.
fn join(one: &mut Finding, other: Finding) {
    one.severity = one.severity.max(other.severity);
    one.confidence = one.confidence.max(other.confidence);
    if one.suggestion.is_none() && one.lines() == other.lines() {
        one.suggestion = other.suggestion;
    }
    for by in other.by {
        if !one.by.contains(&by) {
            one.by.push(by);
        }
    }
}

/// Whether most words of one are in the other.
fn alike(one: &Finding, other: &Finding) -> bool {
    let (Some(a), Some(b)) = (&one.title, &other.title) else {
        return false;
    };
    let (a, b) = (words(a), words(b));
    let both = a.intersection(&b).count();
    both > 0 && 3 * both >= 2 * a.len().max(b.len())
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Category, Confidence, MODEL, Severity};

    fn found(by: &str, rule: &str, lines: (u32, u32), category: Category, title: &str) -> Finding {
        Finding {
            path: "src/lib.rs".to_owned(),
            start_line: Some(lines.0).filter(|first| *first < lines.1),
            line: lines.1,
            severity: Severity::Medium,
            category,
            rule: rule.to_owned(),
            title: Some(title.to_owned()).filter(|title| !title.is_empty()),
            message: "…".to_owned(),
            suggestion: None,
            confidence: Confidence::percent(60),
            by: vec![by.to_owned()],
            fingerprint: None,
            reviewed_before: false,
        }
    }

    #[test]
    fn what_is_the_same_is_told_once() {
        use Category::{Logic, Security};
        let rule = |rule, line| found("rules", rule, (line, line), Security, "");
        let model = |lines, category, title| found("kimi", MODEL, lines, category, title);
        for (why, findings, count) in [
            (
                "a rule and a model at one place on one subject",
                vec![rule("sql", 7), model((6, 8), Security, "Injection")],
                1,
            ),
            (
                "two rules at one place",
                vec![rule("sql", 7), rule("committed-secret", 7)],
                2,
            ),
            (
                "two things that one model says of one place",
                vec![
                    model((7, 7), Security, "Injection by name"),
                    model((7, 7), Security, "Token never expires"),
                ],
                2,
            ),
            (
                "one thing that a model says as two specialists",
                vec![
                    model((7, 7), Security, "Query is built from user input"),
                    model((7, 9), Logic, "The query is built from user input"),
                ],
                1,
            ),
            (
                "another place",
                vec![rule("sql", 7), model((8, 9), Security, "Injection")],
                2,
            ),
        ] {
            assert_eq!(merged(findings).len(), count, "{why}");
        }
    }

    #[test]
    fn the_rules_words_stand_and_everybody_is_named() {
        let mut model = found("kimi", MODEL, (7, 7), Category::Security, "Injection");
        model.severity = Severity::Critical;
        model.suggestion = Some("query(sql, [name])".to_owned());
        let rule = found("rules", "sql", (7, 7), Category::Security, "");
        let all = merged([model, rule]);
        assert_eq!(all[0].rule, "sql");
        assert_eq!(all[0].by, ["rules", "kimi"]);
        assert_eq!(all[0].severity, Severity::Critical, "the worse of both");
        assert!(all[0].suggestion.is_some(), "it fits the same lines");
    }
}

use crate::{BlockRule, Finding};
use std::collections::BTreeSet;
use std::mem;

/// Merges findings of several reviewers about the same problem. The result is sorted, the worst
/// first, and each finding names all of its reviewers. A reviewer's own findings are merged only if
/// their titles are similar.
///
/// Two findings are about the same problem if they overlap and either different reviewers report
/// the same subject, or their titles are similar. A rule's finding takes precedence over a model's,
/// the worse over the better. Two exceptions keep findings apart. A model's finding that is worse
/// than a rule's remains separate: the rule is no evidence for it, and the rule's minor finding must
/// not hide it. A finding that blocks merging under `block` is not merged into a rule's finding that
/// does not.
pub fn merged(findings: impl IntoIterator<Item = Finding>, block: &BlockRule) -> Vec<Finding> {
    let mut rest: Vec<Finding> = findings.into_iter().collect();
    rest.sort_by(|a, b| (!a.is_by_rules(), a.rank()).cmp(&(!b.is_by_rules(), b.rank())));
    let mut merged: Vec<Finding> = Vec::new();
    for finding in rest {
        match merged
            .iter_mut()
            .find(|other| is_same(other, &finding, block))
        {
            Some(other) => join(other, finding, block),
            None => merged.push(finding),
        }
    }
    merged.sort_by(|a, b| a.rank().cmp(&b.rank()));
    merged
}

fn is_same(one: &Finding, other: &Finding, block: &BlockRule) -> bool {
    let (a, b) = (one.lines(), other.lines());
    let overlap = a.start() <= b.end() && b.start() <= a.end();
    // Findings of two rules are about different problems.
    let rules = one.is_by_rules() && other.is_by_rules();
    let by_others = !other.by.iter().any(|by| one.by.contains(by));
    let same_subject = one.category == other.category && by_others;
    let is_worse = other.severity > one.severity || (other.blocks(block) && !one.blocks(block));
    let same_file = one.path == other.path && one.side == other.side;
    same_file
        && overlap
        && !rules
        && !(one.is_by_rules() && is_worse)
        && (same_subject || alike(one, other))
}

/// Adds `other` to `one`. If `one` is by a rule, its severity and confidence remain; of two models,
/// the worse one counts. A finding that blocks merging takes precedence, since the category is part
/// of its fingerprint.
fn join(one: &mut Finding, mut other: Finding, block: &BlockRule) {
    if one.is_by_rules() {
        add_words(one, &other);
    } else {
        if other.blocks(block) && !one.blocks(block) {
            mem::swap(one, &mut other);
        }
        // The confidence in one subject is no evidence for another subject.
        if one.severity == other.severity && one.category == other.category {
            one.confidence = one.confidence.max(other.confidence);
        }
    }
    if one.suggestion.is_none() && one.lines() == other.lines() {
        one.suggestion = other.suggestion;
    }
    for by in other.by {
        if !one.by.contains(&by) {
            one.by.push(by);
        }
    }
    for category in [other.category].into_iter().chain(other.also) {
        if category != one.category && !one.also.contains(&category) {
            one.also.push(category);
        }
    }
}

/// Appends the model's words to the rule's.
fn add_words(rule: &mut Finding, model: &Finding) {
    if rule.title.is_none() {
        rule.title.clone_from(&model.title);
    }
    if !rule.message.contains(model.message.trim()) {
        rule.message = format!("{} {}", rule.message, model.message.trim());
    }
}

/// Returns whether the titles share most of their words.
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

    fn merge(findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
        merged(findings, &BlockRule::default())
    }

    fn found(by: &str, rule: &str, lines: (u32, u32), category: Category, title: &str) -> Finding {
        Finding {
            path: "src/lib.rs".to_owned(),
            start_line: Some(lines.0).filter(|first| *first < lines.1),
            line: lines.1,
            severity: Severity::Medium,
            category,
            rule: rule.to_owned(),
            title: Some(title.to_owned()).filter(|title| !title.is_empty()),
            confidence: Confidence::percent(60),
            by: vec![by.to_owned()],
            ..Finding::sample()
        }
    }

    #[test]
    fn merges_duplicates() {
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
                "two problems of one model at one place",
                vec![
                    model((7, 7), Security, "Injection by name"),
                    model((7, 7), Security, "Token never expires"),
                ],
                2,
            ),
            (
                "one problem of a model as two specialists",
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
            assert_eq!(merge(findings).len(), count, "{why}");
        }
    }

    #[test]
    fn names_specialists_that_agree() {
        use Category::{Logic, Security, Style};
        let title = "The query is built from user input";
        let finding = |category| found("kimi", MODEL, (7, 7), category, title);
        let all = merge([finding(Logic), finding(Style), finding(Security)]);
        let [one] = &all[..] else {
            panic!("{all:?}");
        };
        assert_eq!(
            one.category, Logic,
            "the first of two similar findings remains"
        );
        assert_eq!(one.also, [Style, Security]);
        assert_eq!(one.by, ["kimi"]);
    }

    #[test]
    fn blocking_finding_remains_visible() {
        let title = "The query is built from user input";
        let finding = |category, severity, by, rule| Finding {
            severity,
            confidence: Confidence::percent(90),
            ..found(by, rule, (7, 7), category, title)
        };
        let security = || finding(Category::Security, Severity::High, "kimi", MODEL);
        for (why, other, told) in [
            (
                "worse, as the same model has it",
                finding(Category::Logic, Severity::Critical, "kimi", MODEL),
                1,
            ),
            (
                "as bad, by a rule",
                finding(Category::Logic, Severity::High, "rules", "sql"),
                2,
            ),
        ] {
            let all = merge([other, security()]);
            assert_eq!(all.len(), told, "{why}");
            let block = all.iter().find(|it| it.blocks(&BlockRule::default()));
            let block = block.unwrap_or_else(|| panic!("{why}: {all:?}"));
            assert_eq!(block.category, Category::Security, "{why}");
            assert_eq!(block.severity, Severity::High, "{why}: as reported");
        }
        let guess = Finding {
            confidence: Confidence::percent(60),
            ..security()
        };
        for severity in [Severity::Medium, Severity::High] {
            let sure = finding(Category::Logic, severity, "kimi", MODEL);
            let all = merge([guess.clone(), sure]);
            assert!(
                !all.iter().any(|it| it.blocks(&BlockRule::default())),
                "neither finding blocks: {all:?}"
            );
        }
    }

    fn of(severity: Severity, by: &str, rule: &str) -> Finding {
        Finding {
            severity,
            message: format!("Reported by {by}."),
            ..found(by, rule, (7, 7), Category::Security, "")
        }
    }

    #[test]
    fn keeps_rule_text_and_names_reviewers() {
        let model = Finding {
            title: Some("Injection".to_owned()),
            suggestion: Some("query(sql, [name])".to_owned()),
            confidence: Confidence::percent(99),
            ..of(Severity::Low, "kimi", MODEL)
        };
        let rule = of(Severity::Medium, "rules", "sql");
        let all = merge([model.clone(), rule.clone()]);
        let [one] = &all[..] else {
            panic!("{all:?}");
        };
        let expected = Finding {
            by: vec!["rules".to_owned(), "kimi".to_owned()],
            title: model.title.clone(),
            suggestion: model.suggestion.clone(),
            message: "Reported by rules. Reported by kimi.".to_owned(),
            ..rule.clone()
        };
        assert_eq!(*one, expected, "severity and confidence of the rule");

        let echo = Finding {
            message: rule.message.clone(),
            ..model
        };
        assert_eq!(merge([rule.clone(), echo])[0].message, rule.message);
    }

    #[test]
    fn worse_model_finding_remains_separate() {
        use Severity::{Critical, High, Info, Low, Medium};
        for (why, rule, model, told) in [
            (
                "a minor finding hides nothing",
                Info,
                Critical,
                vec![Critical, Info],
            ),
            ("nor something of its kind", Low, Medium, vec![Medium, Low]),
            ("as bad", High, High, vec![High]),
            ("less bad", High, Low, vec![High]),
        ] {
            let all = merge([of(rule, "rules", "sql"), of(model, "kimi", MODEL)]);
            let severities: Vec<_> = all.iter().map(|it| it.severity).collect();
            assert_eq!(severities, told, "{why}");
            if let [worse, _] = &all[..] {
                assert!(!worse.is_by_rules(), "{why}: it has to be proven");
            }
        }
    }
}

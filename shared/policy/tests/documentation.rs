//! Checks docs/configuration.md: it lists every setting with its default, and its examples have the
//! effect that it describes.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a page without its parts fails the test"
)]

use findings::{Category, Confidence, Severity};
use policy::{
    AuthorAssociation, Conclusion, Glob, KEYS, Layer, Policy, RequestChangesAt, Show,
    SkipConclusion, Source, Treatment,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// Returns the code blocks in `language`.
fn examples(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = PAGE.split(fence.as_str()).skip(1);
    blocks
        .filter_map(|block| block.split("```").next())
        .collect()
}

fn repository() -> Policy {
    Policy::default().over(Layer::parse(examples("toml")[0], Source::Repository).unwrap())
}

fn deployment() -> Policy {
    Policy::default().over(Layer::parse(examples("toml")[1], Source::Deployment).unwrap())
}

/// Returns every setting with its value in TOML.
fn settings(policy: &Policy) -> BTreeMap<String, String> {
    let kept = serde_json::to_value(policy).unwrap();
    let approve = serde_json::to_value(policy.auto_approve()).unwrap();
    let instructions = json!({
        "paths": policy.instructions.iter().map(|one| &one.paths).collect::<Vec<_>>(),
        "text": policy.instructions.iter().map(|one| &one.text).collect::<Vec<_>>(),
    });
    let names = KEYS
        .iter()
        .flat_map(|(table, keys)| keys.iter().map(|key| (*table, *key)));
    names
        .map(|(table, key)| match table {
            "" => (key.to_owned(), toml(&kept[key])),
            "auto_approve" => (format!("{table}.{key}"), toml(&approve[key])),
            "instructions" => (format!("{table}.{key}"), toml(&instructions[key])),
            table => (format!("{table}.{key}"), toml(&kept[table][key])),
        })
        .collect()
}

fn toml(value: &Value) -> String {
    let entries = value.as_array();
    entries.map_or_else(
        || value.to_string(),
        |entries| {
            format!(
                "[{}]",
                entries.iter().map(toml).collect::<Vec<_>>().join(", ")
            )
        },
    )
}

#[test]
fn page_lists_settings_with_defaults() {
    let (_, table) = PAGE.split_once("## Every setting\n").unwrap();
    let (table, _) = table.split_once("\n###").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let told: BTreeMap<String, String> = rows
        .map(|row| {
            let mut cells = row
                .split('|')
                .skip(1)
                .map(|cell| cell.trim().trim_matches('`').to_owned());
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let mut holds = settings(&Policy::default());
    let one = Layer::parse("[[instructions]]\ntext = \"x\"", Source::Repository).unwrap();
    let paths = &Policy::default().over(one).instructions[0].paths;
    holds.insert("instructions.paths".into(), toml(&json!(paths)));
    holds.insert("instructions.text".into(), "needed".into());
    assert_eq!(told, holds);
}

#[test]
fn examples_change_every_setting() {
    let (default, repository, deployment) = (
        settings(&Policy::default()),
        settings(&repository()),
        settings(&deployment()),
    );
    for (key, value) in &default {
        let set = [&repository, &deployment]
            .iter()
            .any(|example| example[key] != *value);
        // A repository cannot raise a budget, so both examples lower theirs, except for the last.
        assert!(set, "{key} is {value} in both examples");
    }
}

#[test]
fn example_has_the_described_effect() {
    let policy = repository();
    assert!(!policy.enabled && !policy.publish);
    assert_eq!(policy.language, "Brazilian Portuguese");
    assert_eq!(policy.reviewers, [Category::Security, Category::Logic]);
    assert_eq!(policy.severity_floor, Severity::Low);
    assert_eq!(policy.confidence_floor, Confidence::percent(70));
    assert_eq!(policy.max_comments, 5);
    assert_eq!(
        (policy.drafts, policy.bots),
        (Treatment::Review, Treatment::Review)
    );
    assert_eq!(policy.skip_authors, ["dependabot[bot]", "renovate[bot]"]);
    assert_eq!(policy.skip_labels, ["no-review", "wip"]);
    for (why, path, wanted) in [
        ("included, of the language", "src/a/lib.rs", true),
        ("right in the folder", "migrations/1.sql", true),
        ("not right in it", "migrations/old/1.sql", false),
        ("excluded", "src/vendor/a.rs", false),
        ("of another language", "src/a.py", false),
    ] {
        assert_eq!(policy.wants(path), wanted, "{why}: {path}");
    }
    let all = "We support PostgreSQL 14 and later.";
    let migrations = "Every migration must be safe while the old version still runs.";
    for (path, texts) in [
        ("src/a.rs", vec![all]),
        ("migrations/1.sql", vec![all, migrations]),
    ] {
        let meant = policy.instructions.iter().filter(|one| one.is_for(path));
        let told: Vec<_> = meant.map(|one| one.text.as_str()).collect();
        assert_eq!(told, texts, "{path}");
    }
    assert_eq!(policy.budget.tokens_per_review, 100_000);
    assert_eq!(policy.budget.tokens_per_pull_request, 300_000);
    assert_eq!(policy.checks.on_findings, Conclusion::Failure);
    assert_eq!(policy.checks.on_block, Conclusion::Neutral);
    assert_eq!(policy.checks.on_skip, SkipConclusion::Success);
    let show = policy.show;
    assert_eq!(
        (show.review, show.summary, show.check),
        (Show::Always, Show::Never, Show::Findings)
    );
    assert_eq!(policy.request_changes_at, RequestChangesAt::Medium);
    assert_eq!(policy.request_changes_below_score, 4);
    let approve = policy.auto_approve();
    assert!(approve.enabled && approve.allow_forks && approve.allow_first_time);
    assert!(!approve.require_checks);
    assert_eq!(approve.score, 9);
    assert_eq!(
        approve.authors,
        [AuthorAssociation::Owner, AuthorAssociation::Member]
    );

    let budget = deployment().budget;
    assert_eq!(budget.tokens_per_repository_a_day, 2_000_000);
    assert_eq!(
        budget.tokens_a_day, 50_000_000,
        "the deployment may raise it"
    );
}

/// Returns whether a finding with this severity and confidence blocks.
fn blocks(policy: &Policy, category: Category, severity: Severity, percent: u8) -> bool {
    let rule = policy.block_rule();
    rule.severity.is_some_and(|least| severity >= least)
        && Confidence::percent(percent) >= rule.confidence
        && rule.categories.contains(&category)
}

#[test]
fn preset_requests_changes_without_approval() {
    let preset = Layer::parse(examples("toml")[2], Source::Repository).unwrap();
    let preset = Policy::default().over(preset);
    for category in Category::ALL {
        assert!(blocks(&preset, category, Severity::Info, 0), "{category}");
    }
    assert!(preset.is_score_too_low(Some(7)));
    assert!(!preset.is_score_too_low(Some(8)));
    assert!(!preset.is_score_too_low(None), "nothing was read");
    let approve = preset.auto_approve();
    assert!(approve.enabled && approve.allow_forks && approve.allow_first_time);
    assert_eq!((approve.score, approve.authors.len()), (8, 8));
    assert!(!approve.require_checks);
}

#[test]
fn advice_only_is_one_line() {
    let line = examples("text")
        .into_iter()
        .find(|it| it.starts_with("request_changes"));
    let advice = Layer::parse(line.unwrap(), Source::Repository).unwrap();
    let advice = Policy::default().over(advice);
    assert!(!blocks(
        &advice,
        Category::Security,
        Severity::Critical,
        100
    ));
    let default = Policy::default();
    assert!(blocks(&default, Category::Security, Severity::High, 80));
    assert!(!blocks(&default, Category::Security, Severity::High, 79));
    assert!(!blocks(&default, Category::Logic, Severity::Critical, 100));
    assert!(!default.is_score_too_low(Some(1)));
}

#[test]
fn unknown_values_are_named_with_remedy() {
    let text = "request_changes_at = \"sometimes\"\n[show]\nreview = \"on\"\nsumary = \"never\"";
    let error = Layer::parse(text, Source::Repository).unwrap_err();
    let told: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 1: `request_changes_at` is `\"sometimes\"`. Write one of \"info\", \"low\", \
             \"medium\", \"high\", \"critical\", \"never\".",
            "line 3: `show.review` is `\"on\"`. Write one of \"always\", \"findings\", \"never\".",
            "line 4: `show.sumary` is not a setting. Did you mean `show.summary`, in the table `[show]`?",
        ]
    );
}

#[test]
fn page_shows_only_valid_patterns() {
    let (_, table) = PAGE
        .split_once("| pattern | matches |\n|---|---|\n")
        .unwrap();
    let rows: Vec<_> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), 7);
    for row in rows {
        let pattern = row.split('`').nth(1).unwrap();
        assert!(Glob::parse(pattern).is_ok(), "{pattern}");
    }
}

#[test]
fn page_shows_current_error_texts() {
    let error = Layer::parse(
        "\n\nseverity_flor = 1\n\n\n\nmax_comments = 51",
        Source::Repository,
    );
    let told: String = error
        .unwrap_err()
        .problems
        .iter()
        .map(|one| format!("{one}\n"))
        .collect();
    assert!(examples("text").contains(&told.as_str()), "{told}");
}

#[test]
fn page_lists_places_and_languages() {
    for source in [Source::Deployment, Source::Organisation, Source::Repository] {
        assert!(PAGE.contains(&format!("`{}`", source.place())), "{source}");
    }
    let refused = Layer::parse("[paths]\nlanguages = [\"\"]", Source::Repository).unwrap_err();
    let refused = refused.to_string();
    let words: Vec<_> = refused.split('"').skip(3).step_by(2).collect();
    assert_eq!(words.len(), 20, "{refused}");
    for word in words {
        assert!(PAGE.contains(&format!("`\"{word}\"`")), "{word}");
    }
}

//! Properties of arbitrary settings files.

use policy::{AuthorAssociation, Layer, Policy, Source};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn source() -> impl Strategy<Value = Source> {
    select(&[Source::Deployment, Source::Organisation, Source::Repository][..])
}

/// Generates a file with some of the settings, each with an arbitrary valid value.
fn file() -> impl Strategy<Value = String> {
    let truth = || any::<bool>().prop_map(|truth| truth.to_string());
    let tokens = || (0..60_000_000_u64).prop_map(|tokens| tokens.to_string());
    let line = |key: &'static str, value: BoxedStrategy<String>| {
        proptest::option::of(value.prop_map(move |value| format!("{key} = {value}\n")))
            .prop_map(Option::unwrap_or_default)
    };
    let authors = ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "NONE"];
    let authors = subsequence(authors.to_vec(), 0..=5).prop_map(|some| format!("{some:?}"));
    let top = (
        line("enabled", truth().boxed()),
        line("publish", truth().boxed()),
        line(
            "max_comments",
            (0..=50_u8).prop_map(|n| n.to_string()).boxed(),
        ),
        line(
            "skip_labels",
            "[a-z]{1,9}"
                .prop_map(|label| format!("[{label:?}]"))
                .boxed(),
        ),
    );
    let budget = (
        line("tokens_per_review", tokens().boxed()),
        line("tokens_per_pull_request", tokens().boxed()),
    );
    let approve = (
        line("enabled", truth().boxed()),
        line("score", (1..=10_u8).prop_map(|n| n.to_string()).boxed()),
        line("authors", authors.boxed()),
        line("require_checks", truth().boxed()),
        line("allow_forks", truth().boxed()),
        line("allow_first_time", truth().boxed()),
    );
    (top, budget, approve).prop_map(|((a, b, c, d), (e, f), (g, h, i, j, k, l))| {
        format!("{a}{b}{c}{d}[budget]\n{e}{f}[auto_approve]\n{g}{h}{i}{j}{k}{l}")
    })
}

fn layer(text: &str, source: Source) -> Layer {
    Layer::parse(text, source).expect(text)
}

/// Returns whether a layer names `key`.
fn names(text: &str, key: &str) -> bool {
    let (_, approve) = text.split_once("[auto_approve]\n").expect(text);
    approve.lines().any(|line| line.starts_with(key))
}

/// Generates arbitrary combinations of tokens found in settings files, mostly invalid.
fn stranger() -> impl Strategy<Value = String> {
    let tokens = [
        "enabled",
        "paths",
        "include",
        "[",
        "]",
        "[[",
        "]]",
        "instructions",
        "text",
        "=",
        "\n",
        ".",
        "\"",
        "\"\"\"",
        "'",
        "{",
        "}",
        ",",
        "true",
        "-1",
        "1e9",
        "0x1F",
        "1979-05-27",
        "**",
        "é",
        "\u{0}",
        "\\u12",
        "[budget]\n",
        "tokens_a_day = ",
        "reviewers = ",
        "auto_approve",
        "#",
    ];
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(select(tokens.to_vec()), 0..60).prop_map(|some| some.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn parser_never_panics(text in stranger(), source in source()) {
        match Layer::parse(&text, source) {
            Ok(layer) => {
                let policy = Policy::default().over(layer);
                policy.wants(&text);
                policy.instructions.iter().any(|one| one.is_for(&text));
            }
            Err(error) => {
                prop_assert!(!error.problems.is_empty());
                prop_assert_eq!(error.for_people().matches('`').count() % 2, 0, "{}", error);
            }
        }
    }

    #[test]
    fn empty_layer_changes_nothing(text in file(), below in source(), above in source()) {
        let policy = Policy::default().over(layer(&text, below));
        let empty = layer("# nothing\n[paths]\n[budget]\n", above);
        prop_assert!(empty.is_empty());
        prop_assert_eq!(policy.clone().over(empty), policy);
    }

    #[test]
    fn repeated_layer_changes_nothing(text in file(), source in source()) {
        let once = Policy::default().over(layer(&text, source));
        let twice = once.clone().over(layer(&text, source));
        prop_assert_eq!(twice.auto_approve(), once.auto_approve());
        prop_assert_eq!(twice.budget, once.budget);
        prop_assert_eq!(twice.publish, once.publish);
    }

    #[test]
    fn layers_stay_within_ceilings(lower in file(), upper in file(), below in source(), above in source()) {
        let under = Policy::default().over(layer(&lower, below));
        let over = under.clone().over(layer(&upper, above));
        if !layer(&lower, below).is_empty() || above != Source::Deployment {
            prop_assert!(over.budget.tokens_per_review <= under.budget.tokens_per_review);
            prop_assert!(over.budget.tokens_per_pull_request <= under.budget.tokens_per_pull_request);
        }
        let deployment_forbids = (below == Source::Deployment && lower.contains("publish = false"))
            || (above == Source::Deployment && upper.contains("publish = false"));
        prop_assert!(!(deployment_forbids && over.publish));

        let (lower_says, under, over) = (|key| names(&lower, key), under.auto_approve(), over.auto_approve());
        if lower_says("enabled") {
            prop_assert!(under.enabled || !over.enabled);
        }
        if lower_says("score") {
            prop_assert!(over.score >= under.score);
        }
        if lower_says("authors") {
            let named = |author: &AuthorAssociation| under.authors.contains(author);
            prop_assert!(over.authors.iter().all(named));
        }
        if lower_says("require_checks") {
            prop_assert!(over.require_checks || !under.require_checks);
        }
        if lower_says("allow_forks") {
            prop_assert!(under.allow_forks || !over.allow_forks);
        }
        if lower_says("allow_first_time") {
            prop_assert!(under.allow_first_time || !over.allow_first_time);
        }
    }

    #[test]
    fn policy_survives_serialization(lower in file(), upper in file()) {
        let policy = Policy::default()
            .over(layer(&lower, Source::Deployment))
            .over(layer(&upper, Source::Repository));
        let kept = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(serde_json::from_str::<Policy>(&kept).unwrap(), policy);
    }
}

#[test]
fn missing_settings_get_defaults() {
    let kept = serde_json::from_str::<Policy>("{\"enabled\":false,\"budget\":{}}").unwrap();
    let policy = Policy::default().over(layer("enabled = false", Source::Repository));
    assert_eq!(kept.budget, policy.budget);
    assert_eq!(kept.enabled, policy.enabled);
}

/// Uses the stack of a test thread, which has 2 MiB.
#[test]
fn rejects_deeply_nested_files() {
    let dotted = format!("{}a = 1", "a.".repeat(30_000));
    let lists = format!("a = {}", "[".repeat(60_000));
    let tables = format!("a = {}", "{a = ".repeat(10_000));
    let both = format!("a = {}1", format!("{{{}a = ", "a.".repeat(70)).repeat(70));
    let closed = format!("{both}{}", "}".repeat(70));
    let deepest = format!(
        "a = {}1{}",
        format!("{{{}a = ", "a.".repeat(78)).repeat(8),
        "}".repeat(8)
    );
    for text in [dotted, lists, tables, both, closed, deepest] {
        assert!(Layer::parse(&text, Source::Repository).is_err());
    }
}

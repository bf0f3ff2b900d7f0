use super::*;
use policy::{Layer, Source};

const NONCE: &str = "5f0c1e2d3b4a6978";

/// Returns the question about a change of two files with these settings.
fn asked(settings: &str) -> String {
    let policy = Policy::default().over(Layer::parse(settings, Source::Repository).unwrap());
    let files = vec![
        diff::FileDiff::added("db/1.sql", "DROP TABLE widgets;"),
        diff::FileDiff::added("src/obey \"me\".rs", "fn main() {}"),
    ];
    let diff = diff::Diff {
        files,
        left_out: Vec::new(),
    };
    let options = crate::prompt::Options {
        tokens_per_part: 1_000,
        most_parts: 1,
        nonce: NONCE,
        generated: &|_| false,
        languages: &[],
    };
    let plan = crate::prompt::plan(&diff, &options);
    question(
        Category::Logic,
        "Look for what is wrong.",
        &policy,
        NONCE,
        &plan.parts[0],
    )
}

#[test]
fn question_contains_language_and_instructions() {
    insta::assert_snapshot!(asked(
        r#"
        language = "Brazilian Portuguese"
        [[instructions]]
        text = "We support PostgreSQL 14 and later."
        [[instructions]]
        paths = ["docs/**"]
        text = "No passive voice."
        [[instructions]]
        paths = ["db/**", "*.sql"]
        text = """
        Every migration must be safe
        while the old version\u202e still runs."""
        [[instructions]]
        paths = ["src/**"]
        text = "We support PostgreSQL 14 and later."
        "#
    ));
}

#[test]
fn default_question_has_subject_and_change() {
    insta::assert_snapshot!(asked(""));
    let english = asked("language = \"english\"");
    assert_eq!(english, asked(""), "it is in English by itself");
}

#[test]
fn file_names_appear_only_with_change() {
    let question = asked("[[instructions]]\ntext = \"Be kind.\"");
    let (before, _) = question.split_once("[untrusted diff").unwrap();
    assert!(before.contains("> Be kind."));
    assert!(!before.contains("obey"), "{before}");
}

//! Compiled-in cases.

use super::built_in;
use events::{ManualClock, SeededEntropy, Timestamp};
use fake_github::{NewPullRequest, World};
use review::Category;
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn cases_cover_every_kind() {
    let cases = built_in();
    let clean = cases.iter().filter(|case| case.is_clean()).count();
    assert!(clean >= 8, "{clean} clean cases");
    assert!(
        cases.len() - clean >= 30,
        "{} defective ones",
        cases.len() - clean
    );
    for language in ["Python", "TypeScript", "JavaScript", "Go", "Rust", "Java"] {
        let of_language = cases.iter().filter(|case| case.language == language);
        let (clean, defective): (Vec<_>, Vec<_>) = of_language.partition(|case| case.is_clean());
        assert!(defective.len() >= 3 && !clean.is_empty(), "{language}");
    }
    for category in Category::ALL {
        let defects = cases.iter().flat_map(|case| &case.defects);
        let count = defects.filter(|it| it.category == category).count();
        assert!(count >= 5, "{count} defects of {category}");
    }
}

#[test]
fn changes_match_git_output() {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let world = World::new(clock, Arc::new(SeededEntropy::new(7)));
    for case in built_in() {
        let lines = case.text.lines().count();
        assert!((15..=90).contains(&lines), "{}: {lines} lines", case.name);
        assert!(case.diff.left_out.is_empty(), "{}", case.name);
        // Panics on a malformed diff.
        world.open_pull_request(NewPullRequest {
            title: case.name,
            diff: case.text,
            ..NewPullRequest::default()
        });
    }
}

#[test]
fn case_names_match_content() {
    for case in built_in() {
        let language = case.language.to_lowercase();
        let prefix = if case.is_clean() {
            format!("clean-{language}-")
        } else {
            format!("{language}-")
        };
        assert!(
            case.name.starts_with(&prefix),
            "{} is not {prefix}…",
            case.name
        );
        let places: BTreeSet<_> = case
            .defects
            .iter()
            .map(|it| (&it.path, it.first_line, it.category))
            .collect();
        assert_eq!(places.len(), case.defects.len(), "{}: twice", case.name);
    }
}

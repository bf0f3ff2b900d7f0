//! Whatever is found, and wherever: GitHub takes the review, and nothing is lost.

use super::*;
use ::review::MODEL;
use github::port::PublishReview;
use github_world::{NewPullRequest, World};
use proptest::prelude::*;

/// A file of a diff: its hunks, each as lines kept (`' '`), removed and added.
fn hunks() -> impl Strategy<Value = Vec<Vec<char>>> {
    let line = prop_oneof![Just(' '), Just('-'), Just('+')];
    let hunk = prop::collection::vec(line, 1..8)
        .prop_filter("something changes", |lines| lines.iter().any(|c| *c != ' '));
    prop::collection::vec(hunk, 1..4)
}

/// The files as git writes them.
fn written(files: &[Vec<Vec<char>>]) -> String {
    let mut diff = String::new();
    for (n, hunks) in files.iter().enumerate() {
        let path = format!("src/file {n}.rs");
        let (mut old, mut new) = (1, 1);
        diff += &format!("diff --git a/{path} b/{path}\n--- a/{path}\t\n+++ b/{path}\t\n");
        for lines in hunks {
            let count = |sign| lines.iter().filter(|c| **c != sign).count();
            let (from, to) = (count('+'), count('-'));
            let start = |at: usize, count| if count == 0 { at - 1 } else { at };
            let (first, second) = (start(old, from), start(new, to));
            diff += &format!("@@ -{first},{from} +{second},{to} @@\n");
            for (n, sign) in lines.iter().enumerate() {
                diff += &format!("{sign}line {n}\n");
            }
            old += from + 10;
            new += to + 10;
        }
    }
    diff
}

/// Findings on the diff and off it, on lines and on ranges.
fn findings() -> impl Strategy<Value = Vec<(usize, Option<u32>, u32, bool)>> {
    let finding = (
        0_usize..5,
        prop::option::of(0_u32..60),
        0_u32..60,
        any::<bool>(),
    );
    prop::collection::vec(finding, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_anchor_is_outside_the_diff_and_no_finding_is_lost(
        files in prop::collection::vec(hunks(), 1..4),
        places in findings(),
    ) {
        let found: Vec<Finding> = places
            .iter()
            .enumerate()
            .map(|(n, (file, start_line, line, by_rules))| Finding {
                path: format!("src/file {file}.rs"),
                start_line: *start_line,
                rule: if *by_rules { "some-rule" } else { MODEL }.to_owned(),
                suggestion: Some("replaced".to_owned()),
                ..finding(*line, Severity::Medium, &format!("Finding number {n}."))
            })
            .collect();
        let text = written(&files);
        let diff = diff::parse(&text);
        prop_assert_eq!(diff.left_out.len(), 0, "{}", text);
        let world = World::seeded(7);
        let opened = world.open_pull_request(NewPullRequest { diff: text, ..NewPullRequest::default() });
        let pr = opened.pr.unwrap();
        let mut wanted = wanted(found.clone(), vec![]);
        wanted.of.review = ReviewKey { head_sha: world.head(&pr), pr: pr.clone() };
        let review = shown(&wanted, &diff);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let posted = runtime.block_on(world.github().create_review(&pr, &review));
        prop_assert!(posted.is_ok(), "{:?} of {:#?}", posted, review);
        let mut told = review.body.clone();
        for comment in &review.comments {
            told += &comment.body;
        }
        for n in 0..found.len() {
            let count = told.matches(&format!("Finding number {n}.")).count();
            prop_assert_eq!(count, 1, "finding {} in {}", n, told);
        }
    }
}

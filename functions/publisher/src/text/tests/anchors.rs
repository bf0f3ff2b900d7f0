//! GitHub accepts every review, and every finding appears once, on random diffs and findings.

use super::*;
use ::review::{MODEL, Side};
use fake_github::{NewPullRequest, World};
use github::port::{PublishReview, Side as OnGitHub};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Returns the hunks of a file, each as signs of its lines: kept (`' '`), removed or added.
fn hunks() -> impl Strategy<Value = Vec<Vec<char>>> {
    let line = prop_oneof![Just(' '), Just('-'), Just('+')];
    let hunk = prop::collection::vec(line, 1..8)
        .prop_filter("something changes", |lines| lines.iter().any(|c| *c != ' '));
    prop::collection::vec(hunk, 1..4)
}

/// Returns the files in git's format, and their removed lines.
fn written(files: &[Vec<Vec<char>>]) -> (String, BTreeSet<(String, usize)>) {
    let (mut diff, mut gone) = (String::new(), BTreeSet::new());
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
            let mut at = old;
            for (n, sign) in lines.iter().enumerate() {
                diff += &format!("{sign}line {n}\n");
                if *sign == '-' {
                    gone.insert((path.clone(), at));
                }
                at += usize::from(*sign != '+');
            }
            old += from + 10;
            new += to + 10;
        }
    }
    (diff, gone)
}

/// Finding: its file, the distance to its first line, its line, whether rules found it, and its
/// side.
type Place = (usize, Option<i64>, i64, bool, Side);

/// Returns findings on and off the diff, on lines and ranges, and on removed lines.
fn findings() -> impl Strategy<Value = Vec<Place>> {
    let finding = (
        0_usize..5,
        prop::option::of(-2_i64..12),
        0_i64..40,
        any::<bool>(),
        prop_oneof![Just(Side::Left), Just(Side::Right)],
    );
    prop::collection::vec(finding, 0..30)
}

fn found(places: &[Place]) -> Vec<Finding> {
    let number = |line: i64| u32::try_from(line.max(0)).unwrap();
    let finding = |(n, (file, up, line, by_rules, side)): (usize, &Place)| Finding {
        path: format!("src/file {file}.rs"),
        start_line: up.map(|up| number(line - up)),
        rule: if *by_rules { "some-rule" } else { MODEL }.to_owned(),
        // A removed line cannot be replaced.
        suggestion: side.is_right().then(|| "replaced".to_owned()),
        side: *side,
        ..finding(
            number(*line),
            Severity::Medium,
            &format!("Finding number {n}."),
        )
    };
    places.iter().enumerate().map(finding).collect()
}

fn tells(text: &str, n: usize) -> usize {
    text.matches(&format!("Finding number {n}.")).count()
}

#[test]
fn anchors_are_valid_and_findings_complete() {
    const DIFFS: u32 = 1_000;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let (total, left, right) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let add = |to: &Cell<usize>, count: usize| to.set(to.get() + count);
    let all = (prop::collection::vec(hunks(), 1..4), findings());
    let config = ProptestConfig {
        cases: DIFFS,
        source_file: Some(file!()),
        ..ProptestConfig::default()
    };
    let held = TestRunner::new(config).run(&all, |(files, places)| {
        let found = found(&places);
        let (text, gone) = written(&files);
        let diff = diff::parse(&text);
        prop_assert_eq!(diff.left_out.len(), 0, "{}", text);
        let world = World::seeded(7);
        let opened = world.open_pull_request(NewPullRequest {
            diff: text,
            ..NewPullRequest::default()
        });
        let pr = opened.pr.unwrap();
        let mut wanted = wanted(found.clone(), vec![]);
        wanted.review = ReviewKey {
            head_sha: world.head(&pr),
            pr: pr.clone(),
        };
        let review = shown(&wanted, &diff);
        let posted = runtime.block_on(world.github().create_review(&pr, &review));
        prop_assert!(posted.is_ok(), "{:?} of {:#?}", posted, review);
        for comment in &review.comments {
            match comment.side {
                OnGitHub::Right => add(&right, 1),
                OnGitHub::Left => {
                    add(&left, 1);
                    let place = (comment.path.clone(), comment.line as usize);
                    prop_assert!(gone.contains(&place), "{:?} is not gone", place);
                }
            }
        }
        for (n, finding) in found.iter().enumerate() {
            let mut count = tells(&review.body, n);
            for comment in &review.comments {
                let here = tells(&comment.body, n);
                let its_own = (comment.path.as_str(), comment.line)
                    == (finding.path.as_str(), finding.line)
                    && (comment.side == OnGitHub::Left) == (finding.side == Side::Left);
                prop_assert!(here == 0 || its_own, "{:?} at {:?}", finding, comment);
                count += here;
            }
            prop_assert_eq!(count, 1, "finding {} of {:#?}", n, review);
        }
        add(&total, found.len());
        Ok(())
    });
    assert!(held.is_ok(), "{}", held.unwrap_err());
    let (total, left, right) = (total.get(), left.get(), right.get());
    println!(
        "{DIFFS} diffs, {total} findings, {left} anchors on removed lines, {right} on other lines"
    );
    assert!(left >= 100 && right >= 100, "enough of either side");
}

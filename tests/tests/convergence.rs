//! Random stories: whatever users do and however deliveries arrive, GitHub finally shows
//! what the bot decided.
//!
//! `STORIES` sets the number of stories. `STORY_SEED` sets the first one, and runs it alone without
//! `STORIES`.

use journeys::convergence::Failure;
use journeys::story::Story;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Number of stories, unless `STORIES` is set.
const STORIES: u64 = 2_000;

/// Failed stories of one kind.
#[derive(Default)]
struct Failed {
    count: u64,
    /// Seed of the shortest story, and its number of steps.
    shortest: Option<(usize, u64)>,
}

/// Returns a number from the environment.
#[expect(clippy::disallowed_methods, reason = "settings of this test only")]
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn every_story_converges() {
    let (first, count) = match (number("STORY_SEED"), number("STORIES")) {
        (Some(seed), count) => (seed, count.unwrap_or(1)),
        (None, count) => (0, count.unwrap_or(STORIES)),
    };
    let seeds = first..first + count;
    let start = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let (kinds, failed) = (Mutex::new(BTreeMap::new()), AtomicU64::new(0));
    // A story waits for the thread of its queue meanwhile.
    let threads = 2 * std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let story = Story::of(seed);
                    let failures = story.failures();
                    if !failures.is_empty() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        let length = (story.steps.len(), seed);
                        record(&mut kinds.lock().unwrap(), length, &failures);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!(
        "{count} stories in {:.1?}, {failed} failed",
        start.elapsed()
    );
    let kinds = kinds.into_inner().unwrap();
    assert!(kinds.is_empty(), "{}", report(&kinds));
}

/// Counts a failed story once for each kind of its failures.
fn record(kinds: &mut BTreeMap<String, Failed>, story: (usize, u64), failures: &[Failure]) {
    let of: BTreeSet<_> = failures.iter().map(|failure| &failure.kind).collect();
    for kind in of {
        let failed = kinds.entry(kind.clone()).or_default();
        failed.count += 1;
        let shortest = failed.shortest.map_or(story, |before| before.min(story));
        failed.shortest = Some(shortest);
    }
}

/// Lists each kind with a smallest story.
fn report(kinds: &BTreeMap<String, Failed>) -> String {
    let texts: Vec<_> = std::thread::scope(|scope| {
        let texts = kinds.iter().map(|(kind, failed)| {
            let text = move || report_kind(kind, failed);
            scope.spawn(text)
        });
        let texts: Vec<_> = texts.collect();
        texts
            .into_iter()
            .map(|text| text.join().expect("a report"))
            .collect()
    });
    let first = "GitHub does not show what the bot decided";
    format!("{first}\n\n{}", texts.join("\n\n"))
}

fn report_kind(kind: &str, failed: &Failed) -> String {
    let (_, seed) = failed.shortest.expect("a failed story");
    let smallest = Story::of(seed).shrunk(kind);
    let failures = smallest.failures();
    let failure = failures.iter().find(|it| it.kind == kind);
    let detail = failure.map(|it| it.detail.as_str()).unwrap_or_default();
    let count = failed.count;
    format!("{kind}: {count} stories, STORY_SEED={seed}\n{smallest}\n  {detail}")
}

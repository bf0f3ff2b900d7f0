//! The recordings of `eval/replies`: what models said of the cases.

use super::{built_in, page_shows, plain};
use events::SystemClock;
use local::eval::{Recording, Replies, evaluate_all};
use std::path::Path;
use std::sync::Arc;

/// Whoever changes a case or what a model is told has its replies recorded again:
/// figures of another question are none.
#[tokio::test]
async fn every_recording_answers_the_questions_of_today_and_the_page_shows_its_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eval/replies");
    let files = std::fs::read_dir(folder).expect("the folder");
    let paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    assert!(!paths.is_empty());
    for path in paths {
        let recording = Recording::read(&path).expect("a recording");
        let replies = Arc::new(Replies::new(recording));
        let clock = Arc::new(SystemClock);
        let cases = built_in();
        let mut evaluation = evaluate_all(&cases, Some(replies.clone()), clock, &|_, _| {}).await;
        let replayed = replies.replayed();
        let stale = [&replayed.missing, &replayed.changed, &replayed.unasked];
        assert!(
            stale.iter().all(|ids| ids.is_empty()),
            "{}: record it again (docs/evaluation.md): {replayed}",
            path.display()
        );
        evaluation.replayed = Some(replayed);
        page_shows(&plain(&evaluation));
    }
}

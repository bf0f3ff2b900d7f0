//! Recordings in `eval/replies`: replies of models to the cases.

use super::{built_in, page_shows, plain};
use eval::{Recording, Replies, evaluate_all};
use events::SystemClock;
use std::path::Path;
use std::sync::Arc;

/// Fails if a case or a prompt has changed since the recording. Record the replies again, because
/// the figures of other questions do not apply.
#[tokio::test]
async fn recordings_answer_current_questions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/replies");
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

//! Recording of a model's replies, and repeated questions.

use super::by_hand::{ByHand, NAME, cases, clock, record, recorded, replay};
use async_trait::async_trait;
use eval::{Evaluation, Recorder, Recording, evaluate_all};
use events::ManualClock;
use model_client::{AgentError, Answer, Ask, AskError, Model};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Replies as `ByHand` does, and counts questions.
struct CountingModel {
    by_hand: ByHand,
    count: AtomicUsize,
}

#[async_trait]
impl Model for CountingModel {
    fn name(&self) -> &str {
        self.by_hand.name()
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.by_hand.ask(ask).await
    }
}

/// Replies with a different kind of failure each time.
#[derive(Default)]
struct FailingModel(AtomicUsize);

#[async_trait]
impl Model for FailingModel {
    fn name(&self) -> &str {
        NAME
    }

    async fn ask(&self, _: &Ask<'_>) -> Result<Answer, AskError> {
        let nothing = [
            AgentError::CutShort,
            AgentError::Empty,
            AgentError::Filtered,
            AgentError::Refused("I would rather not.".to_owned()),
            AgentError::Malformed {
                reason: "there is no JSON object in it".to_owned(),
            },
            AgentError::NoTime,
        ];
        let turn = self.0.fetch_add(1, Ordering::Relaxed) % nothing.len();
        Err(nothing.into_iter().nth(turn).expect("one of them").into())
    }
}

#[tokio::test]
async fn records_replies_that_are_not_answers() {
    let cases = cases();
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::create(
        folder.path(),
        Arc::new(FailingModel::default()),
        None,
        clock(),
    );
    let recorder = Arc::new(recorder.expect("a new file"));
    let live = evaluate_all(&cases, Some(recorder), clock(), &|_, _| {}).await;
    assert_eq!(live.together.spent.failed, 9);

    let again = replay(&cases, recorded(&folder)).await;
    let replayed = again.replayed.clone().expect("it was replayed");
    assert_eq!((replayed.given, replayed.missing.len()), (8, 1), "no time");
    let why = |evaluation: &Evaluation| -> Vec<_> {
        let failures = evaluation.cases.iter().flat_map(|case| &case.failures);
        failures.map(|(_, why)| why.clone()).collect()
    };
    let (live, again) = (why(&live), why(&again));
    assert_eq!(again[..5], live[..5]);
    assert!(again[5].ends_with("is recorded"), "{}", again[5]);
    assert_eq!(again[6..], live[6..]);
}

#[tokio::test]
async fn asks_only_unanswered_questions() {
    let cases = cases();
    let (live, folder) = record(&cases).await;
    let mut known = recorded(&folder);
    let whole = known.clone();
    let is_of_pages = |id: &String| id.starts_with("eval/python-pages");
    known.replies.retain(|id, _| !is_of_pages(id));
    let login = known.replies.values_mut();
    let mut login = login.filter(|it| it.question.starts_with("eval/javascript"));
    login.next().expect("a reply").hash = "of another text".to_owned();

    let path = folder.path().join("anew.jsonl");
    let later = Arc::new(ManualClock::starting_at(
        clock().now() + Duration::from_secs(3_600),
    ));
    let asked = Arc::new(CountingModel {
        by_hand: ByHand::read(),
        count: AtomicUsize::new(0),
    });
    let recorder = Recorder::create(&path, asked.clone(), Some(known), later.clone());
    let recorder = Arc::new(recorder.expect("a new file"));
    let again = evaluate_all(&cases, Some(recorder.clone()), later, &|_, _| {}).await;
    recorder.finish().expect("all of it is written");

    assert_eq!(again, live);
    assert_eq!(asked.count.load(Ordering::Relaxed), 4);
    let anew = Recording::read(&path).expect("a recording");
    assert_eq!(anew.replies.len(), whole.replies.len());
    let newer = |id: &&String| anew.replies[*id].recorded > whole.replies[*id].recorded;
    assert_eq!(whole.replies.keys().filter(newer).count(), 4);
}

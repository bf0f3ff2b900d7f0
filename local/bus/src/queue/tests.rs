use super::*;
use crate::template::DeliveryPath;
use events::{Event, NewEvent};
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn put(n: usize, delay: u64) -> (EventBridgeEvent<Value>, Route) {
    let say = NewEvent {
        topic: "github.push".parse().unwrap(),
        subject: "octo/widgets".to_owned(),
        data: serde_json::json!({}),
    };
    let event = Event::first(format!("event-{n}").parse().unwrap(), "test", say, at(0));
    let route = Route {
        rule: "Rule".to_owned(),
        target: "target".to_owned(),
        resource: "FunctionQueue".to_owned(),
        function: "function".to_owned(),
        via: DeliveryPath::Queue {
            delay: Duration::from_secs(delay),
            visibility: Duration::from_secs(1),
            max_receives: 3,
            max_concurrency: None,
        },
    };
    (event.into_eventbridge().into_json(), route)
}

async fn due(queue: &Queue, second: i64) -> Vec<String> {
    let due = queue.due(at(second), 10).await.unwrap();
    due.into_iter().map(|delivery| delivery.event.id).collect()
}

#[tokio::test]
async fn returns_due_deliveries_oldest_first() {
    let queue = Queue::in_memory().unwrap();
    queue
        .put(vec![put(1, 600), put(2, 0), put(3, 0)], at(0))
        .await
        .unwrap();
    assert_eq!(due(&queue, 0).await, ["event-2", "event-3"]);
    assert_eq!(queue.next_due().await.unwrap(), Some(at(0)));
    assert_eq!(due(&queue, 600).await, ["event-2", "event-3", "event-1"]);
}

#[tokio::test]
async fn reopened_file_keeps_unhandled_deliveries() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue.db");
    let first = Queue::open(&file).unwrap();
    first.put(vec![put(1, 0), put(2, 0)], at(0)).await.unwrap();
    let one = first.due(at(0), 1).await.unwrap().remove(0);
    first.done(one.id).await.unwrap();
    // Simulates another process on the same file, while the first queue is still open.
    let second = Queue::open(&file).unwrap();
    assert_eq!(due(&second, 0).await, ["event-2"]);
}

#[tokio::test]
async fn dead_letter_keeps_reason_until_redrive() {
    let queue = Queue::in_memory().unwrap();
    queue.put(vec![put(1, 0)], at(0)).await.unwrap();
    let delivery = queue.due(at(0), 1).await.unwrap().remove(0);
    queue
        .again(delivery.id, at(5), RetryWaits::default())
        .await
        .unwrap();
    assert!(due(&queue, 4).await.is_empty());
    queue
        .bury(delivery.id, "no tries left".to_owned(), at(5))
        .await
        .unwrap();
    assert_eq!(
        queue.depth(at(5)).await.unwrap(),
        Depth {
            waiting: 0,
            delayed: 0,
            dead: 1
        }
    );
    let letters = queue.dead_letters().await.unwrap();
    assert_eq!(
        (letters[0].reason.as_str(), letters[0].attempts),
        ("no tries left", 2)
    );
    assert_eq!(queue.redrive(at(9)).await.unwrap(), 1);
    assert_eq!(due(&queue, 9).await, ["event-1"]);
}

#[tokio::test]
async fn opens_file_of_earlier_version() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue.db");
    let queue = Queue::open(&file).unwrap();
    queue.put(vec![put(1, 0)], at(0)).await.unwrap();
    queue
        .0
        .run(|it| it.execute("ALTER TABLE delivery DROP COLUMN unreached", []))
        .await
        .unwrap();
    let queue = Queue::open(&file).unwrap();
    let delivery = queue.due(at(0), 1).await.unwrap().remove(0);
    queue.unreached(delivery.id, at(1)).await.unwrap();
    let delivery = queue.due(at(1), 1).await.unwrap().remove(0);
    assert_eq!((delivery.attempts, delivery.unreached), (0, 1));
}

#[tokio::test]
async fn unreadable_delivery_does_not_block_others() {
    let queue = Queue::in_memory().unwrap();
    queue.put(vec![put(1, 0), put(2, 0)], at(0)).await.unwrap();
    queue
        .0
        .run(|it| it.execute("UPDATE delivery SET event = '{}' WHERE id = 1", []))
        .await
        .unwrap();
    assert_eq!(due(&queue, 0).await, ["event-2"]);
    let letters = queue.dead_letters().await.unwrap();
    assert!(
        letters[0]
            .reason
            .starts_with("it cannot be read any more: ")
    );
}

#[tokio::test]
async fn concurrent_puts_are_all_stored() {
    let queue = Queue::in_memory().unwrap();
    let tasks = (0..100).map(|n| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.put(vec![put(n, 0)], at(0)).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(queue.depth(at(0)).await.unwrap().waiting, 100);
}

#[tokio::test]
async fn deadline_is_delayed_not_waiting() {
    let queue = Queue::in_memory().unwrap();
    queue
        .put(vec![put(1, 0), put(2, 720)], at(0))
        .await
        .unwrap();
    let depth = async |second| {
        let depth = queue.depth(at(second)).await.unwrap();
        (depth.waiting, depth.delayed)
    };
    assert_eq!(depth(0).await, (1, 1), "the deadline lies in the future");
    let first = queue.due(at(0), 1).await.unwrap().remove(0);
    queue
        .again(first.id, at(60), RetryWaits::default())
        .await
        .unwrap();
    assert_eq!(depth(0).await, (1, 1), "a retry waits");
    assert_eq!(depth(720).await, (2, 0), "the deadline has come");
}

#[tokio::test]
async fn deleted_file_accepts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let queue = Queue::open(&path).unwrap();
    queue.put(vec![put(1, 0)], at(0)).await.unwrap();
    std::fs::rename(&path, folder.path().join("moved.db")).unwrap();
    let refused = queue.put(vec![put(2, 0)], at(0)).await.unwrap_err();
    assert!(refused.to_string().contains("queue.db"), "{refused}");
    std::fs::rename(folder.path().join("moved.db"), &path).unwrap();
    queue.put(vec![put(3, 0)], at(0)).await.unwrap();
    assert_eq!(due(&queue, 9).await.len(), 2);
}

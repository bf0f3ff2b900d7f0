//! An accepted event survives `kill -9`, and no effect happens twice.

use crate::child::{GitHub, Server, post, waiting};
use crate::common::eventually;
use fake_github::WebhookDelivery;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Number of new deliveries after each start.
const NEW: usize = 5;
const PULL_REQUESTS: usize = NEW * KILLS.len();
const SENDERS: usize = 4;

/// Condition that triggers the kill.
#[derive(Debug, Clone, Copy)]
enum KillAfter {
    /// This many deliveries were answered 2xx since the start.
    Answers(usize),
    /// This many reviews were posted on GitHub since the start. The process dies while it waits for
    /// GitHub's answer or stores it.
    Reviews(usize),
}

const KILLS: [KillAfter; 5] = [
    KillAfter::Answers(1),
    KillAfter::Answers(5),
    KillAfter::Reviews(1),
    KillAfter::Answers(3),
    KillAfter::Reviews(2),
];

#[test]
fn accepted_delivery_is_reviewed_once() {
    let start = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("bot.db");
    let github = GitHub::start();
    let deliveries: Vec<_> = (0..PULL_REQUESTS).map(|_| github.open()).collect();

    let unsent = Mutex::new(VecDeque::new());
    let mut answered = BTreeSet::new();
    for (round, kill) in KILLS.into_iter().enumerate() {
        let new = (0..PULL_REQUESTS).skip(round * NEW).take(NEW);
        unsent.lock().expect("no panic under the lock").extend(new);
        let server = Server::start(&github, &database);
        let before = (answered.len(), reviewed(&github, &deliveries));
        let address = server.address;
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            for _ in 0..SENDERS {
                let (sender, unsent, deliveries) = (sender.clone(), &unsent, &deliveries);
                scope.spawn(move || send_until_gone(address, deliveries, unsent, &sender));
            }
            drop(sender);
            match kill {
                KillAfter::Answers(count) => {
                    answered.extend(receiver.iter().take(count));
                    assert_eq!(
                        answered.len() - before.0,
                        count,
                        "{kill:?}: enough were left"
                    );
                }
                KillAfter::Reviews(count) => {
                    eventually("reviews", Duration::from_secs(90), || {
                        (reviewed(&github, &deliveries) >= before.1 + count).then_some(())
                    });
                }
            }
            server.kill();
            answered.extend(receiver.iter());
        });
    }

    let server = Server::start(&github, &database);
    // Redelivers every second unanswered delivery with the same GUID. The others are lost.
    for (n, delivery) in deliveries.iter().enumerate() {
        if !answered.contains(&n) && n % 2 == 0 {
            assert_eq!(server.post(delivery).0, 202);
            answered.insert(n);
        }
    }
    // Each pull request has a review, a check and a summary, and the rate of writes is limited. Work that a kill
    // interrupted waits until its lease expires.
    eventually(
        "all are reviewed and settled",
        Duration::from_secs(300),
        || {
            let all = answered.iter().all(|n| github.reviews(&deliveries[*n]) > 0);
            (all && waiting(&database, "target != 'deadline'") == 0).then_some(())
        },
    );
    server.ask_to_stop();
    assert!(server.wait().success(), "it ends in peace");

    // Makes all deadlines due at once. They must not change anything.
    let queue = rusqlite::Connection::open(&database).expect("a database");
    queue
        .execute("UPDATE delivery SET due_at = 0", [])
        .expect("it can be written");
    let server = Server::start(&github, &database);
    eventually("the queue is empty", Duration::from_secs(30), || {
        (waiting(&database, "true") == 0).then_some(())
    });
    assert_eq!(server.health()["queue"]["dead"], 0, "no dead letters");

    let counts: Vec<_> = deliveries.iter().map(|it| github.reviews(it)).collect();
    let duplicates = counts.iter().filter(|count| **count > 1).count();
    println!(
        "{} deliveries, {} kills, {} answered 2xx, {} reviews, {duplicates} duplicates, {:.0} s",
        PULL_REQUESTS,
        KILLS.len(),
        answered.len(),
        counts.iter().sum::<usize>(),
        start.elapsed().as_secs_f64(),
    );
    for (n, count) in counts.iter().enumerate() {
        assert!(*count <= 1, "delivery {n} has {count} reviews");
        assert!(
            *count == 1 || !answered.contains(&n),
            "delivery {n} was answered 2xx and has no review"
        );
    }
}

/// Posts unsent deliveries until all are sent or the server is gone. Unanswered deliveries return
/// to `unsent`.
fn send_until_gone(
    to: SocketAddr,
    deliveries: &[WebhookDelivery],
    unsent: &Mutex<VecDeque<usize>>,
    answered: &Sender<usize>,
) {
    let next = || unsent.lock().expect("no panic under the lock").pop_front();
    while let Some(n) = next() {
        let delivery = deliveries.get(n).expect("one of them");
        match post(to, delivery) {
            Ok((202, _)) => answered.send(n).expect("the receiver exists"),
            Ok((status, body)) => panic!("delivery {n}: {status} {body}"),
            Err(_) => return unsent.lock().expect("no panic under the lock").push_back(n),
        }
    }
}

fn reviewed(github: &GitHub, deliveries: &[WebhookDelivery]) -> usize {
    deliveries.iter().map(|it| github.reviews(it)).sum()
}

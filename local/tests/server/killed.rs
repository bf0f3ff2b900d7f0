//! What was accepted survives `kill -9`, and nothing happens twice.

use crate::child::{GitHub, Server, post, waiting};
use crate::common::eventually;
use fake_github::WebhookDelivery;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// So many are new whenever the server has started.
const NEW: usize = 5;
const PULL_REQUESTS: usize = NEW * KILLS.len();
const SENDERS: usize = 4;

/// What the server is killed upon.
#[derive(Debug, Clone, Copy)]
enum KillAfter {
    /// So many deliveries were answered 2xx since it started.
    Answers(usize),
    /// So many reviews stand on GitHub since it started: the process dies while it
    /// waits for GitHub's answer, or notes it.
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
fn what_was_answered_2xx_is_reviewed_once() {
    let start = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("bot.db");
    let github = GitHub::start();
    let deliveries: Vec<_> = (0..PULL_REQUESTS).map(|_| github.open()).collect();

    let unsent = Mutex::new(VecDeque::new());
    let mut answered = BTreeSet::new();
    for (round, kill) in KILLS.into_iter().enumerate() {
        let new = (0..PULL_REQUESTS).skip(round * NEW).take(NEW);
        unsent.lock().expect("nobody panicked").extend(new);
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
    // Every second delivery that got no answer is delivered again by hand, under
    // the GUID that it had; nobody cares for the others.
    for (n, delivery) in deliveries.iter().enumerate() {
        if !answered.contains(&n) && n % 2 == 0 {
            assert_eq!(server.post(delivery).0, 202);
            answered.insert(n);
        }
    }
    // A review, a check and a summary each, a second apart; and what a kill cut off
    // waits for its lease to end.
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

    // All deadlines at once: there is nothing left for them to do.
    let queue = rusqlite::Connection::open(&database).expect("a database");
    queue
        .execute("UPDATE delivery SET due_at = 0", [])
        .expect("it can be written");
    let server = Server::start(&github, &database);
    eventually("the queue is empty", Duration::from_secs(30), || {
        (waiting(&database, "true") == 0).then_some(())
    });
    assert_eq!(server.health()["queue"]["dead"], 0, "nothing was given up");

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

/// Posts what is unsent, until nothing is or nobody listens. What got no answer
/// goes back, to be delivered again.
fn send_until_gone(
    to: SocketAddr,
    deliveries: &[WebhookDelivery],
    unsent: &Mutex<VecDeque<usize>>,
    answered: &Sender<usize>,
) {
    let next = || unsent.lock().expect("nobody panicked").pop_front();
    while let Some(n) = next() {
        let delivery = deliveries.get(n).expect("one of them");
        match post(to, delivery) {
            Ok((202, _)) => answered.send(n).expect("somebody listens"),
            Ok((status, body)) => panic!("delivery {n}: {status} {body}"),
            Err(_) => return unsent.lock().expect("nobody panicked").push_back(n),
        }
    }
}

fn reviewed(github: &GitHub, deliveries: &[WebhookDelivery]) -> usize {
    deliveries.iter().map(|it| github.reviews(it)).sum()
}

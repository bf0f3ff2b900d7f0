use crate::call::Failure;
use crate::queue::Delivery;
use crate::template::{RetryPolicy, Via};
use events::Timestamp;
use std::time::Duration;

/// Between the first try and the second, when EventBridge calls the function
/// ("How Lambda handles errors and retries with asynchronous invocation"): one
/// minute, and two before the third.
const ASYNC_WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// EventBridge tells no more of its waits than that they grow ("Retry policy and
/// using dead-letter queues"): here they double, from one second up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What becomes of a delivery whose function has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It is tried again then.
    Again(Timestamp),
    /// The function was not reached, which is none of its tries. It is called
    /// again then.
    ReachAgain(Timestamp),
    /// It goes to the dead letters, for this reason.
    GiveUp(&'static str),
}

/// Decides what becomes of `delivery`, which has failed once more at `now`.
pub(super) fn next(via: Via, delivery: &Delivery, failure: &Failure, now: Timestamp) -> Next {
    if !failure.is_retryable() {
        return Next::GiveUp("trying again is no help");
    }
    if let (Via::Invoke { target, .. }, Failure::Unreached(_)) = (via, failure) {
        return reach_again(target, delivery, now);
    }
    let failed = delivery.attempts as usize;
    match via {
        Via::Invoke { retries, .. } if failed >= retries as usize => Next::GiveUp("no tries left"),
        Via::Invoke { max_age, .. } => {
            let wait = ASYNC_WAITS.get(failed).or(ASYNC_WAITS.last());
            let at = now + wait.copied().unwrap_or_default();
            if at > delivery.put_at + max_age {
                Next::GiveUp("too old to be tried again")
            } else {
                Next::Again(at)
            }
        }
        Via::Queue {
            max_receives,
            max_concurrency: None,
            ..
        } if failed + 1 >= max_receives as usize => Next::GiveUp("no tries left"),
        Via::Queue { visibility, .. } => {
            Next::Again(now + failure.hidden_for().unwrap_or(visibility))
        }
    }
}

/// What EventBridge does when it cannot call its target. A poller that cannot call
/// the function of a queue leaves the message there, which counts as received.
fn reach_again(policy: RetryPolicy, delivery: &Delivery, now: Timestamp) -> Next {
    let doubled = Duration::from_secs(2_u64.saturating_pow(delivery.unreached));
    let at = now + doubled.min(LONGEST_WAIT);
    if delivery.unreached >= policy.retries {
        Next::GiveUp("no tries left")
    } else if at > delivery.put_at + policy.max_age {
        Next::GiveUp("too old to be tried again")
    } else {
        Next::ReachAgain(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Event, Say};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn delivery(attempts: u32, unreached: u32) -> Delivery {
        let say = Say {
            topic: "github.push".parse().unwrap(),
            subject: "octo/widgets".to_owned(),
            data: serde_json::json!({}),
        };
        Delivery {
            id: 1,
            rule: "Rule".to_owned(),
            target: "target".to_owned(),
            event: Event::first("1".parse().unwrap(), "test", say, at(0))
                .into_eventbridge()
                .into_json(),
            attempts,
            unreached,
            put_at: at(0),
            due_at: at(0),
        }
    }

    #[test]
    fn what_fails_is_tried_again_as_on_aws() {
        let invoke = Via::Invoke {
            retries: 2,
            max_age: Duration::from_secs(600),
            target: RetryPolicy {
                retries: 20,
                max_age: Duration::from_secs(86400),
            },
        };
        let queue = Via::Queue {
            delay: Duration::from_secs(600),
            visibility: Duration::from_secs(180),
            max_receives: 3,
            max_concurrency: None,
        };
        const NONE_LEFT: Next = Next::GiveUp("no tries left");
        let hidden = Failure::Error {
            reason: "the model is paused".to_owned(),
            retryable: true,
            hidden_for: Some(Duration::from_secs(60)),
        };
        assert_eq!(
            next(queue, &delivery(0, 0), &hidden, at(10)),
            Next::Again(at(70)),
            "as long as its function says"
        );
        for (why, via, failed_before, retryable, now, expected) in [
            (
                "one minute after the first",
                invoke,
                0,
                true,
                10,
                Next::Again(at(70)),
            ),
            (
                "two minutes after the second",
                invoke,
                1,
                true,
                100,
                Next::Again(at(220)),
            ),
            ("no fourth try", invoke, 2, true, 300, NONE_LEFT),
            (
                "not past its age",
                invoke,
                0,
                true,
                580,
                Next::GiveUp("too old to be tried again"),
            ),
            (
                "a queue's visibility timeout",
                queue,
                0,
                true,
                10,
                Next::Again(at(190)),
            ),
            (
                "a queue's last try but one",
                queue,
                1,
                true,
                10,
                Next::Again(at(190)),
            ),
            ("a queue's last try", queue, 2, true, 10, NONE_LEFT),
            (
                "what cannot succeed",
                queue,
                0,
                false,
                10,
                Next::GiveUp("trying again is no help"),
            ),
        ] {
            let failure = Failure::Error {
                reason: "it failed".to_owned(),
                retryable,
                hidden_for: None,
            };
            assert_eq!(
                next(via, &delivery(failed_before, 0), &failure, at(now)),
                expected,
                "{why}"
            );
        }
    }

    #[test]
    fn what_is_not_reached_is_called_again_by_the_targets_policy() {
        let gone = Failure::Unreached("connection refused".to_owned());
        let invoke = |retries, max_age| Via::Invoke {
            retries: 0,
            max_age: Duration::from_secs(60),
            target: RetryPolicy {
                retries,
                max_age: Duration::from_secs(max_age),
            },
        };
        let queue = Via::Queue {
            delay: Duration::ZERO,
            visibility: Duration::from_secs(180),
            max_receives: 3,
            max_concurrency: None,
        };
        for (why, via, unreached, now, expected) in [
            (
                "soon at first, though the function has no try to lose",
                invoke(185, 86400),
                0,
                0,
                Next::ReachAgain(at(1)),
            ),
            (
                "then later",
                invoke(185, 86400),
                5,
                100,
                Next::ReachAgain(at(132)),
            ),
            (
                "never later than that",
                invoke(185, 86400),
                150,
                1000,
                Next::ReachAgain(at(1600)),
            ),
            (
                "no tries",
                invoke(0, 86400),
                0,
                0,
                Next::GiveUp("no tries left"),
            ),
            (
                "the last try",
                invoke(3, 86400),
                3,
                9,
                Next::GiveUp("no tries left"),
            ),
            (
                "not past its age",
                invoke(185, 60),
                5,
                31,
                Next::GiveUp("too old to be tried again"),
            ),
            (
                "a message is received once more",
                queue,
                0,
                10,
                Next::Again(at(190)),
            ),
        ] {
            assert_eq!(
                next(via, &delivery(0, unreached), &gone, at(now)),
                expected,
                "{why}"
            );
        }
    }
}

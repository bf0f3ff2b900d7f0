use crate::call::Failure;
use crate::queue::Delivery;
use crate::template::{DeliveryPath, RetryPolicy};
use events::Timestamp;
use std::time::Duration;

/// Waits before the second and the third try of an asynchronous invocation: one minute, then two
/// ("How Lambda handles errors and retries with asynchronous invocation").
const ASYNC_WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// Maximum wait. EventBridge documents only that its waits grow ("Retry policy and using
/// dead-letter queues"). Here they double, starting at one second.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Decision about a delivery whose call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Call it again at this time.
    Again(Timestamp),
    /// Call it again at this time. The function was not reached, so its tries do not count this
    /// call.
    ReachAgain(Timestamp),
    /// Move it to the dead letters with this reason.
    GiveUp(&'static str),
}

/// Decides about `delivery`, whose call failed at `now`.
pub(super) fn next(
    via: DeliveryPath,
    delivery: &Delivery,
    failure: &Failure,
    now: Timestamp,
) -> Next {
    if !failure.is_retryable() {
        return Next::GiveUp("not retryable");
    }
    if let (DeliveryPath::Invoke { target, .. }, Failure::Unreached(_)) = (via, failure) {
        return reach_again(target, delivery, now);
    }
    let failed = delivery.attempts as usize;
    match via {
        DeliveryPath::Invoke { retries, .. } if failed >= retries as usize => {
            Next::GiveUp("no tries left")
        }
        DeliveryPath::Invoke { max_age, .. } => {
            let wait = ASYNC_WAITS.get(failed).or(ASYNC_WAITS.last());
            let at = now + wait.copied().unwrap_or_default();
            if at > delivery.put_at + max_age {
                Next::GiveUp("too old to retry")
            } else {
                Next::Again(at)
            }
        }
        DeliveryPath::Queue { max_receives, .. }
            if failure.counts() && failed + 1 >= max_receives as usize =>
        {
            Next::GiveUp("no tries left")
        }
        DeliveryPath::Queue { visibility, .. } => {
            Next::Again(now + failure.hidden_for().unwrap_or(visibility))
        }
    }
}

/// Follows EventBridge's policy for a target that it cannot call. A poller that cannot call a
/// queue's function leaves the message in the queue, and the receive counts.
fn reach_again(policy: RetryPolicy, delivery: &Delivery, now: Timestamp) -> Next {
    let doubled = Duration::from_secs(2_u64.saturating_pow(delivery.unreached));
    let at = now + doubled.min(LONGEST_WAIT);
    if delivery.unreached >= policy.retries {
        Next::GiveUp("no tries left")
    } else if at > delivery.put_at + policy.max_age {
        Next::GiveUp("too old to retry")
    } else {
        Next::ReachAgain(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Event, NewEvent, WaitCause};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn delivery(attempts: u32, unreached: u32) -> Delivery {
        let say = NewEvent {
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
            waits: crate::queue::RetryWaits::default(),
        }
    }

    #[test]
    fn retries_failures_as_on_aws() {
        let invoke = DeliveryPath::Invoke {
            retries: 2,
            max_age: Duration::from_secs(600),
            target: RetryPolicy {
                retries: 20,
                max_age: Duration::from_secs(86400),
            },
        };
        let queue = DeliveryPath::Queue {
            delay: Duration::from_secs(600),
            visibility: Duration::from_secs(180),
            max_receives: 3,
            max_concurrency: Some(2),
        };
        const NONE_LEFT: Next = Next::GiveUp("no tries left");
        let hidden = Failure::Error {
            reason: "the model is paused".to_owned(),
            retryable: true,
            hidden_for: Some(Duration::from_secs(60)),
            cause: WaitCause::Failure,
        };
        assert_eq!(
            next(queue, &delivery(0, 0), &hidden, at(10)),
            Next::Again(at(70)),
            "the function's own timeout"
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
                Next::GiveUp("too old to retry"),
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
                "permanent failure",
                queue,
                0,
                false,
                10,
                Next::GiveUp("not retryable"),
            ),
        ] {
            let failure = Failure::Error {
                reason: "it failed".to_owned(),
                retryable,
                hidden_for: None,
                cause: WaitCause::Failure,
            };
            assert_eq!(
                next(via, &delivery(failed_before, 0), &failure, at(now)),
                expected,
                "{why}"
            );
        }
    }

    #[test]
    fn waits_use_up_no_tries() {
        let via = DeliveryPath::Queue {
            delay: Duration::ZERO,
            visibility: Duration::from_secs(180),
            max_receives: 3,
            max_concurrency: Some(2),
        };
        for (cause, gives_up) in [
            (WaitCause::Failure, true),
            (WaitCause::Pace, false),
            (WaitCause::Pause, false),
        ] {
            let failure = Failure::Error {
                reason: "it waits".to_owned(),
                retryable: true,
                hidden_for: None,
                cause,
            };
            let next = next(via, &delivery(2, 0), &failure, at(10));
            assert_eq!(matches!(next, Next::GiveUp(_)), gives_up, "{cause:?}");
        }
    }

    #[test]
    fn unreached_function_follows_target_policy() {
        let gone = Failure::Unreached("connection refused".to_owned());
        let invoke = |retries, max_age| DeliveryPath::Invoke {
            retries: 0,
            max_age: Duration::from_secs(60),
            target: RetryPolicy {
                retries,
                max_age: Duration::from_secs(max_age),
            },
        };
        let queue = DeliveryPath::Queue {
            delay: Duration::ZERO,
            visibility: Duration::from_secs(180),
            max_receives: 3,
            max_concurrency: Some(2),
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
                Next::GiveUp("too old to retry"),
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

use crate::queue::Delivery;
use crate::template::Via;
use event::Timestamp;
use std::time::Duration;

/// Between the first try and the second, when EventBridge calls the function
/// ("How Lambda handles errors and retries with asynchronous invocation"): one
/// minute, and two before the third.
const ASYNC_WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// What becomes of a delivery whose function has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It is tried again then.
    Again(Timestamp),
    /// It goes to the dead letters, for this reason.
    GiveUp(&'static str),
}

/// Decides what becomes of `delivery`, which has failed once more at `now`.
pub(super) fn next(via: Via, delivery: &Delivery, retryable: bool, now: Timestamp) -> Next {
    if !retryable {
        return Next::GiveUp("trying again is no help");
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
        Via::Queue { max_receives, .. } if failed + 1 >= max_receives as usize => {
            Next::GiveUp("no tries left")
        }
        Via::Queue { visibility, .. } => Next::Again(now + visibility),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::{Event, Say};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn delivery(attempts: u32) -> Delivery {
        let say = Say {
            topic: "github.push".parse().unwrap(),
            subject: "octo/widgets".to_owned(),
            data: serde_json::json!({}),
        };
        Delivery {
            id: 1,
            rule: "Rule".to_owned(),
            target: "target".to_owned(),
            event: Event::first("1".parse().unwrap(), "test", say, at(0)).into_eventbridge(),
            attempts,
            put_at: at(0),
        }
    }

    #[test]
    fn what_fails_is_tried_again_as_on_aws() {
        let invoke = Via::Invoke {
            retries: 2,
            max_age: Duration::from_secs(600),
        };
        let queue = Via::Queue {
            delay: Duration::from_secs(600),
            visibility: Duration::from_secs(180),
            max_receives: 3,
        };
        const NONE_LEFT: Next = Next::GiveUp("no tries left");
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
            assert_eq!(
                next(via, &delivery(failed_before), retryable, at(now)),
                expected,
                "{why}"
            );
        }
    }
}

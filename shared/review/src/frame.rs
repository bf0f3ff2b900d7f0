//! Time limits of a review. Each step ends early enough for the review to be published
//! at its deadline.

use std::time::Duration;

/// Time from a review's start to its deadline. Default of `ReviewDeadlineSeconds`.
pub const DEADLINE: Duration = Duration::from_secs(720);

/// Time that a specialist waits for a paused or unavailable model after its request.
/// Afterwards it publishes the rules' report alone and notes the missing model.
pub const PATIENCE: Duration = Duration::from_secs(420);

/// Timeout of a model's answer. It is shorter than a function's timeout, so that the
/// function can still publish the rules' findings.
pub const TIME_TO_ANSWER: Duration = Duration::from_secs(75);

/// Time for queues, GitHub calls and the verdict.
const MARGIN: Duration = Duration::from_secs(45);

/// Time from the review's start that the second look waits for a paused or unavailable
/// model. A call at its end still finishes before the deadline.
pub const SECOND_LOOK: Duration = DEADLINE
    .saturating_sub(TIME_TO_ANSWER)
    .saturating_sub(MARGIN);

// A specialist that waits for its full time leaves time for the second look.
const _: () = assert!(
    PATIENCE.as_secs() + TIME_TO_ANSWER.as_secs() + MARGIN.as_secs() <= SECOND_LOOK.as_secs()
);

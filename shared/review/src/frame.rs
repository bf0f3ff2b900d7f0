//! The time frame of a review: what may take how long, so that all of it is over when
//! the review goes out with what is there.

use std::time::Duration;

/// From a review's beginning to its deadline: what `ReviewDeadlineSeconds` is unless
/// whoever deploys the bot says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(720);

/// For so long after it was asked a specialist waits for a model that is paused or
/// away. Then the rules' report goes out without it, and says so.
pub const PATIENCE: Duration = Duration::from_secs(420);

/// A model has so long to answer: shorter than a function may run, so that what is
/// known without it is told even if it does not.
pub const TIME_TO_ANSWER: Duration = Duration::from_secs(75);

/// For what lies between: queues, GitHub's answers, the verdict itself.
const MARGIN: Duration = Duration::from_secs(45);

/// For so long after the review's beginning the second look waits for a model that is
/// paused or away: asked at the end of it, it is done before the deadline.
pub const SECOND_LOOK: Duration = DEADLINE
    .saturating_sub(TIME_TO_ANSWER)
    .saturating_sub(MARGIN);

// Who was patient to the end leaves time for the second look.
const _: () = assert!(
    PATIENCE.as_secs() + TIME_TO_ANSWER.as_secs() + MARGIN.as_secs() <= SECOND_LOOK.as_secs()
);

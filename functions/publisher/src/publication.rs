//! The claim on a publication: who may post it now, and whether it stands.

use crate::Publisher;
use crate::post::{Ignored, Posted};
use bus::HandlerError;
use event::{Failure, Say, Timestamp};
use ports::Entropy;
use review::item::RETENTION;
use review::message::{ReviewKey, ReviewPublished};
use serde::{Deserialize, Serialize};
use state::{Decision, Key, Record, Saved};
use std::time::Duration;

/// How long an attempt has to itself: longer than the function may run, shorter
/// than the wait before Lambda's second try (one minute).
pub(crate) const LEASE: Duration = Duration::from_secs(45);

/// The state item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publication {
    /// Stands in what is posted, and is searched for before posting. Drawn at the
    /// first claim and kept: nobody outside can know it before it is posted, so
    /// nobody can post it first to keep the review away.
    pub(crate) marker: String,
    /// How far it is.
    pub(crate) stage: Stage,
}

/// How far a publication is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Somebody is at it; after `until` somebody else may be.
    Claimed {
        /// Whose claim: drawn anew at every claim.
        holder: String,
        /// The end of the lease.
        until: Timestamp,
    },
    /// It stands on GitHub.
    Published {
        /// GitHub's id of the review.
        review_id: u64,
    },
}

/// What came of asking for the claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It may be posted until the lease ends.
    Won(Publication),
    /// It stands already.
    Published,
}

/// Why there is no claim to be had now. Later there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contested {
    /// Another attempt holds the lease.
    #[error("another attempt is publishing until {until}")]
    Busy {
        /// The end of its lease.
        until: Timestamp,
        /// From now.
        wait: Duration,
    },
    /// Another attempt moved first.
    #[error("another attempt claimed the publication at the same time")]
    Conflict,
    /// Too little is left of the lease to post anything.
    #[error("the lease is running out before the review is posted")]
    TooSlow,
}

impl Failure for Contested {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Conflict | Self::TooSlow => true,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => Some(*wait),
            Self::Conflict | Self::TooSlow => Some(LEASE),
        }
    }
}

impl Publisher {
    /// Claims the publication under `key`. The claim is no journal entry: only
    /// what stands on GitHub counts as done.
    pub(crate) async fn claim(&self, key: &Key) -> Result<Claim, HandlerError> {
        let seen = self.state.load::<Record<Publication>>(key).await?;
        let (before, applied) = match seen.value {
            Some(record) => (Some(record.value), record.applied),
            None => (None, Vec::new()),
        };
        let now = self.clock.now();
        let value = match claim(before, now, &*self.entropy)? {
            Claim::Won(publication) => publication,
            Claim::Published => return Ok(Claim::Published),
        };
        let record = Record { value, applied };
        match self
            .state
            .save(key, seen.version, &record, Some(now + RETENTION))
            .await?
        {
            Saved::Written(_) => Ok(Claim::Won(record.value)),
            Saved::Stale => Err(Contested::Conflict.into()),
        }
    }
}

/// Free, or its lease has ended: won. Held: an error that says until when.
fn claim(
    seen: Option<Publication>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Claim, Contested> {
    let draw = || format!("{:016x}{:016x}", entropy.next_u64(), entropy.next_u64());
    let marker = match seen {
        Some(Publication {
            stage: Stage::Published { .. },
            ..
        }) => return Ok(Claim::Published),
        Some(Publication {
            stage: Stage::Claimed { until, .. },
            ..
        }) if now < until => {
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or(LEASE);
            return Err(Contested::Busy { until, wait });
        }
        Some(Publication { marker, .. }) => marker,
        None => format!("<!-- github-bot:{} -->", draw()),
    };
    let stage = Stage::Claimed {
        holder: draw(),
        until: now + LEASE,
    };
    Ok(Claim::Won(Publication { marker, stage }))
}

/// Published, if the claim that it was posted under still stands. If it does not,
/// whoever took it over finds the marker and settles it.
pub(crate) fn settle(
    seen: Option<&Publication>,
    posted: &Posted,
    review: &ReviewKey,
    now: Timestamp,
) -> Decision<Publication, Ignored> {
    if seen != Some(&posted.claim) {
        return Decision::Ignore(Ignored::TakenOver);
    }
    let published = ReviewPublished {
        review: review.clone(),
        review_id: posted.review_id.0,
        comments: posted.comments,
    };
    Decision::Write {
        next: Publication {
            marker: posted.claim.marker.clone(),
            stage: Stage::Published {
                review_id: posted.review_id.0,
            },
        },
        says: vec![Say::new(&published)],
        expires_at: Some(now + RETENTION),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use github::port::ReviewId;
    use ports::SeededEntropy;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn won(seen: Option<Publication>, second: i64) -> Publication {
        match claim(seen, at(second), &SeededEntropy::new(second.unsigned_abs())) {
            Ok(Claim::Won(publication)) => publication,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_attempt_at_a_time_and_the_next_when_the_lease_ends() {
        let first = won(None, 100);
        let during = claim(Some(first.clone()), at(144), &SeededEntropy::new(2));
        let wait = Duration::from_secs(1);
        assert_eq!(
            during,
            Err(Contested::Busy {
                until: at(145),
                wait
            })
        );
        let second = won(Some(first.clone()), 145);
        assert_eq!(
            second.marker, first.marker,
            "what the first may have posted is found"
        );
        assert_ne!(second.stage, first.stage, "the claim is another");
    }

    #[test]
    fn only_the_claim_that_stands_settles() {
        let first = won(None, 100);
        let second = won(Some(first.clone()), 200);
        let posted = |claim: &Publication| Posted {
            claim: claim.clone(),
            review_id: ReviewId(5),
            comments: 0,
        };
        let review = ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: "a".repeat(40).parse().unwrap(),
        };
        let late = settle(Some(&second), &posted(&first), &review, at(201));
        assert_eq!(late, Decision::Ignore(Ignored::TakenOver));
        let Decision::Write { next, says, .. } =
            settle(Some(&second), &posted(&second), &review, at(201))
        else {
            panic!("the second claim stands");
        };
        assert_eq!(says.len(), 1);
        let again = claim(Some(next), at(9999), &SeededEntropy::new(3));
        assert_eq!(again, Ok(Claim::Published), "and it stays published");
    }
}

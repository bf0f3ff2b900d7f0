//! GitHub's rate limits ("Rate limits for the REST API").

use crate::answer::Refusal;
use events::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// A rate limit that a test activates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Primary limit: after the remaining calls, responds with 403,
    /// `x-ratelimit-remaining: 0` and `x-ratelimit-reset`.
    Primary {
        /// Number of calls before the limit applies.
        remaining: u32,
        /// Time until the limit resets.
        reset_in: Duration,
    },
    /// Secondary limit: rejects every call during its duration.
    Secondary {
        /// Response status: 403 or 429; GitHub uses both.
        status: u16,
        /// Duration of the limit.
        lasts: Duration,
        /// `true` to send a `retry-after` header.
        tells: bool,
    },
}

/// GitHub's general limits on content-creating requests, per minute and per hour.
const CONTENT: [(Duration, usize); 2] = [
    (Duration::from_secs(60), 80),
    (Duration::from_secs(3600), 500),
];

#[derive(Debug, Default)]
pub(crate) struct Limits {
    primary: Option<(u32, Timestamp)>,
    secondary: Option<(u16, Timestamp, bool)>,
    /// Times of content-creating requests in the last hour.
    content: VecDeque<Timestamp>,
}

impl Limits {
    pub(crate) fn set(&mut self, limit: Limit, now: Timestamp) {
        match limit {
            Limit::Primary {
                remaining,
                reset_in,
            } => self.primary = Some((remaining, later(now, reset_in))),
            Limit::Secondary {
                status,
                lasts,
                tells,
            } => self.secondary = Some((status, later(now, lasts), tells)),
        }
    }

    /// Counts one call, or rejects it with a rate limit.
    pub(crate) fn admit(&mut self, writes: bool, now: Timestamp) -> Result<(), Refusal> {
        if let Some((status, until, tells)) = self.secondary.filter(|(_, until, _)| *until > now) {
            let retry_after = tells.then(|| between(now, until));
            return Err(Refusal::secondary_limit(status, retry_after));
        }
        if let Some((remaining, reset)) = &mut self.primary
            && *reset > now
        {
            *remaining = remaining
                .checked_sub(1)
                .ok_or_else(|| Refusal::primary_limit(*reset))?;
        }
        if writes {
            self.admit_content(now)?;
        }
        Ok(())
    }

    fn admit_content(&mut self, now: Timestamp) -> Result<(), Refusal> {
        for (window, most) in CONTENT {
            let mut within = self.content.iter().filter(|at| between(**at, now) < window);
            let count = within.clone().count();
            if let (true, Some(first)) = (count >= most, within.next()) {
                let wait = window.saturating_sub(between(*first, now));
                return Err(Refusal::secondary_limit(403, Some(wait)));
            }
        }
        let hour = CONTENT[1].0;
        self.content.retain(|at| between(*at, now) < hour);
        self.content.push_back(now);
        Ok(())
    }
}

fn later(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

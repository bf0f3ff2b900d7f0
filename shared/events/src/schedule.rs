use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Longest interval.
const MAX_DAYS: u64 = 365;

/// Interval of a schedule, as in `rate(5 minutes)` ("Schedule types", EventBridge Scheduler User
/// Guide), from one minute to 365 days. `cron` and `at` expressions are not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Duration);

/// The text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a rate: expected rate(NUMBER UNIT) from rate(1 minute) to rate({MAX_DAYS} days), \
     such as rate(5 minutes); cron(...) and at(...) are not supported"
)]
pub struct InvalidRate(String);

impl Rate {
    /// Returns the time between two events.
    pub fn interval(self) -> Duration {
        self.0
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let inner = text
            .strip_prefix("rate(")
            .and_then(|it| it.strip_suffix(')'));
        let parts = inner.and_then(|it| it.split_once(' '));
        let interval = parts.and_then(|(number, unit)| {
            let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
            let seconds = match (unit, number) {
                ("minute", 1) | ("minutes", 2..) => 60,
                ("hour", 1) | ("hours", 2..) => 3_600,
                ("day", 1) | ("days", 2..) => 86_400,
                _ => return None,
            };
            let seconds = number.checked_mul(seconds)?;
            (seconds <= MAX_DAYS * 86_400).then_some(Duration::from_secs(seconds))
        });
        interval
            .map(Self)
            .ok_or_else(|| InvalidRate(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {} s", self.0.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_number_and_unit() {
        for (text, seconds) in [
            ("rate(1 minute)", Some(60)),
            ("rate(5 minutes)", Some(300)),
            ("rate(1 hour)", Some(3_600)),
            ("rate(2 days)", Some(172_800)),
            ("rate(365 days)", Some(31_536_000)),
            ("rate(366 days)", None),
            ("rate(0 minutes)", None),
            ("rate(1 minutes)", None),
            ("rate(5 minute)", None),
            ("rate(5 weeks)", None),
            ("rate(99999999999999999999 days)", None),
            ("cron(0 12 * * ? *)", None),
            ("at(2026-01-05T09:00:00)", None),
            ("5 minutes", None),
        ] {
            let rate = text.parse::<Rate>().ok();
            let expected = seconds.map(|it| Rate(Duration::from_secs(it)));
            assert_eq!(rate, expected, "{text}");
        }
    }
}

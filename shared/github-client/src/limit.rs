//! Computes how long to wait for a rate limit ("Rate limits for the REST API",
//! "Exceeding the rate limit").

use events::Timestamp;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// Wait without any header: "wait for at least one minute before retrying".
const UNTOLD: Duration = Duration::from_secs(60);

/// Minimum wait, for a reset that has just passed on the local clock.
const SHORTEST: Duration = Duration::from_secs(1);

/// Returns the time to wait if this response is a rate limit, else `None`. Limits come
/// as 429 or 403. Without headers, only the message distinguishes a 403 limit from
/// missing permissions.
pub(crate) fn retry_after(
    status: StatusCode,
    headers: &HeaderMap,
    message: &str,
    now: Timestamp,
) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let told = number("retry-after").and_then(|seconds| u64::try_from(seconds).ok());
    let used_up = number("x-ratelimit-remaining") == Some(0);
    let limited = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            let message = message.to_lowercase();
            let is_limit = message.contains("rate limit") || message.contains("abuse detection");
            told.is_some() || used_up || is_limit
        }
        _ => false,
    };
    let until_reset = || {
        let reset = Timestamp::from_second(number("x-ratelimit-reset")?).ok()?;
        Some(Duration::try_from(reset.duration_since(now)).unwrap_or(SHORTEST))
    };
    limited.then(|| {
        told.map(Duration::from_secs)
            .or_else(|| used_up.then(until_reset).flatten())
            .unwrap_or(UNTOLD)
            .max(SHORTEST)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_comes_from_headers_or_message() {
        const NOW: i64 = 1_800_000_000;
        let none: &[(&'static str, &str)] = &[];
        for (why, status, headers, message, want) in [
            (
                "retry-after",
                429,
                &[("retry-after", "30")][..],
                "",
                Some(30),
            ),
            (
                "retry-after on 403",
                403,
                &[("retry-after", "30")][..],
                "",
                Some(30),
            ),
            (
                "retry-after takes precedence over the reset",
                403,
                &[
                    ("retry-after", "7"),
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1800000900"),
                ][..],
                "",
                Some(7),
            ),
            (
                "the primary limit's reset",
                403,
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1800000900"),
                ][..],
                "API rate limit exceeded",
                Some(900),
            ),
            (
                "a reset that has passed",
                429,
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1799999990"),
                ][..],
                "",
                Some(1),
            ),
            (
                "a reset does not count while calls remain",
                403,
                &[
                    ("x-ratelimit-remaining", "14"),
                    ("x-ratelimit-reset", "1800000900"),
                ][..],
                "You have exceeded a secondary rate limit.",
                Some(60),
            ),
            ("nothing told", 429, none, "", Some(60)),
            (
                "a date, which GitHub does not send",
                429,
                &[("retry-after", "Fri, 31 Dec 1999")][..],
                "",
                Some(60),
            ),
            (
                "only the message",
                403,
                none,
                "You have exceeded a secondary Rate Limit.",
                Some(60),
            ),
            (
                "zero seconds",
                429,
                &[("retry-after", "0")][..],
                "",
                Some(1),
            ),
            (
                "no permission",
                403,
                none,
                "Resource not accessible by integration",
                None,
            ),
            (
                "no permission, calls remain",
                403,
                &[("x-ratelimit-remaining", "14")][..],
                "Forbidden",
                None,
            ),
            (
                "another status",
                422,
                &[("retry-after", "30")][..],
                "rate limit",
                None,
            ),
            (
                "503 is not a limit",
                503,
                &[("retry-after", "30")][..],
                "",
                None,
            ),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect();
            let status = StatusCode::from_u16(status).unwrap();
            let now = Timestamp::from_second(NOW).unwrap();
            let found = retry_after(status, &headers, message, now);
            assert_eq!(found, want.map(Duration::from_secs), "{why}");
        }
    }
}

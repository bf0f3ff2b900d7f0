//! Makes one HTTP call with a key, a time limit and a size limit.

use crate::AgentError;
use crate::refusal::{self, Refusal};
use crate::text::Redactor;
use config::ConfigError;
use events::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Url;
use reqwest::header::{self, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Maximum bytes of a successful answer.
const LARGEST: usize = 8 << 20;

/// Maximum bytes of an error answer.
const LARGEST_ERROR: usize = 64 << 10;

const USER_AGENT: &str = concat!("github-bot/", env!("CARGO_PKG_VERSION"));

pub(crate) struct Transport {
    https: egress::Client,
    url: Url,
    authorization: HeaderValue,
    redactor: Redactor,
}

impl Transport {
    pub(crate) fn new(
        https: egress::Client,
        url: Url,
        key: &SecretString,
        redactor: Redactor,
    ) -> Result<Self, ConfigError> {
        let bearer = format!("Bearer {}", key.expose_secret());
        let unsendable = |_| ConfigError::new("KIMI_API_KEY", "it cannot be sent");
        let mut authorization = HeaderValue::try_from(bearer).map_err(unsendable)?;
        authorization.set_sensitive(true); // no Debug of a request shows it
        Ok(Self {
            https,
            url,
            authorization,
            redactor,
        })
    }

    /// Posts `body` and returns the body of a successful answer. A failed connection counts as a
    /// 503. A broken or timed-out connection may have been charged.
    pub(crate) async fn post(
        &self,
        body: Vec<u8>,
        time: Duration,
        now: Timestamp,
    ) -> Result<Vec<u8>, Refusal> {
        let request = self
            .https
            .post(self.url.clone())
            .timeout(time)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, self.authorization.clone())
            .body(body);
        let mut response = request.send().await.map_err(|error| self.failed(error))?;
        let status = response.status();
        let mut body = Vec::new();
        if status.is_success() {
            // A larger body is cut off, and is not valid JSON then.
            let whole = egress::fill(&mut body, &mut response, LARGEST).await;
            whole.map_err(|error| self.failed(error))?;
            return Ok(body);
        }
        // The body of an error is optional: the status is sufficient.
        let _ = egress::fill(&mut body, &mut response, LARGEST_ERROR).await;
        let wait = retry_after(response.headers(), now);
        Err(refusal::read(status.as_u16(), wait, &body, &self.redactor))
    }

    /// Renders the error with its causes, without the address.
    fn failed(&self, error: reqwest::Error) -> Refusal {
        let (went_out, refused) = (!error.is_connect(), egress::is_refused(&error));
        let reason = self.redactor.line(&egress::reason(error));
        if refused {
            let reason = format!("KIMI_BASE_URL may not be called ({reason})");
            Refusal::Final(AgentError::Rejected { reason })
        } else if went_out {
            Refusal::Lost { reason }
        } else {
            Refusal::Again { wait: None, reason }
        }
    }
}

/// Parses `Retry-After`: seconds, or a date (RFC 9110).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_retry_after_seconds_or_date() {
        let now = Timestamp::from_second(784_111_777).unwrap(); // of RFC 9110's example
        for (text, want) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-7", None),
            ("1.5", None),
        ] {
            let headers =
                HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
            let want = want.map(Duration::from_secs);
            assert_eq!(retry_after(&headers, now), want, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}

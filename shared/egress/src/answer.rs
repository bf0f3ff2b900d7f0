use crate::lookup::ForbiddenHost;
use reqwest::{Error, Response};
use std::error::Error as _;

/// Reads at most `most` bytes of a response into `body`. Returns whether that was the whole
/// response.
///
/// # Errors
/// [`Error`] if the connection ends before the response does.
pub async fn fill(body: &mut Vec<u8>, response: &mut Response, most: usize) -> Result<bool, Error> {
    while let Some(chunk) = response.chunk().await? {
        let room = most.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns whether the call was not made because all addresses of the host name are forbidden. A
/// retry cannot succeed.
pub fn is_refused(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(next) = cause {
        if next.is::<ForbiddenHost>() {
            return true;
        }
        cause = next.source();
    }
    false
}

/// Returns the error with its causes, in one line and without the URL.
pub fn reason(error: Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

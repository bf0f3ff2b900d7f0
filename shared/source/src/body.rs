//! Reads bodies, with limits on the size, the time and the memory.

use crate::Refusal;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::error::Error;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Time for a body to arrive. GitHub waits 10 s for an answer ("Handling webhook deliveries").
const READ_TIME: Duration = Duration::from_secs(10);
/// Bytes of the large bodies that are read at the same time, in KiB.
const MEMORY: usize = 32 * 1024;
/// Largest body in bytes that reserves no memory. Most deliveries are smaller.
const SMALL: usize = 64 * 1024;

/// Memory for the large bodies that a door reads at the same time.
pub(crate) struct BodyMemory(Semaphore);

/// Body in memory, until it is dropped.
pub(crate) struct ReadBody<'a> {
    pub(crate) bytes: Bytes,
    _reserved: Option<SemaphorePermit<'a>>,
}

impl Default for BodyMemory {
    fn default() -> Self {
        Self(Semaphore::new(MEMORY))
    }
}

impl BodyMemory {
    /// Reads a body of at most `limit` bytes. A body that is too large by its `Content-Length` is
    /// refused without being read.
    pub(crate) async fn read<B>(
        &self,
        headers: &HeaderMap,
        body: B,
        limit: usize,
    ) -> Result<ReadBody<'_>, Refusal>
    where
        B: BodyExt + Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
        B::Data: Send,
    {
        let length = headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|it| it.to_str().ok()?.parse().ok());
        let length: usize = length.unwrap_or(limit);
        if length > limit {
            return Err(Refusal::TooLarge(limit));
        }
        let deadline = Instant::now() + READ_TIME;
        let reserved = match length <= SMALL {
            true => None,
            false => Some(self.reserve(length, deadline).await?),
        };
        let body = Limited::new(body, limit).collect();
        match tokio::time::timeout_at(deadline, body).await {
            Ok(Ok(body)) => Ok(ReadBody {
                bytes: body.to_bytes(),
                _reserved: reserved,
            }),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge(limit)),
            Ok(Err(error)) => Err(Refusal::Invalid(format!(
                "the body did not arrive: {error}"
            ))),
            Err(_) => Err(Refusal::TooSlow(READ_TIME.as_secs())),
        }
    }

    async fn reserve(
        &self,
        bytes: usize,
        deadline: Instant,
    ) -> Result<SemaphorePermit<'_>, Refusal> {
        let amount = bytes.div_ceil(1024).min(MEMORY);
        let amount = u32::try_from(amount).unwrap_or(u32::MAX);
        let permit = tokio::time::timeout_at(deadline, self.0.acquire_many(amount)).await;
        permit
            .map_err(|_| Refusal::Busy)?
            .map_err(|_| Refusal::Busy)
    }
}

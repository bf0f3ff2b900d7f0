use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Source of random numbers: for jitter, lease holders, write ids.
pub trait Entropy: Send + Sync {
    /// Returns the next 64 random bits.
    fn next_u64(&self) -> u64;

    /// Returns 128 random bits as 32 hexadecimal digits: the value cannot be guessed and does not
    /// repeat.
    fn nonce(&self) -> String {
        format!("{:016x}{:016x}", self.next_u64(), self.next_u64())
    }

    /// Returns a random duration from `shortest` to `longest`, so that callers that failed together
    /// do not retry together ("Exponential Backoff And Jitter", AWS Architecture Blog).
    fn between(&self, shortest: Duration, longest: Duration) -> Duration {
        let span = longest.saturating_sub(shortest).as_micros();
        let span = u64::try_from(span).unwrap_or(u64::MAX);
        let drawn = self.next_u64() % span.saturating_add(1).max(1);
        shortest.saturating_add(Duration::from_micros(drawn))
    }
}

/// Random numbers of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// Returns the next 64 random bits.
    ///
    /// # Panics
    /// If the operating system has no random numbers: no code that relies on unique ids may
    /// continue then.
    #[expect(clippy::expect_used, reason = "no safe way on without random numbers")]
    fn next_u64(&self) -> u64 {
        getrandom::u64().expect("the operating system gives random numbers")
    }
}

/// Reproducible sequence (SplitMix64) from a seed.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// Creates the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn next_u64(&self) -> u64 {
        const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self
            .0
            .fetch_add(GAMMA, Ordering::Relaxed)
            .wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

//! Takes deliveries from the queue to their functions, and does with those that
//! fail what AWS does: tries again, later and not for ever, then gives up into the
//! dead letters.

mod retry;

use crate::bus::LocalBus;
use crate::queue::{Delivery, Queue, QueueError};
use crate::registry::Functions;
use crate::template::{Route, Template};
use bus::HandlerError;
use event::{Event, Outcome, Timestamp};
use ports::Clock;
use retry::Next;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The queue is looked at this often even when nothing has arrived: another
/// process may have put something back.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The runner.
pub struct Runner {
    /// The rules.
    pub template: Arc<Template>,
    /// The functions.
    pub functions: Functions,
    /// The bus that they speak on.
    pub bus: Arc<LocalBus>,
    /// Where deliveries wait.
    pub queue: Queue,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// One delivery that was tried, and what came of it.
#[derive(Debug)]
pub struct Tried {
    /// The event.
    pub event: Event,
    /// The function.
    pub function: String,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// How long the function took.
    pub latency: Duration,
    /// What the function answered, or why it failed.
    pub result: Result<Outcome, String>,
    /// What becomes of the delivery.
    pub end: End,
}

/// What becomes of a delivery that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was handled.
    Handled,
    /// It is tried again then.
    Again(Timestamp),
    /// It was given up.
    Dead,
}

/// Why a function has no answer.
enum Failure {
    Error(HandlerError),
    Panicked(String),
    TimedOut(Duration),
}

impl Failure {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Error(error) => error.is_retryable(),
            Self::Panicked(_) | Self::TimedOut(_) => true,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Panicked(message) => write!(f, "the function panicked: {message}"),
            Self::TimedOut(limit) => write!(f, "the function took longer than {limit:?}"),
        }
    }
}

impl Runner {
    /// Delivers whatever is due, `at_once` at a time, until `stop` returns; what is
    /// in hand by then is finished.
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be read or written any more.
    pub async fn run(
        self: Arc<Self>,
        at_once: usize,
        stop: impl Future<Output = ()>,
    ) -> Result<(), QueueError> {
        tokio::pin!(stop);
        let mut in_hand = HashSet::new();
        let mut tasks = JoinSet::new();
        loop {
            // Those in hand are due as well, and first in line.
            let due = self.queue.due(self.clock.now(), at_once * 2).await?;
            for delivery in due {
                if tasks.len() < at_once && in_hand.insert(delivery.id) {
                    let runner = self.clone();
                    tasks.spawn(async move { (delivery.id, runner.deliver(delivery).await) });
                }
            }
            let wait = self.until_next_due().await?;
            tokio::select! {
                () = &mut stop => break,
                Some(done) = tasks.join_next() => settle(done, &mut in_hand)?,
                () = self.bus.arrival() => {}
                () = self.clock.sleep(wait) => {}
            }
            while let Some(done) = tasks.try_join_next() {
                settle(done, &mut in_hand)?;
            }
        }
        while let Some(done) = tasks.join_next().await {
            settle(done, &mut in_hand)?;
        }
        Ok(())
    }

    async fn until_next_due(&self) -> Result<Duration, QueueError> {
        let now = self.clock.now();
        let wait = match self.queue.next_due().await? {
            Some(due) if due > now => Duration::try_from(due.duration_since(now)).ok(),
            Some(_) | None => None,
        };
        Ok(wait.map_or(LOOK_AGAIN, |wait| wait.min(LOOK_AGAIN)))
    }

    /// Tries the oldest delivery that is due; `None` when there is none.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn step(&self) -> Result<Option<Tried>, QueueError> {
        match self.queue.due(self.clock.now(), 1).await?.pop() {
            Some(delivery) => self.deliver(delivery).await.map(Some),
            None => Ok(None),
        }
    }

    /// Tries one delivery and settles it in the queue.
    async fn deliver(&self, delivery: Delivery) -> Result<Tried, QueueError> {
        let Some(route) = self.template.route(&delivery.rule, &delivery.target) else {
            let reason = format!(
                "rule {} has no target {} any more",
                delivery.rule, delivery.target
            );
            return self
                .give_up(&delivery, &delivery.target, Duration::ZERO, reason)
                .await;
        };
        let started = Instant::now();
        let result = self.call(route, &delivery.event.detail).await;
        let latency = started.elapsed();
        let failure = match result {
            Ok(outcome) => {
                self.queue.done(delivery.id).await?;
                return Ok(tried(
                    &delivery,
                    &route.function,
                    latency,
                    Ok(outcome),
                    End::Handled,
                ));
            }
            Err(failure) => failure,
        };
        let now = self.clock.now();
        match retry::next(route.via, &delivery, failure.is_retryable(), now) {
            Next::Again(at) => {
                self.queue.again(delivery.id, at).await?;
                let reason = failure.to_string();
                tracing::warn!(
                    function = route.function,
                    reason,
                    "failed, to be tried again"
                );
                Ok(tried(
                    &delivery,
                    &route.function,
                    latency,
                    Err(reason),
                    End::Again(at),
                ))
            }
            Next::GiveUp(why) => {
                let reason = format!("{failure} ({why})");
                self.give_up(&delivery, &route.function, latency, reason)
                    .await
            }
        }
    }

    async fn give_up(
        &self,
        delivery: &Delivery,
        function: &str,
        latency: Duration,
        reason: String,
    ) -> Result<Tried, QueueError> {
        tracing::error!(function, reason, "given up, to the dead letters");
        self.queue
            .bury(delivery.id, reason.clone(), self.clock.now())
            .await?;
        Ok(tried(delivery, function, latency, Err(reason), End::Dead))
    }

    /// Calls the route's function as Lambda would: for as long as it may run, and
    /// a panic is a failure like any other.
    async fn call(&self, route: &Route, event: &Event) -> Result<Outcome, Failure> {
        let limit = self
            .template
            .functions
            .get(&route.function)
            .copied()
            .unwrap_or_default();
        let Some(function) = self.functions.get(route.function.as_str()).cloned() else {
            return Err(Failure::Panicked(format!(
                "{} is not built in",
                route.function
            )));
        };
        let event = event.clone();
        let mut call = JoinSet::new();
        call.spawn(async move { function.handle(&event).await });
        match tokio::time::timeout(limit, call.join_next()).await {
            Ok(Some(Ok(result))) => result.map_err(Failure::Error),
            Ok(Some(Err(panic))) => Err(Failure::Panicked(panic.to_string())),
            Ok(None) => Err(Failure::Panicked("it was never called".to_owned())),
            Err(_) => Err(Failure::TimedOut(limit)),
        }
    }
}

type Done = Result<(i64, Result<Tried, QueueError>), tokio::task::JoinError>;

fn settle(done: Done, in_hand: &mut HashSet<i64>) -> Result<(), QueueError> {
    match done {
        Ok((id, tried)) => {
            in_hand.remove(&id);
            tried.map(drop)
        }
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn tried(
    delivery: &Delivery,
    function: &str,
    latency: Duration,
    result: Result<Outcome, String>,
    end: End,
) -> Tried {
    Tried {
        event: delivery.event.detail.clone(),
        function: function.to_owned(),
        attempt: delivery.attempts + 1,
        latency,
        result,
        end,
    }
}

//! Delivers events from the queue to their functions. Handles failures as AWS does: retries with a
//! delay, then moves the delivery to the dead letters.

mod retry;

use crate::call::{Call, Failure};
use crate::queue::{Delivery, Lane, Queue, QueueError, RetryWaits};
use crate::template::{Route, Template};
use crate::{Handlers, LocalBus};
use events::{Clock, EventBridgeEvent, Outcome, Timestamp};
use retry::Next;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};

/// Interval of polling without arrivals: another process may have redriven a dead letter.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Pause after the queue cannot be read or written, such as on a full disk.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);

/// Delivers events to functions.
pub struct Runner<F = Handlers> {
    /// Rules.
    pub template: Arc<Template>,
    /// Functions, or a client that calls them.
    pub functions: F,
    /// Bus that the functions publish to.
    pub bus: Arc<LocalBus>,
    /// Queue of deliveries.
    pub queue: Queue,
    /// Source of the current time.
    pub clock: Arc<dyn Clock>,
}

/// Result of one call.
#[derive(Debug)]
pub struct CallResult<A = Outcome> {
    /// Event of the delivery.
    pub event: EventBridgeEvent<Value>,
    /// Name of the function.
    pub function: String,
    /// Number of the call, from 1.
    pub attempt: u32,
    /// Duration of the call.
    pub latency: Duration,
    /// Answer of the function, or the reason of its failure.
    pub result: Result<A, String>,
    /// State of the delivery after the call.
    pub end: End,
}

/// State of a delivery after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The function handled it.
    Handled,
    /// The delivery is due again at this time.
    Again(Timestamp),
    /// The delivery moved to the dead letters.
    Dead,
}

impl<F: Call> Runner<F> {
    /// Delivers due events until `stop` returns, then finishes the calls in progress. Each target
    /// of a rule has its own workers: the template's `MaximumConcurrency`, or `at_once`. A busy
    /// target does not delay others. While the queue cannot be read or written, the runner tries
    /// again every second.
    pub async fn run(self: Arc<Self>, at_once: usize, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut lanes = self.lanes(at_once);
        let mut tasks = JoinSet::new();
        let mut looked_at = None;
        loop {
            let started = self.start_due(at_once, &mut lanes, &mut tasks, &mut looked_at);
            let wait = started.await.unwrap_or_else(|error| {
                tracing::error!(%error, "queue not read, trying again");
                STORAGE_PAUSE
            });
            let mut settled = Ok(());
            tokio::select! {
                () = &mut stop => break,
                Some(done) = tasks.join_next() => settled = settle(done, &mut lanes),
                () = self.bus.arrival() => {}
                () = self.clock.sleep(wait) => {}
            }
            while let Some(done) = tasks.try_join_next() {
                settled = settled.and(settle(done, &mut lanes));
            }
            if let Err(error) = settled {
                tracing::error!(%error, "result of a call not stored, the call will be repeated");
                self.clock.sleep(STORAGE_PAUSE).await;
            }
        }
        while let Some(done) = tasks.join_next().await {
            if let Err(error) = settle(done, &mut lanes) {
                tracing::error!(%error, "result of a call not stored");
            }
        }
    }

    /// Starts the calls of due deliveries, as far as workers are free. Returns the time until the
    /// next delivery is due.
    async fn start_due(
        self: &Arc<Self>,
        at_once: usize,
        lanes: &mut Lanes,
        tasks: &mut JoinSet<TaskOutput<F::Answer>>,
        looked_at: &mut Option<Timestamp>,
    ) -> Result<Duration, QueueError> {
        // A redrive may return a delivery to a target of an earlier template.
        let now = self.clock.now();
        if looked_at.is_none_or(|at| now >= at + LOOK_AGAIN) {
            *looked_at = Some(now);
            for lane in self.queue.lanes().await? {
                lanes.entry(lane).or_insert_with(|| Workers::new(at_once));
            }
        }
        // Deliveries in progress are due as well, and come first.
        let free = lanes.iter().filter(|(_, workers)| workers.are_free());
        let wanted = free.map(|(lane, workers)| (lane.clone(), workers.most));
        let due = self
            .queue
            .due_on(wanted.collect(), self.clock.now())
            .await?;
        for delivery in due {
            let lane = delivery.lane();
            if lanes.get_mut(&lane).is_some_and(|it| it.take(delivery.id)) {
                let runner = self.clone();
                tasks.spawn(async move { (lane, delivery.id, runner.deliver(delivery).await) });
            }
        }
        self.until_next_due().await
    }

    /// Returns the workers of every target of the template.
    fn lanes(&self, at_once: usize) -> Lanes {
        let routes = self.template.rules.iter().flat_map(|rule| &rule.routes);
        let workers = |route: &Route| {
            let most = route.via.max_concurrency();
            let most = most.and_then(|most| usize::try_from(most).ok());
            let lane = Lane {
                rule: route.rule.clone(),
                target: route.target.clone(),
            };
            (lane, Workers::new(most.unwrap_or(at_once)))
        };
        routes.map(workers).collect()
    }

    async fn until_next_due(&self) -> Result<Duration, QueueError> {
        let now = self.clock.now();
        let wait = match self.queue.next_due().await? {
            Some(due) if due > now => Duration::try_from(due.duration_since(now)).ok(),
            Some(_) | None => None,
        };
        Ok(wait.map_or(LOOK_AGAIN, |wait| wait.min(LOOK_AGAIN)))
    }

    /// Delivers the oldest due delivery. Returns `None` if none is due.
    ///
    /// # Errors
    /// [`QueueError`] if SQLite fails.
    pub async fn step(&self) -> Result<Option<CallResult<F::Answer>>, QueueError> {
        match self.queue.due(self.clock.now(), 1).await?.pop() {
            Some(delivery) => self.deliver(delivery).await.map(Some),
            None => Ok(None),
        }
    }

    /// Calls the function with one delivery and stores the result in the queue.
    async fn deliver(&self, delivery: Delivery) -> Result<CallResult<F::Answer>, QueueError> {
        let Some(route) = self.template.route(&delivery.rule, &delivery.target) else {
            let reason = format!(
                "rule {} has no target {} any more",
                delivery.rule, delivery.target
            );
            let function = delivery.target.clone();
            let dead = self.give_up(&delivery, &function, reason).await?;
            return Ok(tried(delivery, function, Duration::ZERO, dead));
        };
        let limit = self.template.functions.get(&route.function);
        let waits = Waits::of(&delivery, route.via.delay(), self.clock.now());
        waits.log(&delivery.event, &route.function);
        let started = Instant::now();
        let result = self
            .functions
            .call(route, &delivery, limit.copied().unwrap_or_default())
            .await;
        let latency = started.elapsed();
        let settled = match result {
            Ok(answer) => {
                self.queue.done(delivery.id).await?;
                (Ok(answer), End::Handled)
            }
            Err(failure) => self.failed(&delivery, route, &failure).await?,
        };
        Ok(tried(delivery, route.function.clone(), latency, settled))
    }

    /// Stores a failed call: schedules a retry, or moves the delivery to the dead letters.
    async fn failed<A>(
        &self,
        delivery: &Delivery,
        route: &Route,
        failure: &Failure,
    ) -> Result<AttemptResult<A>, QueueError> {
        let function = route.function.as_str();
        let at = match retry::next(route.via, delivery, failure, self.clock.now()) {
            Next::Again(at) => {
                let wait = Duration::try_from(at.duration_since(self.clock.now()));
                let waits = RetryWaits::of(failure.wait_cause(), wait.unwrap_or_default());
                self.queue.again(delivery.id, at, waits).await?;
                at
            }
            Next::ReachAgain(at) => {
                self.queue.unreached(delivery.id, at).await?;
                at
            }
            Next::GiveUp(why) => {
                let reason = format!("{failure} ({why})");
                return self.give_up(delivery, function, reason).await;
            }
        };
        let reason = failure.to_string();
        let cause = failure.wait_cause().as_str();
        tracing::warn!(function, reason, cause, again_at = %at, "delivery failed, will be retried");
        Ok((Err(reason), End::Again(at)))
    }

    async fn give_up<A>(
        &self,
        delivery: &Delivery,
        function: &str,
        reason: String,
    ) -> Result<AttemptResult<A>, QueueError> {
        tracing::error!(
            function,
            reason,
            "delivery failed permanently, moved to the dead letters"
        );
        self.queue
            .bury(delivery.id, reason.clone(), self.clock.now())
            .await?;
        Ok((Err(reason), End::Dead))
    }
}

/// Time from the publication of an event to the start of its function, by cause.
#[derive(Debug, PartialEq, Eq)]
struct Waits {
    /// Whole time.
    latency: Duration,
    /// Delay of the route.
    delay: Duration,
    /// Waits for a limited rate of writes, and for a pause of a service.
    counted: RetryWaits,
    /// Other waits after failed attempts, such as for a lease.
    retry: Duration,
}

impl Waits {
    fn of(delivery: &Delivery, delay: Duration, now: Timestamp) -> Self {
        let since = |at: Timestamp| {
            let since = at.duration_since(delivery.put_at);
            Duration::try_from(since).unwrap_or_default()
        };
        let hidden = since(delivery.due_at);
        let counted = delivery.waits;
        Self {
            latency: since(now),
            delay: delay.min(hidden),
            counted,
            retry: (hidden.saturating_sub(delay)).saturating_sub(counted.pace + counted.pause),
        }
    }

    fn log(&self, event: &EventBridgeEvent<Value>, function: &str) {
        let milliseconds = |wait: Duration| wait.as_secs_f64() * 1000.0;
        tracing::info!(
            metric = "EventLatency",
            function,
            topic = event.detail_type,
            id = event.id,
            latency_ms = milliseconds(self.latency),
            delay_ms = milliseconds(self.delay),
            pace_ms = milliseconds(self.counted.pace),
            pause_ms = milliseconds(self.counted.pause),
            retry_wait_ms = milliseconds(self.retry),
            "started"
        );
    }
}

/// Result of an attempt, and the end of its delivery.
type AttemptResult<A> = (Result<A, String>, End);

/// Workers by lane.
type Lanes = HashMap<Lane, Workers>;

/// Workers of one lane.
struct Workers {
    most: usize,
    /// Ids of the deliveries in progress.
    in_hand: HashSet<i64>,
}

impl Workers {
    fn new(most: usize) -> Self {
        Self {
            most,
            in_hand: HashSet::new(),
        }
    }

    fn are_free(&self) -> bool {
        self.in_hand.len() < self.most
    }

    /// Assigns the delivery to a free worker. Returns false if none is free or the delivery is
    /// already in progress.
    fn take(&mut self, id: i64) -> bool {
        self.are_free() && self.in_hand.insert(id)
    }
}

/// Lane and id of a delivery, with the result of its call.
type TaskOutput<A> = (Lane, i64, Result<CallResult<A>, QueueError>);

fn settle<A>(done: Result<TaskOutput<A>, JoinError>, lanes: &mut Lanes) -> Result<(), QueueError> {
    match done {
        Ok((lane, id, tried)) => {
            if let Some(workers) = lanes.get_mut(&lane) {
                workers.in_hand.remove(&id);
            }
            tried.map(drop)
        }
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn tried<A>(
    delivery: Delivery,
    function: String,
    latency: Duration,
    (result, end): AttemptResult<A>,
) -> CallResult<A> {
    CallResult {
        event: delivery.event,
        function,
        attempt: delivery.attempts + 1,
        latency,
        result,
        end,
    }
}

#[cfg(test)]
mod tests;

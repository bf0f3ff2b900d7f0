//! `review OWNER/REPO#7`: reviews one pull request of GitHub in this process, with the handlers and
//! the rules of the server and with state in memory.

use crate::review::Review;
use config::{ConfigError, Environment};
use events::{
    Clock, Emit, EmitError, Entropy, Event, EventId, NewEvent, OnError, SystemClock, SystemEntropy,
};
use github::port::{self, GitHubError, ReadPullRequest, ReviewEvent};
use github::{Author, AuthorKind, Base, PrKey, PullRequestChanged};
use github_client::Client;
use local_bus::LocalBus;
use local_bus::queue::{Queue, QueueError};
use local_bus::runner::Runner;
use local_bus::template::Template;
use local_functions::{Dependencies, GitHub};
use model_client::Model;
use policy::Policy;
use review::item::{CheckReport, PullRequestItem, Reader, ReviewItem, Verdict};
use review::message::ReviewKey;
use state::{Memory, StateError, StateManager};
use std::sync::Arc;
use std::time::Duration;

/// Topic of the event that starts the review.
const OPENED: &str = "github.pr.opened";

/// Concurrent deliveries per rule target without a limit in the template.
const CONCURRENCY: usize = 8;

/// Interval of looking for the end of the review.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Options of the review.
pub struct Options {
    /// Pull request to review.
    pub pr: PrKey,
    /// True to publish the review on GitHub.
    pub post: bool,
    /// Model that reviews beside the rules, if any.
    pub model: Option<Arc<dyn Model>>,
}

/// Result of the review.
#[derive(Debug)]
pub enum Outcome {
    /// The settings exclude the pull request, for this reason in Markdown.
    Skipped(String),
    /// The pull request was reviewed.
    Reviewed {
        review: Review,
        /// Reason why a part of the review that was to be posted is not on GitHub.
        unpublished: Option<String>,
    },
}

/// Reason why a pull request was not reviewed.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// An environment variable is missing or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// GitHub does not show the pull request.
    #[error(
        "{0} does not exist, or the credentials have no access to it: check the repository, the \
         number, GITHUB_API_URL, and the repositories of GITHUB_TOKEN or of the App"
    )]
    NotFound(PrKey),
    /// Nothing is posted on a closed pull request.
    #[error("{0} is closed: reopen it, or review it without --post")]
    Closed(PrKey),
    /// GitHub refused or failed a call.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// TLS cannot be set up.
    #[error("no HTTPS client: {0}")]
    Https(#[from] egress::Error),
    /// A function cannot be registered.
    #[error(transparent)]
    Registration(#[from] OnError),
    /// The queue in memory failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The first event could not be published.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// The state in memory failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The functions ended without a verdict.
    #[error("the review of {pr} failed: {reason}")]
    NoVerdict {
        pr: PrKey,
        /// Failures of the functions.
        reason: String,
    },
}

impl ReviewError {
    /// Returns true if the input or the environment is at fault, rather than a later failure.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::NotFound(_)
            | Self::Closed(_)
            | Self::GitHub(GitHubError::Forbidden { .. }) => true,
            Self::GitHub(
                GitHubError::Unavailable { .. }
                | GitHubError::RateLimited { .. }
                | GitHubError::NotFound { .. }
                | GitHubError::TooLarge { .. }
                | GitHubError::Rejected { .. },
            )
            | Self::Https(_)
            | Self::Registration(_)
            | Self::Queue(_)
            | Self::Emit(_)
            | Self::State(_)
            | Self::NoVerdict { .. } => false,
        }
    }
}

/// Reviews the pull request by the rules of `template`.
///
/// # Errors
/// [`ReviewError`] names the cause and the remedy.
pub async fn review(
    template: Template,
    options: Options,
    environment: &Environment,
) -> Result<Outcome, ReviewError> {
    let Options { pr, post, model } = options;
    let policy = coordinator::deployment(environment)?;
    let policy = match post {
        true => policy,
        false => policy.unpublished(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let https = egress::client(environment.allow_addresses()?)?;
    let github = match post {
        true => Client::publisher_from_environment(environment, https, clock.clone())?,
        false => Client::from_environment(environment, https, clock.clone())?,
    };
    let pull = match github.pull_request(&pr).await {
        Err(GitHubError::NotFound { .. }) => return Err(ReviewError::NotFound(pr)),
        Ok(pull) if post && !pull.open => return Err(ReviewError::Closed(pr)),
        pull => pull?,
    };
    let review = ReviewKey {
        pr: pr.clone(),
        head_sha: pull.head_sha.clone(),
    };
    let process = Process::new(template, Arc::new(github), model, policy, clock)?;
    process.handle(opened(&pr, pull)).await?;
    process.outcome(&review, post).await
}

/// Returns the event that a delivery about the opened pull request causes.
fn opened(pr: &PrKey, pull: port::PullRequest) -> NewEvent {
    let kind = match pull.author.ends_with("[bot]") {
        true => AuthorKind::Bot,
        false => AuthorKind::User,
    };
    let change = PullRequestChanged {
        pr: pr.clone(),
        action: "opened".to_owned(),
        head_sha: pull.head_sha,
        before: None,
        head_repo: pull.head_repo,
        base: Base {
            branch: pull.base_ref,
            sha: pull.base_sha,
        },
        author: Author {
            login: pull.author,
            kind,
            association: Some(pull.author_association),
        },
        draft: pull.draft,
        // A closed pull request is reviewed, too, if nothing is posted.
        open: true,
        labels: pull.labels,
        updated_at: None,
        installation: None,
    };
    NewEvent::on(OPENED, pr.to_string(), &change)
}

/// All functions, with state and queue in memory.
struct Process {
    template: Arc<Template>,
    bus: Arc<LocalBus>,
    queue: Queue,
    state: StateManager,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Process {
    fn new(
        template: Template,
        github: Arc<dyn GitHub>,
        model: Option<Arc<dyn Model>>,
        policy: Policy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReviewError> {
        let template = Arc::new(template);
        let queue = Queue::in_memory()?;
        let bus = Arc::new(LocalBus::new(
            template.clone(),
            queue.clone(),
            clock.clone(),
        ));
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let backend = Arc::new(Memory::default());
        let state = StateManager::new(backend, clock.clone(), entropy.clone());
        let deps = Dependencies {
            state: state.clone(),
            bus: bus.clone(),
            github,
            model,
            policy,
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        local_functions::register(&*bus, &deps)?;
        Ok(Self {
            template,
            bus,
            queue,
            state,
            clock,
            entropy,
        })
    }

    /// Publishes `first` and runs the functions until only delayed events remain.
    #[expect(clippy::expect_used, reason = "a nonce is an id")]
    async fn handle(&self, first: NewEvent) -> Result<(), ReviewError> {
        let id: EventId = self.entropy.nonce().parse().expect("a nonce is an id");
        let event = Event::first(id, "github-bot.review", first, self.clock.now());
        self.bus.emit(vec![event]).await?;
        let runner = Runner {
            template: self.template.clone(),
            functions: self.bus.handlers(),
            bus: self.bus.clone(),
            queue: self.queue.clone(),
            clock: self.clock.clone(),
        };
        let run = Arc::new(runner).run(CONCURRENCY, self.settled());
        run.await;
        Ok(())
    }

    /// Waits until the queue holds only deliveries with a delay, such as the deadline. They would
    /// find a review with its verdict.
    async fn settled(&self) {
        loop {
            match self.queue.lanes().await {
                Ok(lanes) => {
                    let mut routes = lanes
                        .iter()
                        .map(|lane| self.template.route(&lane.rule, &lane.target));
                    if routes.all(|route| route.is_some_and(|it| !it.via.delay().is_zero())) {
                        return;
                    }
                }
                // The runner reports the error.
                Err(_) => return,
            }
            self.clock.sleep(LOOK_AGAIN).await;
        }
    }

    async fn outcome(&self, key: &ReviewKey, post: bool) -> Result<Outcome, ReviewError> {
        let failures = self.failures().await?;
        let item: Option<ReviewItem> = self.state.peek(&ReviewItem::key(key)).await?;
        let Some((verdict, item)) = item.map(|mut item| (item.verdict.take(), item)) else {
            return Err(no_verdict(key, failures));
        };
        if let Some(skipped) = item.skipped {
            return Ok(Outcome::Skipped(skipped.why));
        }
        let Some(verdict) = verdict else {
            return Err(no_verdict(key, failures));
        };
        let pull: Option<PullRequestItem> = self.state.peek(&PullRequestItem::key(&key.pr)).await?;
        let is_published = pull
            .and_then(|pull| pull.reviewed)
            .is_some_and(|reviewed| reviewed.head_sha == key.head_sha);
        let unpublished = match (post, item.policy.publish, is_published) {
            (false, _, _) => None,
            (true, false, _) => Some("the settings disable it with publish = false".to_owned()),
            (true, true, false) => Some(failures.unwrap_or_else(|| {
                "the pull request was pushed to or closed during the review; review it again"
                    .to_owned()
            })),
            (true, true, true) => failures,
        };
        Ok(Outcome::Reviewed {
            review: found(verdict, item.reports.into_values()),
            unpublished,
        })
    }

    /// Returns the permanent failures of the functions, if any.
    async fn failures(&self) -> Result<Option<String>, ReviewError> {
        let letters = self.queue.dead_letters().await?;
        let each: Vec<_> = letters
            .iter()
            .map(|letter| format!("{}: {}", letter.target, letter.reason))
            .collect();
        Ok((!each.is_empty()).then(|| each.join("; ")))
    }
}

fn no_verdict(key: &ReviewKey, failures: Option<String>) -> ReviewError {
    ReviewError::NoVerdict {
        pr: key.pr.clone(),
        reason: failures.unwrap_or_else(|| "no function reported a reason".to_owned()),
    }
}

/// Converts the verdict and the specialists' reports.
fn found(verdict: Verdict, reports: impl Iterator<Item = CheckReport>) -> Review {
    let readers: Vec<Reader> = reports.flat_map(|report| report.readers).collect();
    let mut notes: Vec<String> = Vec::new();
    let missing = verdict.missing.iter();
    let missing = missing.map(|category| format!("{category} did not answer in time."));
    let of_readers = readers.iter().flat_map(|reader| reader.notes.clone());
    for note in missing.chain(of_readers).chain(verdict.notes) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    if verdict.below_floor > 0 {
        let hidden = verdict.below_floor;
        notes.push(format!("{hidden} below the settings' severity_floor."));
    }
    let findings = [
        verdict.findings,
        verdict.still_open,
        verdict.late,
        verdict.unsure,
    ];
    let mut findings: Vec<_> = findings.into_iter().flatten().collect();
    findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let mut coverage = readers.into_iter().map(|reader| reader.coverage);
    Review {
        findings,
        coverage: coverage.next().unwrap_or_default(),
        notes,
        is_blocking: verdict.event == ReviewEvent::RequestChanges,
    }
}

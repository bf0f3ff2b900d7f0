//! Random stories: user actions on the simulated GitHub, with deliveries that are late,
//! repeated or out of order, and actions in the middle of a review. A seed determines a
//! story. [`convergence`](crate::convergence) checks the result.

use crate::bot::{Bot, Surroundings};
use crate::changes;
use crate::convergence::{self, Failure};
use crate::interruption::Interruption;
use crate::model::attentive;
use crate::steps::SETTINGS;
use events::{Entropy, SeededEntropy};
use fake_github::{Call, Fault, NewPullRequest, WebhookDelivery};
use github::{HeadSha, PrKey, RepoName};
use model_client::Model;
use policy::Policy;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// True if stories rename and transfer the repository. Switched off: the state is keyed
/// by the repository's name, so a renamed repository loses its state.
const RENAMES: bool = false;
/// Label that the built-in settings skip.
const LABEL: &str = "no-review";
/// Login of the bot in stories without an App.
const USER: &str = "review-user";
/// Maximum number of pull requests of a story.
const MOST_PULLS: usize = 2;
/// Range of the number of steps of a story.
const STEPS: (usize, usize) = (2, 8);
/// Time within which deliveries between two steps are due. It is shorter than the
/// deadline of a review.
const STEP_TIME: Duration = Duration::from_secs(10);
/// Calls that fail. `pull-request` is called without a queue, so its call has fewer retries.
const FAILING_CALLS: [Call; 8] = [
    Call::CreateReview,
    Call::ListReviews,
    Call::DismissReview,
    Call::EditReview,
    Call::CreateCheck,
    Call::UpdateCheck,
    Call::CreateComment,
    Call::UpdateComment,
];
/// Temporary faults of a call.
const FAULTS: [Fault; 4] = [
    Fault::Unavailable,
    Fault::LostReply,
    Fault::BadGateway,
    Fault::RateLimited {
        retry_after: Duration::from_secs(30),
    },
];
/// Maximum number of stories run to shrink one.
const MOST_TRIES: usize = 300;

/// Content of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Clean,
    /// With a finding that does not block.
    Finding,
    /// With a finding that blocks.
    Blocking,
}

impl Content {
    const ALL: [Self; 3] = [Self::Clean, Self::Finding, Self::Blocking];

    fn diff(self) -> String {
        match self {
            Self::Clean => changes::clean(),
            Self::Finding => changes::leftover(),
            Self::Blocking => changes::secret(),
        }
    }
}

/// Base branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    Main,
    Release,
}

impl Base {
    const ALL: [Self; 2] = [Self::Main, Self::Release];

    fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Release => "release",
        }
    }
}

/// Content of a head, which differs by base branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Against `main`.
    pub main: Content,
    /// Against `release`.
    pub release: Content,
}

impl Change {
    const CLEAN: Self = Self {
        main: Content::Clean,
        release: Content::Clean,
    };

    fn diff(self, base: Base) -> String {
        match base {
            Base::Main => self.main.diff(),
            Base::Release => self.release.diff(),
        }
    }
}

/// Settings file on both base branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFile {
    Empty,
    Disabled,
    Unpublished,
    NoLabels,
    Drafts,
    Strict,
    Approving,
    Invalid,
    Everything,
    Nothing,
    Advice,
}

impl SettingsFile {
    const ALL: [Self; 11] = [
        Self::Empty,
        Self::Disabled,
        Self::Unpublished,
        Self::NoLabels,
        Self::Drafts,
        Self::Strict,
        Self::Approving,
        Self::Invalid,
        Self::Everything,
        Self::Nothing,
        Self::Advice,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Disabled => "enabled = false",
            Self::Unpublished => "publish = false",
            Self::NoLabels => "skip_labels = []",
            Self::Drafts => "drafts = \"review\"",
            Self::Strict => "[checks]\non_findings = \"failure\"",
            Self::Approving => "[auto_approve]\nenabled = true\nrequire_checks = false",
            Self::Invalid => "enabled = \"perhaps\"",
            Self::Everything => "[show]\nreview = \"always\"\nsummary = \"always\"",
            Self::Nothing => "[show]\nreview = \"never\"\nsummary = \"never\"\ncheck = \"never\"",
            Self::Advice => "request_changes_at = \"never\"",
        }
    }
}

/// Action of a user or of GitHub. A number selects a pull request, an earlier head or a
/// delivery, modulo their number. An impossible action has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Open(Change),
    Push(usize, Change),
    ForcePush(usize, Change),
    /// Force-push back to an earlier head.
    ForcePushBack(usize, usize),
    Retarget(usize, Base),
    ConvertToDraft(usize),
    ReadyForReview(usize),
    Label(usize),
    Unlabel(usize),
    EditTitle(usize),
    Close(usize),
    Reopen(usize),
    PushSettings(SettingsFile),
    /// Repeats a delivery, also one of the bot's own posts.
    Redeliver(usize),
    /// Sends a delivery that was held back.
    SendHeld(usize),
    /// Passes seconds while the bot works.
    Wait(u64),
    /// Makes GitHub's next call of this kind fail.
    Fail(Call, Fault),
    Rename,
    Transfer,
}

/// Step of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Seconds before the action.
    pub pause: u64,
    pub action: Action,
    /// True if GitHub delays the action's delivery.
    pub is_held: bool,
    /// Number of deliveries to functions before the next step; `None` is all.
    pub handled: Option<usize>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} s: {:?}", self.pause, self.action)?;
        if self.is_held {
            f.write_str(", delivery held back")?;
        }
        match self.handled {
            Some(handled) => write!(f, ", then {handled} calls of functions"),
            None => Ok(()),
        }
    }
}

/// Random story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// True if a model that finds nothing reads the changes too, so that the bot can
    /// approve.
    pub has_model: bool,
    /// True if the bot is a user account, which cannot set checks.
    pub is_user: bool,
    /// Seconds that GitHub's answers are behind.
    pub lag: u64,
    pub steps: Vec<Step>,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            has_model,
            is_user,
            lag,
            ..
        } = self;
        write!(f, "has_model: {has_model}, is_user: {is_user}, lag: {lag}")?;
        for step in &self.steps {
            write!(f, "\n  {step}")?;
        }
        Ok(())
    }
}

/// Random choices of a story.
struct Random(SeededEntropy);

impl Random {
    /// Returns a number below `end`.
    fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.0.next_u64() % end).unwrap_or_default()
    }

    /// Returns `true` once in `times`.
    fn once_in(&self, times: usize) -> bool {
        self.below(times) == 0
    }

    #[expect(clippy::expect_used, reason = "no choice is empty")]
    fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        *choices.get(self.below(choices.len())).expect("a choice")
    }

    fn change(&self) -> Change {
        Change {
            main: self.one_of(&Content::ALL),
            release: self.one_of(&Content::ALL),
        }
    }

    fn action(&self) -> Action {
        let pull = self.below(MOST_PULLS);
        match self.below(if RENAMES { 29 } else { 27 }) {
            0 => Action::Open(self.change()),
            1..=3 => Action::Push(pull, self.change()),
            4 => Action::ForcePush(pull, self.change()),
            5 | 6 => Action::ForcePushBack(pull, self.below(4)),
            7..=9 => Action::Retarget(pull, self.one_of(&Base::ALL)),
            10 => Action::ConvertToDraft(pull),
            11 => Action::ReadyForReview(pull),
            12 => Action::Label(pull),
            13 => Action::Unlabel(pull),
            14 => Action::EditTitle(pull),
            15 => Action::Close(pull),
            16 | 17 => Action::Reopen(pull),
            18 | 19 => Action::PushSettings(self.one_of(&SettingsFile::ALL)),
            20 => Action::Redeliver(self.below(12)),
            21 | 22 => Action::SendHeld(self.below(3)),
            23 => Action::Wait(self.one_of(&[1, 5, 30])),
            24..=26 => Action::Fail(self.one_of(&FAILING_CALLS), self.one_of(&FAULTS)),
            27 => Action::Rename,
            _ => Action::Transfer,
        }
    }

    fn step(&self, action: Action) -> Step {
        Step {
            pause: self.one_of(&[0, 1, 1, 1, 2, 60]),
            action,
            is_held: self.once_in(6),
            handled: match self.below(3) {
                0 => None,
                1 => Some(self.below(6)),
                _ => Some(self.below(40)),
            },
        }
    }
}

impl Story {
    /// Returns the story of a seed.
    pub fn of(seed: u64) -> Self {
        let random = Random(SeededEntropy::new(seed));
        let (least, most) = STEPS;
        let length = least + random.below(most - least + 1);
        let settings = random.one_of(&SettingsFile::ALL);
        let settings = random.once_in(3).then_some(Action::PushSettings(settings));
        let first = Action::Open(random.change());
        let lag = match random.once_in(4) {
            true => random.one_of(&[5, 40]),
            false => 0,
        };
        Self {
            has_model: random.once_in(4),
            is_user: random.once_in(8),
            lag,
            steps: settings
                .into_iter()
                .chain([first])
                .chain((1..length).map(|_| random.action()))
                .map(|action| random.step(action))
                // With an answer that is behind, two changes in one second have no order.
                .map(|step| Step {
                    pause: step.pause.max(u64::from(lag > 0)),
                    ..step
                })
                .collect(),
        }
    }

    /// Runs the story until no event is pending, and returns every violation of the
    /// invariant. A panic is one, too.
    #[expect(clippy::expect_used, reason = "a test cannot go on without")]
    pub fn failures(&self) -> Vec<Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.expect("a runtime");
        let run = AssertUnwindSafe(|| runtime.block_on(Running::new(self).play(&self.steps)));
        match catch_unwind(run) {
            Ok(failures) => failures,
            Err(panic) => vec![Failure {
                kind: "a panic".to_owned(),
                detail: panic_text(&*panic),
            }],
        }
    }

    /// Returns a smallest story that still fails with this kind: without steps, pauses
    /// and other details that the failure does not need.
    pub fn shrunk(&self, kind: &str) -> Self {
        let mut tries = 0;
        let mut fails = |story: &Self| {
            tries += 1;
            tries <= MOST_TRIES && story.failures().iter().any(|failure| failure.kind == kind)
        };
        let mut smallest = self.clone();
        loop {
            let smaller = smallest.smaller();
            match smaller.into_iter().find(&mut fails) {
                Some(smaller) => smallest = smaller,
                None => return smallest,
            }
        }
    }

    /// Returns all stories that are simpler by one detail.
    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let count = self.steps.len();
        for half in [0..count / 2, count / 2..count] {
            if count > 3 {
                let mut story = self.clone();
                story.steps.drain(half);
                all.push(story);
            }
        }
        for at in (0..count).rev() {
            let mut story = self.clone();
            story.steps.remove(at);
            all.push(story);
        }
        let plain = Self {
            has_model: false,
            is_user: false,
            lag: 0,
            steps: self.steps.clone(),
        };
        all.push(Self {
            has_model: self.has_model,
            ..plain.clone()
        });
        all.push(Self {
            is_user: self.is_user,
            ..plain.clone()
        });
        all.push(Self {
            lag: self.lag,
            ..plain
        });
        for (at, step) in self.steps.iter().enumerate() {
            for simpler in step.simpler() {
                let mut story = self.clone();
                story.steps.splice(at..=at, [simpler]);
                all.push(story);
            }
        }
        all.retain(|story| story != self);
        all
    }
}

impl Step {
    /// Returns steps that are simpler by one detail.
    fn simpler(&self) -> Vec<Self> {
        let with = |action| Self { action, ..*self };
        let mut all = vec![
            Self {
                is_held: false,
                ..*self
            },
            Self {
                handled: None,
                ..*self
            },
            Self { pause: 1, ..*self },
        ];
        let mut change = |to: Change, action: &dyn Fn(Change) -> Action| {
            all.push(with(action(Change::CLEAN)));
            for content in Content::ALL.into_iter().take_while(|it| *it != to.main) {
                all.push(with(action(Change {
                    main: content,
                    ..to
                })));
            }
            let release = |it: &Content| *it != to.release;
            for content in Content::ALL.into_iter().take_while(release) {
                let release = content;
                all.push(with(action(Change { release, ..to })));
            }
        };
        match self.action {
            Action::Open(to) => change(to, &Action::Open),
            Action::Push(pull, to) => change(to, &|to| Action::Push(pull, to)),
            Action::ForcePush(pull, to) => {
                change(to, &|to| Action::ForcePush(pull, to));
                all.push(with(Action::Push(pull, to)));
            }
            Action::ForcePushBack(..)
            | Action::Retarget(..)
            | Action::ConvertToDraft(_)
            | Action::ReadyForReview(_)
            | Action::Label(_)
            | Action::Unlabel(_)
            | Action::EditTitle(_)
            | Action::Close(_)
            | Action::Reopen(_)
            | Action::PushSettings(_)
            | Action::Redeliver(_)
            | Action::SendHeld(_)
            | Action::Wait(_)
            | Action::Fail(..)
            | Action::Rename
            | Action::Transfer => {}
        }
        all.retain(|step| step != self);
        all
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_default()
}

/// Pull request of a story, as the author knows it.
#[derive(Debug, Clone)]
pub struct Pull {
    pub pr: PrKey,
    pub open: bool,
    pub draft: bool,
    /// True if the pull request has the label that the built-in settings skip.
    pub is_labelled: bool,
    pub base: Base,
    /// Content of each head, oldest first.
    pub heads: Vec<(HeadSha, Change)>,
    /// Number of times that each head became the newest one, or got another base branch.
    pub visits: BTreeMap<HeadSha, usize>,
}

/// Story in progress.
struct Running {
    bot: Bot,
    repo: RepoName,
    pulls: Vec<Pull>,
    /// Deliveries that are held back, oldest first.
    held: Vec<WebhookDelivery>,
}

impl Running {
    fn new(story: &Story) -> Self {
        let model: Option<Arc<dyn Model>> = match story.has_model {
            true => Some(attentive(&[])),
            false => None,
        };
        let surroundings = Surroundings {
            model,
            policy: Policy::default(),
            ..Surroundings::in_memory()
        };
        let bot = Bot::on(surroundings.without_journal(), Interruption::none());
        if story.is_user {
            bot.world().set_bot(USER);
        }
        bot.world().set_lag(Duration::from_secs(story.lag));
        Self {
            bot,
            repo: NewPullRequest::default().repo,
            pulls: Vec::new(),
            held: Vec::new(),
        }
    }

    async fn play(mut self, steps: &[Step]) -> Vec<Failure> {
        for step in steps {
            let pause = Duration::from_secs(step.pause);
            self.bot.surroundings.clock.advance(pause);
            for delivery in self.act(step.action).await {
                match step.is_held {
                    true => self.held.push(delivery),
                    false => self.bot.take(&delivery).await,
                }
            }
            let most = step.handled.unwrap_or(usize::MAX);
            self.bot.settle_some(most, STEP_TIME).await;
        }
        for delivery in self.held.drain(..) {
            self.bot.take(&delivery).await;
        }
        self.bot.settle().await;
        convergence::failures(&self.bot, &self.pulls).await
    }

    /// Performs an action and returns its deliveries.
    async fn act(&mut self, action: Action) -> Vec<WebhookDelivery> {
        let one = match action {
            Action::Open(change) => self.open(change),
            Action::Push(pull, to) => self.new_head(pull, to, false),
            Action::ForcePush(pull, to) => self.new_head(pull, to, true),
            Action::ForcePushBack(pull, head) => self.force_push_back(pull, head),
            Action::Retarget(pull, base) => self.retarget(pull, base),
            Action::ConvertToDraft(pull) => self.set_draft(pull, true),
            Action::ReadyForReview(pull) => self.set_draft(pull, false),
            Action::Label(pull) => self.set_label(pull, true),
            Action::Unlabel(pull) => self.set_label(pull, false),
            Action::EditTitle(pull) => self.edit_title(pull),
            Action::Close(pull) => self.set_open(pull, false),
            Action::Reopen(pull) => self.set_open(pull, true),
            Action::PushSettings(file) => return self.push_settings(file),
            Action::Redeliver(nth) => {
                self.redeliver(nth).await;
                None
            }
            Action::SendHeld(nth) => {
                self.send_held(nth).await;
                None
            }
            Action::Wait(seconds) => {
                self.bot.settle_for(Duration::from_secs(seconds)).await;
                None
            }
            Action::Fail(call, fault) => {
                self.bot.world().fail_next_on(call, fault);
                None
            }
            Action::Rename => self.rename(|world, repo| world.rename_repository(repo, "gadgets")),
            Action::Transfer => self.rename(|world, repo| world.transfer_repository(repo, "hubot")),
        };
        one.into_iter().collect()
    }

    fn pull(&mut self, nth: usize) -> Option<&mut Pull> {
        let count = self.pulls.len();
        self.pulls.get_mut(nth.checked_rem(count)?)
    }

    fn open(&mut self, change: Change) -> Option<WebhookDelivery> {
        if self.pulls.len() >= MOST_PULLS {
            return None;
        }
        let world = self.bot.world();
        let opened = world.open_pull_request(NewPullRequest {
            repo: self.repo.clone(),
            association: "MEMBER".to_owned(),
            diff: change.diff(Base::Main),
            ..NewPullRequest::default()
        });
        let pr = opened.pr.clone()?;
        let head = world.head(&pr);
        self.pulls.push(Pull {
            pr,
            open: true,
            draft: false,
            is_labelled: false,
            base: Base::Main,
            heads: vec![(head.clone(), change)],
            visits: [(head, 1)].into(),
        });
        Some(opened)
    }

    fn new_head(&mut self, nth: usize, to: Change, is_forced: bool) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth).filter(|pull| pull.open)?;
        let diff = to.diff(pull.base);
        let pushed = match is_forced {
            true => world.force_push(&pull.pr, diff),
            false => world.push(&pull.pr, diff),
        };
        let head = world.head(&pull.pr);
        pull.heads.push((head.clone(), to));
        pull.visits.insert(head, 1);
        Some(pushed)
    }

    fn force_push_back(&mut self, nth: usize, to: usize) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth).filter(|pull| pull.open)?;
        let now = world.head(&pull.pr);
        let (head, change) = pull.heads.get(to % pull.heads.len())?.clone();
        if head == now {
            return None;
        }
        *pull.visits.entry(head.clone()).or_default() += 1;
        Some(world.force_push_back(&pull.pr, &head, change.diff(pull.base)))
    }

    fn retarget(&mut self, nth: usize, base: Base) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth)?;
        if !pull.open || pull.base == base {
            return None;
        }
        let now = world.head(&pull.pr);
        let known = pull.heads.iter().find(|(head, _)| *head == now);
        let diff = known?.1.diff(base);
        pull.base = base;
        *pull.visits.entry(now).or_default() += 1;
        Some(world.retarget(&pull.pr, base.name(), diff))
    }

    fn set_draft(&mut self, nth: usize, draft: bool) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth)?;
        if !pull.open || pull.draft == draft {
            return None;
        }
        pull.draft = draft;
        Some(match draft {
            true => world.convert_to_draft(&pull.pr),
            false => world.ready_for_review(&pull.pr),
        })
    }

    fn set_label(&mut self, nth: usize, is_labelled: bool) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth)?;
        if pull.is_labelled == is_labelled {
            return None;
        }
        pull.is_labelled = is_labelled;
        Some(match is_labelled {
            true => world.label(&pull.pr, LABEL),
            false => world.unlabel(&pull.pr, LABEL),
        })
    }

    fn set_open(&mut self, nth: usize, open: bool) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth)?;
        if pull.open == open {
            return None;
        }
        pull.open = open;
        Some(match open {
            true => world.reopen(&pull.pr),
            false => world.close(&pull.pr),
        })
    }

    fn edit_title(&mut self, nth: usize) -> Option<WebhookDelivery> {
        let world = self.bot.world().clone();
        let pull = self.pull(nth)?;
        Some(world.edit_title(&pull.pr, "Turn all the widgets"))
    }

    /// Pushes the settings to both base branches.
    fn push_settings(&mut self, file: SettingsFile) -> Vec<WebhookDelivery> {
        let world = self.bot.world();
        let push = |base: Base| world.push_file(&self.repo, base.name(), SETTINGS, file.text());
        Base::ALL.into_iter().map(push).collect()
    }

    async fn redeliver(&mut self, nth: usize) {
        let mut sent = self.bot.world().deliveries();
        sent.retain(|delivery| !self.held.contains(delivery));
        let chosen = nth.checked_rem(sent.len());
        if let Some(delivery) = chosen.and_then(|nth| sent.get(nth)) {
            self.bot.take(delivery).await;
        }
    }

    async fn send_held(&mut self, nth: usize) {
        if let Some(nth) = nth.checked_rem(self.held.len()) {
            let delivery = self.held.remove(nth);
            self.bot.take(&delivery).await;
        }
    }

    fn rename(
        &mut self,
        rename: impl Fn(&fake_github::World, &RepoName) -> WebhookDelivery,
    ) -> Option<WebhookDelivery> {
        // The second time, the repository has the name already.
        let before = self.bot.world().deliveries();
        let is_repeated = before.iter().any(|delivery| delivery.event == "repository");
        (!is_repeated && !self.pulls.is_empty()).then(|| rename(self.bot.world(), &self.repo))
    }
}

//! Reads of settings from a simulated GitHub.

use super::*;
use events::{EventId, InProcess, ManualClock, Message, NewEvent, SeededEntropy, Timestamp};
use fake_github::{Call, Fault, NewPullRequest, World};
use github::port::GitHubError;
use github::{PrKey, RepoName};
use policy::Attributes;
use review::item::SkippedHead;
use review::message::{RequestCause, SkipReason};
use state::{Decision, Memory};
use std::convert::Infallible;

struct Fixture {
    world: World,
    pr: PrKey,
    coordinator: Coordinator,
}

impl Fixture {
    /// Returns a pull request in the state, under the deployment's settings.
    async fn new(deployment: &str) -> Self {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
        let entropy = Arc::new(SeededEntropy::new(7));
        let world = World::new(clock.clone(), entropy.clone());
        let state = StateManager::new(Arc::new(Memory::default()), clock, entropy);
        let opened = world.open_pull_request(NewPullRequest::default());
        let deployment = Deployment::parse(deployment);
        let fixture = Self {
            pr: opened.pr.unwrap(),
            coordinator: handler(Deps {
                state,
                bus: Arc::new(InProcess::default()),
                github: Arc::new(world.github()),
                policy: deployment.policy,
            })
            .unless(deployment.invalid),
            world,
        };
        fixture.know("opened").await;
        fixture
    }

    /// Stores the pull request as it is on GitHub.
    async fn know(&self, event: &str) {
        let event = Event {
            id: event.parse().unwrap(),
            ..self.asked()
        };
        store(&self.coordinator.deps.state, &self.pr, &event, self.pull()).await;
    }

    fn pull(&self) -> PullRequestItem {
        let told = serde_json::json!({
            "head_sha": self.world.head(&self.pr),
            "before": null,
            "base": { "ref": "main", "sha": self.world.base(&self.pr) },
            "author": { "login": "octocat", "kind": "User" },
            "open": true,
            "updated_at": "2026-01-05T09:00:00Z",
        });
        serde_json::from_value(told).unwrap()
    }

    fn asked(&self) -> Event {
        let asked = ReviewRequested {
            review: self.review(),
            base_sha: self.world.base(&self.pr),
            cause: RequestCause::Head,
        };
        let id: EventId = "1".parse().unwrap();
        Event::first(id, "test", NewEvent::new(&asked), Timestamp::UNIX_EPOCH)
    }

    fn review(&self) -> ReviewKey {
        ReviewKey {
            pr: self.pr.clone(),
            head_sha: self.world.head(&self.pr),
        }
    }

    /// Writes a file on a branch of the pull request's repository, or of the organisation's
    /// repository if `branch` is `organisation`.
    fn put(&self, branch: &str, path: &str, text: impl Into<Vec<u8>>) {
        let organisation = "octo/.github".parse().unwrap();
        let (repo, branch) = match branch {
            "organisation" => (&organisation, "HEAD"),
            _ => (&self.pr.repo, branch),
        };
        self.world.put_file(repo, branch, path, text);
    }

    async fn opened(&self) -> ReviewItem {
        self.coordinator.handle(&self.asked()).await.unwrap();
        let key = ReviewItem::key(&self.review());
        let review = self.coordinator.deps.state.peek(&key).await.unwrap();
        review.expect("a review")
    }
}

/// Stores the pull request.
async fn store(state: &StateManager, pr: &PrKey, event: &Event, pull: PullRequestItem) {
    let write = |_: Option<&PullRequestItem>, _| Decision::<_, Infallible>::Write {
        next: pull.clone(),
        emits: vec![],
        expires_at: None,
    };
    let key = PullRequestItem::key(pr);
    let turn = state.turn(&key, "test", event, write);
    let _written = turn.await.unwrap().into_parts();
}

#[tokio::test]
async fn layers_override_lower_layers() {
    let fixture =
        Fixture::new("max_comments = 1\nlanguage = \"French\"\ndrafts = \"review\"").await;
    fixture.put(
        "organisation",
        "review-bot.toml",
        "max_comments = 2\nlanguage = \"German\"",
    );
    fixture.put("main", ".github/review-bot.toml", "max_comments = 3");
    fixture.put(
        "main",
        ".gitattributes",
        b"*.pb.rs linguist-generated\n\xff",
    );
    // The pull request's own settings have no effect.
    fixture.put("turn", ".github/review-bot.toml", "enabled = false");
    fixture.put("turn", ".gitattributes", "*.rs linguist-generated");

    let review = fixture.opened().await;
    let policy = &review.policy;
    assert_eq!(
        (policy.max_comments, policy.language.as_str()),
        (3, "German")
    );
    assert_eq!(policy.drafts, policy::Treatment::Review);
    assert!(policy.enabled && review.skipped.is_none());
    let generated = Attributes::parse("*.pb.rs linguist-generated");
    assert_eq!(
        review.attributes, generated,
        "except bytes that are not UTF-8"
    );
}

#[tokio::test]
async fn deployment_policy_applies_without_files() {
    let fixture = Fixture::new("max_comments = 1").await;
    let review = fixture.opened().await;
    assert_eq!(review.policy, fixture.coordinator.deps.policy);
    assert_eq!(review.attributes, Attributes::default());
}

/// GitHub that denies access to one repository, as it does if the App is not installed there.
struct DeniedRepository {
    repo: RepoName,
    rest: Arc<dyn GitHub>,
}

#[async_trait]
impl ReadFile for DeniedRepository {
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError> {
        if *repo == self.repo {
            return Err(GitHubError::Forbidden {
                call: path.to_owned(),
                reason: "not for you".to_owned(),
            });
        }
        self.rest.file(repo, path, reference).await
    }
}

#[async_trait]
impl ReadLanguages for DeniedRepository {
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError> {
        self.rest.languages(repo).await
    }
}

#[tokio::test]
async fn only_organisation_repository_may_be_hidden() {
    for (why, hidden, skipped) in [
        ("the organisation's", "octo/.github", None),
        (
            "the settings are unknown",
            "octo/widgets",
            Some(SkipReason::Unreadable),
        ),
    ] {
        let mut fixture = Fixture::new("").await;
        fixture.coordinator.deps.github = Arc::new(DeniedRepository {
            repo: hidden.parse().unwrap(),
            rest: fixture.coordinator.deps.github.clone(),
        });
        let given = fixture.opened().await.skipped;
        let reason = given.as_ref().map(|given| given.reason);
        assert_eq!(reason, skipped, "{why}");
        if let Some(given) = given {
            assert!(given.why.contains("not for you"), "{why}: {}", given.why);
        }
    }
}

#[tokio::test]
async fn invalid_settings_are_reported() {
    let large = vec![b'#'; policy::MAX_BYTES + 1];
    for (why, branch, path, text, told) in [
        (
            "a mistake in the repository's",
            "main",
            ".github/review-bot.toml",
            b"enabled = 1".to_vec(),
            "line 1: `enabled` is `1`",
        ),
        (
            "a mistake in the organisation's",
            "organisation",
            "review-bot.toml",
            b"enabled = 1".to_vec(),
            "`review-bot.toml` of the organisation's",
        ),
        (
            "not UTF-8",
            "main",
            ".github/review-bot.toml",
            b"\xff".to_vec(),
            "the file is not UTF-8. Save it as UTF-8.",
        ),
        (
            "too large",
            "main",
            ".github/review-bot.toml",
            large,
            "the file has more than 65536 bytes. Shorten it.",
        ),
    ] {
        let fixture = Fixture::new("publish = false").await;
        fixture.put(branch, path, text);
        let review = fixture.opened().await;
        let SkippedHead { reason, why: given } = review.skipped.expect(why);
        assert_eq!(reason, SkipReason::InvalidPolicy, "{why}");
        assert!(given.contains(told), "{why}: {given}");
        assert!(!review.policy.publish, "{why}: the valid layers apply");
    }
}

#[tokio::test]
async fn invalid_deployment_policy_skips_and_tells() {
    let wrong = Deployment::parse("bots");
    let away = Deployment::unreadable("parameter /bot/policy: AccessDeniedException");
    for (why, deployment, told) in [
        ("no TOML", wrong, "- line 1: this is not TOML"),
        ("no parameter", away, "cannot be read"),
    ] {
        let mut fixture = Fixture::new("").await;
        fixture.coordinator = fixture.coordinator.unless(deployment.invalid);
        fixture.put("main", ".github/review-bot.toml", "max_comments = 3");
        let SkippedHead { reason, why: given } = fixture.opened().await.skipped.expect(why);
        assert_eq!(reason, SkipReason::InvalidPolicy, "{why}");
        assert!(given.contains("`REVIEW_POLICY`"), "{why}: {given}");
        assert!(given.contains(told), "{why}: {given}");
        assert!(!given.contains("AccessDenied"), "{why}: {given}");
    }
}

#[tokio::test]
async fn oversized_attributes_mark_nothing_generated() {
    let fixture = Fixture::new("").await;
    let line = b"* linguist-generated\n";
    fixture.put("main", ".gitattributes", line.repeat(4_000));
    let review = fixture.opened().await;
    assert_eq!(
        (review.attributes, review.skipped),
        (Attributes::default(), None)
    );
}

#[tokio::test]
async fn default_branch_limits_approvals() {
    const SETTINGS: &str = ".github/review-bot.toml";
    const FREE: &str = "[auto_approve]\nenabled = true\nscore = 3\nallow_forks = true";
    const STRICT: &str = "[auto_approve]\nenabled = true\nscore = 9";
    for (why, default, base, enabled, score, forks) in [
        ("both", FREE, FREE, true, 3, true),
        ("the base alone", "max_comments = 1", FREE, false, 8, false),
        (
            "the default branch alone",
            FREE,
            "max_comments = 1",
            false,
            8,
            false,
        ),
        ("the base allows more", STRICT, FREE, true, 9, false),
        ("the base allows less", FREE, STRICT, true, 9, false),
        (
            "the default branch's settings are invalid",
            "enabled = 1",
            FREE,
            false,
            8,
            false,
        ),
    ] {
        let fixture = Fixture::new("").await;
        fixture.put("HEAD", SETTINGS, default);
        fixture.put("main", SETTINGS, base);
        let review = fixture.opened().await;
        assert_eq!(review.skipped, None, "{why}");
        let approve = review.policy.auto_approve();
        assert_eq!(
            (approve.enabled, approve.score, approve.allow_forks),
            (enabled, score, forks),
            "{why}"
        );
    }

    // The organisation's settings apply to both.
    let fixture = Fixture::new("").await;
    fixture.put("organisation", "review-bot.toml", STRICT);
    let approve = fixture.opened().await.policy.auto_approve();
    assert_eq!((approve.enabled, approve.score), (true, 9));
}

#[tokio::test]
async fn unavailable_github_decides_nothing() {
    let fixture = Fixture::new("").await;
    fixture
        .world
        .fail_next_on(Call::Contents, Fault::Unavailable);
    let error = fixture
        .coordinator
        .handle(&fixture.asked())
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let key = ReviewItem::key(&fixture.review());
    let review: Option<ReviewItem> = fixture.coordinator.deps.state.peek(&key).await.unwrap();
    assert_eq!(review, None);
    fixture.opened().await;
}

#[tokio::test]
async fn superseded_head_is_ignored() {
    let fixture = Fixture::new("").await;
    let asked = fixture.asked();
    fixture.world.push(&fixture.pr, String::new());
    fixture.know("pushed").await;
    let outcome = fixture.coordinator.handle(&asked).await.unwrap();
    assert!(outcome.to_string().contains("superseded by"), "{outcome}");
}

#[tokio::test]
async fn missing_pull_request_is_an_error() {
    let fixture = Fixture::new("").await;
    let elsewhere = ReviewRequested {
        review: ReviewKey {
            pr: "octo/widgets#8".parse().unwrap(),
            ..fixture.review()
        },
        base_sha: fixture.world.base(&fixture.pr),
        cause: RequestCause::Head,
    };
    let event = Event {
        data: NewEvent::new(&elsewhere).data,
        ..fixture.asked()
    };
    assert_eq!(event.topic.as_str(), ReviewRequested::TOPIC);
    let error = fixture.coordinator.handle(&event).await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("octo/widgets#8"), "{error}");
}

#[test]
fn deployment_mistakes_name_their_lines() {
    let of = |text| deployment(&Environment::from_iter([("REVIEW_POLICY", text)]));
    assert_eq!(of(""), Ok(Policy::default()), "an empty policy is valid");
    assert!(!of("publish = false").unwrap().publish);
    let mistakes = of("enabled = true\nseverity_flor = 1\nmax_comments = 51");
    insta::assert_snapshot!(mistakes.unwrap_err(), @"REVIEW_POLICY: line 2: `severity_flor` is not a setting. Did you mean `severity_floor`? line 3: `max_comments` is `51`. Write a whole number from 0 to 50.");
}

/// GitHub that answers so slowly that the pull request becomes a draft meanwhile.
struct SlowGitHub {
    state: StateManager,
    pr: PrKey,
    event: Event,
    draft: PullRequestItem,
    rest: Arc<dyn GitHub>,
}

#[async_trait]
impl ReadFile for SlowGitHub {
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError> {
        store(&self.state, &self.pr, &self.event, self.draft.clone()).await;
        self.rest.file(repo, path, reference).await
    }
}

#[async_trait]
impl ReadLanguages for SlowGitHub {
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError> {
        self.rest.languages(repo).await
    }
}

#[tokio::test]
async fn decides_by_newest_pull_request() {
    let mut fixture = Fixture::new("").await;
    let slow = SlowGitHub {
        state: fixture.coordinator.deps.state.clone(),
        pr: fixture.pr.clone(),
        event: Event {
            id: "converted".parse().unwrap(),
            ..fixture.asked()
        },
        draft: PullRequestItem {
            draft: true,
            ..fixture.pull()
        },
        rest: fixture.coordinator.deps.github.clone(),
    };
    fixture.coordinator.deps.github = Arc::new(slow);
    let review = fixture.opened().await;
    let reason = review.skipped.map(|skipped| skipped.reason);
    assert_eq!(reason, Some(SkipReason::Draft));
}

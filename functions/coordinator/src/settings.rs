//! What a repository wants of its reviews, as its base branch says it.

use crate::{Coordinator, deployment};
use github::port::GitHubError;
use github::{Base, PrKey, RepoName};
use policy::{Attributes, Layer, Policy, PolicyError, Source};
use review::bounds;
use review::item::Skipped;
use review::message::SkipReason;

/// An organisation keeps its settings for all its repositories in this one.
const ORGANISATION: &str = ".github";
/// The default branch, whatever its name ("Get repository content", `ref`).
const DEFAULT_BRANCH: &str = "HEAD";

/// A branch by its full name: a tag of the same name is another thing.
fn branch(base: &Base) -> String {
    format!("refs/heads/{}", base.branch)
}

/// Where a repository says which of its files are generated.
const ATTRIBUTES: &str = ".gitattributes";

/// Bytes of a language's name that are kept.
const LONGEST_LANGUAGE: usize = 40;

/// What is wanted of a review that begins now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// All layers that could be read, one over the other.
    pub(crate) policy: Policy,
    /// What the repository calls generated.
    pub(crate) attributes: Attributes,
    /// What it is written in, most of it first.
    pub(crate) languages: Vec<String>,
    /// The first layer that could not be read: nothing is reviewed under settings
    /// that nobody understands.
    pub(crate) invalid: Option<Invalid>,
}

/// Why a file is no settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It says what settings do not.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// It is no text.
    #[error("{0} is no UTF-8")]
    NoText(Source),
    /// GitHub has more of it than is taken.
    #[error("{0} has more than {max} bytes", max = policy::MAX_BYTES)]
    TooLarge(Source),
    /// The reference to it cannot be resolved.
    #[error("{0} cannot be read: {1}")]
    Unreadable(Source, String),
}

impl Invalid {
    /// Why the pull request is left alone, for people.
    pub(crate) fn skipped(&self) -> Skipped {
        let why = match self {
            Self::Policy(error) => error.for_people(),
            Self::NoText(source) => {
                format!("The settings in {source} are not used: the file is not UTF-8. Save it so.")
            }
            Self::TooLarge(source) => format!(
                "The settings in {source} are not used: the file has more than {} bytes. Shorten it.",
                policy::MAX_BYTES
            ),
            // The reason may name AWS resources, which are not for everybody.
            Self::Unreadable(source, _) => format!(
                "The settings in {source} are not used: the parameter that it refers to cannot be \
                 read. The log of the function `coordinator` has the reason."
            ),
        };
        Skipped {
            reason: SkipReason::InvalidPolicy,
            why,
        }
    }
}

impl Settings {
    /// Lays the `file` of `source` over what there is.
    fn lay(&mut self, file: File, source: Source) {
        let layer = file.and_then(|text| text.map(|text| read(text, source)).transpose());
        match layer {
            Ok(Some(layer)) => self.policy = self.policy.clone().over(layer),
            Ok(None) => tracing::debug!("there are no settings in {source}"),
            Err(invalid) => {
                tracing::warn!("settings that nobody can use: {invalid}");
                self.invalid.get_or_insert(invalid);
            }
        }
    }
}

impl Coordinator {
    /// Reads what `pr` is reviewed by. The repository's own files are those of the
    /// branch that it would be merged into: what it changes in them itself has no say.
    ///
    /// # Errors
    /// [`GitHubError`], when what the repository wants cannot be known now.
    pub(crate) async fn settings(&self, pr: &PrKey, base: &Base) -> Result<Settings, GitHubError> {
        self.invalid.iter().for_each(deployment::log);
        let mut settings = Settings {
            policy: self.deps.policy.clone(),
            attributes: self.attributes(pr, base).await?,
            languages: self.languages(pr).await,
            invalid: self.invalid.clone(),
        };
        settings.lay(self.organisations(pr).await?, Source::Organisation);
        let lower = settings.policy.clone();
        settings.lay(
            self.repositorys(pr, &branch(base)).await?,
            Source::Repository,
        );
        if settings.policy.auto_approve().enabled {
            let allowed = self.approval(pr, lower).await?;
            settings.policy = settings.policy.approving_within(&allowed);
        }
        Ok(settings)
    }

    /// What the default branch allows of approving, over `lower`. Whoever may push to
    /// some branch may write settings there; they must not give themselves an approval.
    async fn approval(&self, pr: &PrKey, lower: Policy) -> Result<Policy, GitHubError> {
        let mut allowed = Settings {
            policy: lower,
            attributes: Attributes::default(),
            languages: vec![],
            invalid: None,
        };
        let file = self.repositorys(pr, DEFAULT_BRANCH).await?;
        allowed.lay(file, Source::Repository);
        Ok(match allowed.invalid {
            None => allowed.policy,
            // Where nobody knows what is allowed, nothing is.
            Some(_) => Policy::default(),
        })
    }

    /// The organisation's repository may be hidden from the bot, which is no reason to
    /// review nothing: most have none.
    async fn organisations(&self, pr: &PrKey) -> Result<File, GitHubError> {
        let source = Source::Organisation;
        let owner = pr.repo.as_str().split_once('/').map(|(owner, _)| owner);
        let repo = owner.and_then(|owner| format!("{owner}/{ORGANISATION}").parse().ok());
        let Some(repo): Option<RepoName> = repo else {
            return Ok(Ok(None));
        };
        let file = self.deps.github.file(&repo, source.place(), DEFAULT_BRANCH);
        match file.await {
            Err(GitHubError::Forbidden { call, reason }) => {
                tracing::info!(%pr, "{source} may not be seen ({call}: {reason}); it counts as absent");
                Ok(Ok(None))
            }
            answer => or_too_large(answer, source),
        }
    }

    async fn repositorys(&self, pr: &PrKey, reference: &str) -> Result<File, GitHubError> {
        let source = Source::Repository;
        let file = self.deps.github.file(&pr.repo, source.place(), reference);
        or_too_large(file.await, source)
    }

    /// No settings: what cannot be read of them calls nothing generated.
    async fn attributes(&self, pr: &PrKey, base: &Base) -> Result<Attributes, GitHubError> {
        match self
            .deps
            .github
            .file(&pr.repo, ATTRIBUTES, &branch(base))
            .await
        {
            Ok(file) => {
                let text = file.unwrap_or_default();
                Ok(Attributes::parse(&String::from_utf8_lossy(&text)))
            }
            Err(error @ GitHubError::TooLarge { .. }) => {
                tracing::info!(%pr, "{ATTRIBUTES} is not read: {error}");
                Ok(Attributes::default())
            }
            Err(error) => Err(error),
        }
    }

    /// No settings either: without them files are ordered by what the change itself is
    /// written in.
    async fn languages(&self, pr: &PrKey) -> Vec<String> {
        let languages = self.deps.github.languages(&pr.repo).await;
        let mut languages = languages.unwrap_or_else(|error| {
            tracing::info!(%pr, "what it is written in is not known: {error}");
            vec![]
        });
        languages
            .iter_mut()
            .for_each(|it| bounds::cut(it, LONGEST_LANGUAGE));
        languages
    }
}

/// The bytes of a file, if there is one that can be taken.
type File = Result<Option<Vec<u8>>, Invalid>;

fn or_too_large(
    answer: Result<Option<Vec<u8>>, GitHubError>,
    source: Source,
) -> Result<File, GitHubError> {
    match answer {
        Ok(file) => Ok(Ok(file)),
        Err(GitHubError::TooLarge { .. }) => Ok(Err(Invalid::TooLarge(source))),
        Err(error) => Err(error),
    }
}

fn read(bytes: Vec<u8>, source: Source) -> Result<Layer, Invalid> {
    let text = String::from_utf8(bytes).map_err(|_| Invalid::NoText(source))?;
    Ok(Layer::parse(&text, source)?)
}

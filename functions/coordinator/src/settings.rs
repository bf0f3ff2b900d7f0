//! Review settings of a repository, read from its base branch.

use crate::{Coordinator, deployment};
use github::port::GitHubError;
use github::{Base, PrKey, RepoName};
use policy::{Attributes, Layer, Policy, PolicyError, Source};
use review::bounds;
use review::item::SkippedHead;
use review::message::SkipReason;

/// Repository with the settings of an organisation for all its repositories.
const ORGANISATION: &str = ".github";
/// Reference to the default branch ("Get repository content", `ref`).
const DEFAULT_BRANCH: &str = "HEAD";

/// Returns the full name of a branch, to distinguish it from a tag of the same name.
fn branch(base: &Base) -> String {
    format!("refs/heads/{}", base.branch)
}

/// File with a repository's list of generated files.
const ATTRIBUTES: &str = ".gitattributes";

/// Maximum number of bytes stored of a language's name.
const LONGEST_LANGUAGE: usize = 40;

/// Settings for a review that begins now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Policy of all valid layers, from the lowest to the highest.
    pub(crate) policy: Policy,
    /// Patterns of generated files.
    pub(crate) attributes: Attributes,
    /// Languages of the repository, most used first.
    pub(crate) languages: Vec<String>,
    /// First invalid layer. The review is skipped: its settings are unknown.
    pub(crate) invalid: Option<InvalidSettings>,
}

/// Reason that a settings file is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// The file contains unknown or wrong settings.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The file is not UTF-8.
    #[error("{0} is not UTF-8")]
    NoText(Source),
    /// The file exceeds the size limit.
    #[error("{0} has more than {max} bytes", max = policy::MAX_BYTES)]
    TooLarge(Source),
    /// GitHub finally refuses to show the repository.
    #[error("{0}")]
    Refused(String),
    /// The reference to it cannot be resolved.
    #[error("{0} cannot be read: {1}")]
    Unreadable(Source, String),
}

impl InvalidSettings {
    /// Returns the skip with its text for the author.
    pub(crate) fn skipped(&self) -> SkippedHead {
        let why = match self {
            Self::Policy(error) => error.for_people(),
            Self::NoText(source) => {
                format!(
                    "The settings in {source} are not used: the file is not UTF-8. Save it as UTF-8."
                )
            }
            Self::TooLarge(source) => format!(
                "The settings in {source} are not used: the file has more than {} bytes. Shorten it.",
                policy::MAX_BYTES
            ),
            Self::Refused(reason) => format!(
                "The bot cannot read this repository. {reason}. Correct this, then close and reopen the \
                 pull request."
            ),
            // The reason may name AWS resources, which are not for everybody.
            Self::Unreadable(source, _) => format!(
                "The settings in {source} are not used: the parameter that it refers to cannot be \
                 read. The log of the function `coordinator` has the reason."
            ),
        };
        let reason = match self {
            Self::Refused(_) => SkipReason::Unreadable,
            Self::Policy(_) | Self::NoText(_) | Self::TooLarge(_) | Self::Unreadable(..) => {
                SkipReason::InvalidPolicy
            }
        };
        SkippedHead { reason, why }
    }
}

impl Settings {
    /// Applies the `file` of `source` over the current policy.
    fn lay(&mut self, file: File, source: Source) {
        let layer = file.and_then(|text| text.map(|text| read(text, source)).transpose());
        match layer {
            Ok(Some(layer)) => self.policy = self.policy.clone().over(layer),
            Ok(None) => tracing::debug!("no settings in {source}"),
            Err(invalid) => {
                tracing::warn!("invalid settings: {invalid}");
                self.invalid.get_or_insert(invalid);
            }
        }
    }
}

impl Coordinator {
    /// Reads the settings for `pr`. The repository's files are read from the base branch: the pull
    /// request's own changes to them have no effect.
    ///
    /// # Errors
    /// [`GitHubError`], if the settings cannot be read now.
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

    /// Returns the settings of a repository that GitHub finally refuses to show.
    pub(crate) fn unreadable(&self, error: &GitHubError) -> Settings {
        tracing::warn!(%error, "the settings cannot be read");
        Settings {
            policy: self.deps.policy.clone(),
            attributes: Attributes::default(),
            languages: vec![],
            invalid: Some(InvalidSettings::Refused(error.to_string())),
        }
    }

    /// Returns the policy of the default branch over `lower`. Approvals must also be allowed there:
    /// a user who may push to the base branch must not enable approvals by changing its settings.
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
            // An invalid file on the default branch allows no approval.
            Some(_) => Policy::default(),
        })
    }

    /// Reads the organisation's settings. A hidden repository counts as absent: most organisations
    /// have none, and the review must not fail by it.
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
                tracing::info!(%pr, "{source} is not accessible ({call}: {reason}) and counts as absent");
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

    /// Reads the attributes. A file above the size limit marks no file as generated.
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

    /// Reads the languages. Without them, files are ordered by the languages of the change.
    async fn languages(&self, pr: &PrKey) -> Vec<String> {
        let languages = self.deps.github.languages(&pr.repo).await;
        let mut languages = languages.unwrap_or_else(|error| {
            tracing::info!(%pr, "the repository's languages are unknown: {error}");
            vec![]
        });
        languages
            .iter_mut()
            .for_each(|it| bounds::cut(it, LONGEST_LANGUAGE));
        languages
    }
}

/// Bytes of a file, `None` without the file, or the reason that it is invalid.
type File = Result<Option<Vec<u8>>, InvalidSettings>;

fn or_too_large(
    answer: Result<Option<Vec<u8>>, GitHubError>,
    source: Source,
) -> Result<File, GitHubError> {
    match answer {
        Ok(file) => Ok(Ok(file)),
        Err(GitHubError::TooLarge { .. }) => Ok(Err(InvalidSettings::TooLarge(source))),
        Err(error) => Err(error),
    }
}

fn read(bytes: Vec<u8>, source: Source) -> Result<Layer, InvalidSettings> {
    let text = String::from_utf8(bytes).map_err(|_| InvalidSettings::NoText(source))?;
    Ok(Layer::parse(&text, source)?)
}

use crate::approval::AutoApprove;
use crate::{Conclusion, Instruction, Layer, Paths, Source, Treatment, approval};
use finding::{Category, Confidence, Severity};
use serde::{Deserialize, Serialize};

/// What a review does: the built-in settings, with all layers over them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Whether pull requests are reviewed.
    pub enabled: bool,
    /// Whether reviews are posted; else they are only recorded.
    pub publish: bool,
    /// The language that answers are written in: at most 40 letters, spaces and
    /// hyphens.
    pub language: String,
    /// The specialists that are asked.
    pub reviewers: Vec<Category>,
    /// Findings below it are not told.
    pub severity_floor: Severity,
    /// Findings that are less sure are not told.
    pub confidence_floor: Confidence,
    /// Comments on lines in one review; other findings stand in its text.
    pub max_comments: u8,
    /// What is done with drafts.
    pub drafts: Treatment,
    /// What is done with bots' pull requests.
    pub bots: Treatment,
    /// Logins whose pull requests are left alone.
    pub skip_authors: Vec<String>,
    /// Labels that pull requests are left alone for.
    pub skip_labels: Vec<String>,
    /// Which files are reviewed.
    pub paths: Paths,
    /// What reviewers shall heed.
    pub instructions: Vec<Instruction>,
    /// What may be spent.
    pub budget: Budget,
    /// How the check run ends.
    pub checks: Checks,
    pub(crate) approval: approval::Named,
    /// The layers that had something to say, the lowest first.
    layers: Vec<Source>,
    /// Whether the deployment has forbidden to post.
    unpublished: bool,
}

/// What models may spend, in tokens of input and output together. 0 is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// On one review of one head.
    pub tokens_per_review: u64,
    /// On all heads of a pull request.
    pub tokens_per_pull_request: u64,
    /// On a repository, from midnight to midnight in UTC.
    pub tokens_per_repository_a_day: u64,
    /// On all of them.
    pub tokens_a_day: u64,
}

/// How the check run of a review ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checks {
    /// With findings of which none blocks.
    pub on_findings: Conclusion,
    /// With a finding that blocks.
    pub on_block: Conclusion,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            enabled: true,
            publish: true,
            language: "English".to_owned(),
            reviewers: Category::ALL.into(),
            severity_floor: Severity::Info,
            confidence_floor: Confidence::percent(50),
            max_comments: 10,
            drafts: Treatment::Skip,
            bots: Treatment::Skip,
            skip_authors: vec!["dependabot[bot]".to_owned()],
            skip_labels: vec!["no-review".to_owned()],
            paths: Paths::default(),
            instructions: Vec::new(),
            budget: Budget::default(),
            checks: Checks::default(),
            approval: approval::Named::default(),
            layers: Vec::new(),
            unpublished: false,
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            tokens_per_review: 200_000,
            tokens_per_pull_request: 1_000_000,
            tokens_per_repository_a_day: 5_000_000,
            tokens_a_day: 20_000_000,
        }
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            on_findings: Conclusion::Neutral,
            on_block: Conclusion::Failure,
        }
    }
}

impl Policy {
    /// `layer` over this policy. Go from the lowest layer to the highest:
    /// [`Source::Deployment`] first.
    ///
    /// What `layer` names stands, but for what only becomes narrower: budgets
    /// (the deployment, if it comes first, may raise the built-in ones), what
    /// another layer named of `auto_approve`, and `publish = false` of the
    /// deployment.
    pub fn over(mut self, layer: Layer) -> Self {
        if layer.is_empty() {
            return self;
        }
        let is_deployment = layer.source == Source::Deployment;
        let may_raise = is_deployment && self.layers.is_empty();

        set(&mut self.enabled, layer.enabled);
        self.unpublished |= is_deployment && layer.publish == Some(false);
        set(&mut self.publish, layer.publish);
        self.publish &= !self.unpublished;
        set(&mut self.language, layer.language);
        set(&mut self.reviewers, layer.reviewers);
        set(&mut self.severity_floor, layer.severity_floor);
        set(&mut self.confidence_floor, layer.confidence_floor);
        set(&mut self.max_comments, layer.max_comments);
        set(&mut self.drafts, layer.drafts);
        set(&mut self.bots, layer.bots);
        set(&mut self.skip_authors, layer.skip_authors);
        set(&mut self.skip_labels, layer.skip_labels);
        set(&mut self.paths.include, layer.include);
        set(&mut self.paths.exclude, layer.exclude);
        set(&mut self.paths.languages, layer.languages);
        set(&mut self.instructions, layer.instructions);
        set(&mut self.checks.on_findings, layer.on_findings);
        set(&mut self.checks.on_block, layer.on_block);
        let budget = &mut self.budget;
        for (ceiling, wanted) in [
            (&mut budget.tokens_per_review, layer.tokens_per_review),
            (
                &mut budget.tokens_per_pull_request,
                layer.tokens_per_pull_request,
            ),
            (
                &mut budget.tokens_per_repository_a_day,
                layer.tokens_per_repository_a_day,
            ),
            (&mut budget.tokens_a_day, layer.tokens_a_day),
        ] {
            let wanted = wanted.map(|wanted| match may_raise {
                true => wanted,
                false => wanted.min(*ceiling),
            });
            set(ceiling, wanted);
        }
        self.approval.narrow(layer.auto_approve);
        self.layers.push(layer.source);
        self
    }

    /// This policy with nothing posted, whatever layers say that come over it.
    ///
    /// ```
    /// use policy::{Layer, Policy, Source};
    ///
    /// let wants = Layer::parse("publish = true", Source::Repository)?;
    /// assert!(!Policy::default().unpublished().over(wants).publish);
    /// # Ok::<_, policy::PolicyError>(())
    /// ```
    pub fn unpublished(mut self) -> Self {
        self.unpublished = true;
        self.publish = false;
        self
    }

    /// This policy, which approves nothing that `other` would not approve as well: of
    /// both the narrower.
    #[must_use]
    pub fn approving_within(mut self, other: &Self) -> Self {
        let named = |policy: &Self| approval::Named::from(policy.auto_approve());
        let mut both = named(&self);
        both.narrow(named(other));
        self.approval = both;
        self
    }
}

impl From<AutoApprove> for approval::Named {
    fn from(wanted: AutoApprove) -> Self {
        Self {
            enabled: Some(wanted.enabled),
            score: Some(wanted.score),
            authors: Some(wanted.authors),
            require_checks: Some(wanted.require_checks),
            allow_forks: Some(wanted.allow_forks),
            allow_first_time: Some(wanted.allow_first_time),
        }
    }
}

fn set<T>(setting: &mut T, named: Option<T>) {
    if let Some(named) = named {
        *setting = named;
    }
}

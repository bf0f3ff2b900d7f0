use crate::approval::{ApprovalFacts, AutoApprove, NoApprovalReason};
use crate::{
    Conclusion, Instruction, Layer, Paths, RequestChangesAt, Show, SkipConclusion, Source,
    Treatment, approval,
};
use findings::{BlockRule, Category, Confidence, Severity};
use serde::{Deserialize, Serialize};

/// Settings of a review: the built-in settings with all layers applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// True if pull requests are reviewed.
    pub enabled: bool,
    /// True if reviews are posted; otherwise they are only recorded.
    pub publish: bool,
    /// Language of the answers: at most 40 letters, spaces and hyphens.
    pub language: String,
    /// Specialists that are asked.
    pub reviewers: Vec<Category>,
    /// Minimum severity of posted findings.
    pub severity_floor: Severity,
    /// Minimum confidence of posted findings.
    pub confidence_floor: Confidence,
    /// Maximum number of comments on lines in one review. Further findings go into the review's
    /// text.
    pub max_comments: u8,
    /// Minimum severity of findings that request changes.
    pub request_changes_at: RequestChangesAt,
    /// Minimum confidence of findings that request changes.
    pub request_changes_confidence: Confidence,
    /// Categories of findings that request changes.
    pub request_changes_for: Vec<Category>,
    /// A score below this one requests changes. 0: no score does.
    pub request_changes_below_score: u8,
    /// Treatment of drafts.
    pub drafts: Treatment,
    /// Treatment of pull requests opened by bots.
    pub bots: Treatment,
    /// Logins whose pull requests are not reviewed.
    pub skip_authors: Vec<String>,
    /// Labels whose pull requests are not reviewed.
    pub skip_labels: Vec<String>,
    /// Selection of the files that are reviewed.
    pub paths: Paths,
    /// Instructions for reviewers.
    pub instructions: Vec<Instruction>,
    /// Limits on spending.
    pub budget: Budget,
    /// Parts of a review that are shown.
    pub show: Shown,
    /// Conclusions of the check run.
    pub checks: Checks,
    pub(crate) approval: approval::ApprovalLayer,
    /// Layers that set something, the lowest first.
    layers: Vec<Source>,
    /// True if the deployment forbids posting.
    unpublished: bool,
}

/// Tokens that models may spend, input and output together. 0 allows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Limit for one review of one head.
    pub tokens_per_review: u64,
    /// Limit for all heads of a pull request.
    pub tokens_per_pull_request: u64,
    /// Limit for a repository, from midnight to midnight in UTC.
    pub tokens_per_repository_a_day: u64,
    /// Daily limit for all repositories together.
    pub tokens_a_day: u64,
}

/// Conclusions of a review's check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checks {
    /// Conclusion with findings of which none blocks.
    pub on_findings: Conclusion,
    /// Conclusion with a finding that blocks.
    pub on_block: Conclusion,
    /// Conclusion of a pull request that is not reviewed.
    pub on_skip: SkipConclusion,
}

/// Parts of a review that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// The review with its comments on lines.
    pub review: Show,
    /// The comment about the newest head.
    pub summary: Show,
    /// The check run.
    pub check: Show,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            review: Show::Findings,
            summary: Show::Findings,
            check: Show::Always,
        }
    }
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
            request_changes_at: RequestChangesAt::High,
            request_changes_confidence: Confidence::percent(80),
            request_changes_for: vec![Category::Security],
            request_changes_below_score: 0,
            drafts: Treatment::Skip,
            bots: Treatment::Skip,
            skip_authors: vec!["dependabot[bot]".to_owned()],
            skip_labels: vec!["no-review".to_owned()],
            paths: Paths::default(),
            instructions: Vec::new(),
            budget: Budget::default(),
            show: Shown::default(),
            checks: Checks::default(),
            approval: approval::ApprovalLayer::default(),
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
            on_skip: SkipConclusion::Neutral,
        }
    }
}

impl Policy {
    /// Applies `layer` over this policy. Apply the lowest layer first: [`Source::Deployment`].
    ///
    /// Settings of `layer` replace those of this policy, except for settings that can only be
    /// narrowed: budgets (the deployment, if it is applied first, may raise the built-in ones),
    /// settings of `auto_approve` that another layer has named, and `publish = false` of the
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
        set(&mut self.request_changes_at, layer.request_changes_at);
        set(
            &mut self.request_changes_confidence,
            layer.request_changes_confidence,
        );
        set(&mut self.request_changes_for, layer.request_changes_for);
        set(
            &mut self.request_changes_below_score,
            layer.request_changes_below_score,
        );
        set(&mut self.drafts, layer.drafts);
        set(&mut self.bots, layer.bots);
        set(&mut self.skip_authors, layer.skip_authors);
        set(&mut self.skip_labels, layer.skip_labels);
        set(&mut self.paths.include, layer.include);
        set(&mut self.paths.exclude, layer.exclude);
        set(&mut self.paths.languages, layer.languages);
        set(&mut self.instructions, layer.instructions);
        set(&mut self.show.review, layer.show_review);
        set(&mut self.show.summary, layer.show_summary);
        set(&mut self.show.check, layer.show_check);
        set(&mut self.checks.on_findings, layer.on_findings);
        set(&mut self.checks.on_block, layer.on_block);
        set(&mut self.checks.on_skip, layer.on_skip);
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

    /// Switches posting off, whatever the layers above set.
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

    /// Narrows the approval conditions to pull requests that `other` would approve, too.
    #[must_use]
    pub fn approving_within(mut self, other: &Self) -> Self {
        let named = |policy: &Self| approval::ApprovalLayer::from(policy.auto_approve());
        let mut both = named(&self);
        both.narrow(named(other));
        self.approval = both;
        self
    }

    /// Returns whether the file at `path`, relative to the repository's root, is reviewed.
    pub fn wants(&self, path: &str) -> bool {
        self.paths.select(path)
    }

    /// Returns the rule that decides which findings block merging.
    pub fn block_rule(&self) -> BlockRule {
        BlockRule {
            severity: self.request_changes_at.severity(),
            confidence: self.request_changes_confidence,
            categories: self.request_changes_for.clone(),
        }
    }

    /// Returns whether the score alone requests changes.
    pub fn is_score_too_low(&self, score: Option<u8>) -> bool {
        score.is_some_and(|score| score < self.request_changes_below_score)
    }

    /// Returns the approval conditions of this policy.
    pub fn auto_approve(&self) -> AutoApprove {
        self.approval.with_defaults()
    }

    /// Checks whether a pull request may be approved.
    ///
    /// # Errors
    /// Every reason against approval, in the order of [`NoApprovalReason`].
    pub fn may_approve(&self, facts: &ApprovalFacts) -> Result<(), Vec<NoApprovalReason>> {
        let mut conditions = self.auto_approve();
        conditions.enabled &= self.enabled && self.publish;
        let reasons = conditions.reasons_against(facts);
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(reasons),
        }
    }
}

impl From<AutoApprove> for approval::ApprovalLayer {
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

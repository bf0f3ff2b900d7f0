//! The one comment on a pull request's page that says how its newest head stands.

use crate::check::{Content, Told};
use crate::publication::{Claim, Publication, Publish};
use crate::wanted::{Ignored, Wanted, key};
use crate::{Publisher, text};
use async_trait::async_trait;
use events::{HandlerError, Say};
use github::HeadSha;
use github::port::{CommentId, GitHubError};
use review::message::SkipReason;
use serde::{Deserialize, Serialize};
use state::Key;

/// A summary that is to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Summary<'a> {
    pub(crate) of: &'a Wanted,
    pub(crate) told: Told,
}

impl Told {
    /// Whether a comment is made for it. What else there is to tell only keeps one up
    /// to date.
    fn makes_a_summary(self) -> bool {
        match self {
            // Those who cannot have checks would not know why nothing comes.
            Self::Skipped(SkipReason::InvalidPolicy) | Self::Review | Self::Block => true,
            Self::Skipped(
                SkipReason::Disabled
                | SkipReason::Bot
                | SkipReason::Author
                | SkipReason::Draft
                | SkipReason::Label,
            )
            | Self::UnderWay => false,
        }
    }
}

/// What is kept of a pull request's summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    /// GitHub's id of the comment.
    comment: CommentId,
    /// Which head it tells of.
    head_sha: HeadSha,
    /// What it tells of it.
    told: Told,
    /// Its text; `None` in items of before it was kept.
    #[serde(default)]
    content: Option<Content>,
}

#[async_trait]
impl Publish for Summary<'_> {
    type Stands = Stands;

    fn key(&self) -> Key {
        key(&format!("{}/summary", self.of.review.pr))
    }

    fn is_told_by(&self, stands: &Stands) -> bool {
        let new = self.told.supersedes(stands.told) && stands.content != Some(self.content());
        stands.head_sha == self.of.review.head_sha && !new
    }

    /// Whoever holds the claim writes, and only of the head that GitHub says is the
    /// newest: an older head's text never comes after a newer one's.
    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
    ) -> Result<Result<Stands, Ignored>, HandlerError> {
        let now = by.deps.github.pull_request(&self.of.review.pr).await?;
        if let Err(ignored) = self.of.still(&now) {
            return Ok(Err(ignored));
        }
        let body = text::summary(self.of, self.told, claim.marker.as_str());
        let before = claim.lease.before.as_ref();
        let comment = match before {
            Some(before) if self.update(by, claim, before.comment, &body).await? => before.comment,
            Some(_) | None => match self.find_or_create(by, claim, &body).await? {
                Ok(comment) => comment,
                Err(ignored) => return Ok(Err(ignored)),
            },
        };
        Ok(Ok(Stands {
            comment,
            head_sha: self.of.review.head_sha.clone(),
            told: self.told,
            content: Some(self.content()),
        }))
    }

    fn says(&self, _: &Stands) -> Vec<Say> {
        vec![] // nobody waits for it
    }
}

impl Summary<'_> {
    /// Whether there is something to write: a comment to make, or one to keep up to date.
    pub(crate) async fn is_due(&self, by: &Publisher) -> Result<bool, HandlerError> {
        if self.told.makes_a_summary() {
            return Ok(true);
        }
        let known: Option<Publication<Stands>> = by.deps.state.peek(&self.key()).await?;
        let skipped = matches!(self.told, Told::Skipped(_));
        Ok(skipped && known.is_some())
    }

    fn content(&self) -> Content {
        Content::of([&*text::summary(self.of, self.told, "")])
    }

    /// Whether the comment was still there to be given its text.
    async fn update(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
        comment: CommentId,
        body: &str,
    ) -> Result<bool, HandlerError> {
        claim.time_left(by.deps.clock.now())?;
        let repo = &self.of.review.pr.repo;
        match by.deps.github.update_comment(repo, comment, body).await {
            Err(GitHubError::NotFound { .. }) => Ok(false),
            answer => Ok(answer.map(|()| true)?),
        }
    }

    /// The comment that an attempt before this one posted and could not settle, or a
    /// new one.
    async fn find_or_create(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
        body: &str,
    ) -> Result<Result<CommentId, Ignored>, HandlerError> {
        let pr = &self.of.review.pr;
        let found = by
            .deps
            .github
            .find_comment(pr, claim.marker.as_str())
            .await?;
        if let Some(found) = found
            && self.update(by, claim, found, body).await?
        {
            return Ok(Ok(found));
        }
        if !self.told.makes_a_summary() {
            return Ok(Err(Ignored::NoSummary));
        }
        claim.time_left(by.deps.clock.now())?;
        Ok(Ok(by.deps.github.create_comment(pr, body).await?))
    }
}

//! The summary: one comment on a pull request that shows the status of its newest head.

use crate::check::{Content, Told};
use crate::publication::{Claim, Publication, Publish};
use crate::wanted::{Ignored, Wanted, key};
use crate::{Publisher, text};
use async_trait::async_trait;
use events::{HandlerError, NewEvent};
use github::HeadSha;
use github::port::{CommentId, GitHubError};
use review::message::SkipReason;
use serde::{Deserialize, Serialize};
use state::Key;

/// Summary that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Summary<'a> {
    pub(crate) of: &'a Wanted,
    pub(crate) told: Told,
}

impl Told {
    /// Returns whether this status creates a comment. Other statuses only update an existing one.
    fn makes_a_summary(self) -> bool {
        match self {
            // Without a check, the author would not see the reason for the missing review.
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

/// Stored form of the summary of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    /// GitHub's id of the comment.
    comment: CommentId,
    /// Head that the summary describes.
    head_sha: HeadSha,
    /// Status of that head.
    told: Told,
    /// Digest of the text. `None` in items of versions before it was stored.
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

    /// Writes only about the head that GitHub reports as the newest: the text of an older head must
    /// not replace the text of a newer one.
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

    fn emits(&self, _: &Stands) -> Vec<NewEvent> {
        vec![] // this publication emits no events
    }
}

impl Summary<'_> {
    /// Returns whether a comment must be created or updated.
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

    /// Updates the comment. Returns `false` if it was deleted.
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

    /// Returns the comment of an earlier attempt that was not settled, or creates one.
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

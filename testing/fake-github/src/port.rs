//! Implements the ports of [`github::port`] in process, without HTTP.

use crate::World;
use crate::call::Failure;
use async_trait::async_trait;
use github::port::{
    DismissReview, GitHubError, NewReview, OwnReview, PublishReview, PullRequest, ReadDiff,
    ReadPullRequest, ReviewId, WhoAmI,
};
use github::{HeadSha, PrKey};

/// Direct access to the world.
#[derive(Debug, Clone)]
pub struct ProcessGitHub {
    pub(crate) world: World,
}

impl ProcessGitHub {
    pub(crate) fn new(world: World) -> Self {
        Self { world }
    }

    pub(crate) fn error(&self, call: String, failure: Failure) -> GitHubError {
        match failure {
            Failure::Refused(refusal) => refusal.into_error(call, self.world.clock().now()),
            Failure::Cut => GitHubError::Unavailable {
                call,
                reason: "the connection was cut".to_owned(),
            },
        }
    }
}

#[async_trait]
impl ReadDiff for ProcessGitHub {
    async fn diff(
        &self,
        pr: &PrKey,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, GitHubError> {
        let call = || format!("GET /repos/{}/compare/{base}...{head}", pr.repo);
        self.world
            .get_diff(&pr.repo, base, head)
            .await
            .map_err(|failure| self.error(call(), failure))
    }
}

#[async_trait]
impl ReadPullRequest for ProcessGitHub {
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError> {
        let call = || format!("GET /repos/{}/pulls/{}", pr.repo, pr.number);
        match self.world.get_pull(pr).await {
            Ok((pull, _)) => Ok(PullRequest {
                head_sha: pull.head,
                open: pull.open,
                author: pull.author.login,
                author_association: pull.association,
                base_ref: pull.base_branch,
                draft: pull.draft,
            }),
            Err(failure) => Err(self.error(call(), failure)),
        }
    }
}

#[async_trait]
impl PublishReview for ProcessGitHub {
    async fn find_review(&self, pr: &PrKey, marker: &str) -> Result<Option<ReviewId>, GitHubError> {
        let call = || format!("GET /repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let pull = self
            .world
            .get_reviews(pr)
            .await
            .map_err(|failure| self.error(call(), failure))?;
        let bot = self.world.bot();
        Ok(pull
            .reviews
            .iter()
            .find(|review| review.author.login == bot && review.body.contains(marker))
            .map(|review| review.id))
    }

    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError> {
        let call = || format!("POST /repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        match self.world.post_review(pr, review).await {
            Ok((_, posted)) => Ok(posted.id),
            Err(failure) => Err(self.error(call(), failure)),
        }
    }
}

#[async_trait]
impl DismissReview for ProcessGitHub {
    async fn own_reviews(&self, pr: &PrKey, marker: &str) -> Result<Vec<OwnReview>, GitHubError> {
        let call = || format!("GET /repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let pull = self.world.get_reviews(pr).await;
        let pull = pull.map_err(|failure| self.error(call(), failure))?;
        let bot = self.world.bot();
        let all = pull.reviews.iter();
        let own = all.filter(|review| review.author.login == bot && review.body.contains(marker));
        Ok(own
            .map(|review| OwnReview {
                id: review.id,
                state: review.state(),
                commit_id: Some(review.commit_id.clone()),
            })
            .collect())
    }

    async fn dismiss_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        message: &str,
    ) -> Result<(), GitHubError> {
        let (repo, number, id) = (&pr.repo, pr.number, review.0);
        let call = || format!("PUT /repos/{repo}/pulls/{number}/reviews/{id}/dismissals");
        let done = self.world.dismiss_review(pr, review, message).await;
        done.map(drop)
            .map_err(|failure| self.error(call(), failure))
    }
}

#[async_trait]
impl WhoAmI for ProcessGitHub {
    async fn login(&self) -> Result<Option<String>, GitHubError> {
        Ok(Some(self.world.bot()))
    }
}

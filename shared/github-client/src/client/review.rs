//! Posts reviews and finds them again.

use super::Client;
use crate::identity::{Identity, User};
use async_trait::async_trait;
use github::port::{
    GitHubError, NewReview, OwnReview, PublishReview, ReviewId, ReviewState, WithdrawReview,
};
use github::{HeadSha, PrKey};
use reqwest::Method;
use serde::{Deserialize, Serialize};

const A_PAGE: &str = "per_page=50";

/// Maximum number of pages to search.
const MOST_PAGES: usize = 200;

/// Used fields of "List reviews for a pull request" and of the response to "Create a
/// review for a pull request".
#[derive(Deserialize)]
struct ReviewBody {
    id: u64,
    user: Option<User>,
    body: Option<String>,
    state: ReviewState,
    #[serde(default)]
    commit_id: Option<HeadSha>,
}

impl ReviewBody {
    /// Returns `true` if the bot wrote the review and it contains `marker`.
    fn is_own(&self, identity: &Identity, marker: &str) -> bool {
        let body = self.body.as_deref().unwrap_or_default();
        body.contains(marker) && identity.wrote(self.user.as_ref())
    }
}

/// "Update a review for a pull request".
#[derive(Serialize)]
struct EditRequest<'a> {
    body: &'a str,
}

/// "Dismiss a review for a pull request".
#[derive(Serialize)]
struct DismissRequest<'a> {
    message: &'a str,
    event: &'static str,
}

#[async_trait]
impl PublishReview for Client {
    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError> {
        let path = format!("/repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let posted: ReviewBody = self.write(&pr.repo, Method::POST, path, review).await?;
        if let Some(user) = posted.user {
            self.learn(Identity::Login(user.login));
        }
        Ok(ReviewId(posted.id))
    }
}

#[async_trait]
impl WithdrawReview for Client {
    async fn own_reviews(&self, pr: &PrKey, marker: &str) -> Result<Vec<OwnReview>, GitHubError> {
        let identity = self.identity().await?;
        let path = format!("/repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let own = |review: &ReviewBody| review.is_own(&identity, marker);
        let mut all = Vec::new();
        let visit = |page: Vec<ReviewBody>| -> Option<()> {
            all.extend(page.into_iter().filter(own).map(|review| OwnReview {
                id: ReviewId(review.id),
                state: review.state,
                commit_id: review.commit_id,
                body: review.body.unwrap_or_default(),
            }));
            None
        };
        self.pages(&pr.repo, &path, A_PAGE, MOST_PAGES, visit)
            .await?;
        Ok(all)
    }

    async fn dismiss_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        message: &str,
    ) -> Result<(), GitHubError> {
        let (repo, number, id) = (&pr.repo, pr.number, review.0);
        let path = format!("/repos/{repo}/pulls/{number}/reviews/{id}/dismissals");
        let asked = DismissRequest {
            message,
            event: "DISMISS",
        };
        let _: ReviewBody = self.write(repo, Method::PUT, path, &asked).await?;
        Ok(())
    }

    async fn edit_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        body: &str,
    ) -> Result<(), GitHubError> {
        let (repo, number, id) = (&pr.repo, pr.number, review.0);
        let path = format!("/repos/{repo}/pulls/{number}/reviews/{id}");
        let asked = EditRequest { body };
        let _: ReviewBody = self.write(repo, Method::PUT, path, &asked).await?;
        Ok(())
    }
}

//! Reviews, posted and found again.

use super::Client;
use crate::identity::{Identity, User};
use async_trait::async_trait;
use github::PrKey;
use github::port::{GitHubError, NewReview, PublishReview, ReviewId};
use reqwest::Method;
use serde::Deserialize;

const A_PAGE: &str = "per_page=50";

/// Pages of reviews that are looked through.
const MOST_PAGES: usize = 200;

/// The fields of "List reviews for a pull request" that matter, and of the
/// answer to "Create a review for a pull request".
#[derive(Deserialize)]
struct ReviewBody {
    id: u64,
    user: Option<User>,
    body: Option<String>,
}

#[async_trait]
impl PublishReview for Client {
    async fn find_review(&self, pr: &PrKey, marker: &str) -> Result<Option<ReviewId>, GitHubError> {
        let identity = self.identity().await?;
        let path = format!("/repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let own = |review: &&ReviewBody| {
            let body = review.body.as_deref().unwrap_or_default();
            body.contains(marker) && identity.wrote(review.user.as_ref())
        };
        self.pages(
            &pr.repo,
            &path,
            A_PAGE,
            MOST_PAGES,
            |page: Vec<ReviewBody>| page.iter().find(own).map(|review| ReviewId(review.id)),
        )
        .await
    }

    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError> {
        let path = format!("/repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let posted: ReviewBody = self.write(&pr.repo, Method::POST, path, review).await?;
        if let Some(user) = posted.user {
            self.learn(Identity::Login(user.login));
        }
        Ok(ReviewId(posted.id))
    }
}

//! "Pull request reviews".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::model::{Account, PostedReview, Pull};
use crate::world::{State, World};
use crate::{ProcessGitHub, WebhookDelivery, payload, rules};
use async_trait::async_trait;
use events::Timestamp;
use github::PrKey;
use github::port::{GitHubError, NewReview, OwnReview, PublishReview, ReviewId, WithdrawReview};

impl State {
    /// Posts a valid review. GitHub notifies every App about it, including the one
    /// that posted it.
    pub(crate) fn post_review(
        &mut self,
        pr: &PrKey,
        review: &NewReview,
        author: &Account,
        now: Timestamp,
    ) -> Result<(PostedReview, WebhookDelivery), Refusal> {
        let pull = self.pull(pr)?;
        let lines = self.repo(&pr.repo).and_then(|repo| {
            let diff = (pull.base_sha.clone(), review.commit_id.clone());
            repo.diffs.get(&diff).map(|diff| &diff.lines)
        });
        rules::review(pull, &author.login, review, lines)?;
        let posted = PostedReview {
            id: ReviewId(self.next_id()),
            author: author.clone(),
            commit_id: review.commit_id.clone(),
            event: review.event,
            body: review.body.clone(),
            comments: review.comments.clone(),
            submitted_at: now,
            dismissed: None,
        };
        let pull = self.pull_mut(pr)?;
        pull.reviews.push(posted.clone());
        pull.updated_at = now;
        let pull = pull.clone();
        let body = payload::review_submitted(&pull, self.count(&pull), &posted);
        let delivery = self.deliver("pull_request_review", Some(pr.clone()), &body);
        Ok((posted, delivery))
    }
}

impl World {
    /// Returns all reviews on the pull request's page, oldest first, by any author.
    /// Returns an empty list for an unknown pull request.
    pub fn reviews(&self, pr: &PrKey) -> Vec<PostedReview> {
        let state = self.lock();
        state
            .pull(pr)
            .map(|pull| pull.reviews.clone())
            .unwrap_or_default()
    }

    /// Returns the bot's reviews, oldest first.
    pub fn bot_reviews(&self, pr: &PrKey) -> Vec<PostedReview> {
        let bot = self.bot();
        let mut reviews = self.reviews(pr);
        reviews.retain(|review| review.author.login == bot);
        reviews
    }

    /// Returns the pull request with its reviews.
    pub(crate) async fn get_reviews(&self, pr: &PrKey) -> Result<Pull, Failure> {
        self.answer(Call::ListReviews, None, |state, seen_at| {
            let mut pull = state.pull(pr)?.clone();
            pull.reviews.retain(|review| review.submitted_at <= seen_at);
            Ok(pull)
        })
        .await
    }

    pub(crate) async fn post_review(
        &self,
        pr: &PrKey,
        review: &NewReview,
    ) -> Result<(Pull, PostedReview), Failure> {
        let call = format!("POST /repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        self.answer(Call::CreateReview, Some((call, &pr.repo)), |state, now| {
            let bot = state.bot.clone();
            let (posted, _) = state.post_review(pr, review, &bot, now)?;
            Ok((state.pull(pr)?.clone(), posted))
        })
        .await
    }

    /// Dismisses a review. The `dismissed` webhook is not simulated.
    pub(crate) async fn dismiss_review(
        &self,
        pr: &PrKey,
        id: ReviewId,
        message: &str,
    ) -> Result<(Pull, PostedReview), Failure> {
        let call = format!(
            "PUT /repos/{}/pulls/{}/reviews/{}/dismissals",
            pr.repo, pr.number, id.0
        );
        self.answer(Call::DismissReview, Some((call, &pr.repo)), |state, _| {
            let pull = state.pull_mut(pr)?;
            let mut all = pull.reviews.iter_mut();
            let found = all.find(|review| review.id == id);
            let found = found.ok_or_else(Refusal::not_found)?;
            rules::dismissal(found, message)?;
            found.dismissed = Some(message.to_owned());
            let dismissed = found.clone();
            Ok((pull.clone(), dismissed))
        })
        .await
    }
}

impl World {
    /// Replaces the body of a review. The `edited` webhook is not simulated.
    pub(crate) async fn edit_review(
        &self,
        pr: &PrKey,
        id: ReviewId,
        body: &str,
    ) -> Result<(Pull, PostedReview), Failure> {
        let call = format!(
            "PUT /repos/{}/pulls/{}/reviews/{}",
            pr.repo, pr.number, id.0
        );
        self.answer(Call::EditReview, Some((call, &pr.repo)), |state, _| {
            let pull = state.pull_mut(pr)?;
            let mut all = pull.reviews.iter_mut();
            let found = all.find(|review| review.id == id);
            let found = found.ok_or_else(Refusal::not_found)?;
            rules::review_edit(body)?;
            body.clone_into(&mut found.body);
            let edited = found.clone();
            Ok((pull.clone(), edited))
        })
        .await
    }
}

#[async_trait]
impl PublishReview for ProcessGitHub {
    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError> {
        let call = || format!("POST /repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        match self.world.post_review(pr, review).await {
            Ok((_, posted)) => Ok(posted.id),
            Err(failure) => Err(self.error(call(), failure)),
        }
    }
}

#[async_trait]
impl WithdrawReview for ProcessGitHub {
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
                body: review.body.clone(),
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

    async fn edit_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        body: &str,
    ) -> Result<(), GitHubError> {
        let (repo, number, id) = (&pr.repo, pr.number, review.0);
        let call = || format!("PUT /repos/{repo}/pulls/{number}/reviews/{id}");
        let done = self.world.edit_review(pr, review, body).await;
        done.map(drop)
            .map_err(|failure| self.error(call(), failure))
    }
}

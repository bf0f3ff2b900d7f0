//! "Issue comments" on pull requests.

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::model::{Account, PostedComment};
use crate::payload;
use crate::rules;
use crate::world::State;
use crate::{ProcessGitHub, WebhookDelivery, World};
use async_trait::async_trait;
use events::Timestamp;
use github::port::{CommentId, GitHubError, Summarise};
use github::{PrKey, RepoName};

impl State {
    pub(crate) fn post_comment(
        &mut self,
        pr: &PrKey,
        author: &Account,
        body: &str,
        now: Timestamp,
    ) -> Result<(PostedComment, WebhookDelivery), Refusal> {
        self.pull(pr)?;
        rules::comment(body)?;
        let posted = PostedComment {
            id: CommentId(self.next_id()),
            author: author.clone(),
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
        };
        let pull = self.pull_mut(pr)?;
        pull.comments += 1;
        pull.posted.push(posted.clone());
        pull.updated_at = now;
        let payload = payload::pull_request_comment(pull, &posted);
        let delivery = self.deliver("issue_comment", Some(pr.clone()), &payload);
        Ok((posted, delivery))
    }
}

impl World {
    /// Returns all comments on the pull request's page, oldest first.
    pub fn comments(&self, pr: &PrKey) -> Vec<PostedComment> {
        let state = self.lock();
        let pull = state.pull(pr);
        pull.map(|pull| pull.posted.clone()).unwrap_or_default()
    }

    /// Deletes a comment. The `deleted` webhook is not simulated.
    pub fn delete_comment(&self, pr: &PrKey, id: CommentId) {
        if let Ok(pull) = self.lock().pull_mut(pr) {
            pull.posted.retain(|posted| posted.id != id);
        }
    }

    pub(crate) async fn get_comments(&self, pr: &PrKey) -> Result<Vec<PostedComment>, Failure> {
        self.answer(Call::ListComments, None, |state, seen_at| {
            let mut posted = state.pull(pr)?.posted.clone();
            posted.retain(|comment| comment.created_at <= seen_at);
            Ok(posted)
        })
        .await
    }

    pub(crate) async fn create_comment(
        &self,
        pr: &PrKey,
        body: &str,
    ) -> Result<PostedComment, Failure> {
        let call = format!("POST /repos/{}/issues/{}/comments", pr.repo, pr.number);
        self.answer(Call::CreateComment, Some((call, &pr.repo)), |state, now| {
            let bot = state.bot.clone();
            let (posted, _) = state.post_comment(pr, &bot, body, now)?;
            Ok(posted)
        })
        .await
    }

    /// Edits a comment. The `edited` webhook is not simulated.
    pub(crate) async fn update_comment(
        &self,
        repo: &RepoName,
        id: CommentId,
        body: &str,
    ) -> Result<PostedComment, Failure> {
        let call = format!("PATCH /repos/{repo}/issues/comments/{}", id.0);
        self.answer(Call::UpdateComment, Some((call, repo)), |state, now| {
            let repo = state.repos.get_mut(repo).ok_or_else(Refusal::not_found)?;
            let mut all = repo.pulls.values_mut().flat_map(|pull| &mut pull.posted);
            let found = all.find(|posted| posted.id == id);
            let found = found.ok_or_else(Refusal::not_found)?;
            rules::comment(body)?;
            found.body = body.to_owned();
            found.updated_at = now;
            Ok(found.clone())
        })
        .await
    }
}

#[async_trait]
impl Summarise for ProcessGitHub {
    async fn find_comment(
        &self,
        pr: &PrKey,
        marker: &str,
    ) -> Result<Option<CommentId>, GitHubError> {
        let call = || format!("GET /repos/{}/issues/{}/comments", pr.repo, pr.number);
        let all = self.world.get_comments(pr).await;
        let all = all.map_err(|failure| self.error(call(), failure))?;
        let bot = self.world.bot();
        let own =
            |posted: &&PostedComment| posted.author.login == bot && posted.body.contains(marker);
        Ok(all.iter().find(own).map(|posted| posted.id))
    }

    async fn create_comment(&self, pr: &PrKey, body: &str) -> Result<CommentId, GitHubError> {
        let call = || format!("POST /repos/{}/issues/{}/comments", pr.repo, pr.number);
        let posted = self.world.create_comment(pr, body).await;
        let posted = posted.map_err(|failure| self.error(call(), failure))?;
        Ok(posted.id)
    }

    async fn update_comment(
        &self,
        repo: &RepoName,
        comment: CommentId,
        body: &str,
    ) -> Result<(), GitHubError> {
        let call = || format!("PATCH /repos/{repo}/issues/comments/{}", comment.0);
        let posted = self.world.update_comment(repo, comment, body).await;
        posted
            .map(drop)
            .map_err(|failure| self.error(call(), failure))
    }
}

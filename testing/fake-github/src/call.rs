//! The supported calls, shared by the in-process ports and the HTTP routes.

use crate::answer::Refusal;
use crate::fault::Fault;
use crate::hunks::FileCount;
use crate::model::{Account, PostedReview, Pull};
use crate::world::{State, World};
use crate::{WebhookDelivery, payload, rules};
use events::Timestamp;
use github::port::{NewReview, ReviewId};
use github::{HeadSha, PrKey, RepoName};

/// Kinds of call, used to inject a fault into one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// `GET /repos/{owner}/{repo}/pulls/{number}`.
    PullRequest,
    /// `GET /repos/{owner}/{repo}/compare/{base}...{head}`.
    Diff,
    /// `GET /repos/{owner}/{repo}/pulls/{number}/reviews`.
    ListReviews,
    /// `POST /repos/{owner}/{repo}/pulls/{number}/reviews`.
    CreateReview,
    /// `PUT /repos/{owner}/{repo}/pulls/{number}/reviews/{id}/dismissals`.
    DismissReview,
    /// `GET /repos/{owner}/{repo}/pulls/{number}/files`.
    ListFiles,
    /// `GET /repos/{owner}/{repo}/contents/{path}`.
    Contents,
    /// `GET /repos/{owner}/{repo}/languages`.
    Languages,
    /// `GET /repos/{owner}/{repo}/commits/{sha}/check-runs`.
    ListChecks,
    /// `GET /repos/{owner}/{repo}/commits/{sha}/status`.
    Status,
    /// `POST /repos/{owner}/{repo}/check-runs`.
    CreateCheck,
    /// `PATCH /repos/{owner}/{repo}/check-runs/{id}`.
    UpdateCheck,
    /// `GET /repos/{owner}/{repo}/issues/{number}/comments`.
    ListComments,
    /// `POST /repos/{owner}/{repo}/issues/{number}/comments`.
    CreateComment,
    /// `PATCH /repos/{owner}/{repo}/issues/comments/{id}`.
    UpdateComment,
    /// `GET /user`.
    User,
    /// `GET /app`.
    App,
    /// `GET /repos/{owner}/{repo}/installation`.
    Installation,
    /// `POST /app/installations/{installation_id}/access_tokens`.
    AccessToken,
}

impl Call {
    fn writes(self) -> bool {
        match self {
            Self::CreateReview
            | Self::DismissReview
            | Self::CreateCheck
            | Self::UpdateCheck
            | Self::CreateComment
            | Self::UpdateComment => true,
            Self::PullRequest
            | Self::Diff
            | Self::ListReviews
            | Self::ListFiles
            | Self::Contents
            | Self::Languages
            | Self::ListChecks
            | Self::Status
            | Self::ListComments
            | Self::User
            | Self::App
            | Self::Installation
            | Self::AccessToken => false, // a token is not content
        }
    }
}

/// A write request, successful or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Method and path, such as `POST /repos/octo/widgets/pulls/7/reviews`.
    pub call: String,
    pub repo: RepoName,
    /// Time of the request.
    pub at: Timestamp,
    /// Response status (sent, or computed before the connection was cut): 200, 403,
    /// 422, 503, …
    pub status: u16,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    Refused(Refusal),
    /// The connection was cut after the call took effect.
    Cut,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl World {
    pub(crate) async fn get_pull(&self, pr: &PrKey) -> Result<(Pull, FileCount), Failure> {
        self.answer(Call::PullRequest, None, |state, _| {
            let pull = state.pull(pr)?;
            Ok((pull.clone(), state.count(pull)))
        })
        .await
    }

    pub(crate) async fn get_diff(
        &self,
        repo: &RepoName,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, Failure> {
        self.answer(Call::Diff, None, |state, _| {
            let known = state
                .repo(repo)
                .and_then(|repo| repo.diffs.get(&(base.clone(), head.clone())));
            let diff = known.ok_or_else(Refusal::not_found)?;
            rules::diff_size(&diff.lines)?;
            Ok(diff.text.clone())
        })
        .await
    }

    /// Returns the pull request with its reviews.
    pub(crate) async fn get_reviews(&self, pr: &PrKey) -> Result<Pull, Failure> {
        self.answer(Call::ListReviews, None, |state, _| {
            Ok(state.pull(pr)?.clone())
        })
        .await
    }

    /// Handles `GET /user`, which returns the token's account. An App's installation
    /// has no user.
    #[cfg(feature = "http")]
    pub(crate) async fn get_user(&self) -> Result<Account, Failure> {
        self.answer(Call::User, None, |state, _| match state.bot.kind {
            github::AuthorKind::User => Ok(state.bot.clone()),
            github::AuthorKind::Bot => {
                Err(Refusal::new(403, "Resource not accessible by integration"))
            }
        })
        .await
    }

    /// Runs a call that an App makes about itself.
    #[cfg(feature = "http")]
    pub(crate) async fn ask_app<T>(
        &self,
        call: Call,
        work: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>,
    ) -> Result<T, Failure> {
        self.answer(call, None, work).await
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

    /// Processes a call: injected faults, rate limits, the operation, and for a
    /// write its record.
    pub(crate) async fn answer<T>(
        &self,
        call: Call,
        writes: Option<(String, &RepoName)>,
        work: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>,
    ) -> Result<T, Failure> {
        let fault = self.lock().faults.take(call);
        if let Some(Fault::Slow(duration)) = fault {
            self.clock().sleep(duration).await;
        }
        let now = self.clock().now();
        let mut state = self.lock();
        let done = match fault {
            Some(Fault::Unavailable) => Err(Refusal::unavailable()),
            Some(Fault::Rejected) => Err(Refusal::new(422, "Validation Failed")),
            Some(Fault::RateLimited { retry_after }) => {
                Err(Refusal::secondary_limit(403, Some(retry_after)))
            }
            Some(Fault::LostReply | Fault::BadGateway | Fault::Slow(_)) | None => state
                .limits
                .admit(call.writes(), now)
                .and_then(|()| work(&mut state, now)),
        };
        if let Some((call, repo)) = writes {
            state.writes.push(Write {
                call,
                repo: repo.clone(),
                at: now,
                status: done.as_ref().map_or_else(|refusal| refusal.status, |_| 200),
            });
        }
        match fault {
            Some(Fault::LostReply) => Err(Failure::Cut),
            Some(Fault::BadGateway) => Err(Refusal::new(502, "Bad Gateway").into()),
            Some(
                Fault::Unavailable | Fault::Rejected | Fault::RateLimited { .. } | Fault::Slow(_),
            )
            | None => done.map_err(Failure::Refused),
        }
    }
}

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

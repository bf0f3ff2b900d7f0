//! Kinds of call, and the record of a write.

use events::Timestamp;
use github::RepoName;

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
    /// `PUT /repos/{owner}/{repo}/pulls/{number}/reviews/{id}`.
    EditReview,
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
    pub(crate) fn writes(self) -> bool {
        match self {
            Self::CreateReview
            | Self::DismissReview
            | Self::EditReview
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
pub struct WriteRequest {
    /// Method and path, such as `POST /repos/octo/widgets/pulls/7/reviews`.
    pub call: String,
    pub repo: RepoName,
    /// Time of the request.
    pub at: Timestamp,
    /// Response status (sent, or computed before the connection was cut): 200, 403,
    /// 422, 503, …
    pub status: u16,
}

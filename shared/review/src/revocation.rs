//! Secrets that were pushed and then removed. The branch's history still contains them, so they
//! stay listed until a person with write access dismisses them, or the pull request is closed.

use crate::Fingerprint;
use crate::item::{PullRequestItem, Verdict};
use events::Timestamp;
use github::{Author, AuthorKind};
use serde::{Deserialize, Serialize};

/// Ends of listed secrets, stored with the pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Revocations {
    /// Newest time that the pull request was closed. Secrets of earlier verdicts are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Dismissed secrets, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dismissed: Vec<Dismissal>,
}

/// Dismissal of one secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissal {
    /// The finding of the secret.
    pub fingerprint: Fingerprint,
    /// Login of the person.
    pub by: String,
    pub at: Timestamp,
}

/// Permission of a user in a repository ("Get repository permissions for a user", `permission` and
/// `role_name`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Admin,
    Maintain,
    Write,
    Triage,
    Read,
    /// No access, or an unknown word.
    None,
}

impl Permission {
    /// Returns the permission for GitHub's word. An unknown word, such as a custom role, gives no
    /// permission.
    pub fn of(word: &str) -> Self {
        match word {
            "admin" => Self::Admin,
            "maintain" => Self::Maintain,
            "write" => Self::Write,
            "triage" => Self::Triage,
            "read" => Self::Read,
            _ => Self::None,
        }
    }

    fn can_write(self) -> bool {
        match self {
            Self::Admin | Self::Maintain | Self::Write => true,
            Self::Triage | Self::Read | Self::None => false,
        }
    }
}

/// Reason that a secret is not dismissed. The text is an answer to the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DismissalError {
    #[error("Only a person can dismiss a secret, not an App.")]
    Bot,
    #[error("Only a person with write access can dismiss a secret. Ask a maintainer.")]
    NoWriteAccess,
    #[error("This pull request lists no such secret.")]
    NotListed,
    #[error("The pull request is closed. Its secrets are no longer listed.")]
    Closed,
}

impl Revocations {
    /// Returns the revocations after the pull request was closed at `at`.
    #[must_use]
    pub fn closed(at: Timestamp) -> Self {
        Self {
            closed_at: Some(at),
            dismissed: Vec::new(),
        }
    }

    fn has_ended(&self, fingerprint: Option<&Fingerprint>) -> bool {
        let mut dismissed = self.dismissed.iter();
        fingerprint.is_some_and(|it| dismissed.any(|one| one.fingerprint == *it))
    }
}

impl Verdict {
    /// Removes the secrets that are no longer listed according to `pull`.
    pub fn end_revocations(&mut self, pull: Option<&PullRequestItem>) {
        let Some(PullRequestItem { revocations, .. }) = pull else {
            return;
        };
        let closed_at = revocations.closed_at;
        if closed_at.is_some_and(|closed_at| self.decided_at <= closed_at) {
            self.to_revoke.clear();
        }
        self.to_revoke
            .retain(|secret| !revocations.has_ended(secret.fingerprint.as_ref()));
    }
}

/// Dismisses the secret with this fingerprint in the `verdict` of the newest head. Returns the pull
/// request to store; a repeated dismissal changes nothing.
///
/// # Errors
/// [`DismissalError`] if `by` may not dismiss it, or if it is not listed.
pub fn dismiss(
    pull: &PullRequestItem,
    verdict: &Verdict,
    fingerprint: &Fingerprint,
    by: (&Author, Permission),
    at: Timestamp,
) -> Result<PullRequestItem, DismissalError> {
    let (person, permission) = by;
    match person.kind {
        AuthorKind::Bot => return Err(DismissalError::Bot),
        AuthorKind::User if !permission.can_write() => return Err(DismissalError::NoWriteAccess),
        AuthorKind::User if !pull.open => return Err(DismissalError::Closed),
        AuthorKind::User => {}
    }
    let mut secrets = verdict.to_revoke.iter();
    if !secrets.any(|secret| secret.fingerprint.as_ref() == Some(fingerprint)) {
        return Err(DismissalError::NotListed);
    }
    let mut next = pull.clone();
    if !next.revocations.has_ended(Some(fingerprint)) {
        next.revocations.dismissed.push(Dismissal {
            fingerprint: fingerprint.clone(),
            by: person.login.clone(),
            at,
        });
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finding, SECRET};
    use github::port::ReviewEvent;
    use std::time::Duration;

    const DECIDED: Timestamp = Timestamp::UNIX_EPOCH;

    fn fingerprint(of: &str) -> Fingerprint {
        serde_json::from_value(of.repeat(32).into()).unwrap()
    }

    fn verdict() -> Verdict {
        let secret = |of| Finding {
            rule: SECRET.to_owned(),
            fingerprint: Some(fingerprint(of)),
            ..Finding::sample()
        };
        Verdict {
            decided_at: DECIDED,
            event: ReviewEvent::Comment,
            findings: vec![],
            unsure: vec![],
            unproven: [].into(),
            late: vec![],
            still_open: vec![],
            resolved: vec![],
            to_revoke: vec![secret("a"), secret("b")],
            since: None,
            below_floor: 0,
            quality_score: None,
            missing: vec![],
            notes: vec![],
            usage: None,
        }
    }

    fn pull(open: bool, revocations: Revocations) -> PullRequestItem {
        PullRequestItem {
            head_sha: "a".repeat(40).parse().unwrap(),
            before: None,
            base: github::Base {
                branch: "main".to_owned(),
                sha: "b".repeat(40).parse().unwrap(),
            },
            author: Author::ghost(),
            open,
            head_repo: None,
            draft: false,
            labels: vec![],
            reviewed: None,
            revocations,
            updated_at: DECIDED,
        }
    }

    fn person(login: &str, kind: AuthorKind) -> Author {
        Author {
            login: login.to_owned(),
            kind,
            association: None,
        }
    }

    /// Returns the number of listed secrets.
    fn listed(revocations: &Revocations) -> usize {
        let mut verdict = verdict();
        verdict.end_revocations(Some(&pull(true, revocations.clone())));
        verdict.to_revoke.len()
    }

    #[test]
    fn only_people_with_write_access_dismiss() {
        use AuthorKind::{Bot, User};
        for (why, kind, permission, secret, open, error) in [
            ("a writer", User, "write", "a", true, None),
            ("a maintainer", User, "maintain", "a", true, None),
            ("an administrator", User, "admin", "a", true, None),
            (
                "triage is no write access",
                User,
                "triage",
                "a",
                true,
                Some(DismissalError::NoWriteAccess),
            ),
            (
                "a reader",
                User,
                "read",
                "a",
                true,
                Some(DismissalError::NoWriteAccess),
            ),
            (
                "a stranger",
                User,
                "none",
                "a",
                true,
                Some(DismissalError::NoWriteAccess),
            ),
            (
                "an unknown role",
                User,
                "Write ",
                "a",
                true,
                Some(DismissalError::NoWriteAccess),
            ),
            (
                "an App with write access",
                Bot,
                "write",
                "a",
                true,
                Some(DismissalError::Bot),
            ),
            (
                "another secret",
                User,
                "write",
                "c",
                true,
                Some(DismissalError::NotListed),
            ),
            (
                "a closed pull request",
                User,
                "write",
                "a",
                false,
                Some(DismissalError::Closed),
            ),
        ] {
            let by = person("octocat", kind);
            let pull = pull(open, Revocations::default());
            let permission = Permission::of(permission);
            let dismissed = dismiss(
                &pull,
                &verdict(),
                &fingerprint(secret),
                (&by, permission),
                DECIDED,
            );
            match (dismissed, error) {
                (Ok(next), None) => {
                    assert_eq!(listed(&next.revocations), 1, "{why}");
                    assert_eq!(next.revocations.dismissed[0].by, "octocat", "{why}");
                    let by = (&by, permission);
                    let again = dismiss(&next, &verdict(), &fingerprint(secret), by, DECIDED);
                    assert_eq!(again, Ok(next), "{why}, again");
                }
                (Err(is), Some(error)) => assert_eq!(is, error, "{why}"),
                (is, error) => panic!("{why}: {is:?} {error:?}"),
            }
        }
    }

    #[test]
    fn closing_ends_listed_secrets() {
        let second = Duration::from_secs(1);
        for (why, closed_at, secrets) in [
            ("never closed", None, 2),
            ("closed after the verdict", Some(DECIDED + second), 0),
            ("reviewed after reopening", Some(DECIDED - second), 2),
        ] {
            let revocations = Revocations {
                closed_at,
                ..Revocations::default()
            };
            assert_eq!(listed(&revocations), secrets, "{why}");
        }
    }
}

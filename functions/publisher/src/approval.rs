//! Approval of a pull request. The policy decides by facts that are read right before the review is
//! posted.

use crate::check;
use crate::deps::Deps;
use crate::head::HeadState;
use crate::ignore_reason::Stop;
use crate::lease::HeldLease;
use crate::published::PublishedPullRequest;
use github::port::{PullRequest, ReviewEvent};
use policy::{ApprovalFacts, AuthorAssociation, NoApprovalReason, Show};
use review::item::{CheckReport, Reader, ReviewItem, Verdict};
use review::rules::RULES;
use std::collections::BTreeMap;

/// Decision about an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Approval {
    /// The policy does not ask for approvals, or the review requests changes.
    NotRequested,
    /// The pull request is approved.
    Given,
    /// The pull request is not approved, for these reasons.
    Withheld(Vec<NoApprovalReason>),
}

/// Decides about the approval right before a review is posted. Stops if the review is no longer
/// wanted. Sends slow requests first and reads the head last, so that a push in between
/// prevents the approval.
pub(crate) async fn approval(
    deps: &Deps,
    head: &HeadState,
    verdict: Option<&Verdict>,
    held: &HeldLease<PublishedPullRequest>,
) -> Result<Approval, Stop> {
    let policy = &head.item.policy;
    let requesting = verdict.filter(|verdict| requests_approval(&head.item, verdict));
    let (mut login, mut checks_green) = (None, false);
    if requesting.is_some() {
        let answer = deps.github.login().await;
        login = head
            .optional_answer("login of the bot, for an approval", answer)?
            .flatten();
        if policy.auto_approve().require_checks {
            let (repo, head_sha) = (&head.review.pr.repo, &head.review.head_sha);
            let green = deps.github.others_are_green(repo, head_sha, check::NAME);
            checks_green = head
                .optional_answer("checks of other Apps, for an approval", green.await)?
                .unwrap_or(false);
        }
    }
    let now = deps.github.pull_request(&head.review.pr).await?;
    head.check_current(&now, held.may_lag(deps.clock.now()))?;
    let Some(verdict) = requesting else {
        return Ok(Approval::NotRequested);
    };
    let facts = facts(head, verdict, &now, login.as_deref(), checks_green);
    Ok(match policy.may_approve(&facts) {
        Ok(()) => Approval::Given,
        Err(reasons) => Approval::Withheld(reasons),
    })
}

/// Returns whether the policy asks for approvals and the verdict does not request changes.
pub(crate) fn requests_approval(item: &ReviewItem, verdict: &Verdict) -> bool {
    let policy = &item.policy;
    let shows = policy.publish && policy.show.review != Show::Never;
    let wanted = shows && policy.auto_approve().enabled;
    wanted && verdict.event != ReviewEvent::RequestChanges
}

/// Returns the facts for the policy. An unknown fact counts against approving.
fn facts(
    head: &HeadState,
    verdict: &Verdict,
    now: &PullRequest,
    login: Option<&str>,
    checks_green: bool,
) -> ApprovalFacts {
    let author_association = AuthorAssociation::of(&now.author_association);
    let head_repo = head.pull.as_ref().and_then(|pull| pull.head_repo.as_ref());
    ApprovalFacts {
        score: verdict.quality_score,
        open_findings: open_findings(&head.item, verdict),
        every_file_read: every_file_read(&head.item.reports),
        read_by_model: read_by_model(&head.item.reports),
        head_unchanged: now.head_sha == head.review.head_sha,
        author_association,
        own_pull_request: login.is_none_or(|login| login.eq_ignore_ascii_case(&now.author)),
        from_fork: head_repo != Some(&head.review.pr.repo),
        first_time: author_association.is_new(),
        checks_green,
        missing_specialists: verdict.missing.clone(),
    }
}

/// Counts all findings that are not resolved, published or not.
fn open_findings(item: &ReviewItem, verdict: &Verdict) -> u32 {
    let lists = [
        &verdict.findings,
        &verdict.still_open,
        &verdict.unsure,
        &verdict.late,
        &verdict.to_revoke,
    ];
    let listed = lists.iter().map(|list| list.len()).sum::<usize>();
    let listed = u32::try_from(listed).unwrap_or(u32::MAX);
    let not_kept = item.reports.values().map(|report| report.not_kept);
    not_kept.fold(
        listed.saturating_add(verdict.below_floor),
        u32::saturating_add,
    )
}

fn every_file_read(reports: &BTreeMap<review::Category, CheckReport>) -> bool {
    let whole = |report: &CheckReport| {
        let mut readers = report.readers.iter();
        !report.readers.is_empty() && readers.all(|reader| reader.coverage.left_out.is_empty())
    };
    !reports.is_empty() && reports.values().all(whole)
}

/// Returns whether for every specialist a model has read the whole change.
fn read_by_model(reports: &BTreeMap<review::Category, CheckReport>) -> bool {
    let has_read = |reader: &Reader| {
        let coverage = &reader.coverage;
        reader.name != RULES && coverage.files_read > 0 && coverage.left_out.is_empty()
    };
    let read = |report: &CheckReport| report.readers.iter().any(has_read);
    !reports.is_empty() && reports.values().all(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::clean;
    use crate::visibility::CheckState;

    #[test]
    fn unknown_facts_prevent_approval() {
        let sha = "a".repeat(40);
        let head = HeadState {
            review: review::message::ReviewKey {
                pr: "octo/widgets#7".parse().unwrap(),
                head_sha: sha.parse().unwrap(),
            },
            item: clean(),
            pull: None,
            late: vec![],
            check: CheckState::Unknown,
            refusal: None,
        };
        let now = PullRequest {
            head_sha: "c".repeat(40).parse().unwrap(),
            open: true,
            author: "octocat".to_owned(),
            author_association: "MEMBER".to_owned(),
            head_repo: None,
            base_ref: "main".to_owned(),
            base_sha: "b".repeat(40).parse().unwrap(),
            draft: false,
            labels: vec![],
        };
        let verdict = head.item.verdict.clone().unwrap();
        let own = |login| facts(&head, &verdict, &now, login, true).own_pull_request;
        for (why, login, is_own) in [
            ("another author", Some("review-bot[bot]"), false),
            ("its own, in another case", Some("OctoCat"), true),
            ("the bot's login is unknown", None, true),
        ] {
            assert_eq!(own(login), is_own, "{why}");
        }
        let facts = facts(&head, &verdict, &now, Some("review-bot[bot]"), true);
        assert!(facts.from_fork, "the head's repository is unknown");
        assert!(!facts.head_unchanged, "the head has changed");
        assert!(facts.every_file_read);
        assert!(!facts.read_by_model, "read by rules only");
        assert_eq!(facts.open_findings, 0);
    }
}

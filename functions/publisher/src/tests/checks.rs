//! The one check of a commit with several pull requests.

use super::*;
use ::review::item::StaleReason;
use fake_github::{Call, Fault};

const GREEN: Option<Conclusion> = Some(Conclusion::Success);
const GREY: Option<Conclusion> = Some(Conclusion::Neutral);
const RED: Option<Conclusion> = Some(Conclusion::Failure);

fn red() -> ReviewItem {
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.findings = vec![finding(Severity::Critical)];
    verdict.event = ReviewEvent::RequestChanges;
    item
}

fn draft() -> ReviewItem {
    skipped_item(SkipReason::Draft, "It is a draft.")
}

/// Second pull request with the same head and another base.
struct Other<'a> {
    stage: &'a Stage,
    review: ReviewKey,
}

impl<'a> Other<'a> {
    fn of(stage: &'a Stage) -> Self {
        let pr = PrKey {
            number: stage.pr.number + 1,
            ..stage.pr.clone()
        };
        let head_sha = stage.review().head_sha;
        let review = ReviewKey { pr, head_sha };
        Self { stage, review }
    }

    async fn store(&self, item: ReviewItem, open: bool) {
        let pull = PullRequestItem {
            open,
            ..self.stage.pull()
        };
        let key = PullRequestItem::key(&self.review.pr);
        self.stage.write(&key, pull).await;
        let key = ReviewItem::key(&self.review);
        self.stage.write(&key, item).await;
    }

    fn skipped(&self) -> Event {
        let (review, reason) = (self.review.clone(), SkipReason::Draft);
        self.stage
            .event(NewEvent::new(&ReviewSkipped { review, reason }))
    }
}

#[tokio::test]
async fn other_pull_request_hides_no_failure() {
    let stage = Stage::new();
    stage.store(red()).await;
    stage.published().await;
    assert_eq!(stage.checks(), [RED]);
    let other = Other::of(&stage);
    other.store(draft(), true).await;
    assert_eq!(stage.handle(&other.skipped()).await, "applied, emitted 0");
    assert_eq!(stage.checks(), [RED], "the worst is shown");
    let shown = stage.world.checks(&stage.pr.repo, &other.review.head_sha);
    assert_eq!(shown[0].check.title, "Open: 1 critical; 1 blocks merging");

    // Begun again, the check keeps its conclusion.
    stage.store(under_way()).await;
    other
        .store(skipped_item(SkipReason::Draft, "Still."), true)
        .await;
    assert_eq!(stage.handle(&other.skipped()).await, "applied, emitted 0");
    assert_eq!(stage.checks(), [RED], "the verdict is unchanged");

    // Only a new verdict changes it, not the other pull request.
    stage.store(clean()).await;
    stage.handle(&stage.published_event(1)).await;
    assert_eq!(stage.checks(), [GREY], "the draft is the worst now");
    let shown = stage.world.checks(&stage.pr.repo, &other.review.head_sha);
    assert_eq!(shown[0].check.title, "Not reviewed");
}

#[tokio::test]
async fn pending_check_of_reviewed_head_ends() {
    for (why, was_tried) in [
        ("it arrives late", false),
        ("tried, and GitHub was away", true),
    ] {
        let stage = Stage::new();
        stage.store(under_way()).await;
        stage.handle(&stage.begun()).await;
        stage.store(clean()).await;
        let (published, head) = (stage.published_event(1), stage.review().head_sha);
        if was_tried {
            stage
                .world
                .fail_next_on(Call::UpdateCheck, Fault::Unavailable);
            let failed = stage.publisher.handle(&published).await;
            assert!(failed.unwrap_err().is_retryable(), "{why}");
            stage.end_lease();
        }
        stage.world.push(&stage.pr, DIFF);
        stage.store(under_way()).await;
        stage.handle(&published).await;
        let checks = stage.world.checks(&stage.pr.repo, &head);
        let shown: Vec<_> = checks
            .iter()
            .map(|it| (it.check.conclusion, it.check.title.as_str()))
            .collect();
        assert_eq!(
            shown,
            [(Some(Conclusion::Cancelled), "Superseded by a newer commit")],
            "{why}"
        );
    }
}

#[tokio::test]
async fn dropped_head_ends_its_check() {
    const GONE: Option<Conclusion> = Some(Conclusion::Cancelled);
    for (why, item, ends) in [
        ("its review had begun", Some(under_way()), vec![GONE]),
        ("nothing was published", None, vec![]),
        ("it was left alone", Some(draft()), vec![GREY]),
        ("it was red", Some(red()), vec![RED]),
    ] {
        let stage = Stage::new();
        stage.store(item.clone().unwrap_or_else(clean)).await;
        match item.map(|item| (item.verdict.is_some(), item.skipped.is_some())) {
            None => {}
            Some((true, _)) => drop(stage.published().await),
            Some((_, true)) => drop(stage.handle(&stage.skipped(SkipReason::Draft)).await),
            Some((false, false)) => drop(stage.handle(&stage.begun()).await),
        }
        let review = stage.review();
        stage.world.push(&stage.pr, DIFF);
        stage.store(under_way()).await;
        let dropped = stage.event(NewEvent::new(&ReviewDropped {
            why: StaleReason::Superseded(stage.review().head_sha),
            review: review.clone(),
        }));
        let checks = || -> Vec<_> {
            let checks = stage.world.checks(&stage.pr.repo, &review.head_sha);
            checks.iter().map(|it| it.check.conclusion).collect()
        };
        stage.handle(&dropped).await;
        assert_eq!(checks(), ends, "{why}");
        stage.end_lease();
        stage.handle(&dropped).await;
        assert_eq!(checks(), ends, "{why}, delivered again");
        // A late or repeated start of a dropped review is ignored.
        let late = stage.event(NewEvent::new(&ReviewBegun {
            review: review.clone(),
            request: "asked".parse().unwrap(),
        }));
        stage.handle(&late).await;
        assert_eq!(checks(), ends, "{why}, and begun late");
    }
}

#[tokio::test]
async fn closed_pull_request_leaves_check() {
    let stage = Stage::new();
    let other = Other::of(&stage);
    other.store(draft(), true).await;
    stage.handle(&other.skipped()).await;
    assert_eq!(stage.checks(), [GREY]);
    other.store(draft(), false).await;
    stage.store(clean()).await;
    stage.published().await;
    assert_eq!(stage.checks(), [GREEN]);
    // Reopened, it contributes again.
    other.store(draft(), true).await;
    assert_eq!(stage.handle(&other.skipped()).await, "applied, emitted 0");
    assert_eq!(stage.checks(), [GREY]);
}

#[tokio::test]
async fn dropped_head_leaves_shared_check() {
    let stage = Stage::new();
    stage.store(clean()).await;
    stage.published().await;
    let other = Other::of(&stage);
    other.store(red(), true).await;
    let review = other.review.clone();
    stage
        .handle(&stage.event(NewEvent::new(&ReviewPublished {
            review: review.clone(),
            base_branch: None,
            review_id: Some(1),
            comments: 0,
        })))
        .await;
    assert_eq!(stage.checks(), [RED]);
    other.store(red(), false).await;
    let why = StaleReason::Closed;
    let dropped = stage.event(NewEvent::new(&ReviewDropped { review, why }));
    assert_eq!(stage.handle(&dropped).await, "applied, emitted 0");
    assert_eq!(stage.checks(), [GREEN]);
}

#[tokio::test]
async fn late_drop_keeps_check_of_newest_head() {
    let stage = Stage::new();
    stage.store(under_way()).await;
    stage.handle(&stage.begun()).await;
    // A force push has made the head the newest one again.
    let dropped = stage.event(NewEvent::new(&ReviewDropped {
        review: stage.review(),
        why: StaleReason::Superseded("d".repeat(40).parse().unwrap()),
    }));
    let outcome = stage.handle(&dropped).await;
    assert_eq!(outcome, "ignored: the head is the newest one again");
    assert_eq!(stage.checks(), [None]);
}

#[tokio::test]
async fn changed_text_updates_check() {
    let stage = Stage::new();
    let mut texts = Vec::new();
    for why in ["Line 3 is none.", "Line 4 is none.", "Line 4 is none."] {
        stage
            .store(skipped_item(SkipReason::InvalidPolicy, why))
            .await;
        stage
            .handle(&stage.skipped(SkipReason::InvalidPolicy))
            .await;
        let head = stage.review().head_sha;
        let checks = stage.world.checks(&stage.pr.repo, &head);
        assert_eq!(checks.len(), 1, "it is one");
        assert!(stage.comments()[0].contains(why), "{:?}", stage.comments());
        texts.push(checks[0].check.summary.trim().to_owned());
    }
    assert_eq!(
        texts,
        ["Line 3 is none.", "Line 4 is none.", "Line 4 is none."]
    );
}

#[tokio::test]
async fn begun_review_sets_check_in_progress() {
    let stage = Stage::new();
    stage.store(draft()).await;
    stage.handle(&stage.skipped(SkipReason::Draft)).await;
    assert_eq!(stage.checks(), [GREY]);

    stage.store(under_way()).await;
    let begun = stage.begun();
    assert_eq!(stage.handle(&begun).await, "applied, emitted 0");
    assert_eq!(stage.checks(), [GREY, None], "an end is no beginning again");
    assert_eq!(stage.handle(&begun).await, "ignored: already published");
    assert_eq!(stage.comments(), [""; 0]);

    stage.store(red()).await;
    stage.published().await;
    assert_eq!(stage.checks(), [GREY, RED], "the newest is kept up to date");
    stage.store(under_way()).await;
    assert_eq!(stage.handle(&stage.begun()).await, "applied, emitted 0");
    assert_eq!(stage.checks(), [GREY, RED, None], "reviewed again");
}

#[tokio::test]
async fn failed_calls_leave_one_pending_check() {
    for fault in [Fault::Unavailable, Fault::LostReply, Fault::BadGateway] {
        let stage = Stage::new();
        stage.store(draft()).await;
        stage.handle(&stage.skipped(SkipReason::Draft)).await;
        stage.store(under_way()).await;
        let begun = stage.begun();
        stage.world.fail_next_on(Call::CreateCheck, fault);
        let failed = stage.handle(&begun).await;
        assert!(failed.starts_with("failed: "), "{fault:?}: {failed}");
        // The review is published before the retry.
        stage.end_lease();
        stage.store(clean()).await;
        stage.published().await;
        let newest = stage.checks().pop();
        assert_eq!(newest, Some(GREEN), "{fault:?}: {:?}", stage.checks());
        assert_eq!(
            stage.handle(&begun).await,
            "ignored: no check is in progress"
        );
    }
}

#[tokio::test]
async fn late_skip_shows_current_state() {
    let stage = Stage::new();
    stage.store(under_way()).await;
    stage.handle(&stage.skipped(SkipReason::Draft)).await;
    assert_eq!(stage.checks(), [None]);
}

#[tokio::test]
async fn summary_shows_skipped_newer_head() {
    let stage = Stage::new();
    stage.store(draft()).await;
    stage.handle(&stage.skipped(SkipReason::Draft)).await;
    assert_eq!(stage.comments(), [""; 0], "none is made for it");

    stage.store(noted()).await;
    stage.published().await;
    stage.world.push(&stage.pr, DIFF);
    stage.store(draft()).await;
    stage.handle(&stage.skipped(SkipReason::Draft)).await;
    let comments = stage.comments();
    assert_eq!(comments.len(), 1);
    let head = stage.review().head_sha;
    assert!(comments[0].contains(head.short()), "{comments:?}");
    assert!(comments[0].contains("It is a draft."), "{comments:?}");
}

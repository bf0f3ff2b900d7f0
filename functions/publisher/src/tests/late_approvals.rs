//! Approvals for checks that end after the review was posted.

use super::approvals::{other_check, policy, read};
use super::*;
use fake_github::{Call, Fault, StatusState, WebhookDelivery};
use github::port::NewCheck;

const CI: &str = "ci[bot]";

/// Returns a pull request that was reviewed while a check was running.
async fn waiting() -> Stage {
    let stage = Stage::new();
    stage.store(asking()).await;
    let running = NewCheck {
        conclusion: None,
        ..other_check(&stage, Conclusion::Success)
    };
    stage.world.check_by(CI, &stage.pr.repo, running);
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
    assert_eq!(votes(&stage), [ReviewEvent::Comment], "not while it runs");
    stage
}

fn asking() -> ReviewItem {
    ReviewItem {
        policy: policy(""),
        ..read()
    }
}

fn votes(stage: &Stage) -> Vec<ReviewEvent> {
    let reviews = stage.world.bot_reviews(&stage.pr);
    reviews.iter().map(|review| review.event).collect()
}

fn ends(stage: &Stage, conclusion: Conclusion) -> Event {
    let ended: NewCheck = other_check(stage, conclusion);
    stage.world.check_by(CI, &stage.pr.repo, ended);
    event_of(stage, &stage.world.checks_completed(&stage.pr, CI))
}

/// Returns the event that the webhook function emits for `delivery`.
fn event_of(stage: &Stage, delivery: &WebhookDelivery) -> Event {
    let read = github::Delivery::read(&delivery.event, &delivery.body).unwrap();
    assert_eq!(read.say.topic.as_str(), CHECKS_COMPLETED);
    stage.event(read.say)
}

#[tokio::test]
async fn passed_checks_approve_once() {
    let stage = waiting().await;
    let ended = ends(&stage, Conclusion::Success);
    assert_eq!(stage.handle(&ended).await, "applied, emitted 0");
    let approved = [ReviewEvent::Comment, ReviewEvent::Approve];
    assert_eq!(votes(&stage), approved);
    stage.end_lease();
    let again = stage.handle(&ended).await;
    let another = event_of(
        &stage,
        &stage.world.checks_completed(&stage.pr, "lint[bot]"),
    );
    let another = stage.handle(&another).await;
    assert_eq!(votes(&stage), approved, "{again}; {another}");
    let body = stage.world.bot_reviews(&stage.pr).pop().unwrap().body;
    let shown: Vec<_> = body
        .lines()
        .filter(|line| !line.starts_with("<!--"))
        .collect();
    insta::assert_snapshot!(shown.join("\n").trim_end().replace(stage.review().head_sha.short(), "[head]"), @"
    ### Review of `[head]`
    No findings. Quality: **10** of 10. Approved: no open findings, every file was read, and all conditions of the repository are met.
    - Checked for security, style, logic: 1 file read by rules, 1 by `kimi`
    ");
}

#[tokio::test]
async fn successful_status_approves() {
    let stage = waiting().await;
    stage.handle(&stage.newest_emitted()).await;
    let green = other_check(&stage, Conclusion::Success);
    stage.world.check_by(CI, &stage.pr.repo, green);
    let (repo, head) = (&stage.pr.repo, stage.review().head_sha);
    for (state, outcome) in [
        (
            StatusState::Pending,
            "ignored: the commit status is not a success",
        ),
        (StatusState::Success, "applied, emitted 0"),
    ] {
        let set = stage.world.set_status(repo, &head, "ci/build", state);
        let read = github::Delivery::read(&set.event, &set.body).unwrap();
        assert_eq!(read.say.topic.as_str(), STATUS_SET);
        assert_eq!(stage.handle(&stage.event(read.say)).await, outcome);
    }
    assert_eq!(votes(&stage), [ReviewEvent::Comment, ReviewEvent::Approve]);
}

#[tokio::test]
async fn lost_answer_leads_to_one_approval() {
    let stage = waiting().await;
    let ended = ends(&stage, Conclusion::Success);
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::LostReply);
    let failed = stage.handle(&ended).await;
    assert!(failed.starts_with("failed: "), "{failed}");
    stage.end_lease();
    stage.handle(&ended).await;
    assert_eq!(votes(&stage), [ReviewEvent::Comment, ReviewEvent::Approve]);
}

#[tokio::test]
async fn approving_review_is_not_approved_again() {
    let stage = Stage::new();
    stage.store(asking()).await;
    let green = other_check(&stage, Conclusion::Success);
    stage.world.check_by(CI, &stage.pr.repo, green);
    stage.handle(&stage.completed()).await;
    assert_eq!(votes(&stage), [ReviewEvent::Approve]);
    let ended = ends(&stage, Conclusion::Success);
    stage.handle(&ended).await;
    assert_eq!(votes(&stage), [ReviewEvent::Approve]);
}

#[tokio::test]
async fn unmet_conditions_prevent_approval() {
    const RED: &str = "ignored: not approved: There are no checks yet, or not all have succeeded.";
    let stage = waiting().await;
    let ended = ends(&stage, Conclusion::Failure);
    assert_eq!(stage.handle(&ended).await, RED, "a check that failed");

    let stage = waiting().await;
    let green = ends(&stage, Conclusion::Success);
    stage.world.push(&stage.pr, DIFF);
    let moved = stage.handle(&green).await;
    assert!(moved.starts_with("failed: GitHub's answer"), "{moved}");

    let stage = Stage::new();
    stage.store(asking()).await;
    let early = ends(&stage, Conclusion::Success);
    let early = stage.handle(&early).await;
    assert_eq!(early, "ignored: the review is not published yet");

    let stage = Stage::new();
    stage.store(clean()).await;
    stage.handle(&stage.completed()).await;
    let off = ends(&stage, Conclusion::Success);
    assert_eq!(stage.handle(&off).await, "ignored: no approval wanted");
    assert_eq!(votes(&stage), [ReviewEvent::Comment]);

    let fork = "someone/widgets".parse().unwrap();
    let stage = Stage::of(NewPullRequest {
        head_repo: Some(fork),
        ..NewPullRequest::default()
    });
    stage.store(asking()).await;
    let of_fork = ends(&stage, Conclusion::Success);
    assert_eq!(
        stage.handle(&of_fork).await,
        "ignored: the checks belong to no pull request"
    );
}

/// Handles `event`. The author pushes after GitHub has answered `call` this many times.
pub(super) async fn handle_while_pushed(
    stage: &Stage,
    event: &Event,
    (call, looks): (Call, u32),
) -> String {
    let second = Duration::from_secs(1);
    for _ in 0..looks {
        stage.world.fail_next_on(call, Fault::Slow(second));
    }
    let then = stage.clock.now() + looks * second;
    let push = async {
        while stage.clock.now() < then {
            tokio::task::yield_now().await;
        }
        stage.world.push(&stage.pr, DIFF);
    };
    tokio::join!(biased; stage.handle(event), push).0
}

#[tokio::test]
async fn push_during_decision_prevents_approval() {
    let stage = waiting().await;
    let ended = ends(&stage, Conclusion::Success);
    let moved = handle_while_pushed(&stage, &ended, (Call::ListChecks, 1)).await;
    assert!(moved.starts_with("failed: GitHub's answer"), "{moved}");
    assert_eq!(votes(&stage), [ReviewEvent::Comment]);

    let stage = Stage::new();
    stage.store(asking()).await;
    let moved = handle_while_pushed(&stage, &stage.completed(), (Call::ListChecks, 1)).await;
    assert!(moved.starts_with("failed: GitHub's answer"), "{moved}");
    assert_eq!(votes(&stage), [], "nor does the review itself approve then");
}

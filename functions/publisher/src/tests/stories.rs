use super::*;
use fake_github::{Call, Fault, PostedReview};

#[tokio::test]
async fn publishes_review_and_check_once() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let completed = stage.completed();
    stage.handle(&completed).await;
    let published = stage.newest_emitted();
    stage.handle(&published).await;
    let count = || {
        (
            stage.world.bot_reviews(&stage.pr).len(),
            stage.checks(),
            stage.comments().len(),
        )
    };
    assert_eq!(count(), (1, vec![Some(Conclusion::Success)], 0));

    let writes = stage.world.writes().len();
    let (same_again, again) = (
        stage.completed(),
        stage.event(NewEvent {
            topic: published.topic.clone(),
            subject: stage.pr.to_string(),
            data: published.data.clone(),
        }),
    );
    for (why, event, outcome) in [
        (
            "the verdict, redelivered",
            &completed,
            "repeated, emitted 1 again",
        ),
        (
            "the review, redelivered",
            &published,
            "ignored: already published",
        ),
        (
            "the review, announced again",
            &again,
            "ignored: already published",
        ),
    ] {
        assert_eq!(stage.handle(event).await, outcome, "{why}");
        stage.end_lease();
        assert_eq!(stage.handle(event).await, outcome, "{why}, later");
    }
    assert_eq!(stage.handle(&same_again).await, "applied, emitted 1");
    assert_eq!(
        stage.newest_emitted().data,
        published.data,
        "the event is emitted again"
    );
    let shown = stage.handle(&stage.newest_emitted()).await;
    assert_eq!(shown, "ignored: already published");
    assert_eq!(stage.world.writes().len(), writes, "nothing was written");
}

#[tokio::test]
async fn returning_head_is_shown_again() {
    let stage = Stage::new();
    stage.store(noted()).await;
    stage.published().await;
    let (first, pull) = (stage.review(), stage.pull());
    stage.world.push(&stage.pr, DIFF);
    let mut found = noted();
    found.verdict.as_mut().unwrap().findings = vec![finding(Severity::Low)];
    stage.store(found).await;
    stage.published().await;
    assert!(stage.comments()[0].contains("Open: 1 low"));

    stage.world.push_back_to(&stage.pr, &first.head_sha);
    stage.write(&PullRequestItem::key(&stage.pr), pull).await;
    let again = stage.event(NewEvent::new(&ReviewCompleted {
        review: first,
        findings: 0,
        missing: vec![],
    }));
    assert_eq!(stage.handle(&again).await, "applied, emitted 1");
    assert_eq!(stage.topics().last().unwrap(), "agent.pr.review_published");
    stage.handle(&stage.newest_emitted()).await;
    let comments = stage.comments();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("No open findings"), "{comments:?}");
}

#[tokio::test]
async fn two_heads_share_one_summary() {
    let stage = Stage::new();
    stage.store(noted()).await;
    let first = stage.published().await;
    let before = stage.comments();
    assert!(before[0].contains("No open findings"), "{before:?}");

    stage.world.push(&stage.pr, DIFF);
    let mut found = noted();
    found.verdict.as_mut().unwrap().findings = vec![finding(Severity::Low)];
    stage.store(found).await;
    stage.published().await;
    let after = stage.comments();
    assert_eq!(after.len(), 1, "one comment");
    assert!(after[0].contains("Open: 1 low"), "{after:?}");
    let head = stage.review().head_sha;
    assert!(after[0].contains(head.short()), "{after:?}");

    let late = stage.handle(&first).await;
    assert!(late.starts_with("ignored: superseded by"), "{late}");
    assert_eq!(stage.comments(), after, "the older head's comes too late");
}

#[tokio::test]
async fn older_head_keeps_newer_summary() {
    let stage = Stage::new();
    stage.store(noted()).await;
    let completed = stage.completed();
    stage.handle(&completed).await;
    // GitHub has the push; its delivery has not arrived.
    stage.world.push(&stage.pr, DIFF);
    stage.handle(&stage.newest_emitted()).await;
    assert_eq!(stage.comments(), [""; 0]);
    stage.end_lease();
    stage.store(noted()).await;
    stage.published().await;
    let comments = stage.comments();
    let head = stage.review().head_sha;
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains(head.short()), "{comments:?}");
}

#[tokio::test]
async fn failed_calls_leave_one_object_each() {
    let calls = [
        Call::CreateCheck,
        Call::UpdateCheck,
        Call::PullRequest,
        Call::ListComments,
        Call::CreateComment,
        Call::UpdateComment,
    ];
    let faults = [Fault::Unavailable, Fault::LostReply, Fault::BadGateway];
    for (call, fault) in calls
        .iter()
        .flat_map(|call| faults.map(|fault| (*call, fault)))
    {
        let stage = Stage::new();
        stage.store(noted()).await;
        if call == Call::UpdateComment {
            stage.published().await;
            stage.world.push(&stage.pr, DIFF);
            stage.store(noted()).await;
        }
        if call == Call::UpdateCheck {
            let item = skipped_item(SkipReason::Draft, "It is a draft.");
            stage.store(item).await;
            stage.handle(&stage.skipped(SkipReason::Draft)).await;
            stage.store(noted()).await;
        }
        stage.handle(&stage.completed()).await;
        let published = stage.newest_emitted();
        stage.world.fail_next_on(call, fault);
        let failed = stage.handle(&published).await;
        assert!(
            failed.starts_with("failed: "),
            "{call:?}, {fault:?}: {failed}"
        );
        stage.end_lease();
        let done = stage.handle(&published).await;
        assert_eq!(done, "applied, emitted 0", "{call:?}, {fault:?}");
        assert_eq!(
            stage.checks(),
            [Some(Conclusion::Success)],
            "{call:?}, {fault:?}"
        );
        assert_eq!(stage.comments().len(), 1, "{call:?}, {fault:?}");
        let head = stage.review().head_sha;
        assert!(stage.comments()[0].contains(head.short()), "{call:?}");
    }
}

#[tokio::test]
async fn deleted_comment_is_created_again_once() {
    let stage = Stage::new();
    stage.store(noted()).await;
    stage.published().await;
    let posted = stage.world.comments(&stage.pr)[0].id;
    stage.world.delete_comment(&stage.pr, posted);

    stage.world.push(&stage.pr, DIFF);
    stage.store(noted()).await;
    stage.handle(&stage.completed()).await;
    let published = stage.newest_emitted();
    stage
        .world
        .fail_next_on(Call::CreateComment, Fault::LostReply);
    let lost = stage.handle(&published).await;
    assert!(lost.starts_with("failed: "), "{lost}");
    stage.end_lease();
    assert_eq!(stage.handle(&published).await, "applied, emitted 0");
    assert_eq!(stage.comments().len(), 1);
}

#[tokio::test]
async fn recorded_review_is_not_posted() {
    let stage = Stage::new();
    let mut item = clean();
    item.policy.publish = false;
    item.verdict.as_mut().unwrap().findings = vec![finding(Severity::High)];
    stage.store(item).await;
    let completed = stage.completed();
    assert_eq!(stage.handle(&completed).await, "applied, emitted 1");
    assert_eq!(stage.topics(), ["agent.pr.review_recorded"]);
    assert_eq!(stage.newest_emitted().data["comments"], 1);
    assert_eq!(stage.handle(&completed).await, "repeated, emitted 1 again");

    let key = PublishedPullRequest::key(&stage.pr);
    let stored: Option<LeasedItem<PublishedPullRequest>> =
        stage.publisher.deps.state.peek(&key).await.unwrap();
    let object = stored.unwrap().value.reviews[0].object.clone();
    let ReviewObject::Recorded { recorded: text, .. } = object else {
        panic!("{object:?}");
    };
    assert!(text.contains("Something."), "{text}");

    let published = stage.published_event(1);
    for event in [
        published,
        stage.skipped(SkipReason::InvalidPolicy),
        stage.begun(),
    ] {
        let ignored = stage.handle(&event).await;
        assert_eq!(ignored, "ignored: not posted: publish = false");
    }
    assert_eq!(stage.world.writes(), []);
}

#[tokio::test]
async fn recorded_text_is_limited_in_bytes() {
    let stage = Stage::new();
    let mut item = clean();
    item.policy.publish = false;
    let long = Finding {
        message: "\u{1f41e}".repeat(60_000),
        ..finding(Severity::High)
    };
    item.verdict.as_mut().unwrap().findings = vec![long];
    stage.store(item).await;
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
    let key = PublishedPullRequest::key(&stage.pr);
    let stored: Option<LeasedItem<PublishedPullRequest>> =
        stage.publisher.deps.state.peek(&key).await.unwrap();
    let ReviewObject::Recorded { recorded, .. } = &stored.unwrap().value.reviews[0].object else {
        panic!("not recorded");
    };
    assert!(recorded.len() <= 64 << 10, "{}", recorded.len());
    assert!(recorded.len() > 60 << 10, "{}", recorded.len());
}

#[tokio::test]
async fn refused_check_is_not_retried() {
    let stage = Stage::new();
    stage.world.set_bot("reviewer");
    stage.store(noted()).await;
    let published = stage.published().await;
    assert_eq!(stage.checks(), []);
    assert_eq!(stage.comments().len(), 1, "the summary is published");
    let (repo, head_sha) = (&stage.pr.repo, stage.review().head_sha);
    let key = PublishedCheck::key(repo, &head_sha);
    let stored: Option<LeasedItem<PublishedCheck>> =
        stage.publisher.deps.state.peek(&key).await.unwrap();
    let refused = CheckRun::Refused("You must authenticate via a GitHub App.".to_owned());
    assert_eq!(stored.unwrap().value.run, Some(refused));
    let writes = stage.world.writes().len();
    assert_eq!(stage.handle(&published).await, "repeated, emitted 0 again");
    assert_eq!(stage.world.writes().len(), writes);
}

#[tokio::test]
async fn late_block_updates_check() {
    let stage = Stage::new();
    let reviewed = without_security(&stage).await;
    assert_eq!(stage.checks(), [Some(Conclusion::Neutral)], "partial");

    let trifle = Finding {
        line: 1,
        ..finding(Severity::Medium)
    };
    let block = stage.block(vec![finding(Severity::High), trifle]).await;
    assert_eq!(stage.handle(&block).await, "applied, emitted 1");
    let posted = last_review(&stage);
    assert_eq!(posted.event, ReviewEvent::RequestChanges);
    let lines: Vec<_> = posted.comments.iter().map(|it| it.line).collect();
    assert_eq!(lines, [2], "the blocking finding, at its line");
    let blocked = stage.newest_emitted();
    assert_eq!(stage.handle(&blocked).await, "applied, emitted 0");
    let red = [Some(Conclusion::Failure)];
    assert_eq!(stage.checks(), red, "it is one check");
    assert_eq!(stage.comments(), [""; 0], "each push has its review");

    assert_eq!(stage.handle(&reviewed).await, "applied, emitted 1");
    assert_eq!(stage.handle(&blocked).await, "ignored: already published");
    let back = stage.handle(&stage.skipped(SkipReason::Draft)).await;
    assert_eq!(back, "applied, emitted 1");
    assert_eq!(stage.checks(), red, "a draft does not replace it");
}

/// A late finding of a model alone is posted as a comment, without a vote.
#[tokio::test]
async fn late_model_finding_is_no_vote() {
    let stage = Stage::new();
    let reviewed = without_security(&stage).await;
    let guess = Finding {
        rule: MODEL.to_owned(),
        by: vec!["kimi".to_owned()],
        ..finding(Severity::Critical)
    };
    let block = stage.block(vec![guess]).await;
    assert_eq!(stage.handle(&block).await, "applied, emitted 1");
    let posted = last_review(&stage);
    assert_eq!(posted.event, ReviewEvent::Comment);
    assert_eq!(posted.comments.len(), 1);
    stage.handle(&stage.newest_emitted()).await;
    assert_eq!(stage.checks(), [Some(Conclusion::Neutral)], "still partial");
    assert_eq!(stage.handle(&block).await, "repeated, emitted 1 again");
    assert_eq!(stage.handle(&reviewed).await, "applied, emitted 1");
    assert_eq!(stage.world.reviews(&stage.pr).len(), 2);
}

fn last_review(stage: &Stage) -> PostedReview {
    stage.world.reviews(&stage.pr).pop().unwrap()
}

/// Publishes a review without the security specialist, and returns its event.
async fn without_security(stage: &Stage) -> Event {
    let mut item = clean();
    item.reports.remove(&Category::Security);
    item.verdict.as_mut().unwrap().missing = vec![Category::Security];
    stage.store(item).await;
    stage.handle(&stage.completed()).await;
    let reviewed = stage.newest_emitted();
    stage.handle(&reviewed).await;
    reviewed
}

#[tokio::test]
async fn skipped_head_shows_reason() {
    for (reason, summaries) in [(SkipReason::Draft, 0), (SkipReason::InvalidPolicy, 1)] {
        let stage = Stage::new();
        stage.store(skipped_item(reason, "It is so.")).await;
        let skipped = stage.skipped(reason);
        assert_eq!(
            stage.handle(&skipped).await,
            "applied, emitted 0",
            "{reason:?}"
        );
        let again = stage.handle(&skipped).await;
        assert!(!again.starts_with("applied"), "{reason:?}: {again}");
        assert_eq!(stage.checks(), [Some(Conclusion::Neutral)], "{reason:?}");
        let head = stage.review().head_sha;
        let checks = stage.world.checks(&stage.pr.repo, &head);
        assert!(checks[0].check.summary.contains("It is so."));
        assert_eq!(checks[0].check.name, check::NAME);
        assert_eq!(stage.comments().len(), summaries, "{reason:?}");

        stage.store(clean()).await;
        stage.published().await;
        let end = [Some(Conclusion::Success)];
        assert_eq!(stage.checks(), end, "reviewed after all");
        assert_eq!(stage.comments().len(), summaries, "{reason:?}");
    }
}

#[tokio::test]
async fn ignores_stale_and_unknown_events() {
    let stage = Stage::new();
    let skipped = stage.skipped(SkipReason::Draft);
    let not_stored = stage.handle(&skipped).await;
    assert_eq!(not_stored, "ignored: no review in state");
    let lost = stage.handle(&stage.completed()).await;
    assert!(lost.contains("has no verdict in state"), "{lost}");
    stage.store(clean()).await;
    let block = stage.block(vec![finding(Severity::High)]).await;
    let ignored = stage.handle(&block).await;
    assert_eq!(
        ignored,
        "ignored: the verdict contains the blocking findings"
    );
    let ended = stage.handle(&stage.begun()).await;
    assert_eq!(ended, "ignored: no check is in progress");
    let unknown = NewEvent {
        topic: "agent.pr.tomorrow".parse().unwrap(),
        ..NewEvent::new(&ReviewCompleted {
            review: stage.review(),
            findings: 0,
            missing: vec![],
        })
    };
    let unknown = stage.handle(&stage.event(unknown)).await;
    assert_eq!(unknown, "ignored: unknown topic agent.pr.tomorrow");
    assert_eq!(stage.world.writes(), []);
}

#[tokio::test]
async fn rejected_check_does_not_block_summary() {
    let stage = Stage::new();
    stage.store(noted()).await;
    stage.handle(&stage.completed()).await;
    let published = stage.newest_emitted();
    stage.world.fail_next_on(Call::CreateCheck, Fault::Rejected);
    let refused = stage.publisher.handle(&published).await.unwrap_err();
    assert!(!refused.is_retryable(), "{refused}");
    assert_eq!(stage.checks(), []);
    assert_eq!(stage.comments().len(), 1);
}

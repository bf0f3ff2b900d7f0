//! User actions on GitHub and the resulting posts.

use events::Outcome;
use fake_github::{Call, Fault, Limit, WebhookDelivery};
use github::port::ReviewEvent;
use journeys::changes;
use journeys::house::{Bot, Surroundings, shown};
use journeys::interruption::Interruption;
use journeys::steps::{MINUTE, all_handled};
use local_bus::queue::Queue;
use local_bus::runner::End;
use state::Sqlite;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn findings_become_one_review_with_comments() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::leftover());
    house.take(&delivery).await;
    all_handled(&house.settle().await);
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment, "advice, not a veto");
    assert_eq!(review.commit_id, house.world().head(&pr));
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn committed_secret_blocks_merging() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    all_handled(&house.settle().await);
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn clean_change_gets_success() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::clean());
    house.take(&delivery).await;
    all_handled(&house.settle().await);
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn push_during_review_supersedes_review() {
    for moment in [
        "agent.pr.review_requested",
        "agent.pr.security_check",
        "agent.pr.check_completed",
        "agent.pr.review_completed",
    ] {
        let house = Bot::new();
        let (pr, delivery) = house.begins(changes::secret());
        house.take(&delivery).await;
        house.settle_until(moment).await;
        house.ground.clock.advance(MINUTE);
        house.take(&house.world().push(&pr, changes::clean())).await;
        house.settle().await;
        let review = house.review(&pr);
        assert_eq!(review.commit_id, house.world().head(&pr), "{moment}");
        assert_eq!(review.event, ReviewEvent::Comment, "{moment}");
        assert!(house.dead_letters().await.is_empty(), "{moment}");
    }
}

/// Until the push's delivery arrives, only GitHub knows the new head.
#[tokio::test]
async fn undelivered_push_supersedes_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    house.settle_until("agent.pr.review_completed").await;
    let push = house.world().push(&pr, changes::clean());
    house.settle().await;
    assert!(house.reviews(&pr).is_empty(), "nothing about the old head");
    house.take(&push).await;
    house.settle().await;
    assert_eq!(house.review(&pr).commit_id, house.world().head(&pr));
}

#[tokio::test]
async fn every_settled_head_is_reviewed() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    house.settle().await;
    house.take(&house.world().push(&pr, changes::clean())).await;
    house.settle().await;
    let votes: Vec<_> = house.reviews(&pr).iter().map(|r| r.event).collect();
    assert_eq!(votes, [ReviewEvent::RequestChanges, ReviewEvent::Comment]);
}

#[tokio::test]
async fn repeated_delivery_changes_nothing() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    house.settle().await;
    let before = (house.review(&pr), house.versions().await);
    for _ in 0..3 {
        let again = house.world().redeliver(&delivery.guid);
        house.take(&again.expect("it was delivered")).await;
        all_handled(&house.settle().await);
    }
    assert_eq!((house.review(&pr), house.versions().await), before);
}

#[tokio::test]
async fn concurrent_duplicates_give_one_review() {
    let once = Bot::new();
    let (_, delivery) = once.begins(changes::secret());
    once.take(&delivery).await;
    once.settle().await;

    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    tokio::join!(
        house.take(&delivery),
        house.take(&delivery),
        house.take(&delivery)
    );
    all_handled(&house.settle().await);
    house.review(&pr);
    assert_eq!(
        house.versions().await,
        once.versions().await,
        "every item was written as often as by one delivery"
    );
}

#[tokio::test]
async fn new_guid_gives_one_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    house.settle().await;
    let renamed = WebhookDelivery {
        guid: "5f3d0dc0-6c5c-11f0-8d4e-2f8d5a1b9c33".to_owned(),
        ..delivery
    };
    house.take(&renamed).await;
    all_handled(&house.settle().await);
    house.review(&pr);
}

#[tokio::test]
async fn closing_ends_running_review() {
    for moment in ["agent.pr.security_check", "agent.pr.review_completed"] {
        let house = Bot::new();
        let (pr, delivery) = house.begins(changes::secret());
        house.take(&delivery).await;
        house.settle_until(moment).await;
        house.ground.clock.advance(MINUTE);
        house.take(&house.world().close(&pr)).await;
        house.settle().await;
        assert!(house.reviews(&pr).is_empty(), "{moment}");
        assert!(house.dead_letters().await.is_empty(), "{moment}");
    }
}

#[tokio::test]
async fn reopening_restarts_missed_review() {
    for moment in ["agent.pr.security_check", "agent.pr.review_completed"] {
        let house = Bot::new();
        let (pr, delivery) = house.begins(changes::secret());
        house.take(&delivery).await;
        house.settle_until(moment).await;
        house.ground.clock.advance(MINUTE);
        house.take(&house.world().close(&pr)).await;
        house.settle().await;
        house.take(&house.world().reopen(&pr)).await;
        house.settle().await;
        assert_eq!(house.review(&pr).event, ReviewEvent::RequestChanges);
    }
}

#[tokio::test]
async fn reopening_reviewed_head_adds_no_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::leftover());
    house.take(&delivery).await;
    house.settle().await;
    for step in [house.world().close(&pr), house.world().reopen(&pr)] {
        house.ground.clock.advance(MINUTE);
        house.take(&step).await;
        house.settle().await;
    }
    house.review(&pr);
}

#[tokio::test]
async fn comment_is_only_journaled() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::leftover());
    house.take(&delivery).await;
    house.settle().await;
    let before = house.versions().await;
    house
        .take(&house.world().comment(&pr, "hubot", "Please merge"))
        .await;
    house.settle().await;
    house.review(&pr);
    let mut after = house.versions().await;
    assert_eq!(house.emitted("github.pr.comment.created").await.len(), 1);
    after.retain(|key, _| before.contains_key(key));
    assert_eq!(after, before);
}

/// GitHub notifies the bot of its own review and comment, like every App.
#[tokio::test]
async fn own_posts_start_no_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::leftover());
    house.take(&delivery).await;
    house.settle().await;
    let comments = house.world().comments(&pr);
    let own = house.world().deliveries().split_off(1);
    assert_eq!(own[0].event, "pull_request_review");
    for delivery in &own {
        house.take(delivery).await;
        house.settle().await;
    }
    house.review(&pr);
    assert_eq!(house.world().comments(&pr), comments);
    assert_eq!(house.world().deliveries().len(), 1 + own.len());
}

#[tokio::test]
async fn late_specialist_is_named() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::leftover());
    house.without_security(&delivery, 4).await;
    assert!(house.reviews(&pr).is_empty(), "there is still time");
    house.settle().await;
    let review = house.review(&pr);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn late_secret_gets_blocking_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.without_security(&delivery, 4).await;
    house.settle().await;
    let reviews = house.reviews(&pr);
    let votes: Vec<_> = reviews.iter().map(|review| review.event).collect();
    assert_eq!(votes, [ReviewEvent::Comment, ReviewEvent::RequestChanges]);
    insta::assert_snapshot!(shown(&reviews[1]));
}

#[tokio::test]
async fn github_outage_delays_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    house.world().limit(Limit::Secondary {
        status: 429,
        lasts: 8 * MINUTE,
        tells: false,
    });
    let tried = house.settle().await;
    assert!(tried.iter().any(|tried| matches!(tried.end, End::Again(_))));
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    assert!(!review.body.contains("partial"), "no specialist is missing");
    assert!(house.dead_letters().await.is_empty());
}

#[tokio::test]
async fn lost_response_does_not_repeat_post() {
    for fault in [Fault::LostReply, Fault::BadGateway, Fault::Unavailable] {
        let house = Bot::new();
        let (pr, delivery) = house.begins(changes::secret());
        house.world().fail_next_on(Call::CreateReview, fault);
        house.take(&delivery).await;
        house.settle().await;
        house.review(&pr);
        assert_eq!(house.emitted("agent.pr.review_published").await.len(), 1);
        assert!(house.dead_letters().await.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn bot_comments_on_own_pull_request() {
    let house = Bot::new();
    house.world().set_bot("octocat");
    let (pr, delivery) = house.begins(changes::secret());
    house.take(&delivery).await;
    house.settle().await;
    assert_eq!(house.review(&pr).event, ReviewEvent::Comment);
}

#[tokio::test]
async fn change_without_diff_is_read() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::too_large());
    house.take(&delivery).await;
    all_handled(&house.settle().await);
    insta::assert_snapshot!(shown(&house.review(&pr)));
}

#[tokio::test]
async fn unordered_deliveries_reach_newest_head() {
    for between in [Duration::ZERO, MINUTE] {
        let house = Bot::new();
        let (pr, opening) = house.begins(changes::secret());
        house.ground.clock.advance(between);
        let push = house.world().push(&pr, changes::clean());
        house.take(&push).await;
        house.take(&opening).await;
        let tried = house.settle().await;
        let late = tried
            .iter()
            .find(|tried| {
                tried.event.detail_type == "github.pr.opened" && tried.function == "pull-request"
            })
            .expect("the opening was heard");
        assert!(
            matches!(late.result, Ok(Outcome::Ignored { .. })),
            "{late:?}"
        );
        assert_eq!(house.review(&pr).commit_id, house.world().head(&pr));
    }
}

#[tokio::test]
async fn pull_requests_are_independent() {
    let house = Bot::new();
    let (one, first) = house.begins(changes::secret());
    let (two, second) = house.begins(changes::clean());
    house.take(&first).await;
    house.take(&second).await;
    all_handled(&house.settle().await);
    assert_eq!(house.review(&one).event, ReviewEvent::RequestChanges);
    assert_eq!(house.review(&two).event, ReviewEvent::Comment);
}

#[tokio::test]
async fn new_machine_continues_from_files() {
    for moment in [
        "agent.pr.review_requested",
        "agent.pr.style_check",
        "agent.pr.check_completed",
        "agent.pr.review_completed",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let on_files = |ground: Surroundings, directory: &Path| Surroundings {
            state: Arc::new(Sqlite::open(directory.join("state.db")).expect("state")),
            queue: Queue::open(&directory.join("queue.db")).expect("the queue"),
            ..ground
        };
        let ground = on_files(Surroundings::in_memory(), directory.path());
        let house = Bot::on(ground, Interruption::none());
        let (pr, delivery) = house.begins(changes::secret());
        house.take(&delivery).await;
        house.settle_until(moment).await;
        let left = Surroundings {
            world: house.world().clone(),
            clock: house.ground.clock.clone(),
            ..Surroundings::in_memory()
        };
        drop(house);

        let house = Bot::on(on_files(left, directory.path()), Interruption::none());
        all_handled(&house.settle().await);
        assert_eq!(house.review(&pr).event, ReviewEvent::RequestChanges);
        assert_eq!(house.emitted("agent.pr.review_published").await.len(), 1);
    }
}

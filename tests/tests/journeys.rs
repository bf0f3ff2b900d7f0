//! User actions on GitHub and the resulting posts.

use events::Outcome;
use fake_github::{Call, Fault, Limit, WebhookDelivery};
use github::port::ReviewEvent;
use journeys::bot::{Bot, Surroundings, shown};
use journeys::changes;
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
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::leftover());
    bot.take(&delivery).await;
    all_handled(&bot.settle().await);
    let review = bot.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment, "advice, not a veto");
    assert_eq!(review.commit_id, bot.world().head(&pr));
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn committed_secret_blocks_merging() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    all_handled(&bot.settle().await);
    let review = bot.review(&pr);
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn clean_change_gets_success() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::clean());
    bot.take(&delivery).await;
    all_handled(&bot.settle().await);
    let review = bot.review(&pr);
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
        let bot = Bot::new();
        let (pr, delivery) = bot.begins(changes::secret());
        bot.take(&delivery).await;
        bot.settle_until(moment).await;
        bot.surroundings.clock.advance(MINUTE);
        bot.take(&bot.world().push(&pr, changes::clean())).await;
        bot.settle().await;
        let review = bot.review(&pr);
        assert_eq!(review.commit_id, bot.world().head(&pr), "{moment}");
        assert_eq!(review.event, ReviewEvent::Comment, "{moment}");
        assert!(bot.dead_letters().await.is_empty(), "{moment}");
    }
}

/// Until the push's delivery arrives, only GitHub knows the new head.
#[tokio::test]
async fn undelivered_push_supersedes_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    bot.settle_until("agent.pr.review_completed").await;
    let push = bot.world().push(&pr, changes::clean());
    bot.settle().await;
    assert!(bot.reviews(&pr).is_empty(), "nothing about the old head");
    bot.take(&push).await;
    bot.settle().await;
    assert_eq!(bot.review(&pr).commit_id, bot.world().head(&pr));
}

#[tokio::test]
async fn every_settled_head_is_reviewed() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    bot.settle().await;
    bot.take(&bot.world().push(&pr, changes::clean())).await;
    bot.settle().await;
    let votes: Vec<_> = bot.reviews(&pr).iter().map(|r| r.event).collect();
    assert_eq!(votes, [ReviewEvent::RequestChanges, ReviewEvent::Comment]);
}

#[tokio::test]
async fn repeated_delivery_changes_nothing() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    bot.settle().await;
    let before = (bot.review(&pr), bot.versions().await);
    for _ in 0..3 {
        let again = bot.world().redeliver(&delivery.guid);
        bot.take(&again.expect("it was delivered")).await;
        all_handled(&bot.settle().await);
    }
    assert_eq!((bot.review(&pr), bot.versions().await), before);
}

#[tokio::test]
async fn concurrent_duplicates_give_one_review() {
    let once = Bot::new();
    let (_, delivery) = once.begins(changes::secret());
    once.take(&delivery).await;
    once.settle().await;

    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    tokio::join!(
        bot.take(&delivery),
        bot.take(&delivery),
        bot.take(&delivery)
    );
    all_handled(&bot.settle().await);
    bot.review(&pr);
    assert_eq!(
        bot.versions().await,
        once.versions().await,
        "every item was written as often as by one delivery"
    );
}

#[tokio::test]
async fn new_guid_gives_one_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    bot.settle().await;
    let renamed = WebhookDelivery {
        guid: "5f3d0dc0-6c5c-11f0-8d4e-2f8d5a1b9c33".to_owned(),
        ..delivery
    };
    bot.take(&renamed).await;
    all_handled(&bot.settle().await);
    bot.review(&pr);
}

#[tokio::test]
async fn closing_ends_running_review() {
    for moment in ["agent.pr.security_check", "agent.pr.review_completed"] {
        let bot = Bot::new();
        let (pr, delivery) = bot.begins(changes::secret());
        bot.take(&delivery).await;
        bot.settle_until(moment).await;
        bot.surroundings.clock.advance(MINUTE);
        bot.take(&bot.world().close(&pr)).await;
        bot.settle().await;
        assert!(bot.reviews(&pr).is_empty(), "{moment}");
        assert!(bot.dead_letters().await.is_empty(), "{moment}");
    }
}

#[tokio::test]
async fn reopening_restarts_missed_review() {
    for moment in ["agent.pr.security_check", "agent.pr.review_completed"] {
        let bot = Bot::new();
        let (pr, delivery) = bot.begins(changes::secret());
        bot.take(&delivery).await;
        bot.settle_until(moment).await;
        bot.surroundings.clock.advance(MINUTE);
        bot.take(&bot.world().close(&pr)).await;
        bot.settle().await;
        bot.take(&bot.world().reopen(&pr)).await;
        bot.settle().await;
        assert_eq!(bot.review(&pr).event, ReviewEvent::RequestChanges);
    }
}

#[tokio::test]
async fn reopening_reviewed_head_adds_no_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::leftover());
    bot.take(&delivery).await;
    bot.settle().await;
    for step in [bot.world().close(&pr), bot.world().reopen(&pr)] {
        bot.surroundings.clock.advance(MINUTE);
        bot.take(&step).await;
        bot.settle().await;
    }
    bot.review(&pr);
}

#[tokio::test]
async fn comment_is_only_journaled() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::leftover());
    bot.take(&delivery).await;
    bot.settle().await;
    let before = bot.versions().await;
    bot.take(&bot.world().comment(&pr, "hubot", "Please merge"))
        .await;
    bot.settle().await;
    bot.review(&pr);
    let mut after = bot.versions().await;
    assert_eq!(bot.emitted("github.pr.comment.created").await.len(), 1);
    after.retain(|key, _| before.contains_key(key));
    assert_eq!(after, before);
}

/// GitHub notifies the bot of its own review and comment, like every App.
#[tokio::test]
async fn own_posts_start_no_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::leftover());
    bot.take(&delivery).await;
    bot.settle().await;
    let comments = bot.world().comments(&pr);
    let own = bot.world().deliveries().split_off(1);
    assert_eq!(own[0].event, "pull_request_review");
    for delivery in &own {
        bot.take(delivery).await;
        bot.settle().await;
    }
    bot.review(&pr);
    assert_eq!(bot.world().comments(&pr), comments);
    assert_eq!(bot.world().deliveries().len(), 1 + own.len());
}

#[tokio::test]
async fn late_specialist_is_named() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::leftover());
    bot.without_security(&delivery, 4).await;
    assert!(bot.reviews(&pr).is_empty(), "there is still time");
    bot.settle().await;
    let review = bot.review(&pr);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn late_secret_gets_blocking_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.without_security(&delivery, 4).await;
    bot.settle().await;
    let reviews = bot.reviews(&pr);
    let votes: Vec<_> = reviews.iter().map(|review| review.event).collect();
    assert_eq!(votes, [ReviewEvent::Comment, ReviewEvent::RequestChanges]);
    insta::assert_snapshot!(shown(&reviews[1]));
}

#[tokio::test]
async fn github_outage_delays_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    bot.world().limit(Limit::Secondary {
        status: 429,
        lasts: 8 * MINUTE,
        tells: false,
    });
    let tried = bot.settle().await;
    assert!(tried.iter().any(|tried| matches!(tried.end, End::Again(_))));
    let review = bot.review(&pr);
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    assert!(!review.body.contains("partial"), "no specialist is missing");
    assert!(bot.dead_letters().await.is_empty());
}

#[tokio::test]
async fn lost_response_does_not_repeat_post() {
    for fault in [Fault::LostReply, Fault::BadGateway, Fault::Unavailable] {
        let bot = Bot::new();
        let (pr, delivery) = bot.begins(changes::secret());
        bot.world().fail_next_on(Call::CreateReview, fault);
        bot.take(&delivery).await;
        bot.settle().await;
        bot.review(&pr);
        assert_eq!(bot.emitted("agent.pr.review_published").await.len(), 1);
        assert!(bot.dead_letters().await.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn bot_comments_on_own_pull_request() {
    let bot = Bot::new();
    bot.world().set_bot("octocat");
    let (pr, delivery) = bot.begins(changes::secret());
    bot.take(&delivery).await;
    bot.settle().await;
    assert_eq!(bot.review(&pr).event, ReviewEvent::Comment);
}

#[tokio::test]
async fn change_without_diff_is_read() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::too_large());
    bot.take(&delivery).await;
    all_handled(&bot.settle().await);
    insta::assert_snapshot!(shown(&bot.review(&pr)));
}

#[tokio::test]
async fn unordered_deliveries_reach_newest_head() {
    for between in [Duration::ZERO, MINUTE] {
        let bot = Bot::new();
        let (pr, opening) = bot.begins(changes::secret());
        bot.surroundings.clock.advance(between);
        let push = bot.world().push(&pr, changes::clean());
        bot.take(&push).await;
        bot.take(&opening).await;
        let tried = bot.settle().await;
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
        assert_eq!(bot.review(&pr).commit_id, bot.world().head(&pr));
    }
}

#[tokio::test]
async fn pull_requests_are_independent() {
    let bot = Bot::new();
    let (one, first) = bot.begins(changes::secret());
    let (two, second) = bot.begins(changes::clean());
    bot.take(&first).await;
    bot.take(&second).await;
    all_handled(&bot.settle().await);
    assert_eq!(bot.review(&one).event, ReviewEvent::RequestChanges);
    assert_eq!(bot.review(&two).event, ReviewEvent::Comment);
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
        let on_files = |surroundings: Surroundings, directory: &Path| Surroundings {
            state: Arc::new(Sqlite::open(directory.join("state.db")).expect("state")),
            queue: Queue::open(&directory.join("queue.db")).expect("the queue"),
            ..surroundings
        };
        let surroundings = on_files(Surroundings::in_memory(), directory.path());
        let bot = Bot::on(surroundings, Interruption::none());
        let (pr, delivery) = bot.begins(changes::secret());
        bot.take(&delivery).await;
        bot.settle_until(moment).await;
        let left = Surroundings {
            world: bot.world().clone(),
            clock: bot.surroundings.clock.clone(),
            ..Surroundings::in_memory()
        };
        drop(bot);

        let bot = Bot::on(on_files(left, directory.path()), Interruption::none());
        all_handled(&bot.settle().await);
        assert_eq!(bot.review(&pr).event, ReviewEvent::RequestChanges);
        assert_eq!(bot.emitted("agent.pr.review_published").await.len(), 1);
    }
}

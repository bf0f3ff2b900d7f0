//! What people do on GitHub, and what GitHub shows because of it.

use event::Outcome;
use github::PrKey;
use github::port::ReviewEvent;
use github_world::{Call, Fault, Limit, NewPullRequest, WebhookDelivery};
use journeys::changes;
use journeys::house::{Ground, House, shown};
use journeys::interruption::Interruption;
use local::queue::Queue;
use local::runner::{End, Tried};
use policy::Policy;
use ports::{Clock, Timestamp};
use serde_json::{Map, Value};
use state::{Sqlite, Version};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn proposing(diff: String) -> NewPullRequest {
    NewPullRequest {
        diff,
        ..NewPullRequest::default()
    }
}

/// Someone opens a pull request, and its delivery is on its way.
fn open(house: &House, diff: String) -> (PrKey, WebhookDelivery) {
    opened(house.world().open_pull_request(proposing(diff)))
}

fn opened(delivery: WebhookDelivery) -> (PrKey, WebhookDelivery) {
    (delivery.pr.clone().expect("a pull request"), delivery)
}

async fn deliver(house: &House, delivery: &WebhookDelivery) {
    let answer = house.deliver(delivery).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.message);
}

async fn versions(house: &House) -> BTreeMap<String, Version> {
    let items = house.items().await.into_iter();
    items
        .map(|(key, item)| (key.to_string(), item.version))
        .collect()
}

#[track_caller]
fn all_handled(tried: &[Tried]) {
    for tried in tried {
        assert_eq!(tried.end, End::Handled, "{tried:?}");
    }
}

#[tokio::test]
async fn findings_become_one_review_with_comments_on_their_lines() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::leftover());
    deliver(&house, &delivery).await;
    all_handled(&house.settle().await);
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment, "advice, not a veto");
    assert_eq!(review.commit_id, house.world().head(&pr));
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn a_committed_secret_stands_against_merging() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    all_handled(&house.settle().await);
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn a_clean_change_is_told_so() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::clean());
    deliver(&house, &delivery).await;
    all_handled(&house.settle().await);
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn a_bots_pull_request_is_left_alone_and_that_is_told() {
    let house = House::new();
    let (pr, delivery) = opened(house.world().open_pull_request(NewPullRequest {
        author: "dependabot[bot]".to_owned(),
        ..proposing(changes::secret())
    }));
    deliver(&house, &delivery).await;
    house.settle().await;
    assert!(house.reviews(&pr).is_empty());
    let skipped = house.said("agent.pr.review_skipped").await;
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].data["reason"], "bot");
}

#[tokio::test]
async fn a_draft_is_reviewed_once_it_is_ready() {
    let house = House::new();
    let (pr, delivery) = opened(house.world().open_pull_request(NewPullRequest {
        draft: true,
        ..proposing(changes::leftover())
    }));
    deliver(&house, &delivery).await;
    house.settle().await;
    assert!(house.reviews(&pr).is_empty(), "not while it is a draft");
    deliver(&house, &house.world().ready_for_review(&pr)).await;
    house.settle().await;
    house.review(&pr);
}

#[tokio::test]
async fn a_push_while_the_review_runs_supersedes_it() {
    for moment in [
        "agent.pr.review_requested",
        "agent.pr.security_check",
        "agent.pr.check_completed",
        "agent.pr.review_completed",
    ] {
        let house = House::new();
        let (pr, delivery) = open(&house, changes::secret());
        deliver(&house, &delivery).await;
        house.settle_until(moment).await;
        house.ground.clock.advance(MINUTE);
        deliver(&house, &house.world().push(&pr, changes::clean())).await;
        house.settle().await;
        let review = house.review(&pr);
        assert_eq!(review.commit_id, house.world().head(&pr), "{moment}");
        assert_eq!(review.event, ReviewEvent::Comment, "{moment}");
        assert!(house.dead_letters().await.is_empty(), "{moment}");
    }
}

/// The only review that is in state.
#[expect(
    clippy::indexing_slicing,
    reason = "what is not there is null in a JSON value"
)]
async fn kept(house: &House) -> Value {
    let items = house.items().await.into_iter();
    let mut reviews = items.filter(|(key, _)| key.kind() == "review");
    let (_, review) = reviews.next().expect("a review");
    assert!(reviews.next().is_none(), "one review");
    let record: Value = serde_json::from_str(&review.value).expect("JSON");
    record["value"].clone()
}

#[tokio::test]
async fn what_a_pull_request_does_to_the_settings_counts_once_it_is_merged() {
    for (why, branch, is_reviewed) in [
        ("its own branch has no say", "turn", true),
        ("the base branch has", "main", false),
    ] {
        let house = House::new();
        let (pr, delivery) = open(&house, changes::leftover());
        let off = "enabled = false";
        let world = house.world();
        world.put_file(&pr.repo, branch, ".github/review-bot.toml", off);
        deliver(&house, &delivery).await;
        all_handled(&house.settle().await);
        assert_eq!(house.reviews(&pr).len(), usize::from(is_reviewed), "{why}");
        let skipped = house.said("agent.pr.review_skipped").await;
        assert_eq!(skipped.is_empty(), is_reviewed, "{why}");
    }
}

#[tokio::test]
async fn where_the_deployment_posts_nothing_no_repository_does() {
    let ground = Ground {
        policy: Policy::default().unpublished(),
        ..Ground::in_memory()
    };
    let house = House::on(ground, Interruption::none());
    let (pr, delivery) = open(&house, changes::leftover());
    let wants = "publish = true\nmax_comments = 3";
    let world = house.world();
    world.put_file(&pr.repo, "main", ".github/review-bot.toml", wants);
    deliver(&house, &delivery).await;
    house.settle().await;
    let policy = &kept(&house).await["policy"];
    assert_eq!(
        (&policy["max_comments"], &policy["publish"]),
        (&3.into(), &false.into())
    );
}

#[tokio::test]
async fn under_settings_that_nobody_can_read_nothing_is_reviewed() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    let world = house.world();
    let slip = "severity_flor = \"high\"";
    world.put_file(&pr.repo, "main", ".github/review-bot.toml", slip);
    deliver(&house, &delivery).await;
    all_handled(&house.settle().await);
    assert!(house.reviews(&pr).is_empty());
    let review = kept(&house).await;
    assert_eq!(review["skipped"]["reason"], "invalid_policy");
    let why = review["skipped"]["why"].as_str().expect("a text");
    assert!(why.contains("Did you mean `severity_floor`?"), "{why}");

    world.put_file(&pr.repo, "main", ".github/review-bot.toml", "");
    for step in [world.close(&pr), world.reopen(&pr)] {
        house.ground.clock.advance(MINUTE);
        deliver(&house, &step).await;
    }
    all_handled(&house.settle().await);
    house.review(&pr);
}

#[tokio::test]
async fn a_label_stops_a_review_and_taking_it_off_lets_it_go_on() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    // Two have answered, and one is still at it.
    security_is_away(&house, &delivery, 1).await;
    house.ground.clock.advance(MINUTE);
    let labelled = house.world().label(&pr, "no-review");
    deliver(&house, &labelled).await;
    house.settle().await;
    assert!(house.reviews(&pr).is_empty(), "the deadline is over, too");
    let skipped = kept(&house).await;
    assert_eq!(skipped["skipped"]["reason"], "label");
    assert_eq!(skipped["reports"].as_object().map(Map::len), Some(2));

    house.ground.clock.advance(MINUTE);
    deliver(&house, &unlabelled(&labelled, house.ground.clock.now())).await;
    all_handled(&house.settle().await);
    assert_eq!(house.review(&pr).event, ReviewEvent::RequestChanges);
    assert_eq!(house.said("agent.pr.review_skipped").await.len(), 1);
}

/// GitHub tells that a label was taken off again.
#[expect(
    clippy::indexing_slicing,
    reason = "what is not there is null in a JSON value"
)]
fn unlabelled(labelled: &WebhookDelivery, now: Timestamp) -> WebhookDelivery {
    let mut payload = labelled.json();
    payload["action"] = "unlabeled".into();
    payload["pull_request"]["labels"] = Value::Array(vec![]);
    payload["pull_request"]["updated_at"] = now.to_string().into();
    WebhookDelivery {
        guid: "5f3d0dc0-6c5c-11f0-8d4e-2f8d5a1b9c34".to_owned(),
        body: payload.to_string().into(),
        ..labelled.clone()
    }
}

#[tokio::test]
async fn a_review_knows_the_head_whose_review_it_follows() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::leftover());
    let first = house.world().head(&pr);
    deliver(&house, &delivery).await;
    house.settle().await;
    house.ground.clock.advance(MINUTE);
    deliver(&house, &house.world().push(&pr, changes::clean())).await;
    all_handled(&house.settle().await);
    let items = house.items().await.into_iter();
    let previous: Vec<Value> = items
        .filter(|(key, _)| key.kind() == "review")
        .map(|(_, item)| serde_json::from_str::<Value>(&item.value).expect("JSON"))
        .map(|record| record["value"]["previous"].clone())
        .filter(|previous| !previous.is_null())
        .collect();
    assert_eq!(previous, [Value::from(first.to_string())], "of the second");
}

/// Whoever cannot be asked what is wanted is waited for, past the deadline.
#[tokio::test]
async fn while_the_settings_cannot_be_read_nothing_is_posted() {
    for (draft, reviews) in [(true, 0), (false, 1)] {
        let house = House::new();
        let (pr, delivery) = opened(house.world().open_pull_request(NewPullRequest {
            draft,
            ..proposing(changes::leftover())
        }));
        // Tried every three minutes.
        for _ in 0..5 {
            let away = Fault::Unavailable;
            house.world().fail_next_on(Call::Contents, away);
        }
        deliver(&house, &delivery).await;
        house.settle().await;
        assert_eq!(house.reviews(&pr).len(), reviews, "draft: {draft}");
        let dead = house.dead_letters().await;
        assert!(dead.is_empty(), "{dead:?}");
    }
}

/// Until the push's own delivery comes, only GitHub knows the new head.
#[tokio::test]
async fn a_push_whose_delivery_is_still_on_its_way_supersedes_too() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    house.settle_until("agent.pr.review_completed").await;
    let push = house.world().push(&pr, changes::clean());
    house.settle().await;
    assert!(house.reviews(&pr).is_empty(), "nothing about the old head");
    deliver(&house, &push).await;
    house.settle().await;
    assert_eq!(house.review(&pr).commit_id, house.world().head(&pr));
}

#[tokio::test]
async fn a_review_of_every_head_that_was_left_standing() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    house.settle().await;
    deliver(&house, &house.world().push(&pr, changes::clean())).await;
    house.settle().await;
    let votes: Vec<_> = house.reviews(&pr).iter().map(|r| r.event).collect();
    assert_eq!(votes, [ReviewEvent::RequestChanges, ReviewEvent::Comment]);
}

#[tokio::test]
async fn the_same_delivery_again_changes_nothing() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    house.settle().await;
    let before = (house.review(&pr), versions(&house).await);
    for _ in 0..3 {
        let again = house.world().redeliver(&delivery.guid);
        deliver(&house, &again.expect("it was delivered")).await;
        all_handled(&house.settle().await);
    }
    assert_eq!((house.review(&pr), versions(&house).await), before);
}

#[tokio::test]
async fn the_same_delivery_three_times_at_once_is_one_review() {
    let once = House::new();
    let (_, delivery) = open(&once, changes::secret());
    deliver(&once, &delivery).await;
    once.settle().await;

    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    tokio::join!(
        deliver(&house, &delivery),
        deliver(&house, &delivery),
        deliver(&house, &delivery)
    );
    all_handled(&house.settle().await);
    house.review(&pr);
    assert_eq!(
        versions(&house).await,
        versions(&once).await,
        "every item was written as often as by one delivery"
    );
}

#[tokio::test]
async fn the_same_news_under_another_guid_is_one_review() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    house.settle().await;
    let renamed = WebhookDelivery {
        guid: "5f3d0dc0-6c5c-11f0-8d4e-2f8d5a1b9c33".to_owned(),
        ..delivery
    };
    deliver(&house, &renamed).await;
    all_handled(&house.settle().await);
    house.review(&pr);
}

#[tokio::test]
async fn closing_while_the_review_runs_ends_it() {
    for moment in ["agent.pr.security_check", "agent.pr.review_completed"] {
        let house = House::new();
        let (pr, delivery) = open(&house, changes::secret());
        deliver(&house, &delivery).await;
        house.settle_until(moment).await;
        house.ground.clock.advance(MINUTE);
        deliver(&house, &house.world().close(&pr)).await;
        house.settle().await;
        assert!(house.reviews(&pr).is_empty(), "{moment}");
        assert!(house.dead_letters().await.is_empty(), "{moment}");
    }
}

#[tokio::test]
async fn reopening_brings_the_review_that_closing_kept_away() {
    for moment in ["agent.pr.security_check", "agent.pr.review_completed"] {
        let house = House::new();
        let (pr, delivery) = open(&house, changes::secret());
        deliver(&house, &delivery).await;
        house.settle_until(moment).await;
        house.ground.clock.advance(MINUTE);
        deliver(&house, &house.world().close(&pr)).await;
        house.settle().await;
        deliver(&house, &house.world().reopen(&pr)).await;
        house.settle().await;
        assert_eq!(house.review(&pr).event, ReviewEvent::RequestChanges);
    }
}

#[tokio::test]
async fn reopening_what_was_reviewed_brings_no_second_review() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::leftover());
    deliver(&house, &delivery).await;
    house.settle().await;
    for step in [house.world().close(&pr), house.world().reopen(&pr)] {
        house.ground.clock.advance(MINUTE);
        deliver(&house, &step).await;
        house.settle().await;
    }
    house.review(&pr);
}

#[tokio::test]
async fn a_comment_changes_nothing_and_is_in_the_journal() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::leftover());
    deliver(&house, &delivery).await;
    house.settle().await;
    let before = versions(&house).await;
    deliver(&house, &house.world().comment(&pr, "hubot", "Please merge")).await;
    house.settle().await;
    house.review(&pr);
    let mut after = versions(&house).await;
    assert_eq!(house.said("github.pr.comment.created").await.len(), 1);
    after.retain(|key, _| before.contains_key(key));
    assert_eq!(after, before);
}

/// The bot hears of its own review and its own comment, as every App does.
#[tokio::test]
async fn what_the_bot_posts_itself_starts_nothing() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::leftover());
    deliver(&house, &delivery).await;
    house.settle().await;
    let comments = house.world().comments(&pr);
    let own = house.world().deliveries().split_off(1);
    assert_eq!(own[0].event, "pull_request_review");
    for delivery in &own {
        deliver(&house, delivery).await;
        house.settle().await;
    }
    house.review(&pr);
    assert_eq!(house.world().comments(&pr), comments);
    assert_eq!(house.world().deliveries().len(), 1 + own.len());
}

/// GitHub gives the diff to two specialists and not to security, until `tries`
/// of its own are over.
async fn security_is_away(house: &House, delivery: &WebhookDelivery, tries: u32) {
    house.world().fail_next_on(Call::Diff, Fault::Unavailable);
    deliver(house, delivery).await;
    house.settle_for(Duration::ZERO).await;
    for _ in 1..tries {
        house.world().fail_next_on(Call::Diff, Fault::Unavailable);
        house.settle_for(3 * MINUTE).await;
    }
}

#[tokio::test]
async fn who_misses_the_deadline_is_named() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::leftover());
    security_is_away(&house, &delivery, 4).await;
    assert!(house.reviews(&pr).is_empty(), "there is still time");
    house.settle().await;
    let review = house.review(&pr);
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn a_secret_that_is_found_late_blocks_in_a_review_of_its_own() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    security_is_away(&house, &delivery, 4).await;
    house.settle().await;
    let reviews = house.reviews(&pr);
    let votes: Vec<_> = reviews.iter().map(|review| review.event).collect();
    assert_eq!(votes, [ReviewEvent::Comment, ReviewEvent::RequestChanges]);
    insta::assert_snapshot!(shown(&reviews[1]));
}

#[tokio::test]
async fn github_down_for_a_while_delays_the_review() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    house.world().limit(Limit::Secondary {
        status: 429,
        lasts: 8 * MINUTE,
        tells: false,
    });
    let tried = house.settle().await;
    assert!(tried.iter().any(|tried| matches!(tried.end, End::Again(_))));
    let review = house.review(&pr);
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    assert!(!review.body.contains("partial"), "nobody is missing");
    assert!(house.dead_letters().await.is_empty());
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_found_and_not_repeated() {
    for fault in [Fault::LostReply, Fault::BadGateway, Fault::Unavailable] {
        let house = House::new();
        let (pr, delivery) = open(&house, changes::secret());
        house.world().fail_next_on(Call::CreateReview, fault);
        deliver(&house, &delivery).await;
        house.settle().await;
        house.review(&pr);
        assert_eq!(house.said("agent.pr.review_published").await.len(), 1);
        assert!(house.dead_letters().await.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn on_its_own_pull_request_the_bot_comments() {
    let house = House::new();
    house.world().set_bot("octocat");
    let (pr, delivery) = open(&house, changes::secret());
    deliver(&house, &delivery).await;
    house.settle().await;
    assert_eq!(house.review(&pr).event, ReviewEvent::Comment);
}

#[tokio::test]
async fn a_change_that_github_gives_no_diff_of_is_read_file_by_file() {
    let house = House::new();
    let (pr, delivery) = open(&house, changes::too_large());
    deliver(&house, &delivery).await;
    all_handled(&house.settle().await);
    insta::assert_snapshot!(shown(&house.review(&pr)));
}

#[tokio::test]
async fn deliveries_out_of_order_lead_to_the_newest_head() {
    for between in [Duration::ZERO, MINUTE] {
        let house = House::new();
        let (pr, opening) = open(&house, changes::secret());
        house.ground.clock.advance(between);
        let push = house.world().push(&pr, changes::clean());
        deliver(&house, &push).await;
        deliver(&house, &opening).await;
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
async fn two_pull_requests_do_not_mix() {
    let house = House::new();
    let (one, first) = open(&house, changes::secret());
    let (two, second) = open(&house, changes::clean());
    deliver(&house, &first).await;
    deliver(&house, &second).await;
    all_handled(&house.settle().await);
    assert_eq!(house.review(&one).event, ReviewEvent::RequestChanges);
    assert_eq!(house.review(&two).event, ReviewEvent::Comment);
}

#[tokio::test]
async fn the_machine_is_replaced_in_the_middle_and_only_the_files_are_left() {
    for moment in [
        "agent.pr.review_requested",
        "agent.pr.style_check",
        "agent.pr.check_completed",
        "agent.pr.review_completed",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let on_files = |ground: Ground, directory: &Path| Ground {
            state: Arc::new(Sqlite::open(directory.join("state.db")).expect("state")),
            queue: Queue::open(&directory.join("queue.db")).expect("the queue"),
            ..ground
        };
        let ground = on_files(Ground::in_memory(), directory.path());
        let house = House::on(ground, Interruption::none());
        let (pr, delivery) = open(&house, changes::secret());
        deliver(&house, &delivery).await;
        house.settle_until(moment).await;
        let left = Ground {
            world: house.world().clone(),
            clock: house.ground.clock.clone(),
            ..Ground::in_memory()
        };
        drop(house);

        let house = House::on(on_files(left, directory.path()), Interruption::none());
        all_handled(&house.settle().await);
        assert_eq!(house.review(&pr).event, ReviewEvent::RequestChanges);
        assert_eq!(house.said("agent.pr.review_published").await.len(), 1);
    }
}

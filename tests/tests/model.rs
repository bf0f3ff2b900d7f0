//! Model reviews in addition to the rules: the result on GitHub, also without an answer of the
//! model.

use events::{Clock, Timestamp};
use fake_github::NewPullRequest;
use fake_model::{ModelWorld, Reply};
use github::PrKey;
use github::port::{ReviewEvent, Side};
use journeys::bot::{Bot, Surroundings, shown};
use journeys::changes;
use journeys::interruption::Interruption;
use journeys::model::{ScriptedModel, answer, finding, is_second_look, misses_the_check, proof};
use journeys::wire;
use model_client::{AgentError, Model};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

async fn opened(bot: &Bot, diff: String) -> PrKey {
    let delivery = bot.world().open_pull_request(NewPullRequest {
        diff,
        ..NewPullRequest::default()
    });
    bot.deliver(&delivery).await;
    bot.settle().await;
    assert!(bot.dead_letters().await.is_empty());
    delivery.pr.expect("a pull request")
}

#[tokio::test]
async fn rules_and_model_share_one_review() {
    let model = ScriptedModel::new(|question| {
        Ok(if is_second_look(question) {
            json!({ "findings": [proof(1, true, "dbg!(left) + 1", "")] })
        } else if question.contains("Your subject is logic") {
            answer(&[finding(
                "src/turn.rs",
                3,
                "Overflow",
                "`left + 1` can overflow.",
            )])
        } else if question.contains("Your subject is style") {
            answer(&[finding("src/turn.rs", 3, "Leftover", "`dbg!` is left in.")])
        } else {
            answer(&[])
        })
    });
    let bot = Bot::with(&model);
    let pr = opened(&bot, changes::leftover()).await;
    let asked = model.asked();
    let looks: Vec<_> = asked.iter().filter(|it| is_second_look(it)).collect();
    assert_eq!(asked.len(), 3 + looks.len(), "one question a specialist");
    assert_eq!(
        looks.len(),
        1,
        "and one about the findings of the model only"
    );
    assert!(looks[0].contains("can overflow"), "{}", looks[0]);
    assert!(!looks[0].contains("is left in"), "{}", looks[0]);
    insta::assert_snapshot!(shown(&bot.review(&pr)));
}

#[tokio::test]
async fn deleted_line_finding_uses_old_side() {
    let bot = Bot::with(&misses_the_check());
    let pr = opened(&bot, changes::gone()).await;
    let review = bot.review(&pr);
    let places: Vec<_> = review
        .comments
        .iter()
        .map(|it| (it.line, it.side))
        .collect();
    assert_eq!(places, [(8, Side::Left)], "{}", review.body);
}

#[tokio::test]
async fn invalid_answer_leaves_rules_review() {
    let model = ScriptedModel::new(|_| Err(AgentError::CutShort));
    let bot = Bot::with(&model);
    let pr = opened(&bot, changes::secret()).await;
    let review = bot.review(&pr);
    assert_eq!(
        review.event,
        ReviewEvent::RequestChanges,
        "the rules decide"
    );
    insta::assert_snapshot!(shown(&review));
}

#[tokio::test]
async fn review_waits_for_paused_model() {
    let surroundings = Surroundings::in_memory();
    let clock = surroundings.clock.clone();
    let start = clock.now();
    let pause = start + Duration::from_secs(100);
    let model = ScriptedModel::new(move |_| {
        let wait = Duration::try_from(pause.duration_since(clock.now()));
        if let Some(wait) = wait.ok().filter(|wait| !wait.is_zero()) {
            Err(AgentError::Paused { until: pause, wait })
        } else {
            Ok(answer(&[]))
        }
    });
    let as_model: Arc<dyn Model> = model.clone();
    let bot = Bot::on(
        Surroundings {
            model: Some(as_model),
            ..surroundings
        },
        Interruption::none(),
    );
    let pr = opened(&bot, changes::clean()).await;
    let review = bot.review(&pr);
    assert!(review.submitted_at >= pause, "no earlier review");
    assert!(review.submitted_at < start + Duration::from_secs(300));
    assert!(review.body.contains("1 by `kimi`"), "{}", review.body);
}

#[tokio::test]
async fn unavailable_model_does_not_pass_deadline() {
    let model = ScriptedModel::new(|_| {
        Err(AgentError::Unavailable {
            reason: "503".to_owned(),
        })
    });
    let bot = Bot::with(&model);
    let start: Timestamp = bot.surroundings.clock.now();
    let pr = opened(&bot, changes::leftover()).await;
    let review = bot.review(&pr);
    let took = review.submitted_at.duration_since(start).as_secs();
    assert!(took < 720, "before the deadline, after {took} s");
    assert!(
        !review.body.contains("partial"),
        "every specialist has answered"
    );
    assert!(review.body.contains("Nothing read: "), "{}", review.body);
}

/// Handles a rate limit, a shared pause and the later answers with the real HTTP client and the
/// bot's state.
#[tokio::test]
async fn http_pause_delays_and_budgets_count() {
    let surroundings = Surroundings::in_memory();
    let kimi = ModelWorld::new(surroundings.clock.clone());
    kimi.then(Reply::RateLimited {
        retry_after: Some("60".to_owned()),
    });
    kimi.otherwise(|_| Reply::Json(answer(&[])));
    let model: Arc<dyn Model> = Arc::new(wire::kimi(&kimi, &surroundings).await);
    let bot = Bot::on(
        Surroundings {
            model: Some(model),
            ..surroundings
        },
        Interruption::none(),
    );
    let pr = opened(&bot, changes::clean()).await;
    let body = bot.review(&pr).body;
    assert_eq!(body.matches("1 by `kimi-k3.1-pro`").count(), 1, "{body}");
    assert!(body.contains("tokens"), "cost: {body}");
    let requests = kimi.requests();
    assert_eq!(
        requests.len(),
        4,
        "one call was limited, and the pause prevented the others"
    );
    let keys: Vec<_> = bot.items().await.into_keys().collect();
    let of = |kind| keys.iter().filter(|key| key.kind() == kind).count();
    assert_eq!(
        of("budget"),
        4,
        "review, pull request, repository, day: {keys:?}"
    );
}

#[tokio::test]
async fn redelivery_asks_no_question() {
    let model = ScriptedModel::new(|_| Ok(answer(&[])));
    let bot = Bot::with(&model);
    let delivery = bot.world().open_pull_request(NewPullRequest {
        diff: changes::clean(),
        ..NewPullRequest::default()
    });
    for _ in 0..3 {
        bot.deliver(&delivery).await;
        bot.settle().await;
    }
    assert_eq!(model.asked().len(), 3);
    bot.review(&delivery.pr.expect("a pull request"));
}

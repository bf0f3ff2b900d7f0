//! Requests of complete stories, made as an App.

use fake_github::HttpRequest;
use github::port::{Conclusion, Side};
use journeys::bot::{Bot, Surroundings};
use journeys::changes;
use journeys::interruption::Interruption;
use journeys::model::{ScriptedModel, attentive, misses_the_check};
use journeys::steps::{FIRST, MODEL, SECOND, proposing, turn};
use journeys::wire::{self, By};
use std::sync::Arc;

async fn over_http(model: Arc<ScriptedModel>) -> Bot {
    let surroundings = Surroundings::in_memory();
    let github = wire::github(&surroundings.world, surroundings.clock.clone(), By::App).await;
    let surroundings = Surroundings {
        github: Some(Arc::new(github)),
        model: Some(model),
        ..surroundings
    };
    Bot::on(surroundings, Interruption::none())
}

/// Returns all requests of these stories.
pub async fn told() -> Vec<HttpRequest> {
    let mut calls = Vec::new();
    for bot in [
        a_vote_is_taken_back().await,
        a_head_is_superseded().await,
        a_line_is_gone().await,
    ] {
        calls.extend(bot.world().requests());
    }
    calls
}

async fn a_vote_is_taken_back() -> Bot {
    let bot = over_http(attentive(MODEL)).await;
    let pr = bot.opens(proposing(changes::secret())).await;
    bot.pushes(&pr, turn(&FIRST)).await;
    bot.pushes(&pr, changes::too_large()).await;
    let reviews = bot.reviews(&pr);
    assert_eq!(reviews.len(), 3);
    let first = reviews.first().and_then(|it| it.dismissed.as_ref());
    assert!(first.is_some(), "{reviews:?}");
    bot
}

async fn a_head_is_superseded() -> Bot {
    let bot = over_http(attentive(MODEL)).await;
    let (pr, opened) = bot.begins(turn(&FIRST));
    let first = bot.world().head(&pr);
    bot.take(&opened).await;
    bot.settle_until("agent.pr.check_completed").await;
    bot.pushes(&pr, turn(&SECOND)).await;
    let checks = bot.world().checks(&pr.repo, &first);
    let ends: Vec<_> = checks.iter().map(|it| it.check.conclusion).collect();
    assert_eq!(ends, [Some(Conclusion::Cancelled)]);
    bot
}

async fn a_line_is_gone() -> Bot {
    let bot = over_http(misses_the_check()).await;
    let pr = bot.opens(proposing(changes::gone())).await;
    let review = bot.review(&pr);
    let sides: Vec<_> = review.comments.iter().map(|it| it.side).collect();
    assert_eq!(sides, [Side::Left]);
    bot
}

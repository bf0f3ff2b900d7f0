//! Requests of complete stories, made as an App.

use fake_github::HttpRequest;
use github::port::{Conclusion, Side};
use journeys::changes;
use journeys::house::{Bot, Surroundings};
use journeys::interruption::Interruption;
use journeys::model::{ScriptedModel, attentive, misses_the_check};
use journeys::steps::{FIRST, MODEL, SECOND, proposing, turn};
use journeys::wire::{self, By};
use std::sync::Arc;

async fn over_http(model: Arc<ScriptedModel>) -> Bot {
    let ground = Surroundings::in_memory();
    let github = wire::github(&ground.world, ground.clock.clone(), By::App).await;
    let ground = Surroundings {
        github: Some(Arc::new(github)),
        model: Some(model),
        ..ground
    };
    Bot::on(ground, Interruption::none())
}

/// Returns all requests of these stories.
pub async fn told() -> Vec<HttpRequest> {
    let mut calls = Vec::new();
    for house in [
        a_vote_is_taken_back().await,
        a_head_is_superseded().await,
        a_line_is_gone().await,
    ] {
        calls.extend(house.world().requests());
    }
    calls
}

async fn a_vote_is_taken_back() -> Bot {
    let house = over_http(attentive(MODEL)).await;
    let pr = house.opens(proposing(changes::secret())).await;
    house.pushes(&pr, turn(&FIRST)).await;
    house.pushes(&pr, changes::too_large()).await;
    let reviews = house.reviews(&pr);
    assert_eq!(reviews.len(), 3);
    let first = reviews.first().and_then(|it| it.dismissed.as_ref());
    assert!(first.is_some(), "{reviews:?}");
    house
}

async fn a_head_is_superseded() -> Bot {
    let house = over_http(attentive(MODEL)).await;
    let (pr, opened) = house.begins(turn(&FIRST));
    let first = house.world().head(&pr);
    house.take(&opened).await;
    house.settle_until("agent.pr.check_completed").await;
    house.pushes(&pr, turn(&SECOND)).await;
    let checks = house.world().checks(&pr.repo, &first);
    let ends: Vec<_> = checks.iter().map(|it| it.check.conclusion).collect();
    assert_eq!(ends, [Some(Conclusion::Cancelled)]);
    house
}

async fn a_line_is_gone() -> Bot {
    let house = over_http(misses_the_check()).await;
    let pr = house.opens(proposing(changes::gone())).await;
    let review = house.review(&pr);
    let sides: Vec<_> = review.comments.iter().map(|it| it.side).collect();
    assert_eq!(sides, [Side::Left]);
    house
}

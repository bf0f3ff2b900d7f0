//! A secret in the change and the bot's own secrets: with the real clients over HTTP, a
//! model that repeats its input, and a GitHub that sometimes fails.

use crate::passed;
use fake_github::{Call, Fault};
use fake_model::{ModelWorld, Reply};
use github::port::ReviewEvent;
use journeys::bot::{Bot, Surroundings};
use journeys::changes;
use journeys::interruption::Interruption;
use journeys::log::Log;
use journeys::model::{answer, finding};
use journeys::wire::{self, By};
use model_client::Model;
use std::sync::Arc;

/// Returns a token that belongs to no account. Split in two, so that this file contains
/// none.
fn canary() -> String {
    format!("ghp_{}", "Zx81kQ0vTn5LwRc3YbHd7PmSf2AeUj9GiO4N")
}

/// Creates a model that repeats the canary in answers, errors and findings.
fn parrot(surroundings: &Surroundings) -> ModelWorld {
    let model = ModelWorld::new(surroundings.clock.clone());
    for reply in [
        Reply::Text(canary()),
        Reply::Refusal(canary()),
        Reply::Error {
            status: 503,
            kind: canary(),
            message: canary(),
        },
        Reply::Error {
            status: 400,
            kind: canary(),
            message: canary(),
        },
    ] {
        model.then(reply);
    }
    let emitted = format!("The token {} is committed.", canary());
    model.otherwise(move |_| Reply::Json(answer(&[finding("src/a.rs", 1, &emitted, &emitted)])));
    model
}

/// Returns all readable output after a test, by place.
async fn written(bot: &Bot, model: &ModelWorld, log: &Log) -> Vec<(&'static str, String)> {
    fn all(texts: impl Iterator<Item = String>) -> String {
        texts.collect::<Vec<_>>().join("\n")
    }
    let world = bot.world();
    let asked = model.requests().into_iter().map(|it| it.text);
    let called = world.requests().into_iter();
    let kept = bot.items().await.into_iter();
    vec![
        ("the log", log.text()),
        ("questions to the model", all(asked)),
        ("calls to GitHub", all(called.map(|it| format!("{it:?}")))),
        (
            "state",
            all(kept.map(|(key, it)| format!("{key} {}", it.value))),
        ),
    ]
}

#[tokio::test]
async fn secret_appears_in_no_output() {
    for (why, posts, fault, logged) in [
        (
            "a review is posted",
            true,
            None,
            "the model received a question",
        ),
        (
            "GitHub rejects the comments on lines",
            true,
            Some((Call::CreateReview, Fault::Rejected)),
            "GitHub refused the review",
        ),
        (
            "the second attempt returns the diff",
            true,
            Some((Call::Diff, Fault::Unavailable)),
            "retrying the GitHub call",
        ),
        (
            "a review is only recorded",
            false,
            None,
            "review recorded and not posted",
        ),
    ] {
        let (log, _listening) = Log::listen();
        let surroundings = Surroundings::in_memory();
        let model = parrot(&surroundings);
        let kimi: Arc<dyn Model> = Arc::new(wire::kimi(&model, &surroundings).await);
        let github = wire::github(&surroundings.world, surroundings.clock.clone(), By::Token).await;
        let surroundings = Surroundings {
            github: Some(Arc::new(github)),
            model: Some(kimi),
            ..surroundings
        };
        let bot = Bot::on(surroundings, Interruption::none()).under(&format!("publish = {posts}"));
        let line = format!("let token = \"{}\";", canary());
        let (pr, delivery) = bot.begins(changes::new_file("src/a.rs", &[&line]));
        let world = bot.world();
        if let Some((call, fault)) = fault {
            world.fail_next_on(call, fault);
        }
        bot.hear(&delivery).await;

        let mut written = written(&bot, &model, &log).await;
        if posts {
            let review = bot.review(&pr);
            assert_eq!(
                review.event,
                ReviewEvent::RequestChanges,
                "{why}: it is found"
            );
            let checks = world.checks(&pr.repo, &world.head(&pr));
            written.extend([
                ("reviews", format!("{:?}", world.reviews(&pr))),
                ("the summary", format!("{:?}", world.comments(&pr))),
                ("checks", format!("{checks:?}")),
            ]);
        }
        assert!(log.text().contains(logged), "{why}: it does log {logged:?}");
        let mut leaks = Vec::new();
        for (place, text) in &written {
            assert!(!text.is_empty(), "{why}: something is in {place}");
            for (what, secret) in [
                // Without its start, where Markdown adds a backslash.
                ("the canary", canary().split_off(4)),
                ("the model's key", model.key().to_owned()),
                ("GitHub's token", world.token()),
            ] {
                if text.contains(&secret) {
                    leaks.push(format!("{what} is in {place}"));
                }
            }
        }
        assert_eq!(leaks, [""; 0], "{why}");
        passed(&format!("the change contains a secret, and {why}"));
    }
}

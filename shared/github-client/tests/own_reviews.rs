//! Recognition of the bot's own reviews: all pages are searched, and a copied marker
//! does not silence the bot.

mod common;

use common::{Stage, first_review};
use github::port::{
    GitHubError, NewReview, PublishReview, ReviewEvent, ReviewState, WithdrawReview,
};
use github_client::Config;
use std::time::Duration;

const MARKER: &str = "<!-- review of 1234567 -->";

#[tokio::test]
async fn review_is_found_on_last_page() {
    let stage = Stage::new().await;
    for n in 0..130 {
        stage
            .world
            .submit_review(&stage.pr, "reader", &format!("Thought {n}"));
        stage.clock.advance(Duration::from_secs(60));
    }
    let client = stage.client();
    assert_eq!(first_review(&client, &stage.pr, MARKER).await, Ok(None));
    let id = client.create_review(&stage.pr, &stage.review(MARKER)).await;
    let found = first_review(&client, &stage.pr, MARKER).await;
    assert_eq!(found, id.map(Some));
}

#[tokio::test]
async fn copied_marker_needs_own_account() {
    let (app, person) = ("review-bot[bot]", "review-person");
    for (why, bot, named, copied_by, taken) in [
        ("an App, a stranger's copy", app, None, "mallory", false),
        ("an App with a similar name", app, None, "review-bot", false),
        (
            "an App cannot tell other Apps from itself",
            app,
            None,
            "other[bot]",
            true,
        ),
        (
            "unless its name is configured",
            app,
            Some(app),
            "other[bot]",
            false,
        ),
        (
            "a person, a stranger's copy",
            person,
            None,
            "mallory",
            false,
        ),
        ("a person, an App's copy", person, None, "other[bot]", false),
        ("its own, as an App", app, None, app, true),
        ("its own, as an App with a name", app, Some(app), app, true),
        ("its own, as a person", person, None, person, true),
    ] {
        let stage = Stage::new().await;
        stage.world.set_bot(bot);
        stage.world.submit_review(&stage.pr, copied_by, MARKER);
        let client = stage.client_with(Config {
            bot_login: named.map(str::to_owned),
            ..stage.config()
        });
        let found = first_review(&client, &stage.pr, MARKER).await.unwrap();
        assert_eq!(found.is_some(), taken, "{why}");
    }
}

#[tokio::test]
async fn app_learns_login_from_first_review() {
    let stage = Stage::new().await;
    stage.world.submit_review(&stage.pr, "other[bot]", MARKER);
    let client = stage.client();
    assert!(
        first_review(&client, &stage.pr, MARKER)
            .await
            .unwrap()
            .is_some()
    );
    client
        .create_review(&stage.pr, &stage.review("Hello."))
        .await
        .unwrap();
    assert_eq!(first_review(&client, &stage.pr, MARKER).await, Ok(None));
}

#[tokio::test]
async fn github_login_overrides_setting() {
    let stage = Stage::new().await;
    let client = stage.client_with(Config {
        bot_login: Some("typo[bot]".to_owned()),
        ..stage.config()
    });
    let id = client
        .create_review(&stage.pr, &stage.review(MARKER))
        .await
        .unwrap();
    assert_eq!(first_review(&client, &stage.pr, MARKER).await, Ok(Some(id)));
}

#[tokio::test]
async fn vote_is_dismissed_once() {
    let stage = Stage::new().await;
    stage.world.submit_review(&stage.pr, "mallory", MARKER);
    let (client, world) = (stage.client(), stage.world.github());
    let mut ids = Vec::new();
    for event in [
        ReviewEvent::Comment,
        ReviewEvent::RequestChanges,
        ReviewEvent::Approve,
    ] {
        let review = NewReview {
            event,
            ..stage.review(MARKER)
        };
        ids.push(client.create_review(&stage.pr, &review).await.unwrap());
    }
    let states = async || {
        let own = client.own_reviews(&stage.pr, MARKER).await;
        assert_eq!(own, world.own_reviews(&stage.pr, MARKER).await);
        let own = own.unwrap();
        assert!(own.iter().all(|it| it.commit_id == Some(stage.head())));
        own.into_iter().map(|it| it.state).collect::<Vec<_>>()
    };
    let (commented, dismissed) = (ReviewState::Commented, ReviewState::Dismissed);
    let before = [
        commented,
        ReviewState::ChangesRequested,
        ReviewState::Approved,
    ];
    assert_eq!(states().await, before, "the bot's own alone");
    for id in &ids[1..] {
        let done = client.dismiss_review(&stage.pr, *id, "A newer one.").await;
        assert_eq!(done, Ok(()));
    }
    assert_eq!(states().await, [commented, dismissed, dismissed]);
    for (why, id) in [("no vote", ids[0]), ("taken back", ids[1])] {
        let refused = client.dismiss_review(&stage.pr, id, "Again.").await;
        assert!(
            matches!(refused, Err(GitHubError::Rejected { .. })),
            "{why}: {refused:?}"
        );
        let direct = world.dismiss_review(&stage.pr, id, "Again.").await;
        assert_eq!(refused, direct, "{why}");
    }
}

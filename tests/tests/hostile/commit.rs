//! Commit messages. GitHub sends them in webhooks, but the bot never reads them: a
//! change is a diff ("Compare two commits", media type `diff`), which contains none.

use crate::{INJECTION, gullible, passed};
use fake_github::WebhookDelivery;
use github::port::ReviewEvent;
use journeys::bot::Bot;
use journeys::changes;
use serde_json::json;

#[tokio::test]
async fn commit_message_stops_at_webhook() {
    for (why, event, place, emitted) in [
        (
            "as it is pushed",
            "push",
            "/head_commit",
            json!({ "message": INJECTION }),
        ),
        (
            "among those that are pushed",
            "push",
            "/commits",
            json!([{ "message": "Turn." }, { "message": INJECTION }]),
        ),
        (
            "that checks ran on",
            "check_suite",
            "/check_suite/head_commit",
            json!({ "message": INJECTION }),
        ),
        (
            "that a merge would make",
            "pull_request",
            "/pull_request/auto_merge",
            json!({ "commit_title": INJECTION, "commit_message": INJECTION }),
        ),
    ] {
        let model = gullible();
        let bot = Bot::with(&model);
        let (pr, opened) = bot.begins(changes::secret());
        let head = bot.world().head(&pr);
        let pushed = WebhookDelivery {
            guid: "0b989ba4-242f-11e5-81e1-c7b6966d2516".to_owned(),
            event: "push".to_owned(),
            pr: None,
            body: json!({
                "ref": "refs/heads/turn",
                "after": head,
                "repository": opened.json()["repository"],
                "sender": opened.json()["sender"],
            })
            .to_string()
            .into_bytes(),
        };
        let checked = bot.world().checks_completed(&pr, "ci[bot]");
        for delivery in [pushed, opened, checked] {
            let mut payload = delivery.json();
            if delivery.event == event {
                let (parent, name) = place.rsplit_once('/').expect("a place");
                payload.pointer_mut(parent).expect("its parent")[name] = emitted.clone();
                assert!(payload.to_string().contains(INJECTION), "{why}: it is sent");
            }
            let body = payload.to_string().into_bytes();
            bot.hear(&WebhookDelivery { body, ..delivery }).await;
        }
        let topic = match event {
            "push" => "github.push",
            "check_suite" => "github.check_suite.completed",
            _ => "github.pr.opened",
        };
        assert_eq!(
            bot.emitted(topic).await.len(),
            1,
            "{why}: the webhook accepts it"
        );
        let review = bot.review(&pr);
        assert_eq!(review.event, ReviewEvent::RequestChanges, "{why}");
        assert!(review.body.contains("Quality: **2** of 10"), "{why}");
        assert_eq!(model.asked().len(), 3, "{why}");
        let asked = model.asked().concat();
        assert!(
            !asked.contains(INJECTION),
            "{why}: the model is not asked about it"
        );
        for (key, item) in bot.items().await {
            assert!(!item.value.contains(INJECTION), "{why}: stored in {key}");
        }
        passed(&format!("a commit message asks for approval, {why}"));
    }
}

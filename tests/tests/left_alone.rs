//! Conditions under which a pull request is skipped: no review, and a check with the
//! reason.

use events::{Clock, Timestamp};
use fake_github::{Call, Fault, NewPullRequest, WebhookDelivery};
use github::port::ReviewEvent;
use journeys::changes;
use journeys::house::Bot;
use journeys::steps::{MINUTE, all_handled, proposing};
use serde_json::{Map, Value};

/// The reason is shown on the check only.
#[tokio::test]
async fn skips_by_settings() {
    let draft = NewPullRequest {
        draft: true,
        ..proposing(changes::leftover())
    };
    let bot = NewPullRequest {
        author: "renovate[bot]".to_owned(),
        ..proposing(changes::leftover())
    };
    let labelled = NewPullRequest {
        labels: vec!["wip".to_owned()],
        ..proposing(changes::leftover())
    };
    let plain = proposing(changes::leftover());
    for (why, settings, pull, reason) in [
        ("a draft", "", &draft, Some("draft")),
        (
            "a draft, if drafts are enabled",
            "drafts = \"review\"",
            &draft,
            None,
        ),
        ("a bot", "", &bot, Some("bot")),
        (
            "a bot, if bots are enabled",
            "bots = \"review\"",
            &bot,
            None,
        ),
        (
            "another bot",
            "bots = \"review\"\nskip_authors = [\"renovate[bot]\"]",
            &bot,
            Some("author"),
        ),
        ("another label", "", &labelled, None),
        (
            "a label that disables reviews",
            "skip_labels = [\"wip\"]",
            &labelled,
            Some("label"),
        ),
        (
            "no review at all",
            "enabled = false",
            &plain,
            Some("disabled"),
        ),
    ] {
        let house = Bot::new().under(settings);
        let pr = house.opens(pull.clone()).await;
        let page = house.page(&pr);
        let reviews = usize::from(reason.is_none());
        assert_eq!(page.reviews.len(), reviews, "{why}");
        assert_eq!(page.summaries.len(), reviews, "{why}");
        let check = match reason {
            Some(_) => "Neutral: Not reviewed",
            None => "Neutral: Open: 1 medium",
        };
        assert_eq!(page.checks, [check], "{why}");
        let skipped = house.emitted("agent.pr.review_skipped").await;
        let reasons: Vec<_> = skipped
            .iter()
            .map(|it| it.data["reason"].as_str())
            .collect();
        assert_eq!(reasons, Vec::from_iter(reason.map(Some)), "{why}");
    }
}

/// Invalid settings leave the policy unknown, so no review starts. After a fix, the next
/// head is reviewed.
#[tokio::test]
async fn invalid_settings_are_reported_once() {
    let mistakes = "max_comments = 3\nseverity_flor = \"high\"\nlanguage = 7";
    let house = Bot::new().under(mistakes);
    let pr = house.opens(proposing(changes::secret())).await;
    let page = house.page(&pr);
    assert_eq!(page.reviews, [] as [&str; 0]);
    assert_eq!(page.checks, ["Neutral: Not reviewed"]);
    assert_eq!(page.summaries.len(), 1);
    insta::assert_snapshot!(page.summaries.concat());
    let checks = house.world().checks(&pr.repo, &house.world().head(&pr));
    for text in [&page.summaries[0], &checks[0].check.summary] {
        for line in ["line 2: ", "line 3: "] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }
    for delivery in house.world().deliveries() {
        house.hear(&delivery).await;
    }
    assert_eq!(house.page(&pr), page, "however often it is delivered");

    let house = house.under("max_comments = 3");
    house.pushes(&pr, changes::leftover()).await;
    let mended = house.page(&pr);
    assert_eq!(mended.reviews.len(), 1);
    assert_eq!(mended.checks, ["Neutral: Open: 1 medium"]);
    assert_eq!(mended.summaries.len(), 1, "the same comment, edited");
    assert!(mended.summaries[0].contains("Open: 1 medium"));
}

#[tokio::test]
async fn reopening_applies_fixed_settings() {
    let house = Bot::new().under("severity_flor = \"high\"");
    let pr = house.opens(proposing(changes::secret())).await;
    let house = house.under("");
    house.hear(&house.world().close(&pr)).await;
    house.ground.clock.advance(MINUTE);
    house.hear(&house.world().reopen(&pr)).await;
    house.review(&pr);
}

#[tokio::test]
async fn draft_is_reviewed_once_ready() {
    let house = Bot::new();
    let (pr, delivery) = house.begins_with(NewPullRequest {
        draft: true,
        ..proposing(changes::leftover())
    });
    house.take(&delivery).await;
    house.settle().await;
    assert!(house.reviews(&pr).is_empty(), "not while it is a draft");
    house.take(&house.world().ready_for_review(&pr)).await;
    house.settle().await;
    house.review(&pr);
}

#[tokio::test]
async fn label_pauses_running_review() {
    let house = Bot::new();
    let (pr, delivery) = house.begins(changes::secret());
    // Two specialists have reported, one is still running.
    house.without_security(&delivery, 1).await;
    house.ground.clock.advance(MINUTE);
    let labelled = house.world().label(&pr, "no-review");
    house.take(&labelled).await;
    house.settle().await;
    assert!(house.reviews(&pr).is_empty(), "the deadline is over, too");
    let skipped = &house.kept("review").await[0];
    assert_eq!(skipped["skipped"]["reason"], "label");
    assert_eq!(skipped["reports"].as_object().map(Map::len), Some(2));

    house.ground.clock.advance(MINUTE);
    house
        .take(&unlabelled(&labelled, house.ground.clock.now()))
        .await;
    all_handled(&house.settle().await);
    assert_eq!(house.review(&pr).event, ReviewEvent::RequestChanges);
    assert_eq!(house.emitted("agent.pr.review_skipped").await.len(), 1);
}

/// Returns the delivery for the removed label.
#[expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value is null"
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

/// Unavailable settings delay the review, even past its deadline.
#[tokio::test]
async fn unreadable_settings_delay_posting() {
    for (draft, reviews) in [(true, 0), (false, 1)] {
        let house = Bot::new();
        let (pr, delivery) = house.begins_with(NewPullRequest {
            draft,
            ..proposing(changes::leftover())
        });
        // One attempt every three minutes.
        for _ in 0..5 {
            let away = Fault::Unavailable;
            house.world().fail_next_on(Call::Contents, away);
        }
        house.take(&delivery).await;
        house.settle().await;
        assert_eq!(house.reviews(&pr).len(), reviews, "draft: {draft}");
        let dead = house.dead_letters().await;
        assert!(dead.is_empty(), "{dead:?}");
    }
}

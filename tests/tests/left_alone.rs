//! Conditions under which a pull request is skipped: no review, and a check with the
//! reason.

use events::{Clock, Timestamp};
use fake_github::{Call, Fault, NewPullRequest, WebhookDelivery};
use github::port::ReviewEvent;
use journeys::bot::Bot;
use journeys::changes;
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
        let bot = Bot::new().under(settings);
        let pr = bot.opens(pull.clone()).await;
        let page = bot.page(&pr);
        let reviews = usize::from(reason.is_none());
        assert_eq!(page.reviews.len(), reviews, "{why}");
        assert_eq!(page.summaries.len(), 0, "{why}");
        let check = match reason {
            Some(_) => "Neutral: Not reviewed",
            None => "Neutral: Open: 1 medium",
        };
        assert_eq!(page.checks, [check], "{why}");
        let skipped = bot.emitted("agent.pr.review_skipped").await;
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
    let bot = Bot::new().under(mistakes);
    let pr = bot.opens(proposing(changes::secret())).await;
    let page = bot.page(&pr);
    assert_eq!(page.reviews, [] as [&str; 0]);
    assert_eq!(page.checks, ["Neutral: Not reviewed"]);
    assert_eq!(page.summaries.len(), 1);
    insta::assert_snapshot!(page.summaries.concat());
    let checks = bot.world().checks(&pr.repo, &bot.world().head(&pr));
    for text in [&page.summaries[0], &checks[0].check.summary] {
        for line in ["line 2: ", "line 3: "] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }
    for delivery in bot.world().deliveries() {
        bot.hear(&delivery).await;
    }
    assert_eq!(bot.page(&pr), page, "however often it is delivered");

    let bot = bot.under("max_comments = 3");
    bot.pushes(&pr, changes::leftover()).await;
    let mended = bot.page(&pr);
    assert_eq!(mended.reviews.len(), 1);
    assert_eq!(mended.checks, ["Neutral: Open: 1 medium"]);
    assert_eq!(mended.summaries.len(), 1, "the same comment, edited");
    assert!(mended.summaries[0].contains("Open: 1 medium"));
}

#[tokio::test]
async fn reopening_applies_fixed_settings() {
    let bot = Bot::new().under("severity_flor = \"high\"");
    let pr = bot.opens(proposing(changes::secret())).await;
    let bot = bot.under("");
    bot.hear(&bot.world().close(&pr)).await;
    bot.surroundings.clock.advance(MINUTE);
    bot.hear(&bot.world().reopen(&pr)).await;
    bot.review(&pr);
}

#[tokio::test]
async fn draft_is_reviewed_once_ready() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins_with(NewPullRequest {
        draft: true,
        ..proposing(changes::leftover())
    });
    bot.take(&delivery).await;
    bot.settle().await;
    assert!(bot.reviews(&pr).is_empty(), "not while it is a draft");
    bot.take(&bot.world().ready_for_review(&pr)).await;
    bot.settle().await;
    bot.review(&pr);
}

#[tokio::test]
async fn label_pauses_running_review() {
    let bot = Bot::new();
    let (pr, delivery) = bot.begins(changes::secret());
    // Two specialists have reported, one is still running.
    bot.without_security(&delivery, 1).await;
    bot.surroundings.clock.advance(MINUTE);
    let labelled = bot.world().label(&pr, "no-review");
    bot.take(&labelled).await;
    bot.settle().await;
    assert!(bot.reviews(&pr).is_empty(), "the deadline is over, too");
    let skipped = &bot.kept("review").await[0];
    assert_eq!(skipped["skipped"]["reason"], "label");
    assert_eq!(skipped["reports"].as_object().map(Map::len), Some(2));

    bot.surroundings.clock.advance(MINUTE);
    bot.take(&unlabelled(&labelled, bot.surroundings.clock.now()))
        .await;
    all_handled(&bot.settle().await);
    assert_eq!(bot.review(&pr).event, ReviewEvent::RequestChanges);
    assert_eq!(bot.emitted("agent.pr.review_skipped").await.len(), 1);
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
        let bot = Bot::new();
        let (pr, delivery) = bot.begins_with(NewPullRequest {
            draft,
            ..proposing(changes::leftover())
        });
        // One attempt every three minutes.
        for _ in 0..5 {
            let away = Fault::Unavailable;
            bot.world().fail_next_on(Call::Contents, away);
        }
        bot.take(&delivery).await;
        bot.settle().await;
        assert_eq!(bot.reviews(&pr).len(), reviews, "draft: {draft}");
        let dead = bot.dead_letters().await;
        assert!(dead.is_empty(), "{dead:?}");
    }
}

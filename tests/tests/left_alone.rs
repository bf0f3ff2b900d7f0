//! What is left alone, why, and how long: no review, and a check that says so.

use github::port::ReviewEvent;
use github_world::{Call, Fault, NewPullRequest, WebhookDelivery};
use journeys::changes;
use journeys::house::House;
use journeys::steps::{MINUTE, all_handled, proposing};
use ports::{Clock, Timestamp};
use serde_json::{Map, Value};

/// Whatever a head is left alone for is told on its check, and nowhere else.
#[tokio::test]
async fn what_is_left_alone_and_what_is_not() {
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
            "a draft that is wanted",
            "drafts = \"review\"",
            &draft,
            None,
        ),
        ("a bot", "", &bot, Some("bot")),
        ("a bot that is wanted", "bots = \"review\"", &bot, None),
        (
            "that bot is not",
            "bots = \"review\"\nskip_authors = [\"renovate[bot]\"]",
            &bot,
            Some("author"),
        ),
        ("another label", "", &labelled, None),
        (
            "a label that says no",
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
        let house = House::new().under(settings);
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
        let skipped = house.said("agent.pr.review_skipped").await;
        let reasons: Vec<_> = skipped
            .iter()
            .map(|it| it.data["reason"].as_str())
            .collect();
        assert_eq!(reasons, Vec::from_iter(reason.map(Some)), "{why}");
    }
}

/// Nobody knows what is wanted, so nothing is reviewed; once it can be read, the next
/// head is.
#[tokio::test]
async fn settings_with_mistakes_are_told_by_line_once_until_they_are_mended() {
    let mistakes = "max_comments = 3\nseverity_flor = \"high\"\nlanguage = 7";
    let house = House::new().under(mistakes);
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
async fn mended_settings_count_for_the_same_head_when_it_is_reopened() {
    let house = House::new().under("severity_flor = \"high\"");
    let pr = house.opens(proposing(changes::secret())).await;
    let house = house.under("");
    house.hear(&house.world().close(&pr)).await;
    house.ground.clock.advance(MINUTE);
    house.hear(&house.world().reopen(&pr)).await;
    house.review(&pr);
}

#[tokio::test]
async fn a_draft_is_reviewed_once_it_is_ready() {
    let house = House::new();
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
async fn a_label_stops_a_review_and_taking_it_off_lets_it_go_on() {
    let house = House::new();
    let (pr, delivery) = house.begins(changes::secret());
    // Two have answered, and one is still at it.
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

/// Whoever cannot be asked what is wanted is waited for, past the deadline.
#[tokio::test]
async fn while_the_settings_cannot_be_read_nothing_is_posted() {
    for (draft, reviews) in [(true, 0), (false, 1)] {
        let house = House::new();
        let (pr, delivery) = house.begins_with(NewPullRequest {
            draft,
            ..proposing(changes::leftover())
        });
        // Tried every three minutes.
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

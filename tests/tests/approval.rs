//! Conditions for the bot's approval on GitHub.

use fake_github::{Call, Fault, NewPullRequest, StatusState};
use github::PrKey;
use github::port::{Conclusion, NewCheck, ReviewEvent};
use journeys::bot::Bot;
use journeys::changes::{self, new_file};
use journeys::model::{ScriptedModel, answer, finding, is_second_look, proof};
use journeys::steps::{MINUTE, proposing};
use serde_json::json;
use std::sync::Arc;

const ON: &str = "auto_approve.enabled = true\n";

/// Returns a member's pull request without findings.
fn good() -> NewPullRequest {
    NewPullRequest {
        association: "MEMBER".to_owned(),
        ..proposing(changes::clean())
    }
}

/// Creates a model without findings and with a high score.
fn praising() -> Arc<ScriptedModel> {
    ScriptedModel::new(|_| Ok(json!({ "findings": [], "quality_score": 10 })))
}

/// Variation of a test that ends with an approval.
struct Story {
    settings: &'static str,
    pull: NewPullRequest,
    model: Arc<ScriptedModel>,
    /// Login of the bot.
    bot: &'static str,
    /// Actions on GitHub before the review is posted.
    meanwhile: fn(&Bot, &PrKey),
}

impl Story {
    fn good() -> Self {
        Self {
            settings: ON,
            pull: good(),
            model: praising(),
            bot: "review-bot[bot]",
            meanwhile: green,
        }
    }

    /// Runs the variation. Returns the review's event and text.
    async fn told(self) -> (ReviewEvent, String) {
        let bot = Bot::with(&self.model).under(self.settings);
        bot.world().set_bot(self.bot);
        let (pr, delivery) = bot.begins_with(self.pull);
        (self.meanwhile)(&bot, &pr);
        bot.hear(&delivery).await;
        let review = bot.review(&pr);
        (review.event, review.body)
    }
}

fn build(bot: &Bot, pr: &PrKey, conclusion: Option<Conclusion>) -> NewCheck {
    NewCheck {
        head_sha: bot.world().head(pr),
        name: "build".to_owned(),
        conclusion,
        title: "Build".to_owned(),
        summary: String::new(),
        external_id: String::new(),
    }
}

fn green(bot: &Bot, pr: &PrKey) {
    let check = build(bot, pr, Some(Conclusion::Success));
    bot.world().check_by("ci[bot]", &pr.repo, check);
    let head = bot.world().head(pr);
    let state = StatusState::Success;
    bot.world().set_status(&pr.repo, &head, "ci/build", state);
}

#[tokio::test]
async fn approves_when_all_conditions_hold() {
    let fork = "stranger/widgets".parse().ok();
    for (why, story) in [
        ("an App, a member, the score, green checks", Story::good()),
        (
            "no checks, if none is required",
            Story {
                settings: "auto_approve = { enabled = true, require_checks = false }",
                meanwhile: |_, _| {},
                ..Story::good()
            },
        ),
        (
            "a personal token",
            Story {
                bot: "review-person",
                ..Story::good()
            },
        ),
        (
            "a fork, if the settings allow forks",
            Story {
                settings: "auto_approve = { enabled = true, allow_forks = true }",
                pull: NewPullRequest {
                    head_repo: fork,
                    ..good()
                },
                ..Story::good()
            },
        ),
    ] {
        let (event, body) = story.told().await;
        assert_eq!(event, ReviewEvent::Approve, "{why}: {body}");
        assert!(body.contains("Approved: "), "{why}: {body}");
    }
}

#[tokio::test]
async fn each_failed_condition_prevents_approval() {
    let modest = || ScriptedModel::new(|_| Ok(json!({ "findings": [], "quality_score": 7 })));
    // The model reports a finding but cannot prove it, so the result is uncertain.
    let unsure = || {
        ScriptedModel::new(|question| {
            Ok(if is_second_look(question) {
                json!({ "findings": [proof(1, false, "", "It does not.")] })
            } else if question.contains("Your subject is logic") {
                let emitted = finding("src/turn.rs", 3, "Overflow", "It overflows.");
                let mut all = answer(&[emitted]);
                all["quality_score"] = 10.into();
                all
            } else {
                json!({ "findings": [], "quality_score": 10 })
            })
        })
    };
    let of = |pull| Story {
        pull,
        ..Story::good()
    };
    let while_ = |meanwhile| Story {
        meanwhile,
        ..Story::good()
    };
    for (why, story, reason) in [
        (
            "approval is off, despite a high score",
            Story {
                settings: "",
                ..Story::good()
            },
            None,
        ),
        (
            "the model's score is too low",
            Story {
                model: modest(),
                ..Story::good()
            },
            Some("The score is 7 of 10"),
        ),
        (
            "a fork",
            of(NewPullRequest {
                head_repo: "stranger/widgets".parse().ok(),
                ..good()
            }),
            Some("It comes from a fork"),
        ),
        (
            "a first-timer, even if named",
            Story {
                settings: "auto_approve = { enabled = true, authors = [\"FIRST_TIMER\"] }",
                ..of(NewPullRequest {
                    association: "FIRST_TIMER".to_owned(),
                    ..good()
                })
            },
            Some("The author is new here"),
        ),
        (
            "not one of the authors",
            of(NewPullRequest {
                association: "CONTRIBUTOR".to_owned(),
                ..good()
            }),
            Some("CONTRIBUTOR"),
        ),
        (
            "a red status",
            while_(|bot, pr| {
                let head = bot.world().head(pr);
                let state = StatusState::Failure;
                bot.world().set_status(&pr.repo, &head, "ci/build", state);
            }),
            Some("or not all have succeeded"),
        ),
        (
            "checks that have not begun",
            while_(|_, _| {}),
            Some("There are no checks yet"),
        ),
        (
            "a check that is under way",
            while_(|bot, pr| {
                let check = build(bot, pr, None);
                bot.world().check_by("ci[bot]", &pr.repo, check);
            }),
            Some("or not all have succeeded"),
        ),
        (
            "a finding",
            of(NewPullRequest {
                diff: changes::leftover(),
                ..good()
            }),
            Some("One finding is open"),
        ),
        (
            "an unproven finding",
            Story {
                model: unsure(),
                ..Story::good()
            },
            Some("One finding is open"),
        ),
        (
            "a file that the settings leave out",
            Story {
                settings: "paths.exclude = [\"*.lock\"]\nauto_approve.enabled = true",
                ..of(NewPullRequest {
                    diff: changes::clean() + &new_file("a.lock", &["x"]),
                    ..good()
                })
            },
            Some("Not every changed file was read"),
        ),
        (
            "its own pull request",
            Story {
                bot: "octocat",
                ..Story::good()
            },
            Some("does not approve its own pull requests"),
        ),
        (
            "GitHub does not reveal its checks",
            while_(|bot, _| bot.world().fail_next_on(Call::Status, Fault::Rejected)),
            Some("or not all have succeeded"),
        ),
    ] {
        let (event, body) = story.told().await;
        assert_eq!(event, ReviewEvent::Comment, "{why}: {body}");
        match reason {
            Some(reason) => assert!(body.contains(reason), "{why}: {body}"),
            None => assert!(!body.to_lowercase().contains("approve"), "{why}: {body}"),
        }
    }
}

#[tokio::test]
async fn rules_alone_never_approve() {
    let bot = Bot::new().under(ON);
    let (pr, delivery) = bot.begins_with(good());
    green(&bot, &pr);
    bot.hear(&delivery).await;
    let review = bot.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment);
    let reason = "Rules alone approve nothing";
    assert!(review.body.contains(reason), "{}", review.body);
}

/// CI finishes after the bot.
#[tokio::test]
async fn late_checks_lead_to_approval() {
    let bot = Bot::with(&praising()).under(ON);
    let pr = bot.opens(good()).await;
    let votes = || -> Vec<_> { bot.reviews(&pr).iter().map(|it| it.event).collect() };
    assert_eq!(votes(), [ReviewEvent::Comment]);
    green(&bot, &pr);
    let ended = bot.world().checks_completed(&pr, "ci[bot]");
    bot.hear(&ended).await;
    bot.hear(&ended).await;
    assert_eq!(votes(), [ReviewEvent::Comment, ReviewEvent::Approve]);
}

#[tokio::test]
async fn partial_review_never_approves() {
    let bot = Bot::new().under(ON);
    let (pr, delivery) = bot.begins_with(good());
    bot.without_security(&delivery, 4).await;
    bot.settle().await;
    let review = bot.review(&pr);
    assert_eq!(review.event, ReviewEvent::Comment);
    let reason = "No answer yet from: security";
    assert!(review.body.contains(reason), "{}", review.body);
}

/// Each head needs its own approval.
#[tokio::test]
async fn later_push_needs_own_approval() {
    let on = "auto_approve = { enabled = true, require_checks = false }";
    let bot = Bot::with(&praising()).under(on);
    let pr = bot.opens(good()).await;
    bot.pushes(&pr, changes::leftover()).await;
    bot.surroundings.clock.advance(MINUTE);
    bot.pushes(&pr, changes::clean()).await;
    let events: Vec<_> = bot.reviews(&pr).iter().map(|it| it.event).collect();
    use ReviewEvent::{Approve, Comment};
    assert_eq!(events, [Approve, Comment, Approve]);
}

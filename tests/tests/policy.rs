//! What whoever runs the bot, an organisation and a repository want of reviews, and what
//! GitHub shows of it: setting by setting.

use github::PrKey;
use github::port::Conclusion;
use github_world::NewPullRequest;
use journeys::changes::{self, new_file};
use journeys::house::{Ground, House, shown};
use journeys::interruption::Interruption;
use journeys::model::{Scripted, attentive, is_second_look};
use journeys::steps::{FIRST, MODEL, SETTINGS, all_handled, proposing, turn};
use policy::{Layer, Policy, Source};
use serde_json::Value;
use std::sync::Arc;

/// What becomes of a change of two files under these settings.
async fn under(settings: &str) -> (House, PrKey, Arc<Scripted>) {
    let model = attentive(MODEL);
    let house = House::with(&model).under(settings);
    let other = new_file("tools/other.rs", &["fn other() {", "    dbg!(1);", "}"]);
    let pr = house.opens(proposing(turn(&FIRST) + &other)).await;
    (house, pr, model)
}

#[tokio::test]
async fn each_setting_shows_where_people_look() {
    for (why, settings, seen, unseen) in [
        (
            "all of it",
            "",
            &["src/turn.rs:3\n", "src/turn.rs:4\n", "tools/other.rs:2\n"][..],
            &["not read"][..],
        ),
        (
            "what is excluded is not read, and named",
            "paths.exclude = [\"tools/\"]",
            &["src/turn.rs:3\n", "not read: `tools/other.rs`"],
            &["tools/other.rs:2\n"],
        ),
        (
            "what is not included neither",
            "paths.include = [\"tools/**\"]",
            &["tools/other.rs:2\n", "not read: `src/turn.rs`"],
            &["src/turn.rs:3\n"],
        ),
        (
            "who is not asked says nothing",
            "reviewers = [\"security\"]",
            &["- security: "],
            &["- style: ", "- logic: ", "src/turn.rs:3\n", "partial"],
        ),
        (
            "what is not bad enough is counted",
            "severity_floor = \"high\"",
            &["3 findings below the severity floor are not told."],
            &["src/turn.rs:3\n"],
        ),
        (
            "what nobody is sure of is listed",
            "confidence_floor = 100",
            &["3 findings that may be none"],
            &["src/turn.rs:3\n"],
        ),
        (
            "so many comments, and the rest in the text",
            "max_comments = 1",
            &["2 findings not shown as comments"],
            &["src/turn.rs:4\n"],
        ),
        (
            "without tokens the rules' review stands",
            "budget.tokens_per_review = 0",
            &["src/turn.rs:3\n", "the budget of this review is 0 tokens"],
            &["src/turn.rs:4\n"],
        ),
    ] {
        let (house, pr, _) = under(settings).await;
        let review = shown(&house.review(&pr));
        for text in seen {
            assert!(review.contains(text), "{why}: no {text:?} in {review}");
        }
        for text in unseen {
            assert!(!review.contains(text), "{why}: {text:?} in {review}");
        }
    }
}

#[tokio::test]
async fn who_is_not_wanted_is_not_asked() {
    let (house, _, model) = under("reviewers = [\"security\"]").await;
    for topic in ["agent.pr.style_check", "agent.pr.logic_check"] {
        assert!(house.said(topic).await.is_empty(), "{topic}");
    }
    assert_eq!(house.said("agent.pr.security_check").await.len(), 1);
    assert_eq!(model.asked().len(), 1);
    let (_, _, model) = under("budget.tokens_per_review = 0").await;
    assert_eq!(model.asked().len(), 0, "nothing is what 0 buys");
}

#[tokio::test]
async fn a_model_is_told_what_the_repository_wishes_for_the_files_that_it_is_shown() {
    let settings = r#"
        language = "Brazilian Portuguese"
        paths.exclude = ["tools/"]
        [[instructions]]
        paths = ["src/**"]
        text = "Mind the widgets."
        [[instructions]]
        paths = ["tools/**"]
        text = "Mind the tools."
    "#;
    let (_, _, model) = under(settings).await;
    let asked = model.asked();
    assert_eq!(asked.len(), 3 + 1);
    for question in asked {
        assert!(question.contains("in Brazilian Portuguese."), "{question}");
        let wishes = question.contains("> Mind the widgets.");
        assert_eq!(wishes, !is_second_look(&question), "{question}");
        assert!(!question.contains("tools/"), "{question}");
        assert!(!question.contains("Mind the tools"), "{question}");
    }
}

#[tokio::test]
async fn how_a_check_ends_is_the_repositorys_choice() {
    use Conclusion::{Failure, Neutral};
    let (advice, secret) = (changes::leftover(), changes::secret());
    for (settings, diff, end) in [
        ("", &advice, Neutral),
        ("checks.on_findings = \"failure\"", &advice, Failure),
        ("", &secret, Failure),
        ("checks.on_block = \"neutral\"", &secret, Neutral),
    ] {
        let house = House::new().under(settings);
        let pr = house.opens(proposing(diff.clone())).await;
        let checks = house.world().checks(&pr.repo, &house.world().head(&pr));
        let ends: Vec<_> = checks.iter().map(|it| it.check.conclusion).collect();
        assert_eq!(ends, [Some(end)], "{settings}");
    }
}

fn deployment(text: &str) -> Policy {
    let layer = Layer::parse(text, Source::Deployment).expect("settings");
    Policy::default().over(layer)
}

#[tokio::test]
async fn a_layer_stands_over_the_one_below_it_key_by_key_and_raises_no_ceiling() {
    let ground = Ground {
        policy: deployment(
            "max_comments = 1\nlanguage = \"Dutch\"\nbudget.tokens_per_review = 1_000",
        ),
        ..Ground::in_memory()
    };
    let house = House::on(ground, Interruption::none()).under(
        "max_comments = 3\nbudget.tokens_per_review = 50_000\nbudget.tokens_per_pull_request = 9",
    );
    let world = house.world();
    let organisation = "octo/.github".parse().expect("a repository");
    let wants = "max_comments = 2\nseverity_floor = \"low\"\nbudget.tokens_per_pull_request = 500";
    world.put_file(&organisation, "HEAD", "review-bot.toml", wants);
    house.opens(proposing(changes::leftover())).await;
    let kept = house.kept("review").await;
    for (why, at, value) in [
        ("the repository's", "max_comments", Value::from(3)),
        ("the organisation's", "severity_floor", "low".into()),
        ("the deployment's", "language", "Dutch".into()),
        ("what nobody names", "confidence_floor", 50.into()),
    ] {
        assert_eq!(kept[0]["policy"][at], value, "{why}");
    }
    let budget = &kept[0]["policy"]["budget"];
    assert_eq!(budget["tokens_per_review"], 1_000, "nobody raises it");
    assert_eq!(budget["tokens_per_pull_request"], 9, "lower it is");
}

#[tokio::test]
async fn what_the_base_branch_calls_generated_no_model_is_shown() {
    for (why, branch, is_shown) in [
        ("the base branch says so", "main", false),
        ("the pull request says so of itself", "turn", true),
    ] {
        let model = attentive(MODEL);
        let house = House::with(&model);
        let repo = NewPullRequest::default().repo;
        let text = "src/** linguist-generated";
        house
            .world()
            .put_file(&repo, branch, ".gitattributes", text);
        let other = new_file("lib/other.rs", &["fn other() {}"]);
        house.opens(proposing(turn(&FIRST) + &other)).await;
        let asked = model.asked();
        assert!(!asked.is_empty(), "{why}");
        let shown = asked.iter().all(|it| it.contains("src/turn.rs"));
        assert_eq!(shown, is_shown, "{why}: {asked:#?}");
    }
}

#[tokio::test]
async fn what_a_pull_request_does_to_the_settings_counts_once_it_is_merged() {
    for (why, branch, is_reviewed) in [
        ("its own branch has no say", "turn", true),
        ("the base branch has", "main", false),
    ] {
        let house = House::new();
        let (pr, delivery) = house.begins(changes::leftover());
        let off = "enabled = false";
        let world = house.world();
        world.put_file(&pr.repo, branch, SETTINGS, off);
        house.take(&delivery).await;
        all_handled(&house.settle().await);
        assert_eq!(house.reviews(&pr).len(), usize::from(is_reviewed), "{why}");
        let skipped = house.said("agent.pr.review_skipped").await;
        assert_eq!(skipped.is_empty(), is_reviewed, "{why}");
    }
}

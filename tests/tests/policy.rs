//! Settings of the operator, an organisation and a repository, and their visible
//! effects.

use fake_github::NewPullRequest;
use github::PrKey;
use github::port::Conclusion;
use journeys::bot::{Bot, Surroundings, shown};
use journeys::changes::{self, new_file};
use journeys::interruption::Interruption;
use journeys::model::{ScriptedModel, attentive, is_second_look};
use journeys::steps::{FIRST, MODEL, SETTINGS, all_handled, proposing, turn};
use policy::{Layer, Policy, Source};
use serde_json::Value;
use std::sync::Arc;

/// Runs a change of two files with these settings.
async fn under(settings: &str) -> (Bot, PrKey, Arc<ScriptedModel>) {
    let model = attentive(MODEL);
    let bot = Bot::with(&model).under(settings);
    let other = new_file("tools/other.rs", &["fn other() {", "    dbg!(1);", "}"]);
    let pr = bot.opens(proposing(turn(&FIRST) + &other)).await;
    (bot, pr, model)
}

#[tokio::test]
async fn each_setting_has_visible_effect() {
    for (why, settings, seen, unseen) in [
        (
            "all of it",
            "",
            &["src/turn.rs:3\n", "src/turn.rs:4\n", "tools/other.rs:2\n"][..],
            &["not read"][..],
        ),
        (
            "excluded files are named, not read",
            "paths.exclude = [\"tools/\"]",
            &["src/turn.rs:3\n", "not read: `tools/other.rs`"],
            &["tools/other.rs:2\n"],
        ),
        (
            "files outside include are named, not read",
            "paths.include = [\"tools/**\"]",
            &["tools/other.rs:2\n", "not read: `src/turn.rs`"],
            &["src/turn.rs:3\n"],
        ),
        (
            "a disabled specialist is silent",
            "reviewers = [\"security\"]",
            &["- Checked for security: "],
            &["security, ", "logic: ", "src/turn.rs:3\n", "partial"],
        ),
        (
            "findings below the floor are counted",
            "severity_floor = \"high\"",
            &["3 findings below the minimum severity are not shown."],
            &["src/turn.rs:3\n"],
        ),
        (
            "uncertain findings are listed",
            "confidence_floor = 100",
            &["3 findings not confirmed"],
            &["src/turn.rs:3\n"],
        ),
        (
            "extra findings are listed in the text",
            "max_comments = 1",
            &["2 findings not shown as comments"],
            &["src/turn.rs:4\n"],
        ),
        (
            "without tokens the rules still review",
            "budget.tokens_per_review = 0",
            &["src/turn.rs:3\n", "the budget of this review is 0 tokens"],
            &["src/turn.rs:4\n"],
        ),
    ] {
        let (bot, pr, _) = under(settings).await;
        let review = shown(&bot.review(&pr));
        for text in seen {
            assert!(review.contains(text), "{why}: no {text:?} in {review}");
        }
        for text in unseen {
            assert!(!review.contains(text), "{why}: {text:?} in {review}");
        }
    }
}

#[tokio::test]
async fn disabled_specialist_is_not_asked() {
    let (bot, _, model) = under("reviewers = [\"security\"]").await;
    for topic in ["agent.pr.style_check", "agent.pr.logic_check"] {
        assert!(bot.emitted(topic).await.is_empty(), "{topic}");
    }
    assert_eq!(bot.emitted("agent.pr.security_check").await.len(), 1);
    assert_eq!(model.asked().len(), 1);
    let (_, _, model) = under("budget.tokens_per_review = 0").await;
    assert_eq!(model.asked().len(), 0, "a budget of 0 allows no call");
}

#[tokio::test]
async fn prompt_holds_matching_path_instructions() {
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
async fn settings_select_check_conclusion() {
    use Conclusion::{Failure, Neutral};
    let (advice, secret) = (changes::leftover(), changes::secret());
    for (settings, diff, end) in [
        ("", &advice, Neutral),
        ("checks.on_findings = \"failure\"", &advice, Failure),
        ("", &secret, Failure),
        ("checks.on_block = \"neutral\"", &secret, Neutral),
    ] {
        let bot = Bot::new().under(settings);
        let pr = bot.opens(proposing(diff.clone())).await;
        let checks = bot.world().checks(&pr.repo, &bot.world().head(&pr));
        let ends: Vec<_> = checks.iter().map(|it| it.check.conclusion).collect();
        assert_eq!(ends, [Some(end)], "{settings}");
    }
}

fn deployment(text: &str) -> Policy {
    let layer = Layer::parse(text, Source::Deployment).expect("settings");
    Policy::default().over(layer)
}

#[tokio::test]
async fn layers_override_keys_within_limits() {
    let surroundings = Surroundings {
        policy: deployment(
            "max_comments = 1\nlanguage = \"Dutch\"\nbudget.tokens_per_review = 1_000",
        ),
        ..Surroundings::in_memory()
    };
    let bot = Bot::on(surroundings, Interruption::none()).under(
        "max_comments = 3\nbudget.tokens_per_review = 50_000\nbudget.tokens_per_pull_request = 9",
    );
    let world = bot.world();
    let organisation = "octo/.github".parse().expect("a repository");
    let wants = "max_comments = 2\nseverity_floor = \"low\"\nbudget.tokens_per_pull_request = 500";
    world.put_file(&organisation, "HEAD", "review-bot.toml", wants);
    bot.opens(proposing(changes::leftover())).await;
    let kept = bot.kept("review").await;
    for (why, at, value) in [
        ("the repository's", "max_comments", Value::from(3)),
        ("the organisation's", "severity_floor", "low".into()),
        ("the deployment's", "language", "Dutch".into()),
        ("an unset key", "confidence_floor", 50.into()),
    ] {
        assert_eq!(kept[0]["policy"][at], value, "{why}");
    }
    let budget = &kept[0]["policy"]["budget"];
    assert_eq!(
        budget["tokens_per_review"], 1_000,
        "a lower layer cannot raise it"
    );
    assert_eq!(
        budget["tokens_per_pull_request"], 9,
        "a lower layer can reduce it"
    );
}

#[tokio::test]
async fn generated_files_reach_no_model() {
    for (why, branch, is_shown) in [
        ("the base branch says so", "main", false),
        ("the pull request says so of itself", "turn", true),
    ] {
        let model = attentive(MODEL);
        let bot = Bot::with(&model);
        let repo = NewPullRequest::default().repo;
        let text = "src/** linguist-generated";
        bot.world().put_file(&repo, branch, ".gitattributes", text);
        let other = new_file("lib/other.rs", &["fn other() {}"]);
        bot.opens(proposing(turn(&FIRST) + &other)).await;
        let asked = model.asked();
        assert!(!asked.is_empty(), "{why}");
        let shown = asked.iter().all(|it| it.contains("src/turn.rs"));
        assert_eq!(shown, is_shown, "{why}: {asked:#?}");
    }
}

#[tokio::test]
async fn settings_apply_only_after_merge() {
    for (why, branch, is_reviewed) in [
        ("its own branch is ignored", "turn", true),
        ("the base branch applies", "main", false),
    ] {
        let bot = Bot::new();
        let (pr, delivery) = bot.begins(changes::leftover());
        let off = "enabled = false";
        let world = bot.world();
        world.put_file(&pr.repo, branch, SETTINGS, off);
        bot.take(&delivery).await;
        all_handled(&bot.settle().await);
        assert_eq!(bot.reviews(&pr).len(), usize::from(is_reviewed), "{why}");
        let skipped = bot.emitted("agent.pr.review_skipped").await;
        assert_eq!(skipped.is_empty(), is_reviewed, "{why}");
    }
}

//! Posts over several pushes, with different credentials and settings.

use journeys::bot::{Bot, Surroundings};
use journeys::changes;
use journeys::interruption::Interruption;
use journeys::model::attentive;
use journeys::steps::{FIRST, MODEL, SECOND, proposing, turn};

#[tokio::test]
async fn one_summary_and_check_per_head() {
    let settings = "[show]\nreview = \"never\"\nsummary = \"always\"";
    let bot = Bot::with(&attentive(MODEL)).under(settings);
    let pr = bot.opens(proposing(turn(&FIRST))).await;
    let first = bot.page(&pr);
    bot.pushes(&pr, turn(&SECOND)).await;
    let second = bot.page(&pr);
    bot.pushes(&pr, turn(&["/// Nothing turns any more."]))
        .await;
    let third = bot.page(&pr);
    for (page, check) in [
        (&first, "Neutral: Open: 2 medium"),
        (&second, "Neutral: Open: 2 medium"),
        (&third, "Success: No open findings"),
    ] {
        assert_eq!(page.summaries.len(), 1, "{page:?}");
        assert_eq!(page.checks, [check]);
    }
    assert_eq!(third.reviews.len(), 0);
    let texts = [first, second, third].map(|page| page.summaries.concat());
    insta::assert_snapshot!(texts.join("\n=====\n\n"));
}

/// With the default settings a clean change has its check, and each push notifies at most once.
#[tokio::test]
async fn default_settings_are_quiet() {
    let surroundings = Surroundings {
        policy: policy::Policy::default(),
        ..Surroundings::in_memory()
    };
    let bot = Bot::on(surroundings, Interruption::none());
    let pr = bot.opens(proposing(changes::clean())).await;
    let page = bot.page(&pr);
    assert_eq!((page.reviews.len(), page.summaries.len()), (0, 0));
    assert_eq!(page.checks, ["Success: No open findings"]);
    bot.pushes(&pr, changes::secret()).await;
    let page = bot.page(&pr);
    assert_eq!((page.reviews.len(), page.summaries.len()), (1, 0));
    bot.pushes(&pr, changes::clean()).await;
    let page = bot.page(&pr);
    assert_eq!((page.reviews.len(), page.summaries.len()), (1, 1));
    assert_eq!(page.checks, ["Neutral: Revoke 1 key"]);
    let summary = page.summaries.concat();
    assert!(summary.contains("**Revoke these keys.**"), "{summary}");
}

/// An unpublished review starts no second round, so the second head is reviewed like the
/// first.
#[tokio::test]
async fn unpublished_review_is_only_stored() {
    let deployment = |bot: Bot| {
        let policy = bot.surroundings.policy.clone().unpublished();
        let surroundings = Surroundings {
            policy,
            ..bot.surroundings
        };
        Bot::on(surroundings, Interruption::none())
    };
    for (why, bot) in [
        (
            "the repository disables publishing",
            Bot::with(&attentive(MODEL)).under("publish = false"),
        ),
        (
            "the deployment overrides the repository",
            deployment(Bot::with(&attentive(MODEL)).under("publish = true")),
        ),
    ] {
        let pr = bot.opens(proposing(turn(&FIRST))).await;
        bot.pushes(&pr, turn(&SECOND)).await;
        assert_eq!(bot.world().writes(), [], "{why}");
        let kept = bot.kept("publication").await;
        let texts: Vec<String> = kept.iter().map(ToString::to_string).collect();
        let told = |what: &str| texts.iter().filter(|text| text.contains(what)).count();
        assert_eq!(texts.len(), 1, "{why}: {texts:?}");
        assert_eq!(told("It overflows"), 1, "{why}: {texts:?}");
        assert_eq!(told("The arguments are swapped"), 1, "{why}: {texts:?}");
        assert_eq!(
            bot.emitted("agent.pr.review_recorded").await.len(),
            2,
            "{why}"
        );
        assert!(
            bot.emitted("agent.pr.review_published").await.is_empty(),
            "{why}"
        );
    }
}

/// GitHub requires an App for checks: "You must authenticate via a GitHub App".
#[tokio::test]
async fn personal_token_posts_all_but_checks() {
    let bot = Bot::with(&attentive(MODEL));
    bot.world().set_bot("review-person");
    let pr = bot.opens(proposing(turn(&FIRST))).await;
    bot.pushes(&pr, turn(&SECOND)).await;
    let page = bot.page(&pr);
    assert_eq!(page.checks, [] as [&str; 0]);
    assert_eq!((page.reviews.len(), page.summaries.len()), (2, 0));
    let writes = bot.world().writes().into_iter();
    let refused = writes.filter(|write| write.status != 200);
    let refused: Vec<_> = refused.map(|write| (write.call, write.status)).collect();
    let check = ("POST /repos/octo/widgets/check-runs".to_owned(), 403);
    assert_eq!(refused, [check.clone(), check], "once for each head");
}

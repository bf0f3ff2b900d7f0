//! Several pushes with several reviews: new and repeated findings.

use fake_github::PostedReview;
use github::port::ReviewEvent;
use journeys::bot::{Bot, shown};
use journeys::changes::{self, new_file};
use journeys::model::{Notice, ScriptedModel, answer, attentive, is_second_look, noticed, proofs};
use journeys::steps::{FIRST, MINUTE, MODEL, OVERFLOW, SECOND, SWAPPED, proposing, turn};
use model_client::AgentError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn places(review: &PostedReview) -> Vec<u32> {
    review.comments.iter().map(|comment| comment.line).collect()
}

#[tokio::test]
async fn second_review_comments_on_new_findings() {
    let bot = Bot::with(&attentive(MODEL));
    let pr = bot.opens(proposing(turn(&FIRST))).await;
    assert_eq!(places(&bot.newest(&pr)), [3, 4]);
    bot.pushes(&pr, turn(&SECOND)).await;
    let second = bot.newest(&pr);
    assert_eq!(second.commit_id, bot.world().head(&pr));
    let why = "the macro is removed, and the overflow was posted before";
    assert_eq!(places(&second), [4], "{why}");
    insta::assert_snapshot!(shown(&second));
}

/// The reviewer does not matter: the same code is the same finding.
#[tokio::test]
async fn moved_finding_is_not_repeated() {
    for (why, line) in [
        ("by a rule", "    dbg!(left);"),
        ("by a model", "    left + 1"),
    ] {
        let bot = Bot::with(&attentive(MODEL));
        let short = ["pub fn turn(left: u32) -> u32 {", line, "}"];
        let long = [
            "/// Turns left to right.",
            "/// Twice, it is left again.",
            short[0],
            line,
            "}",
        ];
        let pr = bot.opens(proposing(turn(&short))).await;
        assert_eq!(places(&bot.newest(&pr)), [2], "{why}");
        bot.pushes(&pr, turn(&long)).await;
        let second = bot.newest(&pr);
        assert_eq!(places(&second), [] as [u32; 0], "{why}");
        let progress = "0 resolved, 1 still open.";
        assert!(second.body.contains(progress), "{why}: {}", second.body);
        assert!(
            second.body.contains("`src/turn.rs:4`"),
            "{why}: {}",
            second.body
        );
    }
}

#[tokio::test]
async fn model_sees_only_touched_files() {
    let model = attentive(MODEL);
    let bot = Bot::with(&model);
    let other = new_file("src/untouched.rs", &["pub fn untouched() {}"]);
    let pr = bot.opens(proposing(turn(&FIRST) + &other)).await;
    let first = model.asked();
    let reviews = first.iter().filter(|it| !is_second_look(it));
    assert!(
        reviews.clone().all(|it| it.contains("untouched")),
        "all of it, at first"
    );

    bot.pushes(&pr, turn(&SECOND) + &other).await;
    let asked = model.asked().split_off(first.len());
    assert_eq!(asked.len(), 3 + 1, "one question each, and the second look");
    for question in &asked {
        assert!(question.contains("src/turn.rs"), "{question}");
        assert!(!question.contains("untouched"), "{question}");
    }
    let look: Vec<_> = asked.iter().filter(|it| is_second_look(it)).collect();
    assert_eq!(look.len(), 1);
    assert!(look[0].contains(SWAPPED.title), "it is new: {}", look[0]);
    assert!(
        !look[0].contains(OVERFLOW.title),
        "it was proven: {}",
        look[0]
    );
}

#[tokio::test]
async fn untouched_change_keeps_findings_unasked() {
    let model = attentive(MODEL);
    let bot = Bot::with(&model);
    let pr = bot.opens(proposing(turn(&FIRST))).await;
    let before = model.asked().len();
    bot.pushes(&pr, turn(&FIRST)).await;
    assert_eq!(model.asked().len(), before);
    let second = bot.newest(&pr);
    assert_eq!(places(&second), [] as [u32; 0]);
    assert!(
        second.body.contains("0 resolved, 2 still open."),
        "{}",
        second.body
    );
}

/// A rewritten history hides the changes since the last review, so the whole change is
/// reviewed.
#[tokio::test]
async fn rewritten_history_is_read_completely() {
    let model = attentive(MODEL);
    let bot = Bot::with(&model);
    let other = new_file("src/untouched.rs", &["pub fn untouched() {}"]);
    let pr = bot.opens(proposing(turn(&FIRST) + &other)).await;
    let before = model.asked().len();
    bot.surroundings.clock.advance(MINUTE);
    let forced = bot.world().force_push(&pr, turn(&SECOND) + &other);
    bot.hear(&forced).await;
    let asked = model.asked().split_off(before);
    let reviews: Vec<_> = asked.iter().filter(|it| !is_second_look(it)).collect();
    assert_eq!(reviews.len(), 3);
    assert!(reviews.iter().all(|it| it.contains("untouched")));
    let second = bot.newest(&pr);
    assert_eq!(
        places(&second),
        [4],
        "earlier findings are still recognised"
    );
    assert!(
        second.body.contains("not in its history any more"),
        "{}",
        second.body
    );
}

#[tokio::test]
async fn push_during_later_review_supersedes_it() {
    for moment in [
        "agent.pr.review_requested",
        "agent.pr.security_check",
        "agent.pr.check_completed",
        "agent.pr.second_look_requested",
        "agent.pr.second_look_completed",
        "agent.pr.review_completed",
    ] {
        let bot = Bot::with(&attentive(MODEL));
        let pr = bot.opens(proposing(turn(&FIRST))).await;
        let first = bot.world().head(&pr);
        bot.surroundings.clock.advance(MINUTE);
        bot.take(&bot.world().push(&pr, turn(&SECOND))).await;
        bot.settle_until(moment).await;
        bot.pushes(&pr, turn(&["/// Nothing turns any more."]))
            .await;
        let reviews = bot.reviews(&pr);
        let of: Vec<_> = reviews.iter().map(|it| it.commit_id.clone()).collect();
        assert_eq!(of, [first.clone(), bot.world().head(&pr)], "{moment}");
        let last = &reviews[1].body;
        let since = format!("since `{}`: 2 resolved", first.short());
        assert!(last.contains(&since), "{moment}: {last}");
        let page = bot.page(&pr);
        assert_eq!(page.checks, ["Success: No open findings"], "{moment}");
        assert_eq!(page.summaries.len(), 0, "{moment}");
    }
}

#[tokio::test]
async fn repeating_all_deliveries_changes_nothing() {
    let model = attentive(MODEL);
    let bot = Bot::with(&model);
    let pr = bot.opens(proposing(turn(&FIRST))).await;
    bot.pushes(&pr, turn(&SECOND)).await;
    let settled = (bot.page(&pr), bot.world().writes(), model.asked().len());
    let deliveries = bot.world().deliveries();
    assert!(deliveries.len() > 3, "the bot's own, too");
    for delivery in deliveries.iter().rev().chain(&deliveries) {
        let again = bot.world().redeliver(&delivery.guid);
        bot.surroundings.clock.advance(MINUTE);
        bot.hear(&again.expect("it was delivered")).await;
    }
    let now = (bot.page(&pr), bot.world().writes(), model.asked().len());
    assert_eq!(now, settled);
}

/// A new finding on lines that the same reviewer accepted before starts no new round,
/// unless it is severe.
#[tokio::test]
async fn late_finding_is_listed_unless_severe() {
    const MILD: &[Notice] = &[Notice::of("logic", "left + 1", "It overflows")];
    const SEVERE: &[Notice] = &[Notice {
        severity: "high",
        ..OVERFLOW
    }];
    for (why, notices, comments) in [("mild", MILD, vec![]), ("severe", SEVERE, vec![2])] {
        let second_thoughts = Arc::new(AtomicBool::new(false));
        let has = second_thoughts.clone();
        let model = ScriptedModel::new(move |question| {
            Ok(match has.load(Ordering::Relaxed) {
                _ if is_second_look(question) => proofs(question, notices),
                true => noticed(question, notices),
                false => answer(&[]),
            })
        });
        let bot = Bot::with(&model);
        let begin = ["fn turn(left: u32) {", "    left + 1", "}"];
        let more = [begin[0], begin[1], "}", "/// And no more."];
        let pr = bot.opens(proposing(turn(&begin))).await;
        second_thoughts.store(true, Ordering::Relaxed);
        bot.pushes(&pr, turn(&more)).await;
        let review = bot.newest(&pr);
        assert_eq!(places(&review), comments, "{why}");
        let listed = "1 finding on lines that were reviewed before";
        let is_listed = review.body.contains(listed);
        assert_eq!(is_listed, comments.is_empty(), "{why}: {}", review.body);
        let check = bot.page(&pr).checks.concat();
        assert!(check.contains("Open: 1 "), "{why}: {check}");
    }
}

/// A reviewer that did not run resolves no findings.
#[tokio::test]
async fn unchecked_finding_stays_open() {
    for (why, settings, model_is_there) in [
        ("the model gives no answer", "", false),
        (
            "its reviewer is not asked",
            "reviewers = [\"security\"]",
            true,
        ),
        ("its file is not read", "paths.exclude = [\"src/\"]", true),
        ("no tokens are left", "budget.tokens_per_review = 0", true),
    ] {
        let is_there = Arc::new(AtomicBool::new(true));
        let is = is_there.clone();
        let model = ScriptedModel::new(move |question| match is.load(Ordering::Relaxed) {
            false => Err(AgentError::CutShort),
            true if is_second_look(question) => Ok(proofs(question, MODEL)),
            true => Ok(noticed(question, MODEL)),
        });
        let bot = Bot::with(&model);
        let begin = ["fn turn(left: u32) {", "    left + 1", "}"];
        let more = ["/// Turns.", begin[0], begin[1], "}"];
        let pr = bot.opens(proposing(turn(&begin))).await;
        assert_eq!(places(&bot.newest(&pr)), [2], "{why}");
        is_there.store(model_is_there, Ordering::Relaxed);
        let bot = bot.under(settings);
        bot.pushes(&pr, turn(&more)).await;
        let second = bot.newest(&pr);
        let progress = "0 resolved, 1 still open.";
        assert!(second.body.contains(progress), "{why}: {}", second.body);
        assert_eq!(second.comments, [], "{why}");
        let checks = bot.page(&pr).checks;
        assert_eq!(checks, ["Neutral: Open: 1 medium"], "{why}");
    }
}

/// A blocking finding continues to block, without a second comment.
#[tokio::test]
async fn secret_blocks_until_removed() {
    let bot = Bot::new();
    let pr = bot.opens(proposing(changes::secret())).await;
    let other = new_file("src/other.rs", &["pub fn other() {}"]);
    bot.pushes(&pr, changes::secret() + &other).await;
    let second = bot.newest(&pr);
    assert_eq!(second.event, ReviewEvent::RequestChanges);
    assert_eq!(second.comments, [], "it was posted before");
    let blocked = "Failure: Open: 1 critical, 1 medium; 1 blocks merging";
    assert_eq!(bot.page(&pr).checks, [blocked]);
    bot.pushes(&pr, other).await;
    let third = bot.newest(&pr);
    assert_eq!(third.event, ReviewEvent::Comment);
    assert!(third.body.contains("1 resolved"), "{}", third.body);
    let revoke = "**Revoke these keys.**";
    assert!(third.body.contains(revoke), "{}", third.body);
    assert_eq!(bot.page(&pr).checks, ["Neutral: Revoke 1 key"]);
}

/// The next round compares with the last published review.
#[tokio::test]
async fn unreviewed_head_is_no_round() {
    let model = attentive(MODEL);
    let bot = Bot::with(&model);
    let pr = bot.opens(proposing(turn(&FIRST))).await;
    let reviewed = bot.world().head(&pr);
    let asked = model.asked().len();
    let bot = bot.under("enabled = false");
    bot.pushes(&pr, turn(&SECOND)).await;
    assert_eq!(bot.page(&pr).checks, ["Neutral: Not reviewed"]);
    assert_eq!(model.asked().len(), asked);
    let bot = bot.under("");
    bot.pushes(&pr, turn(&SECOND) + &new_file("src/b.rs", &["fn b() {}"]))
        .await;
    let reviews = bot.reviews(&pr);
    assert_eq!(reviews.len(), 2);
    assert_eq!(places(&reviews[1]), [4]);
    let progress = format!(
        "Since `{}`: 1 new, 1 resolved, 1 still open.",
        reviewed.short()
    );
    assert!(reviews[1].body.contains(&progress), "{}", reviews[1].body);
}

/// Other reviewers covered its lines, but not the late one.
#[tokio::test]
async fn late_finding_appears_next_round() {
    let bot = Bot::with(&attentive(&[]));
    let code = new_file("a.py", &["import tempfile", "name = tempfile.mktemp()"]);
    let (pr, delivery) = bot.begins(code.clone());
    bot.without_security(&delivery, 4).await;
    bot.settle().await;
    let first = bot.review(&pr);
    assert!(first.body.contains("partial"), "{}", first.body);
    assert_eq!(first.comments, [], "the finding is not known yet");
    bot.pushes(&pr, code + &new_file("b.py", &["import os"]))
        .await;
    let second = bot.newest(&pr);
    assert_eq!(places(&second), [2], "{}", second.body);
}

//! The HTTP client and the in-process world agree on checks and comments.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests, run by `by_token_and_by_app`"
)]

#[macro_use]
mod common;

use common::Stage;
use fake_github::{Fault, StatusState};
use github::port::{
    CheckId, CommentId, Conclusion, FoundCheck, GitHubError, NewCheck, NewReview, PublishReview,
    ReadChecks, ReviewComment, SetCheck, Side, Summarise, WhoAmI,
};
use std::time::Duration;

by_token_and_by_app!(
    check_is_created_and_found,
    check_text_is_updated,
    rejects_invalid_checks,
    one_comment_is_updated,
    comments_are_found_on_the_last_page,
    comments_on_several_lines,
    no_write_is_sent_twice,
);

fn check(stage: &Stage) -> NewCheck {
    NewCheck {
        head_sha: stage.head(),
        name: "review & more".to_owned(),
        conclusion: Some(Conclusion::Failure),
        title: "One finding".to_owned(),
        summary: "It is **here**.".to_owned(),
        external_id: "run-1".to_owned(),
    }
}

async fn check_is_created_and_found(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let repo = &stage.pr.repo;
    let new = check(&stage);
    let find = async |id: &str| {
        let found = client
            .find_check(repo, &new.head_sha, &new.name, Some(id))
            .await;
        let direct = world
            .find_check(repo, &new.head_sha, &new.name, Some(id))
            .await;
        assert_eq!(found, direct, "{id}");
        found.unwrap()
    };
    assert_eq!(find("run-1").await, None);
    for conclusion in [Conclusion::Neutral, Conclusion::Success] {
        let other = NewCheck {
            conclusion: Some(conclusion),
            external_id: format!("{conclusion:?}"),
            ..new.clone()
        };
        client.create_check(repo, &other).await.unwrap();
    }
    let id = client.create_check(repo, &new).await.unwrap();
    let shown = stage.world.checks(repo, &new.head_sha);
    assert_eq!(shown.len(), 3);
    assert_eq!((shown[2].id, &shown[2].check), (id, &new));
    let found = |id, completed| Some(FoundCheck { id, completed });
    assert_eq!(find("run-1").await, found(id, true));
    assert_eq!(find("run-2").await, None);
    let begun = NewCheck {
        conclusion: None,
        ..new.clone()
    };
    let newest = client.create_check(repo, &begun).await.unwrap();
    assert_eq!(find("run-1").await, found(newest, false), "the newest");
    // Many checks of the same name, so that the list has several pages.
    for n in 0..150 {
        let external_id = format!("later-{n}");
        let later = NewCheck {
            external_id,
            ..new.clone()
        };
        stage.world.check_by("review-bot[bot]", repo, later);
    }
    assert!(find("later-149").await.is_some(), "on the second page");
}

async fn check_text_is_updated(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let repo = &stage.pr.repo;
    let begun = NewCheck {
        conclusion: None,
        ..check(&stage)
    };
    let id = client.create_check(repo, &begun).await.unwrap();
    let shown = || {
        let shown = stage.world.checks(repo, &begun.head_sha);
        assert_eq!(shown.len(), 1, "it is one");
        shown[0].check.clone()
    };
    assert_eq!(shown(), begun);
    for (why, conclusion, shows) in [
        (
            "it ends",
            Some(Conclusion::Failure),
            Some(Conclusion::Failure),
        ),
        (
            "another end",
            Some(Conclusion::Neutral),
            Some(Conclusion::Neutral),
        ),
        ("GitHub keeps its end", None, Some(Conclusion::Neutral)),
    ] {
        let check = NewCheck {
            conclusion,
            title: why.to_owned(),
            ..begun.clone()
        };
        client.update_check(repo, id, &check).await.unwrap();
        let want = NewCheck {
            conclusion: shows,
            ..check
        };
        assert_eq!(shown(), want, "{why}");
    }
    stage.world.check_by("other[bot]", repo, begun.clone());
    let all = stage.world.checks(repo, &begun.head_sha);
    let others = all.last().unwrap().id;
    for (why, id) in [("nobody's", CheckId(1)), ("another App's", others)] {
        let refused = client.update_check(repo, id, &begun).await;
        assert!(
            matches!(refused, Err(GitHubError::NotFound { .. })),
            "{why}: {refused:?}"
        );
        assert_eq!(refused, world.update_check(repo, id, &begun).await, "{why}");
    }
}

#[tokio::test]
async fn check_of_another_app_is_ignored() {
    let stage = Stage::with_app().await;
    let new = check(&stage);
    stage
        .world
        .check_by("other[bot]", &stage.pr.repo, new.clone());
    let client = stage.client();
    let found = client
        .find_check(&stage.pr.repo, &new.head_sha, &new.name, Some("run-1"))
        .await;
    assert_eq!(found, Ok(None));
}

async fn rejects_invalid_checks(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let repo = &stage.pr.repo;
    let good = check(&stage);
    let long = |n: usize| NewCheck {
        summary: "ä".repeat(n),
        ..good.clone()
    };
    client.create_check(repo, &long(65_535)).await.unwrap();
    let unknown = NewCheck {
        head_sha: "f".repeat(40).parse().unwrap(),
        ..good.clone()
    };
    for (why, bad) in [("too long", long(65_536)), ("no such commit", unknown)] {
        let refused = client.create_check(repo, &bad).await;
        assert!(
            matches!(refused, Err(GitHubError::Rejected { .. })),
            "{why}: {refused:?}"
        );
        assert_eq!(refused, world.create_check(repo, &bad).await, "{why}");
    }
    stage.world.set_bot("review-person");
    let refused = client.create_check(repo, &good).await;
    assert!(
        matches!(refused, Err(GitHubError::Forbidden { .. })),
        "only Apps may: {refused:?}"
    );
    assert_eq!(refused, world.create_check(repo, &good).await);
}

#[tokio::test]
async fn green_needs_every_other_check() {
    let stage = Stage::with_app().await;
    let (client, world) = (stage.client(), stage.world.github());
    let (repo, head) = (&stage.pr.repo, stage.head());
    let own = check(&stage);
    let look = async |why: &str, green: bool| {
        let found = client.others_are_green(repo, &head, &own.name).await;
        assert_eq!(found, Ok(green), "{why}");
        let direct = world.others_are_green(repo, &head, &own.name).await;
        assert_eq!(found, direct, "{why}");
    };
    look("there is nothing", false).await;
    client.create_check(repo, &own).await.unwrap();
    look("there is the bot's own alone", false).await;

    let named = |name: &str, conclusion| NewCheck {
        name: name.to_owned(),
        conclusion: Some(conclusion),
        ..own.clone()
    };
    let (failure, success) = (Conclusion::Failure, Conclusion::Success);
    stage
        .world
        .check_by("lint[bot]", repo, named("lint", success));
    look("the bot's own has failed", true).await;
    let same_name = named(&own.name, failure);
    stage.world.check_by("other[bot]", repo, same_name.clone());
    look("another App's of the same name", false).await;
    let mended = named(&own.name, success);
    stage.world.check_by("other[bot]", repo, mended);
    look("run again", true).await;
    let begun = NewCheck {
        conclusion: None,
        ..named("build", success)
    };
    stage.world.check_by("ci[bot]", repo, begun);
    look("under way", false).await;
    let neutral = named("build", Conclusion::Neutral);
    stage.world.check_by("ci[bot]", repo, neutral);
    look("ended", true).await;
    for n in 0..150 {
        let many = named(&format!("job {n}"), success);
        stage.world.check_by("ci[bot]", repo, many);
    }
    look("many", true).await;
    stage
        .world
        .check_by("ci[bot]", repo, named("last", failure));
    look("on the second page", false).await;
    stage
        .world
        .check_by("ci[bot]", repo, named("last", success));

    for (state, green) in [
        (StatusState::Pending, false),
        (StatusState::Failure, false),
        (StatusState::Error, false),
        (StatusState::Success, true),
    ] {
        stage.world.set_status(repo, &head, "ci/old", state);
        look(&format!("a status, {state:?}"), green).await;
    }
    let other_head = "f".repeat(40).parse().unwrap();
    stage
        .world
        .set_status(repo, &other_head, "ci/old", StatusState::Failure);
    look("another commit's", true).await;
}

#[tokio::test]
async fn app_returns_its_login() {
    let stage = Stage::with_app().await;
    let login = stage.client().login().await;
    assert_eq!(login, stage.world.github().login().await);
    assert_eq!(login, Ok(Some("review-bot[bot]".to_owned())));
}

#[tokio::test]
async fn unknown_login_is_none() {
    let stage = Stage::new().await; // a token of an App: no `GET /user`
    assert_eq!(stage.client().login().await, Ok(None));
    stage.world.set_bot("reviewer");
    assert_eq!(
        stage.client().login().await,
        Ok(Some("reviewer".to_owned()))
    );
}

const MARKER: &str = "<!-- summary -->";

async fn one_comment_is_updated(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let pr = &stage.pr;
    stage.world.comment(pr, "mallory", MARKER);
    assert_eq!(
        client.find_comment(pr, MARKER).await,
        Ok(None),
        "a copied marker"
    );
    let id = client
        .create_comment(pr, &format!("First. {MARKER}"))
        .await
        .unwrap();
    assert_eq!(client.find_comment(pr, MARKER).await, Ok(Some(id)));
    assert_eq!(world.find_comment(pr, MARKER).await, Ok(Some(id)));
    let second = format!("Second. {MARKER}");
    client.update_comment(&pr.repo, id, &second).await.unwrap();
    let bodies = || -> Vec<String> {
        let shown = stage.world.comments(pr);
        shown.into_iter().map(|comment| comment.body).collect()
    };
    assert_eq!(bodies(), [MARKER.to_owned(), second.clone()]);

    let longest = "ä".repeat(65_536);
    client.update_comment(&pr.repo, id, &longest).await.unwrap();
    for (why, bad) in [("too long", longest + "ä"), ("nothing", " ".to_owned())] {
        let refused = client.create_comment(pr, &bad).await;
        assert!(
            matches!(refused, Err(GitHubError::Rejected { .. })),
            "{why}: {refused:?}"
        );
        assert_eq!(refused, world.create_comment(pr, &bad).await, "{why}");
        let refused = client.update_comment(&pr.repo, id, &bad).await;
        assert_eq!(
            refused,
            world.update_comment(&pr.repo, id, &bad).await,
            "{why}"
        );
        assert!(refused.is_err(), "{why}");
    }
    let nobody = CommentId(1);
    let refused = client.update_comment(&pr.repo, nobody, "x").await;
    assert!(
        matches!(refused, Err(GitHubError::NotFound { .. })),
        "{refused:?}"
    );
    assert_eq!(refused, world.update_comment(&pr.repo, nobody, "x").await);
    assert_eq!(bodies().len(), 2, "refusals post nothing");
}

async fn comments_are_found_on_the_last_page(stage: Stage) {
    for n in 0..101 {
        stage
            .world
            .comment(&stage.pr, "reader", &format!("Thought {n}"));
    }
    let client = stage.client();
    let id = client.create_comment(&stage.pr, MARKER).await.unwrap();
    assert_eq!(client.find_comment(&stage.pr, MARKER).await, Ok(Some(id)));
}

async fn comments_on_several_lines(stage: Stage) {
    const TWO_HUNKS: &str = "\
diff --git a/a b/a
--- a/a
+++ b/a
@@ -1,2 +1,3 @@
 one
-two
+two!
+three
@@ -10 +11 @@
-ten
+ten!
";
    stage.world.push(&stage.pr, TWO_HUNKS);
    let (client, world) = (stage.client(), stage.world.github());
    let (left, right) = (Some(Side::Left), Some(Side::Right));
    for (why, start_line, start_side, line, taken) in [
        ("one line", None, None, 2, true),
        ("two lines", Some(1), right, 2, true),
        (
            "the side is the same, unless it is given",
            Some(1),
            None,
            3,
            true,
        ),
        ("from the old side to the new one", Some(2), left, 2, true),
        ("the wrong way round", Some(3), right, 2, false),
        ("from a line to itself", Some(2), right, 2, false),
        ("not on the diff", Some(5), right, 11, false),
        ("over two hunks", Some(3), right, 11, false),
        ("over two hunks, over the sides", Some(2), left, 11, false),
        ("a side without a line", None, right, 2, false),
    ] {
        let comment = ReviewComment {
            start_line,
            start_side,
            ..ReviewComment::at("a", line, Side::Right, "why?")
        };
        let review = NewReview {
            comments: vec![comment],
            ..stage.review("Several lines.")
        };
        let direct = world.create_review(&stage.pr, &review).await;
        let posted = client.create_review(&stage.pr, &review).await;
        assert_eq!(posted.is_ok(), taken, "{why}: {posted:?}");
        if taken {
            let shown = stage.world.reviews(&stage.pr).pop().unwrap();
            assert_eq!(shown.comments, review.comments, "{why}");
            stage.clock.advance(Duration::from_secs(60));
        } else {
            assert_eq!(posted, direct, "{why}");
        }
    }
}

async fn no_write_is_sent_twice(stage: Stage) {
    let client = stage.client();
    let pr = &stage.pr;
    let id = client.create_comment(pr, "First.").await.unwrap();
    let new = check(&stage);
    for fault in [Fault::LostReply, Fault::BadGateway, Fault::Unavailable] {
        for nth in 0..3 {
            stage.world.fail_next(fault);
            let before = stage.world.writes().len();
            let write = async {
                match nth {
                    0 => client.create_comment(pr, "x").await.map(drop),
                    1 => client.update_comment(&pr.repo, id, "x").await,
                    _ => client.create_check(&pr.repo, &new).await.map(drop),
                }
            };
            let (done, slept) = stage.slept(write).await;
            assert!(
                matches!(done, Err(GitHubError::Unavailable { .. })),
                "{nth}, {fault:?}"
            );
            assert_eq!(slept, Duration::ZERO, "{nth}, {fault:?}: not repeated");
            assert_eq!(stage.world.writes().len(), before + 1, "{nth}, {fault:?}");
        }
    }
}

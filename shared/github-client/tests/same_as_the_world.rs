//! The HTTP client and the in-process world return the same results.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests, run by `by_token_and_by_app`"
)]

#[macro_use]
mod common;

use common::{Stage, comment, first_review};
use github::port::{
    GitHubError, NewReview, PublishReview, PullRequest, ReadDiff, ReadPullRequest, ReviewEvent,
    Side,
};
use github_client::Config;

by_token_and_by_app!(
    pull_request_is_equal,
    diff_by_commits_is_equal,
    review_is_posted_and_found,
    enterprise_path_is_equal,
    refusals_are_identical,
    diff_beyond_limits_is_too_large,
);

async fn pull_request_is_equal(stage: Stage) {
    let client = stage.client();
    stage.world.label(&stage.pr, "bug");
    let want = |open| PullRequest {
        head_sha: stage.head(),
        open,
        author: "octocat".into(),
        author_association: "CONTRIBUTOR".into(),
        head_repo: Some(stage.pr.repo.clone()),
        base_ref: "main".into(),
        base_sha: stage.world.base(&stage.pr),
        draft: false,
        labels: vec!["bug".into()],
    };
    assert_eq!(client.pull_request(&stage.pr).await, Ok(want(true)));
    stage.world.push(&stage.pr, common::DIFF);
    stage.world.close(&stage.pr);
    assert_eq!(client.pull_request(&stage.pr).await, Ok(want(false)));
}

async fn diff_by_commits_is_equal(stage: Stage) {
    let (base, head) = (stage.world.base(&stage.pr), stage.head());
    stage.world.push(&stage.pr, ""); // a push in between changes nothing
    let diff = stage.client().diff(&stage.pr, &base, &head).await;
    assert_eq!(diff.as_deref(), Ok(common::DIFF));
}

async fn review_is_posted_and_found(stage: Stage) {
    let client = stage.client();
    assert_eq!(
        first_review(&client, &stage.pr, "<!-- m1 -->").await,
        Ok(None)
    );
    let review = stage.review("Good.\n<!-- m1 -->");
    let id = client.create_review(&stage.pr, &review).await.unwrap();
    let shown = stage.world.reviews(&stage.pr);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].id, id);
    assert_eq!(shown[0].body, review.body);
    assert_eq!(shown[0].comments, review.comments);
    assert_eq!(shown[0].commit_id, review.commit_id);
    let found = first_review(&client, &stage.pr, "<!-- m1 -->").await;
    assert_eq!(found, Ok(Some(id)));
    assert_eq!(
        first_review(&client, &stage.pr, "<!-- m2 -->").await,
        Ok(None)
    );
}

async fn enterprise_path_is_equal(stage: Stage) {
    for review in 0..60 {
        stage
            .world
            .submit_review(&stage.pr, "reader", &format!("{review}"));
        stage.clock.advance(std::time::Duration::from_secs(60));
    }
    let client = stage.client_with(Config {
        api_url: format!("{}/api/v3/", stage.url),
        ..stage.config()
    });
    let id = client
        .create_review(&stage.pr, &stage.review("m"))
        .await
        .unwrap();
    assert_eq!(first_review(&client, &stage.pr, "m").await, Ok(Some(id)));
}

/// Both implementations return identical errors.
async fn refusals_are_identical(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    stage.world.set_bot("review-bot[bot]");
    let good = stage.review("Fine.");
    let other = "f".repeat(40).parse().unwrap();
    let on = |path: &str, line, side| NewReview {
        comments: vec![
            comment("src/lib.rs", 1, Side::Right),
            comment(path, line, side),
        ],
        ..good.clone()
    };
    for (why, review) in [
        ("after the hunk", on("src/lib.rs", 4, Side::Right)),
        ("not deleted", on("src/lib.rs", 3, Side::Left)),
        ("another file", on("src/main.rs", 1, Side::Right)),
        (
            "an old commit",
            NewReview {
                commit_id: other,
                ..good.clone()
            },
        ),
        (
            "a long body",
            NewReview {
                body: "ä".repeat(65_537),
                ..good.clone()
            },
        ),
        (
            "nothing to say",
            NewReview {
                body: String::new(),
                comments: vec![],
                ..good.clone()
            },
        ),
    ] {
        let direct = world.create_review(&stage.pr, &review).await;
        assert!(
            matches!(direct, Err(GitHubError::Rejected { .. })),
            "{why}: {direct:?}"
        );
        assert_eq!(
            client.create_review(&stage.pr, &review).await,
            direct,
            "{why}"
        );
    }
    stage.world.set_bot("octocat"); // now the pull request is its own
    for event in [ReviewEvent::Approve, ReviewEvent::RequestChanges] {
        let review = NewReview {
            event,
            ..good.clone()
        };
        let direct = world.create_review(&stage.pr, &review).await;
        assert!(direct.is_err(), "{event:?}");
        assert_eq!(
            client.create_review(&stage.pr, &review).await,
            direct,
            "{event:?}"
        );
    }
    assert_eq!(
        stage.world.reviews(&stage.pr),
        [],
        "one bad comment fails all"
    );

    let nowhere = "octo/widgets#999".parse().unwrap();
    assert_eq!(
        client.pull_request(&nowhere).await,
        world.pull_request(&nowhere).await,
    );
    assert_eq!(
        first_review(&client, &nowhere, "m").await,
        first_review(&world, &nowhere, "m").await,
    );
    let (base, head) = (stage.world.base(&stage.pr), stage.head());
    assert_eq!(
        client.diff(&stage.pr, &head, &base).await, // the wrong way round
        world.diff(&stage.pr, &head, &base).await,
    );
}

async fn diff_beyond_limits_is_too_large(stage: Stage) {
    let (client, world) = (stage.client(), stage.world.github());
    let file = |n| format!("diff --git a/{n} b/{n}\nold mode 100644\nnew mode 100755\n");
    let lines = |n: usize| {
        let added = "+x\n".repeat(n);
        format!("diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1,{n} @@\n{added}")
    };
    for (why, diff, fits) in [
        ("300 files", (0..300).map(file).collect::<String>(), true),
        ("301 files", (0..301).map(file).collect(), false),
        ("20,000 lines", lines(19_996), true),
        ("20,001 lines", lines(19_997), false),
    ] {
        stage.world.push(&stage.pr, diff);
        let (base, head) = (stage.world.base(&stage.pr), stage.head());
        let direct = world.diff(&stage.pr, &base, &head).await;
        let large = matches!(direct, Err(GitHubError::TooLarge { .. }));
        assert_eq!(large, !fits, "{why}");
        assert_eq!(client.diff(&stage.pr, &base, &head).await, direct, "{why}");
    }
}

#[tokio::test]
async fn unknown_token_is_forbidden() {
    let stage = Stage::new().await;
    let client = stage.client();
    stage.world.set_token("rotated");
    let error = client.pull_request(&stage.pr).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GitHub refused GET /repos/octo/widgets/pulls/1: Bad credentials; check GITHUB_TOKEN, or the App of GITHUB_APP_ID, and its permissions"
    );
}

//! GitHub's validation errors, rate limits and faults.

use events::{Clock, Failure, ManualClock, SeededEntropy, Timestamp};
use fake_github::{Call, Fault, Limit, NewPullRequest, World};
use github::port::{
    GitHubError, NewReview, PublishReview, ReadDiff, ReadPullRequest, ReviewComment, ReviewEvent,
    Side, WithdrawReview,
};
use github::{HeadSha, PrKey};
use std::sync::Arc;
use std::time::Duration;

const DIFF: &str = "\
diff --git a/src/lib.rs b/src/lib.rs
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -10,3 +10,3 @@
 one
-two
+two!
 three
";

struct Stage {
    world: World,
    clock: Arc<ManualClock>,
    pr: PrKey,
}

fn stage() -> Stage {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let world = World::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
    let opened = world.open_pull_request(NewPullRequest {
        diff: DIFF.into(),
        ..NewPullRequest::default()
    });
    Stage {
        world,
        clock,
        pr: opened.pr.expect("a pull request"),
    }
}

impl Stage {
    fn review(&self) -> NewReview {
        NewReview {
            commit_id: self.world.head(&self.pr),
            event: ReviewEvent::Comment,
            body: "Hm.".into(),
            comments: vec![],
        }
    }

    async fn post(&self, review: &NewReview) -> Result<(), String> {
        let posted = self.world.github().create_review(&self.pr, review).await;
        posted.map(|_| ()).map_err(|error| match error {
            GitHubError::Rejected { reason, .. } => reason,
            other @ (GitHubError::Unavailable { .. }
            | GitHubError::RateLimited { .. }
            | GitHubError::Forbidden { .. }
            | GitHubError::NotFound { .. }
            | GitHubError::TooLarge { .. }) => other.to_string(),
        })
    }
}

#[tokio::test]
async fn comment_must_be_on_diff() {
    const LINE: &str = "Unprocessable Entity: Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't be blank";
    const PATH: &str = "Unprocessable Entity: Pull request review thread path is invalid and Pull request review thread diff hunk can't be blank";
    const BLANK: &str = "Unprocessable Entity: Pull request review comment body can't be blank";
    const LONG: &str = "Unprocessable Entity: Body is too long (maximum is 65536 characters)";
    let stage = stage();
    let long = "ä".repeat(65_536);
    let longer = "ä".repeat(65_537);
    for (why, path, line, side, body, refused) in [
        ("added", "src/lib.rs", 11, Side::Right, "x", None),
        ("context", "src/lib.rs", 10, Side::Right, "x", None),
        ("deleted", "src/lib.rs", 11, Side::Left, "x", None),
        (
            "characters, not bytes",
            "src/lib.rs",
            11,
            Side::Right,
            &long,
            None,
        ),
        (
            "before the hunk",
            "src/lib.rs",
            9,
            Side::Right,
            "x",
            Some(LINE),
        ),
        (
            "after the hunk",
            "src/lib.rs",
            13,
            Side::Right,
            "x",
            Some(LINE),
        ),
        (
            "context on the left",
            "src/lib.rs",
            10,
            Side::Left,
            "x",
            Some(LINE),
        ),
        ("another file", "lib.rs", 11, Side::Right, "x", Some(PATH)),
        (
            "nothing said",
            "src/lib.rs",
            11,
            Side::Right,
            " ",
            Some(BLANK),
        ),
        (
            "body too long",
            "src/lib.rs",
            11,
            Side::Right,
            &longer,
            Some(LONG),
        ),
    ] {
        let good = ReviewComment::at("src/lib.rs", 11, Side::Right, "fine");
        let this = ReviewComment::at(path, line, side, body);
        let before = stage.world.reviews(&stage.pr).len();
        let review = NewReview {
            comments: vec![good, this],
            ..stage.review()
        };
        let posted = stage.post(&review).await;
        assert_eq!(posted.err().as_deref(), refused, "{why}");
        let all_or_nothing = before + usize::from(refused.is_none());
        assert_eq!(
            stage.world.reviews(&stage.pr).len(),
            all_or_nothing,
            "{why}"
        );
    }
}

#[tokio::test]
async fn review_requirements_depend_on_event() {
    use ReviewEvent::{Approve, Comment, RequestChanges};
    const NEEDED: Option<&str> =
        Some("Unprocessable Entity: You need to leave a comment indicating the requested changes.");
    let (other, own) = ("octocat", "review-bot[bot]");
    for (why, event, author, body, refused) in [
        ("a comment", Comment, other, "Hm.", None),
        ("an approval may be silent", Approve, other, "", None),
        ("a comment may not", Comment, other, " ", NEEDED),
        ("nor a request", RequestChanges, other, "", NEEDED),
        ("its own, a comment", Comment, own, "Hm.", None),
        (
            "its own, an approval",
            Approve,
            own,
            "Hm.",
            Some("Unprocessable Entity: Can not approve your own pull request"),
        ),
        (
            "its own, a request",
            RequestChanges,
            own,
            "Hm.",
            Some("Unprocessable Entity: Can not request changes on your own pull request"),
        ),
    ] {
        let mut stage = stage();
        let opened = stage.world.open_pull_request(NewPullRequest {
            author: author.into(),
            ..NewPullRequest::default()
        });
        stage.pr = opened.pr.unwrap();
        let review = NewReview {
            event,
            body: body.into(),
            ..stage.review()
        };
        assert_eq!(stage.post(&review).await.err().as_deref(), refused, "{why}");
    }
}

#[tokio::test]
async fn review_needs_commit_of_pull_request() {
    const REFUSED: &str = "Unprocessable Entity: The commitOID is not part of the pull request";
    let stage = stage();
    let first = stage.review();
    stage.world.push(&stage.pr, "");
    assert_eq!(stage.post(&first).await, Ok(()), "an earlier commit");
    stage.world.force_push(&stage.pr, "");
    assert_eq!(
        stage.post(&first).await.unwrap_err(),
        REFUSED,
        "rewritten away"
    );
    let unknown: HeadSha = "f".repeat(40).parse().unwrap();
    let review = NewReview {
        commit_id: unknown,
        ..stage.review()
    };
    assert_eq!(stage.post(&review).await.unwrap_err(), REFUSED, "unknown");
}

#[tokio::test]
async fn closed_pull_request_accepts_reviews() {
    let stage = stage();
    stage.world.close(&stage.pr);
    assert_eq!(stage.post(&stage.review()).await, Ok(()));
}

#[tokio::test]
async fn missing_resources_return_404() {
    let stage = stage();
    let github = stage.world.github();
    let (base, head) = (stage.world.base(&stage.pr), stage.world.head(&stage.pr));
    assert_eq!(
        github.diff(&stage.pr, &base, &head).await.as_deref(),
        Ok(DIFF)
    );
    let nowhere: PrKey = "octo/widgets#999".parse().unwrap();
    for (why, error) in [
        (
            "a diff",
            github.diff(&stage.pr, &head, &base).await.unwrap_err(),
        ),
        ("a number", github.pull_request(&nowhere).await.unwrap_err()),
        (
            "its reviews",
            github.own_reviews(&nowhere, "m").await.unwrap_err(),
        ),
        (
            "a place to write",
            github
                .create_review(&nowhere, &stage.review())
                .await
                .unwrap_err(),
        ),
    ] {
        assert!(
            matches!(error, GitHubError::NotFound { .. }),
            "{why}: {error}"
        );
    }
}

#[tokio::test]
async fn content_limits_per_minute_and_hour() {
    let stage = stage();
    let github = stage.world.github();
    let review = stage.review();
    let post = || github.create_review(&stage.pr, &review);
    let told = |error| match error {
        Err(GitHubError::RateLimited { retry_after, .. }) => Some(retry_after.as_secs()),
        _ => None,
    };
    for _ in 0..80 {
        post().await.unwrap();
    }
    assert_eq!(told(post().await), Some(60), "the 81st of the minute");
    assert!(
        github.pull_request(&stage.pr).await.is_ok(),
        "reading goes on"
    );
    stage.clock.advance(Duration::from_secs(60));
    for n in 80..500 {
        assert!(post().await.is_ok(), "{n}");
        stage.clock.advance(Duration::from_secs(1));
    }
    // The first eighty are 60 + 420 seconds old.
    assert_eq!(
        told(post().await),
        Some(3600 - 480),
        "the 501st of the hour"
    );
    assert_eq!(stage.world.reviews(&stage.pr).len(), 500);
}

#[tokio::test]
async fn limits_last_as_announced() {
    let secs = Duration::from_secs;
    for (why, limit, told, lasts) in [
        (
            "primary",
            Limit::Primary {
                remaining: 0,
                reset_in: secs(300),
            },
            300,
            300,
        ),
        (
            "secondary",
            Limit::Secondary {
                status: 429,
                lasts: secs(40),
                tells: true,
            },
            40,
            40,
        ),
        (
            "secondary, without headers: one minute is assumed",
            Limit::Secondary {
                status: 403,
                lasts: secs(40),
                tells: false,
            },
            60,
            40,
        ),
    ] {
        let stage = stage();
        let github = stage.world.github();
        stage.world.limit(limit);
        let error = github.pull_request(&stage.pr).await.unwrap_err();
        let GitHubError::RateLimited { retry_after, .. } = error else {
            panic!("{why}: {error}");
        };
        assert_eq!(retry_after, secs(told), "{why}");
        stage.clock.advance(secs(lasts) - Duration::from_millis(1));
        assert!(
            github.pull_request(&stage.pr).await.is_err(),
            "{why}: not yet"
        );
        stage.clock.advance(Duration::from_millis(1));
        assert!(github.pull_request(&stage.pr).await.is_ok(), "{why}: over");
    }
}

#[tokio::test]
async fn fault_hits_matching_call_once() {
    for (why, fault, done, status, retryable) in [
        ("before doing", Fault::Unavailable, false, 503, true),
        ("done, answer lost", Fault::LostReply, true, 200, true),
        ("done, a proxy's 502", Fault::BadGateway, true, 200, true),
        (
            "limited",
            Fault::RateLimited {
                retry_after: Duration::from_secs(9),
            },
            false,
            403,
            true,
        ),
    ] {
        let stage = stage();
        let github = stage.world.github();
        stage.world.fail_next_on(Call::CreateReview, fault);
        assert_eq!(
            github.own_reviews(&stage.pr, "Hm.").await,
            Ok(vec![]),
            "{why}: another call"
        );
        let posted = github.create_review(&stage.pr, &stage.review()).await;
        assert_eq!(
            posted.map_err(|error| error.is_retryable()),
            Err(retryable),
            "{why}"
        );
        assert_eq!(
            stage.world.reviews(&stage.pr).len(),
            usize::from(done),
            "{why}"
        );
        let writes = stage.world.writes();
        assert_eq!(writes.len(), 1, "{why}");
        assert_eq!(writes[0].status, status, "{why}");
        assert_eq!(stage.post(&stage.review()).await, Ok(()), "{why}: used up");
    }
}

#[tokio::test]
async fn slow_response_advances_world_clock() {
    let stage = stage();
    stage.world.fail_next(Fault::Slow(Duration::from_secs(7)));
    assert_eq!(stage.post(&stage.review()).await, Ok(()));
    assert_eq!(stage.clock.now(), Timestamp::from_second(7).unwrap());
    assert_eq!(
        stage.world.reviews(&stage.pr)[0].submitted_at,
        stage.clock.now()
    );
}

#[tokio::test]
async fn finds_only_own_review() {
    let stage = stage();
    let github = stage.world.github();
    stage
        .world
        .submit_review(&stage.pr, "mallory", "<!-- m -->");
    let own = async || {
        let own = github.own_reviews(&stage.pr, "<!-- m -->").await;
        own.map(|own| own.iter().map(|it| it.id).collect::<Vec<_>>())
    };
    assert_eq!(own().await, Ok(vec![]));
    let review = NewReview {
        body: "Mine. <!-- m -->".into(),
        ..stage.review()
    };
    let id = github.create_review(&stage.pr, &review).await;
    assert_eq!(own().await, id.map(|id| vec![id]));
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
    assert_eq!(stage.world.reviews(&stage.pr).len(), 2);
}

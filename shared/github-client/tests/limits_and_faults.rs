//! Client behaviour under rate limits, failures and timeouts. The clock advances only
//! when the client sleeps.

mod common;

use async_trait::async_trait;
use common::{Stage, first_review};
use events::{Failure, SeededEntropy, SystemClock};
use fake_github::{Call, Fault, Limit, NewPullRequest, World};
use github::port::{
    GitHubError, NewCheck, Pace, PublishReview, ReadPullRequest, ReviewComment, SetCheck, Side,
};
use github_client::{Client, Config};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MARKER: &str = "<!-- review of 1234567 -->";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn read_is_tried_three_times() {
    let half = Duration::from_millis(500);
    for (why, faults, answered, waited) in [
        ("no fault", &[][..], true, secs(0)),
        ("503 once", &[Fault::Unavailable], true, half),
        (
            "503, then 502",
            &[Fault::Unavailable, Fault::BadGateway],
            true,
            half + secs(1),
        ),
        ("a cut answer", &[Fault::LostReply], true, half),
        (
            "503 three times",
            &[Fault::Unavailable; 3],
            false,
            half + secs(1),
        ),
    ] {
        let stage = Stage::new().await;
        for fault in faults {
            stage.world.fail_next(*fault);
        }
        let client = stage.client();
        let (found, slept) = stage.slept(client.pull_request(&stage.pr)).await;
        assert_eq!(slept, waited, "{why}");
        match found {
            Ok(_) => assert!(answered, "{why}"),
            Err(error) => {
                assert!(!answered, "{why}: {error}");
                assert!(error.is_retryable(), "{why}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn read_waits_for_short_limits_only() {
    let after = |seconds| Fault::RateLimited {
        retry_after: secs(seconds),
    };
    for (why, faults, told, waited) in [
        ("short", &[after(3)][..], None, 3),
        ("as long as patience lasts", &[after(5)], None, 5),
        ("long", &[after(6)], Some(6), 0),
        ("short, then long", &[after(2), after(900)], Some(900), 2),
        (
            "short, again and again",
            &[after(2), after(2), after(2)],
            Some(2),
            4,
        ),
    ] {
        let stage = Stage::new().await;
        for fault in faults {
            stage.world.fail_next(*fault);
        }
        let client = stage.client();
        let (found, slept) = stage.slept(client.pull_request(&stage.pr)).await;
        assert_eq!(slept, secs(waited), "{why}");
        assert_eq!(limit_of(found.err()), told.map(secs), "{why}");
    }
}

#[tokio::test]
async fn every_rate_limit_form_is_recognised() {
    let secondary = |status, tells| Limit::Secondary {
        status,
        lasts: secs(90),
        tells,
    };
    for (why, limit, told) in [
        (
            "primary, by its reset",
            Limit::Primary {
                remaining: 0,
                reset_in: secs(1200),
            },
            1200,
        ),
        ("secondary, 403 with retry-after", secondary(403, true), 90),
        ("secondary, 429 with retry-after", secondary(429, true), 90),
        ("secondary, 403 without", secondary(403, false), 60),
        ("secondary, 429 without", secondary(429, false), 60),
    ] {
        let stage = Stage::new().await;
        let client = stage.client();
        stage.world.limit(limit);
        let direct = stage.world.github().pull_request(&stage.pr).await;
        let (found, slept) = stage.slept(client.pull_request(&stage.pr)).await;
        assert_eq!(slept, secs(0), "{why}");
        assert_eq!(found, direct, "{why}: as the world says it");
        assert_eq!(limit_of(found.err()), Some(secs(told)), "{why}");
    }
}

#[tokio::test]
async fn rate_limit_expires() {
    let stage = Stage::new().await;
    let client = stage.client();
    stage.world.limit(Limit::Primary {
        remaining: 1,
        reset_in: secs(60),
    });
    assert!(client.pull_request(&stage.pr).await.is_ok());
    let told = limit_of(client.pull_request(&stage.pr).await.err()).unwrap();
    stage.clock.advance(told);
    assert!(client.pull_request(&stage.pr).await.is_ok());
}

/// A failed write is not repeated; the client looks for the marker to find out the
/// result.
#[tokio::test]
async fn write_is_never_retried() {
    let after = |seconds| Fault::RateLimited {
        retry_after: secs(seconds),
    };
    for (why, fault, posted) in [
        ("the answer is lost", Fault::LostReply, true),
        ("a proxy gives up", Fault::BadGateway, true),
        ("GitHub is down", Fault::Unavailable, false),
        ("a short limit", after(1), false),
        ("a long limit", after(900), false),
    ] {
        let stage = Stage::new().await;
        let client = stage.client();
        stage.world.fail_next_on(Call::CreateReview, fault);
        let review = stage.review(MARKER);
        let (first, slept) = stage.slept(client.create_review(&stage.pr, &review)).await;
        let error = first.expect_err(why);
        assert!(error.is_retryable(), "{why}: {error}");
        assert_eq!(slept, secs(0), "{why}");
        assert_eq!(stage.world.writes().len(), 1, "{why}");

        let found = first_review(&client, &stage.pr, MARKER).await.unwrap();
        assert_eq!(found.is_some(), posted, "{why}");
        if found.is_none() {
            client.create_review(&stage.pr, &review).await.unwrap();
        }
        assert_eq!(stage.world.reviews(&stage.pr).len(), 1, "{why}");
    }
}

/// Issues one permit.
#[derive(Default)]
struct OnePermit {
    calls: Mutex<Vec<String>>,
    given_back: Mutex<Vec<String>>,
}

#[async_trait]
impl Pace for OnePermit {
    async fn acquire(&self, account: &str, call: &str) -> Result<(), GitHubError> {
        let mut calls = self.calls.lock().expect("a lock");
        calls.push(format!("{account}: {call}"));
        match calls.len() {
            1 => Ok(()),
            _ => Err(GitHubError::Unavailable {
                call: call.to_owned(),
                reason: "not now".to_owned(),
            }),
        }
    }

    async fn give_back(&self, account: &str) {
        let mut given_back = self.given_back.lock().expect("a lock");
        given_back.push(account.to_owned());
    }
}

#[tokio::test]
async fn write_waits_for_permit() {
    let stage = Stage::new().await;
    let pace = Arc::new(OnePermit::default());
    let client = stage.client().paced_by(pace.clone());
    client.pull_request(&stage.pr).await.unwrap();
    let review = stage.review("a thought");
    client.create_review(&stage.pr, &review).await.unwrap();
    let error = client.create_review(&stage.pr, &review).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let post = format!(
        "127.0.0.1: POST /repos/{}/pulls/{}/reviews",
        stage.pr.repo, stage.pr.number
    );
    assert_eq!(
        *pace.calls.lock().unwrap(),
        [post.clone(), post],
        "to read takes none"
    );
    assert_eq!(stage.world.reviews(&stage.pr).len(), 1, "nothing was sent");
    assert_eq!(*pace.given_back.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn refused_write_gives_its_turn_back() {
    let stage = Stage::new().await;
    let pace = Arc::new(OnePermit::default());
    let client = stage.client().paced_by(pace.clone());
    let review = github::port::NewReview {
        comments: vec![ReviewComment::at("no-file", 1, Side::Right, "Hm.")],
        ..stage.review("a thought")
    };
    let error = client.create_review(&stage.pr, &review).await.unwrap_err();
    assert!(matches!(error, GitHubError::Rejected { .. }), "{error}");
    assert_eq!(*pace.given_back.lock().unwrap(), ["127.0.0.1"]);
}

#[tokio::test]
async fn refused_check_is_not_asked_for_an_hour() {
    let stage = Stage::new().await;
    stage.world.set_bot("reviewer");
    let client = stage.client();
    let check = NewCheck {
        head_sha: stage.world.head(&stage.pr),
        name: "review".to_owned(),
        conclusion: None,
        title: "One".to_owned(),
        summary: "Two.".to_owned(),
        external_id: "1".to_owned(),
    };
    let mut writes = Vec::new();
    for _ in 0..3 {
        for _ in 0..2 {
            let refused = client.create_check(&stage.pr.repo, &check).await;
            assert!(
                matches!(refused, Err(GitHubError::Forbidden { .. })),
                "{refused:?}"
            );
        }
        writes.push(stage.world.writes().len());
        stage.clock.advance(Duration::from_secs(3_600));
    }
    assert_eq!(writes, [1, 2, 3], "one for each hour");
}

#[tokio::test]
async fn slow_response_times_out() {
    let world = World::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(7)));
    let pr = world
        .open_pull_request(NewPullRequest::default())
        .pr
        .unwrap();
    let address = common::serve(fake_github::router(world.clone())).await;
    let config = Config {
        api_url: format!("http://{address}"),
        timeout: Duration::from_millis(100),
        ..Config::new(world.token().into())
    };
    let client = Client::new(config, common::https(), Arc::new(SystemClock)).unwrap();
    world.fail_next(Fault::Slow(secs(3600)));
    let review = github::port::NewReview {
        commit_id: world.head(&pr),
        event: github::port::ReviewEvent::Comment,
        body: MARKER.to_owned(),
        comments: vec![],
    };
    let error = client.create_review(&pr, &review).await.unwrap_err();
    assert!(matches!(error, GitHubError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn refused_connection_is_unavailable() {
    // A port that was free just before.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let stage = Stage::new().await;
    let client = stage.client_with(Config {
        api_url: format!("http://{address}"),
        ..stage.config()
    });
    let error = client.pull_request(&stage.pr).await.unwrap_err();
    assert!(matches!(error, GitHubError::Unavailable { .. }), "{error}");
}

fn limit_of(error: Option<GitHubError>) -> Option<Duration> {
    let error = error?;
    let GitHubError::RateLimited { retry_after, .. } = error else {
        panic!("another error: {error}");
    };
    Some(retry_after)
}

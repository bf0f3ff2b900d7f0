//! Tests of the HTTP exchange: headers, the token, redirects to other hosts, endless
//! responses.

mod common;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use common::{Stage, client_of, serve};
use config::Addresses;
use events::SystemClock;
use fake_github::{Call, Fault};
use github::PrKey;
use github::port::{GitHubError, PublishReview, ReadDiff, ReadPullRequest, WithdrawReview};
use github_client::{Client, Config, ConfigError};
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

fn pr() -> PrKey {
    "octo/widgets#7".parse().expect("a key")
}

fn sha(digit: &str) -> github::HeadSha {
    digit.repeat(40).parse().expect("a commit id")
}

/// Starts a server that answers every request alike and records the headers.
async fn keeper(answer: Response) -> (std::net::SocketAddr, Arc<Mutex<Vec<HeaderMap>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = kept.clone();
    let (parts, _) = answer.into_parts();
    let router = Router::new().fallback(move |request: Request| {
        let (keep, status, headers) = (keep.clone(), parts.status, parts.headers.clone());
        async move {
            keep.lock()
                .expect("not poisoned")
                .push(request.headers().clone());
            (status, headers, "{}")
        }
    });
    (serve(router).await, kept)
}

#[tokio::test]
async fn sends_required_headers() {
    let (address, kept) = keeper(StatusCode::NOT_FOUND.into_response()).await;
    let client = client_of(address);
    let _ = client.pull_request(&pr()).await;
    let _ = client.diff(&pr(), &sha("a"), &sha("b")).await;
    let kept = kept.lock().unwrap();
    for (request, accept) in kept
        .iter()
        .zip(["application/vnd.github+json", "application/vnd.github.diff"])
    {
        let header = |name: &str| request.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("accept"), Some(accept));
        assert_eq!(header("x-github-api-version"), Some("2022-11-28"));
        assert_eq!(header("authorization"), Some("Bearer some-token"));
        assert_eq!(header("user-agent"), Some("github-bot/0.1.0"));
    }
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn token_stays_on_host_after_redirect() {
    let (elsewhere, visits) = keeper(StatusCode::OK.into_response()).await;
    for status in [301, 302, 307, 308] {
        let away = format!("http://{elsewhere}/repos/octo/widgets/pulls/7");
        let status = StatusCode::from_u16(status).unwrap();
        let (api, _) = keeper((status, [(header::LOCATION, away)]).into_response()).await;
        let error = client_of(api).pull_request(&pr()).await.unwrap_err();
        assert!(matches!(error, GitHubError::Rejected { .. }), "{error}");
    }
    assert_eq!(visits.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn renamed_repository_redirect_is_followed() {
    let stage = Stage::new().await;
    let renamed = "/repos/octo/widgets/pulls/1";
    let world = stage.world.clone();
    let router = fake_github::router(world).route(
        "/repos/octo/gadgets/pulls/1",
        get(move || async move { (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, renamed)]) }),
    );
    let client = stage.client_with(Config {
        api_url: format!("http://{}", serve(router).await),
        ..stage.config()
    });
    let old = "octo/gadgets#1".parse().unwrap();
    assert_eq!(client.pull_request(&old).await.unwrap().author, "octocat");
}

#[tokio::test]
async fn redirect_loop_ends() {
    let here = [(header::LOCATION, "/repos/octo/widgets/pulls/7")];
    let (api, visits) = keeper((StatusCode::FOUND, here).into_response()).await;
    let error = client_of(api).pull_request(&pr()).await.unwrap_err();
    assert!(matches!(error, GitHubError::Rejected { .. }), "{error}");
    assert_eq!(visits.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn redirect_never_turns_write_into_read() {
    let stage = Stage::new().await;
    for (status, times) in [(301, 1), (302, 1), (303, 1), (307, 4), (308, 4)] {
        let status = StatusCode::from_u16(status).unwrap();
        let here = [(header::LOCATION, "/again")];
        let (api, visits) = keeper((status, here).into_response()).await;
        let review = stage.review("m");
        let error = client_of(api)
            .create_review(&pr(), &review)
            .await
            .unwrap_err();
        assert!(matches!(error, GitHubError::Rejected { .. }), "{error}");
        assert_eq!(visits.lock().unwrap().len(), times, "{status}");
    }
}

/// Returns the error of a search in pages that are empty and link to the next one.
async fn search_error(link: &'static str) -> GitHubError {
    let router = Router::new()
        .route(
            "/user",
            get(|| async { r#"{"login":"bot","type":"User"}"# }),
        )
        .fallback(move || async move { ([(header::LINK, link)], "[]") });
    let client = client_of(serve(router).await);
    let found = client.own_reviews(&pr(), "m").await;
    found.expect_err("the pages do not end")
}

#[tokio::test]
async fn next_page_must_be_on_host() {
    let link = "<http://127.0.0.1:9/reviews?page=2>; rel=\"next\"";
    let error = search_error(link).await;
    assert!(matches!(error, GitHubError::Rejected { .. }), "{error}");
}

#[tokio::test]
async fn endless_pages_are_an_error() {
    let link = "</reviews>; rel=\"next\"";
    let error = search_error(link).await;
    assert!(error.to_string().contains("pages"), "{error}");
}

#[tokio::test]
async fn response_size_is_bounded() {
    let large = "x".repeat((20 << 20) + 1);
    let router = Router::new()
        .route(
            "/repos/octo/widgets/compare/{range}",
            get(move || async move { large }),
        )
        .fallback(|| async { (StatusCode::BAD_REQUEST, "<html>".repeat(1 << 20)) });
    let client = client_of(serve(router).await);
    let error = client.diff(&pr(), &sha("a"), &sha("b")).await.unwrap_err();
    assert!(matches!(error, GitHubError::TooLarge { .. }), "{error}");
    let error = client.pull_request(&pr()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GitHub did not accept GET /repos/octo/widgets/pulls/7: Bad Request"
    );
}

#[tokio::test]
async fn unexpected_response_is_unavailable() {
    let router = Router::new().fallback(|| async { r#"{"state":"open"}"# });
    let client = client_of(serve(router).await);
    let error = client.pull_request(&pr()).await.unwrap_err();
    assert!(matches!(error, GitHubError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn diff_with_invalid_utf8_is_read() {
    let router = Router::new().fallback(|| async { b"+caf\xe9\n".to_vec() });
    let diff = client_of(serve(router).await)
        .diff(&pr(), &sha("a"), &sha("b"))
        .await;
    assert_eq!(diff.as_deref(), Ok("+caf\u{fffd}\n"));
}

/// The client never downgrades to plain HTTP.
#[tokio::test]
async fn https_rejects_plain_http_server() {
    let (address, visits) = keeper(StatusCode::OK.into_response()).await;
    let config = Config {
        api_url: format!("https://{address}"),
        ..Config::new("some-token".into())
    };
    let stage = Stage::new().await;
    let error = stage.client_with(config).pull_request(&pr()).await;
    assert!(
        matches!(error, Err(GitHubError::Unavailable { .. })),
        "{error:?}"
    );
    assert_eq!(visits.lock().unwrap().len(), 0);
}

#[test]
fn names_invalid_settings() {
    let make = |config| Client::new(config, common::https(), Arc::new(SystemClock)).map(|_| ());
    for (why, token) in [("empty", ""), ("two lines", "a\nb"), ("a space", "a b")] {
        assert_eq!(
            make(Config::new(token.into())),
            Err(ConfigError::Token),
            "{why}"
        );
    }
    let config = Config {
        api_url: "http://git.example.com/api/v3".to_owned(),
        ..Config::new("t".into())
    };
    assert_eq!(
        make(config).unwrap_err().to_string(),
        "\"http://git.example.com\": the secret would be sent unencrypted; use https"
    );
    let config = Config {
        api_url: "http://127.0.0.1:4010".to_owned(),
        ..Config::new("t".into())
    };
    assert_eq!(make(config.clone()), Ok(()), "the client may call loopback");
    let https = egress::client(Addresses::INTERNET).expect("TLS can be set up");
    let refused = Client::new(config, https, Arc::new(SystemClock)).map(|_| ());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "\"http://127.0.0.1:4010\": an address on this machine; to allow that, set \
         ALLOW_ADDRESSES=loopback"
    );
    let config = Config {
        user_agent: String::new(),
        ..Config::new("t".into())
    };
    assert_eq!(make(config), Err(ConfigError::UserAgent(String::new())));
}

#[tokio::test]
async fn token_is_neither_logged_nor_shown() {
    const TOKEN: &str = "not-for-anyones-eyes";
    let log: &Mutex<Vec<u8>> = Box::leak(Box::default());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(|| log.make_writer())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let stage = Stage::new().await;
    stage.world.set_token(TOKEN);
    let config = stage.config();
    let mut shown = format!("{config:?}");
    let client = stage.client_with(config);
    shown += &format!("{client:?}");
    stage
        .world
        .fail_next_on(Call::PullRequest, Fault::Unavailable);
    shown += &format!("{:?}", client.pull_request(&stage.pr).await);
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::LostReply);
    shown += &format!(
        "{:?}",
        client.create_review(&stage.pr, &stage.review("m")).await
    );
    stage.world.set_token("rotated");
    shown += &format!("{:?}", client.own_reviews(&stage.pr, "m").await);

    let logged = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("retrying the GitHub call"),
        "it does log: {logged}"
    );
    assert!(shown.contains("Bad credentials"), "it does show: {shown}");
    assert!(!logged.contains(TOKEN), "{logged}");
    assert!(!shown.contains(TOKEN), "{shown}");
}

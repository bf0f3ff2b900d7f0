//! Calls as a GitHub App: token requests, caching, and errors.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Stage, THROWAWAY_KEY, app_credentials, first_review, https, new_app};
use config::Environment;
use events::Failure;
use fake_github::{Call, Fault, NewApp, NewPullRequest};
use github::port::{GitHubError, PublishReview, ReadDiff, ReadPullRequest};
use github_client::{Client, Config, Permissions};
use rustls_pki_types::PrivatePkcs1KeyDer;
use rustls_pki_types::pem::PemObject;
use std::time::Duration;

const MARKER: &str = "<!-- review of 1234567 -->";

/// Returns the number of requested tokens and of installation lookups.
fn asked(stage: &Stage) -> (usize, usize) {
    let count = |end: &str| {
        let all = stage.world.requests();
        all.iter().filter(|asked| asked.path.ends_with(end)).count()
    };
    (count("/access_tokens"), count("/installation"))
}

#[tokio::test]
async fn token_is_cached_until_margin() {
    let stage = Stage::with_app().await;
    let client = stage.client();
    for (why, passes, tokens) in [
        ("the first call", 0, 1),
        ("the next one", 0, 1),
        ("just before the margin", 55 * 60 - 1, 1),
        ("in the margin", 1, 2),
        ("kept again", 60, 2),
    ] {
        stage.clock.advance(Duration::from_secs(passes));
        assert!(client.pull_request(&stage.pr).await.is_ok(), "{why}");
        assert_eq!(asked(&stage), (tokens, 1), "{why}");
    }
}

#[tokio::test]
async fn concurrent_callers_share_one_token() {
    let stage = Stage::with_app().await;
    let client = stage.client();
    let get = || client.pull_request(&stage.pr);
    let (a, b, c, d) = tokio::join!(get(), get(), get(), get());
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok());
    assert_eq!(asked(&stage), (1, 1));
}

#[tokio::test]
async fn token_covers_one_repository_and_permissions() {
    let stage = Stage::with_app().await;
    let other = stage.world.open_pull_request(NewPullRequest {
        repo: "octo/gadgets".parse().unwrap(),
        ..NewPullRequest::default()
    });
    let other = other.pr.unwrap();
    stage.world.install_app(NewApp {
        repositories: vec![stage.pr.repo.clone(), other.repo.clone()],
        ..new_app()
    });
    let reader = stage.client_with(Config {
        credentials: app_credentials("4711", THROWAWAY_KEY, Permissions::READER),
        ..stage.config()
    });
    assert!(reader.pull_request(&stage.pr).await.is_ok());
    assert!(reader.pull_request(&other).await.is_ok());
    let bodies: Vec<String> = stage
        .world
        .requests()
        .iter()
        .filter(|asked| asked.method == "POST")
        .map(|asked| asked.body.to_string())
        .collect();
    let body = |repo| {
        format!(
            r#"{{"permissions":{{"contents":"read","pull_requests":"read"}},"repositories":["{repo}"]}}"#
        )
    };
    assert_eq!(bodies, [body("widgets"), body("gadgets")]);

    let (base, head) = (stage.world.base(&stage.pr), stage.head());
    assert!(reader.diff(&stage.pr, &base, &head).await.is_ok());
    let review = stage.review("m");
    let error = reader.create_review(&stage.pr, &review).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("Resource not accessible by integration"),
        "a reader's token cannot write: {error}"
    );
    assert_eq!(stage.world.reviews(&stage.pr), []);
}

#[tokio::test]
async fn revoked_token_retries_reads_only() {
    let stage = Stage::with_app().await;
    let client = stage.client();
    client.pull_request(&stage.pr).await.unwrap();
    stage.world.revoke_app_tokens();
    assert!(
        client.pull_request(&stage.pr).await.is_ok(),
        "a read is made again"
    );
    assert_eq!(asked(&stage), (2, 1));

    stage.world.revoke_app_tokens();
    let review = stage.review(MARKER);
    let posts = || {
        let all = stage.world.requests();
        let posts = |asked: &&fake_github::HttpRequest| {
            asked.method == "POST" && asked.path.ends_with("/reviews")
        };
        all.iter().filter(posts).count()
    };
    let error = client.create_review(&stage.pr, &review).await.unwrap_err();
    assert!(error.is_retryable(), "its caller may come again: {error}");
    assert_eq!(posts(), 1, "a write is sent once");
    client.create_review(&stage.pr, &review).await.unwrap();
    assert_eq!((posts(), stage.world.reviews(&stage.pr).len()), (2, 1));
}

#[tokio::test]
async fn reinstalled_app_is_found() {
    let stage = Stage::with_app().await;
    let client = stage.client();
    client.pull_request(&stage.pr).await.unwrap();
    stage.world.uninstall_app();
    stage.world.install_app(new_app());
    assert!(client.pull_request(&stage.pr).await.is_ok());
    assert_eq!(asked(&stage), (3, 2), "the old installation, then the new");
}

#[tokio::test]
async fn token_request_is_retried() {
    for call in [Call::Installation, Call::AccessToken] {
        for fault in [Fault::Unavailable, Fault::LostReply, Fault::BadGateway] {
            let stage = Stage::with_app().await;
            stage.world.fail_next_on(call, fault);
            let found = stage.client().pull_request(&stage.pr).await;
            assert!(found.is_ok(), "{call:?}, {fault:?}: {found:?}");
        }
    }
}

#[tokio::test]
async fn token_error_names_remedy() {
    let publisher = |id, key| app_credentials(id, key, Permissions::PUBLISHER);
    let reader = app_credentials("4711", THROWAWAY_KEY, Permissions::READER);
    let granted = |permissions: &[(&'static str, &'static str)]| NewApp {
        permissions: permissions.to_vec(),
        ..new_app()
    };
    let elsewhere = NewApp {
        repositories: vec!["octo/gadgets".parse().unwrap()],
        ..new_app()
    };
    let another_key = NewApp {
        public_key: new_app().public_key.iter().rev().copied().collect(),
        ..new_app()
    };
    let good = publisher("4711", THROWAWAY_KEY);
    for (why, app, credentials, want) in [
        (
            "not installed there",
            elsewhere,
            good.clone(),
            "the App 4711 (GITHUB_APP_ID) is not installed on octo/widgets: install it there",
        ),
        (
            "another App's id",
            new_app(),
            publisher("4712", THROWAWAY_KEY),
            "the App 4712 (GITHUB_APP_ID) is not installed on octo/widgets",
        ),
        (
            "another key",
            another_key,
            good.clone(),
            "GITHUB_APP_PRIVATE_KEY is not a key of the App 4711",
        ),
        (
            "no right to write",
            granted(&[("contents", "read"), ("pull_requests", "read")]),
            good,
            "The permissions requested are not granted to this installation.: grant the App 4711",
        ),
        (
            "no rights at all",
            granted(&[]),
            reader,
            "grant the App 4711",
        ),
    ] {
        let stage = Stage::with_app().await;
        stage.world.install_app(app);
        let client = stage.client_with(Config {
            credentials,
            ..stage.config()
        });
        let error = client.pull_request(&stage.pr).await.unwrap_err();
        assert!(
            matches!(error, GitHubError::Forbidden { .. }),
            "{why}: {error}"
        );
        assert!(error.to_string().contains(want), "{why}: {error}");
    }
}

#[tokio::test]
async fn app_ignores_reviews_of_other_bots() {
    let stage = Stage::with_app().await;
    stage.world.submit_review(&stage.pr, "other[bot]", MARKER);
    let client = stage.client();
    assert_eq!(first_review(&client, &stage.pr, MARKER).await, Ok(None));
    let id = client.create_review(&stage.pr, &stage.review(MARKER)).await;
    assert_eq!(
        first_review(&client, &stage.pr, MARKER).await,
        id.map(Some),
        "its own does"
    );
}

/// Returns the key in PKCS#8: the same numbers after the algorithm identifier.
fn pkcs8() -> String {
    let key =
        PrivatePkcs1KeyDer::from_pem_slice(THROWAWAY_KEY.as_bytes()).expect("a short key in PEM");
    let tagged = |tag: u8, inner: &[u8]| {
        let length = u16::try_from(inner.len())
            .expect("a short key in PEM")
            .to_be_bytes();
        [&[tag, 0x82], &length[..], inner].concat()
    };
    let rsa = [
        0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
        0x01, 0x05, 0x00,
    ];
    let octets = tagged(0x04, key.secret_pkcs1_der());
    let text = STANDARD.encode(tagged(0x30, &[&rsa[..], &octets].concat()));
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

#[tokio::test]
async fn accepts_pkcs1_pkcs8_and_escaped_keys() {
    let in_one_line = THROWAWAY_KEY.replace('\n', "\\n");
    for (why, key) in [
        ("PKCS#1", THROWAWAY_KEY.to_owned()),
        ("PKCS#8", pkcs8()),
        ("escaped line ends", in_one_line),
        ("Windows' line ends", THROWAWAY_KEY.replace('\n', "\r\n")),
    ] {
        let stage = Stage::with_app().await;
        let environment = Environment::from_iter([
            ("GITHUB_APP_ID", "4711".to_owned()),
            ("GITHUB_APP_PRIVATE_KEY", key),
            (
                "GITHUB_TOKEN",
                "a token that the world does not know".to_owned(),
            ),
            ("GITHUB_API_URL", stage.url.clone()),
        ]);
        let client = Client::publisher_from_environment(&environment, https(), stage.clock.clone());
        let found = client.unwrap().pull_request(&stage.pr).await;
        assert!(found.is_ok(), "{why}, and the App goes before the token");
    }
}

#[tokio::test]
async fn environment_selects_credentials() {
    let stage = Stage::with_app().await;
    let (id, key) = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY");
    let halved = &THROWAWAY_KEY[..THROWAWAY_KEY.len() / 2];
    for (why, set, want) in [
        (
            "none",
            vec![],
            "GITHUB_TOKEN: not set; expected a token with read access to contents and write access to pull requests, or an App's GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY",
        ),
        (
            "half an App beside a token",
            vec![(id, "4711"), ("GITHUB_TOKEN", "t")],
            "GITHUB_APP_PRIVATE_KEY: not set; expected the App's private key in PEM, beside GITHUB_APP_ID",
        ),
        (
            "no id",
            vec![(id, "my app"), (key, THROWAWAY_KEY)],
            "GITHUB_APP_ID: expected the number, or the client id, on the App's page in GitHub's settings",
        ),
        (
            "no key",
            vec![(id, "4711"), (key, "not-for-anyones-eyes")],
            "GITHUB_APP_PRIVATE_KEY: no private key in PEM; expected the file that GitHub gives under the App's private keys, in PEM",
        ),
        (
            "half a key",
            vec![(id, "4711"), (key, halved)],
            "GITHUB_APP_PRIVATE_KEY: no private key in PEM; expected the file that GitHub gives under the App's private keys, in PEM",
        ),
        (
            "an empty key",
            vec![
                (id, "4711"),
                (
                    key,
                    "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
                ),
            ],
            "GITHUB_APP_PRIVATE_KEY: no RSA key of 2048 bits or more; expected the file that GitHub gives under the App's private keys, in PEM",
        ),
    ] {
        let environment = Environment::from_iter(set);
        let error =
            Client::from_environment(&environment, https(), stage.clock.clone()).unwrap_err();
        assert_eq!(error.to_string(), want, "{why}");
    }
}

#[tokio::test]
async fn debug_hides_key_and_token() {
    let stage = Stage::with_app().await;
    let client = stage.client();
    let mut shown = format!("{:?}", stage.config());
    client.pull_request(&stage.pr).await.unwrap();
    stage.world.uninstall_app();
    shown += &format!("{client:?}{:?}", client.pull_request(&stage.pr).await);
    let secret = THROWAWAY_KEY.lines().nth(1).unwrap();
    assert!(shown.contains("4711"), "it does show: {shown}");
    assert!(
        !shown.contains(secret) && !shown.contains("ghs_"),
        "{shown}"
    );
}

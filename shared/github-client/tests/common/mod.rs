//! A fake GitHub on loopback, and clients of it.
#![allow(
    dead_code,
    unused_macros,
    reason = "each test file uses a part of this"
)]

use events::{Clock, ManualClock, SeededEntropy, SystemClock, Timestamp};
use fake_github::{NewApp, NewPullRequest, World};
use github::port::{
    GitHubError, NewReview, ReviewComment, ReviewEvent, ReviewId, Side, WithdrawReview,
};
use github::{HeadSha, PrKey};
use github_client::{Client, Config, Credentials, Permissions};
use ring::signature::RsaKeyPair;
use rustls_pki_types::PrivatePkcs1KeyDer;
use rustls_pki_types::pem::PemObject;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub const DIFF: &str = "\
diff --git a/src/lib.rs b/src/lib.rs
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,3 +1,3 @@
 one
-two
+two!
 three
";

/// A fake GitHub with one pull request, served over HTTP. The fake and the client share
/// one clock, which advances only when a task sleeps.
pub struct Stage {
    pub world: World,
    pub clock: Arc<ManualClock>,
    pub pr: PrKey,
    pub url: String,
    pub credentials: Credentials,
}

/// Test key; no real App uses it.
pub const THROWAWAY_KEY: &str =
    include_str!("../../../../testing/fake-github/tests/throwaway-test-key.pem");

/// Registers an App with [`THROWAWAY_KEY`] on the stage's repository.
pub fn new_app() -> NewApp {
    let der = PrivatePkcs1KeyDer::from_pem_slice(THROWAWAY_KEY.as_bytes()).expect("a key in PEM");
    let key = RsaKeyPair::from_der(der.secret_pkcs1_der()).expect("an RSA key");
    NewApp {
        id: "4711".to_owned(),
        slug: "review-bot".to_owned(),
        public_key: key.public().as_ref().to_vec(),
        repositories: vec!["octo/widgets".parse().expect("a repository")],
        permissions: vec![
            ("contents", "read"),
            ("pull_requests", "write"),
            ("checks", "write"),
            ("statuses", "read"),
        ],
    }
}

pub fn app_credentials(id: &str, private_key: &str, permissions: Permissions) -> Credentials {
    Credentials::App {
        id: id.to_owned(),
        private_key: private_key.into(),
        permissions,
    }
}

/// Runs each test with a token and with an App.
macro_rules! by_token_and_by_app {
    ($($name:ident),+ $(,)?) => {
        mod by_token {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::common::Stage::new().await).await;
            })+
        }
        mod by_app {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::common::Stage::with_app().await).await;
            })+
        }
    };
}

impl Stage {
    /// Creates a stage with an installed App, which clients authenticate as.
    pub async fn with_app() -> Self {
        let stage = Self::new().await;
        stage.world.install_app(new_app());
        Self {
            credentials: app_credentials("4711", THROWAWAY_KEY, Permissions::PUBLISHER),
            ..stage
        }
    }

    pub async fn new() -> Self {
        let start = Timestamp::from_second(1_767_603_600).expect("a time");
        let clock = Arc::new(ManualClock::starting_at(start));
        let world = World::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
        let opened = world.open_pull_request(NewPullRequest {
            diff: DIFF.into(),
            ..NewPullRequest::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(fake_github::serve(world.clone(), listener));
        Self {
            pr: opened.pr.expect("a pull request"),
            credentials: Credentials::Token(world.token().into()),
            world,
            clock,
            url: format!("http://{address}"),
        }
    }

    pub fn config(&self) -> Config {
        Config {
            api_url: self.url.clone(),
            ..Config::with(match &self.credentials {
                Credentials::Token(_) => Credentials::Token(self.world.token().into()),
                app @ Credentials::App { .. } => app.clone(),
            })
        }
    }

    pub fn client(&self) -> Client {
        self.client_with(self.config())
    }

    pub fn client_with(&self, config: Config) -> Client {
        Client::new(config, https(), self.clock.clone()).expect("a client")
    }

    pub fn head(&self) -> HeadSha {
        self.world.head(&self.pr)
    }

    /// Returns a valid review of the head.
    pub fn review(&self, body: &str) -> NewReview {
        NewReview {
            commit_id: self.head(),
            event: ReviewEvent::Comment,
            body: body.to_owned(),
            comments: vec![comment("src/lib.rs", 2, Side::Right)],
        }
    }

    /// Returns the time that the clock advances during `work`.
    pub async fn slept<T>(&self, work: impl Future<Output = T>) -> (T, Duration) {
        let before = self.clock.now();
        let done = work.await;
        let slept = self.clock.now().duration_since(before);
        (done, Duration::try_from(slept).expect("time goes forward"))
    }
}

pub fn comment(path: &str, line: u32, side: Side) -> ReviewComment {
    ReviewComment::at(path, line, side, "why?")
}

/// Serves on a free loopback port until the test ends.
pub async fn serve(router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Returns a client that may call loopback.
pub fn https() -> egress::Client {
    egress::client(config::Addresses::LOOPBACK).expect("TLS can be set up")
}

/// Returns a client of another server, with short timeouts on the real clock.
pub fn client_of(address: SocketAddr) -> Client {
    let config = Config {
        api_url: format!("http://{address}"),
        timeout: Duration::from_secs(5),
        ..Config::new("some-token".into())
    };
    Client::new(config, https(), Arc::new(SystemClock)).expect("a client")
}

/// Returns the bot's first review with `marker`.
pub async fn first_review(
    github: &impl WithdrawReview,
    pr: &PrKey,
    marker: &str,
) -> Result<Option<ReviewId>, GitHubError> {
    let own = github.own_reviews(pr, marker).await?;
    Ok(own.first().map(|review| review.id))
}

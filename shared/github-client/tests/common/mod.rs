//! A world on loopback, and clients of it.
#![allow(dead_code, reason = "each test file uses a part of this")]

use github::port::{NewReview, ReviewComment, ReviewEvent, Side};
use github::{HeadSha, PrKey};
use github_client::{Client, Config};
use github_world::{NewPullRequest, World};
use ports::{Clock, ManualClock, SeededEntropy, SystemClock, Timestamp};
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

/// A world with one pull request, served over HTTP. World and client share one
/// clock that moves only when someone sleeps on it.
pub struct Stage {
    pub world: World,
    pub clock: Arc<ManualClock>,
    pub pr: PrKey,
    pub url: String,
}

impl Stage {
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
        tokio::spawn(github_world::serve(world.clone(), listener));
        Self {
            pr: opened.pr.expect("a pull request"),
            world,
            clock,
            url: format!("http://{address}"),
        }
    }

    pub fn config(&self) -> Config {
        Config {
            api_url: self.url.clone(),
            ..Config::new(self.world.token().into())
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

    /// A review of the head that GitHub takes.
    pub fn review(&self, body: &str) -> NewReview {
        NewReview {
            commit_id: self.head(),
            event: ReviewEvent::Comment,
            body: body.to_owned(),
            comments: vec![comment("src/lib.rs", 2, Side::Right)],
        }
    }

    /// How far the clock moves while `work` goes on.
    pub async fn slept<T>(&self, work: impl Future<Output = T>) -> (T, Duration) {
        let before = self.clock.now();
        let done = work.await;
        let slept = self.clock.now().duration_since(before);
        (done, Duration::try_from(slept).expect("time goes forward"))
    }
}

pub fn comment(path: &str, line: u32, side: Side) -> ReviewComment {
    ReviewComment {
        path: path.to_owned(),
        line,
        side,
        body: "why?".to_owned(),
    }
}

/// Serves on a free port of loopback for as long as the test runs.
pub async fn serve(router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// What a client calls by.
pub fn https() -> https::Client {
    https::client().expect("TLS can be set up")
}

/// A client of some other server, with short time limits on the real clock.
pub fn client_of(address: SocketAddr) -> Client {
    let config = Config {
        api_url: format!("http://{address}"),
        timeout: Duration::from_secs(5),
        ..Config::new("some-token".into())
    };
    Client::new(config, https(), Arc::new(SystemClock)).expect("a client")
}

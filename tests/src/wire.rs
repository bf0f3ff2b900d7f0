//! The production clients of GitHub and of the model, over HTTP on loopback. The
//! simulated servers record the requests.

use crate::bot::Surroundings;
use events::{ManualClock, SeededEntropy};
use fake_github::{NewApp, NewPullRequest, World};
use fake_model::ModelWorld;
use github_client::{Client, Config, Credentials, Permissions};
use model_client::{Agent, Dialect, Settings};
use state::StateManager;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Test key of an App; no real App uses it.
const KEY: &str = include_str!("../../testing/fake-github/tests/throwaway-test-key.pem");
const PUBLIC_KEY: &[u8] =
    include_bytes!("../../testing/fake-github/tests/throwaway-test-key.pub.der");
const APP: &str = "4711";

/// Credentials of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The world's token.
    Token,
    /// The key of an App installed on the tests' repository.
    App,
}

/// Creates a client of `world`, which is served until the test's runtime ends.
///
/// # Panics
/// Panics without a free port or TLS.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
pub async fn github(world: &World, clock: Arc<ManualClock>, by: By) -> Client {
    let (listener, address) = listening().await;
    tokio::spawn(fake_github::serve(world.clone(), listener));
    let credentials = match by {
        By::Token => Credentials::Token(world.token().into()),
        By::App => {
            world.install_app(NewApp {
                id: APP.to_owned(),
                slug: "review-bot".to_owned(),
                public_key: PUBLIC_KEY.to_vec(),
                repositories: vec![NewPullRequest::default().repo],
                permissions: vec![
                    ("contents", "read"),
                    ("pull_requests", "write"),
                    ("checks", "write"),
                    ("statuses", "read"),
                ],
            });
            Credentials::App {
                id: APP.to_owned(),
                private_key: KEY.into(),
                permissions: Permissions::PUBLISHER,
            }
        }
    };
    let config = Config {
        api_url: format!("http://{address}"),
        ..Config::with(credentials)
    };
    let https = egress::client(config::Addresses::LOOPBACK).expect("TLS can be set up");
    Client::new(config, https, clock).expect("a client")
}

/// Creates a client of `kimi`, served likewise, with the state and the clock of
/// `surroundings`.
///
/// # Panics
/// Panics without a free port or TLS.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
pub async fn kimi(kimi: &ModelWorld, surroundings: &Surroundings) -> Agent {
    let (listener, address) = listening().await;
    tokio::spawn(fake_model::serve(kimi.clone(), listener));
    let entropy = Arc::new(SeededEntropy::new(3));
    let (clock, state) = (surroundings.clock.clone(), surroundings.state.clone());
    let state = StateManager::new(state, clock.clone(), entropy.clone());
    let settings = Settings {
        base_url: format!("http://{address}/v1"),
        dialect: Some(Dialect::Kimi),
        ..Settings::new(kimi.key().into())
    };
    let https = egress::client(config::Addresses::LOOPBACK).expect("TLS can be set up");
    Agent::new(settings, https, state, clock, entropy).expect("settings that can work")
}

#[expect(clippy::expect_used, reason = "a test cannot go on without")]
async fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

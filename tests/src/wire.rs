//! The house's own clients of GitHub and of the model, over HTTP on loopback: what they
//! ask crosses a network, and the worlds keep it.

use crate::house::Ground;
use agent::{Agent, Dialect, Settings};
use github_client::{Client, Config, Credentials, Permissions};
use github_world::{NewApp, NewPullRequest, World};
use model_world::ModelWorld;
use ports::{ManualClock, SeededEntropy};
use state::StateManager;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// An App's key: good for nothing but these tests.
const KEY: &str = include_str!("../../shared/github-world/tests/throwaway-test-key.pem");
const PUBLIC_KEY: &[u8] =
    include_bytes!("../../shared/github-world/tests/throwaway-test-key.pub.der");
const APP: &str = "4711";

/// What the client shows GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The world's token.
    Token,
    /// An App's key: it is installed in the repository that stories are about.
    App,
}

/// A client of `world`, which is served for as long as the test's runtime lives.
///
/// # Panics
/// When there is no port, or no TLS.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
pub async fn github(world: &World, clock: Arc<ManualClock>, by: By) -> Client {
    let (listener, address) = listening().await;
    tokio::spawn(github_world::serve(world.clone(), listener));
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
    let https = https::client(config::Addresses::LOOPBACK).expect("TLS can be set up");
    Client::new(config, https, clock).expect("a client")
}

/// A client of `kimi`, which is served as long, with the state and the time of `ground`.
///
/// # Panics
/// When there is no port, or no TLS.
#[expect(clippy::expect_used, reason = "a test cannot go on without")]
pub async fn kimi(kimi: &ModelWorld, ground: &Ground) -> Agent {
    let (listener, address) = listening().await;
    tokio::spawn(model_world::serve(kimi.clone(), listener));
    let entropy = Arc::new(SeededEntropy::new(3));
    let (clock, state) = (ground.clock.clone(), ground.state.clone());
    let state = StateManager::new(state, clock.clone(), entropy.clone());
    let settings = Settings {
        base_url: format!("http://{address}/v1"),
        dialect: Some(Dialect::Kimi),
        ..Settings::new(kimi.key().into())
    };
    let https = https::client(config::Addresses::LOOPBACK).expect("TLS can be set up");
    Agent::new(settings, https, state, clock, entropy).expect("settings that can work")
}

#[expect(clippy::expect_used, reason = "a test cannot go on without")]
async fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

//! `github` beside `--port`: deliveries of a simulated GitHub end with reviews on its pages.

use crate::common::{Process, eventually, exchange};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

const SECRET: &str = "new,old";

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_github-bot"));
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied());
    command
}

/// Returns a page and its head.
fn page(address: SocketAddr, path: &str) -> (String, String) {
    let answer = exchange(address, "GET", path, &[], b"").expect("an answer");
    (answer.body, answer.head)
}

#[test]
fn reviews_appear_on_pages() {
    let bot = {
        // The port is free again when the bot starts.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("its address").to_string()
    };
    let webhook = format!("http://{bot}/webhook");
    let mut github = Process::start(command(
        &["github", "--port", "0", "--webhook", &webhook],
        &[("GITHUB_WEBHOOK_SECRET", SECRET)],
    ));
    let address = github.listening("/");
    let start = std::iter::from_fn(|| Some(github.line()))
        .find(|line| line.contains("github-bot --port"))
        .expect("the command that starts the bot");
    let token = start
        .split_whitespace()
        .find_map(|word| word.strip_prefix("GITHUB_TOKEN="))
        .expect("a token");

    let (_, port) = bot.split_once(':').expect("a port");
    let api = format!("http://{address}");
    let _bot = Process::start(command(
        &["--port", port, "--host", "127.0.0.1", "--state", "memory:"],
        &[
            ("GITHUB_API_URL", &api),
            ("ALLOW_ADDRESSES", "loopback"),
            ("GITHUB_TOKEN", token),
            ("GITHUB_WEBHOOK_SECRET", SECRET),
            ("RUST_LOG", "warn"),
        ],
    ));

    let review = eventually("a review", Duration::from_secs(90), || {
        let (html, _) = page(address, "/acme/shop/pull/7");
        html.contains("requested changes").then_some(html)
    });
    assert!(review.contains("shop/payments.py:3"), "{review}");
    assert!(review.contains("<ins>+SIGNING_KEY"), "{review}");
    let skipped = eventually("a neutral check", Duration::from_secs(90), || {
        let (html, _) = page(address, "/acme/shop/pull/9");
        html.contains("neutral").then_some(html)
    });
    assert!(skipped.contains("dependabot[bot]"), "{skipped}");

    let (list, head) = page(address, "/");
    assert!(list.contains("href=\"/acme/shop/pull/7\""), "{list}");
    assert!(head.contains("content-security-policy: default-src 'none';"));
    let (answer, head) = page(address, "/repos/acme/shop/pulls/7");
    assert!(head.starts_with("http/1.1 403 "), "{answer}");
}

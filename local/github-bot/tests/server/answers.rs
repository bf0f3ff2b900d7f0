//! Answers to GitHub, and the resulting reviews on GitHub.

use crate::child::{GitHub, SECRET, Server, waiting};
use crate::common::{answer, eventually, head, send};
use fake_github::WebhookDelivery;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

fn started() -> (tempfile::TempDir, GitHub, Server) {
    let folder = tempfile::tempdir().expect("a folder");
    let github = GitHub::start();
    let server = Server::start(&github, &folder.path().join("bot.db"));
    (folder, github, server)
}

fn delivery(event: &str, body: &[u8]) -> WebhookDelivery {
    WebhookDelivery {
        guid: "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned(),
        event: event.to_owned(),
        pr: None,
        body: body.to_vec(),
    }
}

#[test]
fn repeated_delivery_is_reviewed_once() {
    let (folder, github, server) = started();
    let opened = github.open();
    assert_eq!(server.post(&opened).0, 202);
    let database = folder.path().join("bot.db");
    let settled = || {
        eventually("all is settled", Duration::from_secs(100), || {
            (waiting(&database, "target != 'deadline'") == 0).then_some(())
        });
    };
    settled();
    assert_eq!(github.reviews(&opened), 1);
    assert_eq!(server.post(&opened).0, 202, "a redelivery is welcome");
    settled();
    assert_eq!(github.reviews(&opened), 1);
    assert_eq!(server.health()["status"], "ok");
    assert_eq!(server.health()["queue"]["dead"], 0);
}

#[test]
fn answers_all_deliveries() {
    let (_folder, github, server) = started();
    let pr = github.open().pr.expect("a pull request");
    let zen = br#"{"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {}}"#;
    let huge = vec![b' '; 26 * 1024 * 1024];
    for (why, delivery, expected) in [
        ("GitHub tries the webhook", delivery("ping", zen), 202),
        (
            "a comment",
            github.world.comment(&pr, "octocat", "Hm."),
            202,
        ),
        ("an event of tomorrow", delivery("teleport", b"{}"), 202),
        ("no JSON", delivery("pull_request", b"{"), 400),
        ("no object", delivery("pull_request", b"[]"), 400),
        ("more than GitHub sends", delivery("push", &huge), 413),
    ] {
        let (status, body) = server.post(&delivery);
        assert_eq!(status, expected, "{why}: {body}");
    }
    let forged = delivery("ping", zen);
    for (why, headers) in [
        ("another secret", forged.headers("not the secret")),
        ("no signature", Vec::new()),
    ] {
        let answer = send(server.address, "POST", "/webhook", &headers, &forged.body);
        assert_eq!(answer.expect("an answer").0, 401, "{why}");
    }
}

#[test]
fn stop_finishes_deliveries_in_progress() {
    let (_folder, github, server) = started();
    let opened = github.open();
    let headers = opened.headers(SECRET);
    let (first, rest) = opened.body.split_at(opened.body.len() / 2);
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    let head = head("POST", "/webhook", &headers, opened.body.len());
    stream.write_all(&head).expect("it reads");
    stream.write_all(first).expect("it reads");
    // An answer on a later connection shows that this one is accepted.
    server.health();
    server.ask_to_stop();
    eventually("no new connections", Duration::from_secs(10), || {
        TcpStream::connect(server.address).err()
    });
    stream.write_all(rest).expect("it still reads");
    assert_eq!(answer(stream).expect("an answer").status, 202);
    assert_eq!(server.wait().code(), Some(0));
}

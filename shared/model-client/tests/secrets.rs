//! The key is sent in one header and appears nowhere else.

mod common;

use common::Stage;
use fake_model::Reply;
use model_client::Settings;
use std::sync::Mutex;
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

#[tokio::test]
async fn key_is_never_shown() {
    let log: &Mutex<Vec<u8>> = Box::leak(Box::default());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(|| log.make_writer())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let stage = Stage::new().await;
    let key = stage.world.key();
    let echo = |status| Reply::Error {
        status,
        kind: "odd".into(),
        message: format!("{} {key}", "x".repeat(285)),
    };
    let agent = stage.agent();
    let mut shown = vec![format!("{agent:?} {:?}", stage.settings())];
    let bad = format!("{{\"m\": \"{key}\"}}");
    for replies in [
        vec![echo(400)],
        vec![echo(401)],
        vec![echo(403)],
        vec![echo(404)],
        vec![echo(429)],
        vec![echo(503); 3],
        vec![Reply::Refusal(key.into())],
        vec![Reply::Body(key.into())],
        vec![Reply::Text(bad.clone()), Reply::Text(bad)],
    ] {
        replies
            .into_iter()
            .for_each(|reply| stage.world.then(reply));
        let error = stage.ask(&agent, "1").await.unwrap_err();
        shown.push(format!("{error} {error:?}"));
        stage.clock.advance(Duration::from_secs(3_600));
    }
    let other = stage.agent_with(Settings {
        key: "sk-of-another-platform".into(),
        ..stage.settings()
    });
    let error = stage.ask(&other, "1").await.unwrap_err();
    assert!(error.to_string().contains("https://api.moonshot.cn/v1"));
    shown.push(format!("{error} {error:?}"));
    shown.extend(
        stage
            .world
            .requests()
            .into_iter()
            .map(|request| request.text),
    );
    let log = String::from_utf8_lossy(&log.lock().unwrap()).into_owned();
    assert!(log.contains("the model received a question"), "{log}");
    assert!(!log.contains("Let me think"), "reasoning is not logged");
    shown.push(log);
    for text in shown {
        for part in [&key[..14], "sk-of-another"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}

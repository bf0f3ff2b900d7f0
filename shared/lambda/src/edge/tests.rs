use super::*;
use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use config::Environment;
use events::{Event, Failure, HandlerError, MalformedEvent, NewEvent, Outcome, Timestamp};
use std::sync::{Arc, Mutex};

/// Fails permanently on events called `bad`, and temporarily on those called `early`.
struct PickyHandler;

#[derive(Debug, thiserror::Error)]
#[error("GitHub is away")]
struct TestFailure;

impl Failure for TestFailure {
    fn is_retryable(&self) -> bool {
        true
    }
}

#[async_trait]
impl Handler for PickyHandler {
    fn name(&self) -> &'static str {
        "picky"
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        match event.id.as_str() {
            "bad" => Err(MalformedEvent {
                id: event.id.clone(),
                topic: event.topic.clone(),
                reason: "it is bad".to_owned(),
            }
            .into()),
            "early" => Err(TestFailure.into()),
            _ => Ok(Outcome::Applied { emitted: 0 }),
        }
    }
}

fn event(id: &str) -> Value {
    let say = NewEvent {
        topic: "github.push".parse().unwrap(),
        subject: "octo/widgets".to_owned(),
        data: json!({}),
    };
    let event = Event::first(id.parse().unwrap(), "test", say, Timestamp::UNIX_EPOCH);
    json!(event.into_eventbridge())
}

fn record(id: &str, body: &str, receives: u32) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "…",
        "body": body,
        "attributes": { "ApproximateReceiveCount": receives.to_string() },
        "eventSource": "aws:sqs",
    })
}

/// Creates a function whose dead-letter queue answers `status`, or that has no such queue.
async fn edge(status: Option<StatusCode>) -> (Edge<PickyHandler>, Arc<Mutex<Vec<Value>>>) {
    let mut set = vec![
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("MAX_RECEIVE_COUNT", "3".to_owned()),
    ];
    let letters = Arc::new(Mutex::new(Vec::new()));
    if let Some(status) = status {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let queue = post(async move |State(letters): State<Letters>, body: String| {
            letters
                .lock()
                .unwrap()
                .push(serde_json::from_str(&body).unwrap());
            (status, "{}")
        });
        let router = Router::new().route("/", queue).with_state(letters.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        set.push(("AWS_ENDPOINT_URL", url.clone()));
        set.push(("DEAD_LETTER_QUEUE_URL", format!("{url}/letters")));
        set.push(("QUEUE_URL", format!("{url}/own")));
    }
    let base = Base::new(Environment::from_iter(set)).unwrap();
    (Edge::new(base, PickyHandler).unwrap(), letters)
}

type Letters = Arc<Mutex<Vec<Value>>>;

async fn answer(edge: &Edge<PickyHandler>, payload: Value) -> Result<Value, InvocationError> {
    let context = lambda_runtime::Context::default();
    edge.answer(LambdaEvent::new(payload, context)).await
}

#[tokio::test]
async fn handles_event_and_returns_failure() {
    let (edge, _) = edge(None).await;
    assert_eq!(answer(&edge, event("good")).await, Ok(Value::Null));
    let failed = answer(&edge, event("bad")).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "event bad on github.push: malformed data: it is bad"
    );
}

#[tokio::test]
async fn reports_only_failed_batch_items() {
    let (edge, _) = edge(None).await;
    let batch = json!({ "Records": [
        record("1", &event("good").to_string(), 1),
        record("2", &event("bad").to_string(), 1),
        record("3", "no JSON", 1),
        record("4", &event("early").to_string(), 3),
    ]});
    let failures = json!({ "batchItemFailures": [
        { "itemIdentifier": "2" },
        { "itemIdentifier": "3" },
        { "itemIdentifier": "4" },
    ]});
    assert_eq!(answer(&edge, batch).await, Ok(failures));
}

#[tokio::test]
async fn permanent_failure_becomes_dead_letter() {
    let (edge, letters) = edge(Some(StatusCode::OK)).await;
    assert_eq!(answer(&edge, event("bad")).await, Ok(Value::Null));
    assert_eq!(answer(&edge, json!({ "id": "x" })).await, Ok(Value::Null));
    assert_eq!(
        answer(&edge, json!({ "Records": 5 })).await,
        Ok(Value::Null)
    );
    let batch = json!({ "Records": [
        record("1", &event("bad").to_string(), 1),
        record("2", "no JSON", 1),
        record("3", &event("early").to_string(), 2),
        record("4", &event("early").to_string(), 3),
    ]});
    let early = json!({ "batchItemFailures": [{ "itemIdentifier": "3" }] });
    assert_eq!(answer(&edge, batch).await, Ok(early), "it has a try left");

    let letters = letters.lock().unwrap();
    let told: Vec<String> = letters
        .iter()
        .filter(|call| call["MessageBody"].is_string())
        .map(|letter| {
            let body: Value =
                serde_json::from_str(letter["MessageBody"].as_str().unwrap()).unwrap();
            let (context, response) = (&body["requestContext"], &body["responsePayload"]);
            format!(
                "{}: {}: {} <- {}",
                context["condition"].as_str().unwrap(),
                response["errorType"].as_str().unwrap(),
                response["errorMessage"].as_str().unwrap(),
                body["requestPayload"]
                    .get("id")
                    .unwrap_or(&body["requestPayload"]),
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    NotRetryable: HandlerError: event bad on github.push: malformed data: it is bad <- "bad"
    NotRetryable: MalformedEvent: malformed EventBridge event: missing field `detail-type` <- "x"
    NotRetryable: MalformedEvent: malformed EventBridge event: invalid type: integer `5`, expected a sequence <- {"Records":5}
    NotRetryable: HandlerError: event bad on github.push: malformed data: it is bad <- "bad"
    NotRetryable: MalformedEvent: malformed EventBridge event: invalid type: string "no JSON", expected struct EventBridgeEvent <- "no JSON"
    RetriesExhausted: HandlerError: GitHub is away <- "early"
    "#);
}

#[tokio::test]
async fn failed_dead_letter_is_retried() {
    let (edge, letters) = edge(Some(StatusCode::BAD_REQUEST)).await;
    assert!(
        answer(&edge, event("bad")).await.is_err(),
        "Lambda tries again"
    );
    assert_eq!(letters.lock().unwrap().len(), 1, "it was tried");
}

#[tokio::test]
async fn error_names_malformed_event() {
    let (edge, _) = edge(None).await;
    for (why, payload, named) in [
        ("empty", json!({}), "missing field `id`"),
        (
            "no detail",
            json!({ "id": "1", "detail-type": "x", "source": "y", "time": "2026-11-01T00:00:00Z" }),
            "missing field `detail`",
        ),
        (
            "records that are none",
            json!({ "Records": 5 }),
            "invalid type",
        ),
    ] {
        let failed = answer(&edge, payload).await.unwrap_err().to_string();
        assert!(
            failed.starts_with("malformed EventBridge event: "),
            "{why}: {failed}"
        );
        assert!(failed.contains(named), "{why}: {failed}");
    }
}

#[tokio::test]
async fn hides_message_until_next_attempt() {
    let (edge, calls) = edge(Some(StatusCode::OK)).await;
    let batch = json!({ "Records": [
        record("1", &event("good").to_string(), 1),
        record("2", &event("early").to_string(), 1),
    ]});
    answer(&edge, batch).await.unwrap();
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 1, "only the failed message is hidden");
    assert_eq!(
        calls[0]["QueueUrl"]
            .as_str()
            .map(|url| url.ends_with("/own")),
        Some(true)
    );
    assert_eq!(calls[0]["ReceiptHandle"], "…");
    assert_eq!(calls[0]["VisibilityTimeout"], 180);
}

use super::*;
use async_trait::async_trait;
use events::{Emit, EmitError, ManualClock, Timestamp};
use http::{HeaderName, HeaderValue, StatusCode};
use source::Door;
use std::sync::Mutex;

/// Bus that can be unavailable.
#[derive(Default)]
struct Bus {
    events: Mutex<Vec<Event>>,
    down: bool,
}

#[async_trait]
impl Emit for Bus {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        if self.down {
            return Err(EmitError::Unavailable {
                failed: events.into_iter().map(|event| event.id).collect(),
                reason: "InternalFailure".to_owned(),
            });
        }
        self.events.lock().unwrap().extend(events);
        Ok(())
    }
}

fn secrets() -> Secrets {
    Secrets::parse(&SecretString::from("secret")).unwrap()
}

fn webhook(bus: &Arc<Bus>) -> Door {
    let source = source(Deps {
        clock: Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH)),
        github_webhook_secret: "secret".into(),
    });
    Door::new(Arc::new(source.unwrap()), bus.clone())
}

fn headers(event: &str, body: &[u8]) -> HeaderMap {
    [
        ("content-type", "application/json".to_owned()),
        ("x-github-event", event.to_owned()),
        (
            "x-github-delivery",
            "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned(),
        ),
        ("x-hub-signature-256", secrets().sign(body)),
    ]
    .into_iter()
    .map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(&value).unwrap(),
        )
    })
    .collect()
}

const ISSUE: &[u8] =
    br#"{"action":"opened","issue":{"number":8},"repository":{"full_name":"octo/widgets"}}"#;

#[tokio::test]
async fn delivery_is_published_under_its_topic() {
    let bus = Arc::<Bus>::default();
    let answer = webhook(&bus).handle(&headers("issues", ISSUE), ISSUE).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    insta::assert_json_snapshot!(answer, @r#"
    {
      "message": "accepted",
      "id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "topic": "github.issue.opened"
    }
    "#);
    let events = bus.events.lock().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].id.as_str(),
        "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    );
    assert_eq!(events[0].correlationid.as_str(), events[0].id.as_str());
    assert_eq!(events[0].subject.as_deref(), Some("octo/widgets#8"));
}

#[tokio::test]
async fn ping_and_unknown_events_are_accepted() {
    let bus = Arc::<Bus>::default();
    let webhook = webhook(&bus);
    let ping = webhook.handle(&headers("ping", b"{}"), b"{}").await;
    assert_eq!(
        (ping.status, ping.message.as_str()),
        (StatusCode::ACCEPTED, "pong")
    );
    let unknown = webhook.handle(&headers("moon_landing", b"{}"), b"{}").await;
    assert_eq!(
        (unknown.status, unknown.message.as_str()),
        (StatusCode::ACCEPTED, "accepted, an unknown event")
    );
    assert_eq!(unknown.topic.unwrap().as_str(), "github.moon_landing");
}

#[tokio::test]
async fn refused_deliveries_are_named_and_unpublished() {
    let without = |name: &str| {
        let mut headers = headers("issues", ISSUE);
        headers.remove(name);
        headers
    };
    let with = |name: &'static str, value: &'static str| {
        let mut headers = headers("issues", ISSUE);
        headers.insert(name, HeaderValue::from_static(value));
        headers
    };
    let broken = b"{\"action\":";
    let huge = vec![b' '; MAX_BODY + 1];
    let bus = Arc::<Bus>::default();
    let webhook = webhook(&bus);
    let mut answers = String::new();
    for (why, headers, body) in [
        ("unsigned", without("x-hub-signature-256"), ISSUE),
        ("signed for another body", headers("issues", b"{}"), ISSUE),
        ("no delivery id", without("x-github-delivery"), ISSUE),
        ("no event", without("x-github-event"), ISSUE),
        (
            "an invalid event name",
            with("x-github-event", "Issues!"),
            ISSUE,
        ),
        (
            "a form",
            with("content-type", "application/x-www-form-urlencoded"),
            ISSUE,
        ),
        ("invalid JSON", headers("issues", broken), broken),
        ("too large", headers("issues", &huge), &huge),
    ] {
        let answer = webhook.handle(&headers, body).await;
        answers += &format!("{why}: {} {}\n", answer.status.as_u16(), answer.message);
    }
    insta::assert_snapshot!(answers, @r#"
    unsigned: 401 X-Hub-Signature-256 is missing: set a secret on the webhook
    signed for another body: 401 X-Hub-Signature-256 does not match: is the webhook's secret the one configured here?
    no delivery id: 400 the header x-github-delivery is missing
    no event: 400 the header x-github-event is missing
    an invalid event name: 400 X-GitHub-Event: "Issues!" is not an event name
    a form: 415 set the webhook's content type to application/json
    invalid JSON: 400 the body is not a JSON object: EOF while parsing a value at line 1 column 10
    too large: 413 the body has more than 26214400 bytes
    "#);
    assert!(bus.events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn unavailable_bus_fails_the_delivery() {
    let bus = Arc::new(Bus {
        down: true,
        ..Bus::default()
    });
    let answer = webhook(&bus).handle(&headers("issues", ISSUE), ISSUE).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn base64_body_verifies_as_signed() {
    for (why, body, base64, status) in [
        ("as text", "{}", false, 202),
        ("in base64", "e30=", true, 202),
        ("another body", "e30K", true, 401),
        ("base64 that says it is text", "e30=", false, 401),
    ] {
        let mut all = serde_json::Map::new();
        for (name, value) in &headers("ping", b"{}") {
            all.insert(name.to_string(), value.to_str().unwrap().into());
        }
        let http = serde_json::json!({
            "method": "POST", "path": "/webhook", "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.1", "userAgent": "GitHub-Hookshot/1",
        });
        let request = serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/webhook",
            "rawQueryString": "", "headers": all, "body": body, "isBase64Encoded": base64,
            "requestContext": {
                "accountId": "anonymous", "apiId": "id", "http": http, "requestId": "r",
                "routeKey": "$default", "stage": "$default",
                "time": "01/Nov/2026:12:00:00 +0000", "timeEpoch": 0,
            },
        });
        let request = lambda_http::request::from_str(&request.to_string()).unwrap();
        let bus = Arc::<Bus>::default();
        let answered = webhook(&bus).answer(request).await;
        assert_eq!(answered.status(), status, "{why}");
        assert_eq!(answered.headers()["content-type"], "application/json");
    }
}

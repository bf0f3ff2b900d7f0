//! `github-bot bus`, called with the AWS SDK.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use axum::Router;
use axum::extract::{Json, Path};
use axum::routing::post;
use config::Environment;
use eventbridge::{Endpoint, Options};
use events::{
    Emit, EmitError, Event, EventBridgeEvent, NewEvent, SeededEntropy, SystemClock, Timestamp,
};
use lambda::{EventBridge, SdkConfig};
use local_bus::template::Template;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A call of a function: name and payload.
type Call = (String, Value);

/// Starts functions that accept every event. Returns their calls and URL.
async fn functions() -> (UnboundedReceiver<Call>, String) {
    let (calls, called) = unbounded_channel();
    let invoked = async move |Path(name): Path<String>, Json(payload): Json<Value>| {
        calls.send((name, payload)).expect("the test listens");
        Json(Value::Null)
    };
    let path = "/2015-03-31/functions/{name}/invocations";
    let routes = Router::new().route(path, post(invoked));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (called, url)
}

/// Starts a bus with the template's rules. Returns its SDK configuration.
async fn endpoint(lambda: String) -> SdkConfig {
    let options = Options {
        lambda,
        build: Duration::ZERO,
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 0,
        bus: Some("bot".to_owned()),
        state: None,
    };
    let template = Template::load(None).expect("the template that is built in");
    let endpoint = Endpoint::open(template, &options, &Environment::default()).await;
    let endpoint = endpoint.expect("it opens");
    let url = format!("http://{}", endpoint.address());
    tokio::spawn(endpoint.run());
    let settings = config::Aws {
        region: "eu-central-1".to_owned(),
        endpoint_url: Some(url),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "unused".into(),
        session_token: None,
    };
    lambda::sdk_config(settings, &egress::unguarded().expect("TLS can be set up"))
}

fn pushed() -> Event {
    let say = NewEvent {
        topic: "github.push".parse().expect("a topic"),
        subject: "octo/widgets".to_owned(),
        data: json!({ "ref": "refs/heads/main", "née": 1.5 }),
    };
    let id = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
        .parse()
        .expect("an id");
    Event::first(id, "github-bot.webhook", say, Timestamp::UNIX_EPOCH)
}

fn bus(config: &SdkConfig, name: &str) -> impl Emit {
    let entropy = Arc::new(SeededEntropy::new(1));
    EventBridge::bus(config, name, Arc::new(SystemClock), entropy)
}

#[tokio::test]
async fn sdk_event_reaches_subscriber() {
    let (mut called, lambda) = functions().await;
    let config = endpoint(lambda).await;
    let emitted = pushed();
    let bus = bus(&config, "bot");
    bus.emit(vec![emitted.clone()])
        .await
        .expect("the bus has it");
    let (name, payload) = called.recv().await.expect("a call");
    assert_eq!(name, "recorder", "the only subscriber of a push");
    let heard: EventBridgeEvent = serde_json::from_value(payload).expect("an event");
    assert_eq!(heard.detail, emitted);
    assert_eq!(heard.detail_type, "github.push");
}

#[tokio::test]
async fn missing_bus_is_named() {
    let (_called, lambda) = functions().await;
    let config = endpoint(lambda).await;
    let error = bus(&config, "other").emit(vec![pushed()]).await;
    let Err(EmitError::Unavailable { reason, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        reason,
        "ResourceNotFoundException: Event bus other does not exist; here is bot."
    );
    let client = Client::new(&config);
    let there = client.describe_event_bus().name("bot").send().await;
    let arn = there.expect("it is there").arn.expect("an ARN");
    let by_arn = client.describe_event_bus().name(&arn).send().await;
    assert_eq!(by_arn.expect("it is there").name.as_deref(), Some("bot"));
    let absent = client.describe_event_bus().name("other").send().await;
    let absent = absent.unwrap_err().into_service_error();
    assert!(absent.is_resource_not_found_exception(), "{absent:?}");
}

#[tokio::test]
async fn sdk_parses_every_error() {
    let (_called, lambda) = functions().await;
    let config = endpoint(lambda).await;
    let client = Client::new(&config);
    let test = |pattern: &str| {
        let event = json!(pushed().into_eventbridge()).to_string();
        let test = client.test_event_pattern().event_pattern(pattern);
        test.event(event).send()
    };
    for (why, pattern, result) in [
        ("it matches", r#"{"detail-type": ["github.push"]}"#, true),
        ("it does not", r#"{"detail-type": ["github.ping"]}"#, false),
    ] {
        assert_eq!(test(pattern).await.expect(why).result, result, "{why}");
    }
    let refused = test(r#"{"source": 5}"#)
        .await
        .unwrap_err()
        .into_service_error();
    assert!(refused.is_invalid_event_pattern_exception(), "{refused:?}");

    let entry = PutEventsRequestEntry::builder()
        .event_bus_name("bot")
        .source("aws.s3")
        .detail_type("Object Created")
        .detail("{}")
        .build();
    let put = client.put_events().entries(entry.clone()).send().await;
    let put = put.expect("an answer");
    assert_eq!(put.failed_entry_count, 1);
    let code = put.entries().first().and_then(|entry| entry.error_code());
    assert_eq!(code, Some("NotAuthorizedForSourceException"));
    let eleven = client.put_events().set_entries(Some(vec![entry; 11]));
    let refused = eleven.send().await.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("ValidationException"));
}

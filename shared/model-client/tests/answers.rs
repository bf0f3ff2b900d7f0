//! Results of replies: an answer that passed its check, or a named outcome.

mod common;

use common::{SYSTEM, Stage, name};
use config::Environment;
use events::SeededEntropy;
use fake_model::Reply;
use model_client::{Agent, AgentError, Model, Settings};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn finds_answer_in_supported_shapes() {
    for (why, reply) in [
        ("JSON", Reply::Json(json!({"n": 7}))),
        ("a fence", Reply::Fenced(json!({"n": 7}))),
        ("running text", Reply::Text(r#"It is {"n": 7}."#.into())),
        (
            "a list of parts",
            Reply::Message(
                json!({"content": [{"type": "text", "text": "{\"n\":"}, {"text": "7}"}]}),
            ),
        ),
        ("no usage", Reply::WithoutUsage(json!({"n": 7}))),
    ] {
        let stage = Stage::new().await;
        stage.world.then(reply);
        let answer = stage.ask(&stage.agent(), "1").await;
        assert_eq!(answer.unwrap().value, json!({"n": 7}), "{why}");
        assert_eq!(stage.world.requests().len(), 1, "{why}");
    }
}

#[tokio::test]
async fn failed_reply_is_named_without_retry() {
    for (reply, want) in [
        (Reply::CutShort("{\"n\":".into()), "CutShort"),
        (Reply::Filtered, "Filtered"),
        (Reply::FilteredQuestion, "Filtered"),
        (Reply::Refusal("I will not.".into()), "Refused"),
        (Reply::Empty, "Empty"),
        (Reply::Body("<html>".into()), "Malformed"),
        (Reply::Body("{}".into()), "Malformed"),
        (Reply::Body(" ".repeat(9 << 20)), "Malformed"),
    ] {
        let stage = Stage::new().await;
        stage.world.then(reply);
        let error = stage.ask(&stage.agent(), "1").await.unwrap_err();
        assert_eq!(name(&error), want, "{error}");
        assert!(!events::Failure::is_retryable(&error), "{error}");
        assert_eq!(stage.world.requests().len(), 1, "{want}");
    }
}

#[tokio::test]
async fn repairs_failed_check_once() {
    let stage = Stage::new().await;
    let bad = json!({"m": "x".repeat(3_000)});
    stage.world.then(Reply::Json(bad));
    stage.world.then(Reply::Json(json!({"n": 7})));
    let answer = stage.ask(&stage.agent(), "1").await.unwrap();
    assert_eq!(answer.value, json!({"n": 7}));

    let requests = stage.world.requests();
    let [first, second] = requests.as_slice() else {
        panic!("{} requests", requests.len());
    };
    let (first, second) = (first.messages(), second.messages());
    assert_eq!(second[..2], first[..], "the prompt begins as it did");
    let repair = second[2].1;
    assert!(repair.contains("n: expected a number"), "{repair}");
    assert!(repair.matches('x').count() <= 2_000, "quoted in part");
    assert!(!repair.contains("Let me think"), "no reasoning goes back");
    let read: usize = [first, second]
        .iter()
        .map(|messages| messages.iter().map(|(_, text)| text.len()).sum::<usize>())
        .map(|bytes| bytes.div_ceil(4))
        .sum();
    assert_eq!(answer.usage.prompt_tokens, read as u64, "of both attempts");
    assert!(
        answer.usage.cached_tokens > 0,
        "the second began as the first"
    );
}

#[tokio::test]
async fn second_invalid_reply_is_malformed() {
    let stage = Stage::new().await;
    stage.world.then(Reply::Text("seven".into()));
    stage.world.then(Reply::Json(json!({"m": 7})));
    stage.world.then(Reply::Json(json!({"n": 7})));
    let error = stage.ask(&stage.agent(), "1").await.unwrap_err();
    let want = "the model's answer cannot be used: n: expected a number";
    assert_eq!(error.to_string(), want);
    assert_eq!(stage.world.requests().len(), 2, "no third attempt");
}

#[tokio::test]
async fn rejected_format_is_replaced_for_good() {
    for (why, without, then) in [
        ("both", &[][..], Some("json_schema")),
        ("no schemas", &["json_schema"], Some("json_object")),
        ("neither", &["json_schema", "json_object"], None),
    ] {
        let stage = Stage::new().await;
        without.iter().for_each(|name| stage.world.without(name));
        stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
        let (agent, other) = (stage.agent(), stage.agent());
        for (ask, of) in [("1", &agent), ("2", &agent), ("3", &other)] {
            let answer = stage.ask(of, ask).await;
            assert_eq!(answer.unwrap().value, json!({"n": 7}), "{why}");
        }
        let requests = stage.world.requests();
        let tried = without.len() + 3;
        assert_eq!(
            requests.len(),
            tried,
            "{why}: the next one knew, and another process"
        );
        let last = requests.last().unwrap();
        assert_eq!(last.response_format(), then, "{why}");
        let in_words = last.messages()[1].1.contains("JSON Schema");
        assert_eq!(in_words, then != Some("json_schema"), "{why}");
    }
}

#[tokio::test]
async fn rejected_question_does_not_affect_others() {
    let stage = Stage::new().await;
    for _ in 0..3 {
        stage.world.then(Reply::Error {
            status: 400,
            kind: "invalid_request_error".to_owned(),
            message: "cannot read db/schema.sql".to_owned(),
        });
    }
    stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
    let agent = stage.agent();
    let error = stage.ask(&agent, "1").await.unwrap_err();
    assert_eq!(name(&error), "Rejected", "{error}");
    for agent in [agent, stage.agent()] {
        stage.ask(&agent, "2").await.unwrap();
        let requests = stage.world.requests();
        let asked = requests.last().unwrap().response_format();
        assert_eq!(asked, Some("json_schema"));
    }
}

#[tokio::test]
async fn prompts_share_prefix() {
    let stage = Stage::new().await;
    stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
    let agent = stage.agent();
    for id in ["1", "2"] {
        stage.ask(&agent, id).await.unwrap();
    }
    let requests = stage.world.requests();
    let fields = requests.iter().map(|request| request.fields());
    for fields in fields {
        let order = [
            "model",
            "reasoning_effort",
            "max_completion_tokens",
            "response_format",
            "messages",
        ];
        assert_eq!(fields, order);
    }
    for request in &requests {
        assert_eq!(request.messages()[0], ("system", SYSTEM), "as it was given");
    }
    assert_eq!(requests[0].text, requests[1].text, "byte by byte");
}

#[tokio::test]
async fn request_fields_depend_on_model() {
    for (model, dialect, good) in [
        ("kimi-k3.1-pro", Some(model_client::Dialect::Kimi), true),
        ("kimi-k2.6", Some(model_client::Dialect::Kimi), true),
        ("kimi-k3.1-pro", None, true), // loopback is not Kimi's own
        ("kimi-k9", None, false),
    ] {
        let stage = Stage::new().await;
        stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
        let agent = stage.agent_with(Settings {
            model: model.to_owned(),
            dialect,
            ..stage.settings()
        });
        assert_eq!(agent.name(), model);
        let answer = stage.ask(&agent, "1").await;
        match answer {
            Ok(answer) => assert_eq!(answer.usage.model, model),
            Err(AgentError::Rejected { reason }) => {
                assert!(!good, "{model}: {reason}");
                assert!(reason.contains("KIMI_MODEL"), "{reason}");
            }
            Err(error) => panic!("{model}: {error}"),
        }
        assert_eq!(stage.world.requests().len(), 1, "{model}");
    }
}

#[tokio::test]
async fn answer_has_price() {
    for (prices, known) in [("", true), ("kimi-k3.1-pro=1/1/1", true)] {
        let stage = Stage::new().await;
        stage.world.then(Reply::Json(json!({"n": 7})));
        let agent = stage.agent_with(Settings {
            prices: prices.parse().unwrap(),
            ..stage.settings()
        });
        let usage = stage.ask(&agent, "1").await.unwrap().usage;
        assert_eq!(usage.micro_dollars.is_some(), known, "{prices:?}");
        if prices.ends_with("1/1/1") {
            assert_eq!(usage.micro_dollars, Some(usage.total()));
        }
    }
    let stage = Stage::new().await;
    stage.world.then(Reply::Json(json!({"n": 7})));
    let agent = stage.agent_with(Settings {
        dialect: None,
        ..stage.settings()
    });
    let usage = stage.ask(&agent, "1").await.unwrap().usage;
    assert_eq!(
        usage.micro_dollars, None,
        "another endpoint's price is unknown"
    );
}

#[tokio::test]
async fn environment_configures_agent() {
    let stage = Stage::new().await;
    stage.world.then(Reply::Json(json!({"n": 7})));
    let from = |set: &[(&str, &str)]| {
        let environment: Environment = set.iter().copied().collect();
        let https = egress::client(environment.allow_addresses().unwrap());
        Agent::from_environment(
            &environment,
            https.unwrap(),
            stage.state.clone(),
            stage.clock.clone(),
            Arc::new(SeededEntropy::new(7)),
        )
    };
    let set = [
        ("KIMI_API_KEY", stage.world.key()),
        ("KIMI_BASE_URL", stage.url.as_str()),
        ("ALLOW_ADDRESSES", "loopback"),
        ("KIMI_PRICES", "kimi-k3.1-pro=2/0.2/10"),
    ];
    let agent = from(&set).unwrap().unwrap();
    let answer = stage.ask(&agent, "1").await.unwrap();
    assert_eq!(answer.value, json!({"n": 7}));
    assert!(answer.usage.micro_dollars.is_some());
    assert!(from(&set[1..]).unwrap().is_none(), "no key, no model");
    let error = from(&set[..2]);
    let error = error.unwrap_err().to_string();
    let error = error.replace(stage.url.trim_end_matches("/v1"), "[url]");
    insta::assert_snapshot!(error, @r#"KIMI_BASE_URL: "[url]": an address on this machine; to allow that, set ALLOW_ADDRESSES=loopback"#);
    let error = from(&[set[0], ("KIMI_BASE_URL", "https://10.0.0.7/v1")]);
    insta::assert_snapshot!(error.unwrap_err(), @r#"KIMI_BASE_URL: "https://10.0.0.7": an address in a private network; to allow that, set ALLOW_ADDRESSES=private"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any reply body results in an answer that passed its check, or in a named outcome.
    #[test]
    fn any_reply_has_answer_or_outcome(
        body in prop_oneof![
            "\\PC{0,60}",
            "[{}\\[\\]\",:n0-9]{0,40}".prop_map(|text| {
                json!({"choices": [{"message": {"content": text}}]}).to_string()
            }),
            any::<Option<u32>>().prop_map(|n| {
                let content = json!({"n": n}).to_string();
                json!({"choices": [{"message": {"content": content}}], "usage": n}).to_string()
            }),
        ]
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answered = runtime.block_on(async {
            let stage = Stage::new().await;
            stage.world.otherwise(move |_| Reply::Body(body.clone()));
            stage.ask(&stage.agent(), "1").await
        });
        match answered {
            Ok(answer) => prop_assert!(common::has_n(&answer.value).is_ok()),
            Err(error) => {
                let name = name(&error);
                let known = ["Malformed", "Empty", "CutShort", "Filtered", "Refused"];
                prop_assert!(known.contains(&name.as_str()), "{}", error);
            }
        }
    }
}

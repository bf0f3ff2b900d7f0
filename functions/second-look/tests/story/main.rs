//! Stories of verdict and second look, from the last report to the verdict.

#![expect(
    clippy::unwrap_used,
    reason = "a story without its parts fails the test"
)]

mod fixture;

use events::{Clock, ManualClock, Timestamp};
use fixture::{DIFF, Fixture, ScriptedModel, begun, key};
use model_client::AgentError;
use review::frame::{DEADLINE, PATIENCE, SECOND_LOOK, TIME_TO_ANSWER};
use review::message::{CheckCompleted, SecondLookRequested};
use review::{Category, Confidence, Finding, MODEL, Severity};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn injection() -> Finding {
    Finding {
        path: "src/a.rs".to_owned(),
        start_line: None,
        line: 3,
        severity: Severity::High,
        category: Category::Security,
        rule: MODEL.to_owned(),
        title: Some("Injection".to_owned()),
        message: "The name goes into the query.".to_owned(),
        suggestion: None,
        confidence: Confidence::percent(90),
        by: vec!["kimi".to_owned()],
        fingerprint: None,
        also: vec![],
        reviewed_before: false,
        side: review::Side::Right,
    }
    .identified(&diff::parse(DIFF))
}

fn says(holds: bool, quote: &str) -> Result<Value, AgentError> {
    let one = json!({ "number": 1, "holds": holds, "quote": quote, "why": "It is escaped." });
    Ok(json!({ "findings": [one] }))
}

const LINE: &str = "run(&format!(\"select {name}\"));";

#[tokio::test]
async fn model_finding_needs_proving_line() {
    let nowhere = "query(sql, [name]);";
    for (why, answer, told, note) in [
        ("a line of the change", says(true, LINE), true, None),
        ("a line that is not there", says(true, nowhere), false, None),
        ("it does not hold", says(false, LINE), false, None),
        (
            "no answer about it",
            Ok(json!({ "findings": [] })),
            false,
            None,
        ),
        (
            "there is no answer",
            Err(AgentError::CutShort),
            true,
            Some("the model's answer was cut short"),
        ),
        (
            "the budget is used up",
            Err(AgentError::OverBudget {
                scope: "today".to_owned(),
                limit: 5,
            }),
            true,
            Some("the budget of today is used up"),
        ),
        (
            "the answer is invalid",
            Ok(json!({ "findings": "all of them are disproved" })),
            true,
            Some("cannot be used"),
        ),
    ] {
        let fixture = Fixture::new(vec![answer]);
        fixture.reported(&injection()).await;
        let settled = fixture.settle().await;
        assert!(
            settled.iter().all(|line| !line.contains("failed")),
            "{why}: {settled:?}"
        );
        let verdict = fixture.verdict().await.unwrap();
        let counts = (verdict.findings.len(), verdict.unsure.len());
        assert_eq!(counts, if told { (1, 0) } else { (0, 1) }, "{why}");
        let noted = verdict.notes.join(" ");
        assert!(noted.contains(note.unwrap_or_default()), "{why}: {noted}");
        assert_eq!(noted.is_empty(), note.is_none(), "{why}: {noted}");
        assert_eq!(verdict.usage.is_some(), note.is_none(), "{why}");
    }
}

#[tokio::test]
async fn missing_model_keeps_findings_unproven() {
    let unasked = Arc::new(ScriptedModel(Mutex::new(vec![])));
    let fixture = Fixture::with(None, unasked);
    fixture.reported(&injection()).await;
    fixture.settle().await;
    let verdict = fixture.verdict().await.unwrap();
    assert_eq!(verdict.findings, [injection()]);
    assert!(
        verdict.notes[0].contains("no model is configured"),
        "{:?}",
        verdict.notes
    );
    assert_eq!(fixture.item().await.unwrap().proven.len(), 0);
}

#[tokio::test]
async fn repeated_event_does_not_ask_again() {
    let fixture = Fixture::new(vec![says(true, LINE)]);
    fixture.reported(&injection()).await;
    fixture.settle().await;
    let first = fixture.verdict().await;
    for id in ["delivery-1", "delivery-2"] {
        let completed = CheckCompleted {
            review: key(),
            category: Category::Logic,
            findings: 0,
        };
        fixture.say(id, &completed).await;
        let asked = SecondLookRequested {
            review: key(),
            findings: 1,
        };
        fixture.say(&format!("second-look-{id}"), &asked).await;
        let settled = fixture.settle().await;
        assert!(
            settled.iter().all(|line| !line.contains("failed")),
            "{settled:?}"
        );
    }
    assert_eq!(
        fixture.verdict().await,
        first,
        "the first verdict is unchanged"
    );
    assert!(
        fixture.model.0.lock().unwrap().is_empty(),
        "it was asked once"
    );
}

#[tokio::test]
async fn paused_model_delays_until_deadline() {
    let paused = |clock: &ManualClock| {
        let wait = Duration::from_secs(60);
        let until = clock.now() + wait;
        Err(AgentError::Paused { until, wait })
    };
    let fixture = Fixture::new(vec![]);
    fixture.model.0.lock().unwrap().push(paused(&fixture.clock));
    fixture.reported(&injection()).await;
    let settled = fixture.settle().await;
    assert!(
        settled[1].contains("failed: the reviewer is paused"),
        "{settled:?}"
    );
    assert_eq!(fixture.verdict().await, None);

    // The queue redelivers the message unchanged.
    let asked = SecondLookRequested {
        review: key(),
        findings: 1,
    };
    let asked = fixture.event("second-look-1", &asked);
    fixture.model.0.lock().unwrap().push(paused(&fixture.clock));
    let error = events::Handler::handle(&*fixture.second_look, &asked)
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));

    // The specialists may have taken their longest time.
    fixture.clock.advance(PATIENCE + TIME_TO_ANSWER);
    fixture.model.0.lock().unwrap().push(paused(&fixture.clock));
    let error = events::Handler::handle(&*fixture.second_look, &asked).await;
    assert!(error.is_err(), "there is time: {error:?}");

    let last = SECOND_LOOK - PATIENCE - TIME_TO_ANSWER - Duration::from_secs(60);
    fixture.clock.advance(last);
    assert!(fixture.clock.now() + TIME_TO_ANSWER < Timestamp::UNIX_EPOCH + DEADLINE);
    fixture.model.0.lock().unwrap().push(paused(&fixture.clock));
    let done = events::Handler::handle(&*fixture.second_look, &asked).await;
    assert!(done.is_ok(), "{done:?}");
    fixture.settle().await;
    let verdict = fixture.verdict().await.unwrap();
    assert_eq!(verdict.findings.len(), 1);
    assert!(verdict.notes[0].contains("paused"), "{:?}", verdict.notes);
}

#[tokio::test]
async fn deadline_does_not_wait_for_proof() {
    let away = AgentError::Unavailable {
        reason: "503".to_owned(),
    };
    let fixture = Fixture::new(vec![Err(away), says(true, LINE)]);
    fixture.reported(&injection()).await;
    fixture.settle().await;
    assert_eq!(fixture.verdict().await, None);
    fixture.say("deadline", &begun()).await;
    fixture.settle().await;
    let verdict = fixture.verdict().await.unwrap();
    assert_eq!(verdict.findings.len(), 1);
    assert_eq!(
        verdict.notes,
        ["The second look did not finish in time. The model's findings are unproven."]
    );

    let asked = SecondLookRequested {
        review: key(),
        findings: 1,
    };
    fixture.say("late", &asked).await;
    let settled = fixture.settle().await;
    assert!(
        settled[0].contains("the verdict exists already"),
        "{settled:?}"
    );
    assert_eq!(fixture.item().await, None);
    assert_eq!(
        fixture.model.0.lock().unwrap().len(),
        1,
        "the model was not asked"
    );
}

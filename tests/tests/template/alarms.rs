//! Alarms within CloudWatch's limits.

use crate::infra::{Infra, arn, broken, reference, texts, values};
use local_bus::template::BUILT_IN;
use serde_json::Value;

/// Maximum metrics per alarm ("CloudWatch service quotas").
const MAX_METRICS: usize = 10;

fn faults(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    let mut watched = Vec::new();
    for (name, alarm) in infra.all("AWS::CloudWatch::Alarm") {
        let stats = values(&alarm["Metrics"]).map(|metric| &metric["MetricStat"]["Metric"]);
        let metrics: Vec<_> = stats.filter(|metric| !metric.is_null()).collect();
        if metrics.len() > MAX_METRICS {
            found.push(format!("{name}: {} metrics", metrics.len()));
        }
        if metrics.is_empty() && alarm["MetricName"].is_null() {
            found.push(format!("{name}: no metric"));
        }
        let is_told = texts(&alarm["AlarmActions"]) == ["AlarmTopic"];
        if !is_told {
            found.push(format!("{name}: sends no mail"));
        }
        let of = values(&alarm["Dimensions"]).find_map(|it| subject(&it["Value"]));
        watched.push((alarm["MetricName"].as_str(), of));
    }
    for (name, _) in infra.functions() {
        for metric in ["Errors", "Throttles"] {
            if !watched.contains(&(Some(metric), Some(name))) {
                found.push(format!("{name}: no alarm for {metric}"));
            }
        }
    }
    for (name, _) in infra.all("AWS::Events::Rule") {
        let metric = "InvocationsFailedToBeSentToDlq";
        if !watched.contains(&(Some(metric), Some(name))) {
            found.push(format!("{name}: no alarm for {metric}"));
        }
    }
    for metric in ["4xx", "5xx"] {
        if !watched.contains(&(Some(metric), Some("Api"))) {
            found.push(format!("Api: no alarm for {metric}"));
        }
    }
    found
}

/// Returns the resource of a dimension's value. A rule's name comes from its ARN: `!Ref` returns
/// `bus|rule`.
fn subject(value: &Value) -> Option<&str> {
    let parts = &value["Fn::Select"][1]["Fn::Split"];
    match arn(&parts[1]) {
        Some(rule) => Some(rule),
        None => reference(value).filter(|name| *name != "Bus" && !name.ends_with("Rule")),
    }
}

#[test]
fn functions_have_alarms_within_limits() {
    let violations = broken(faults, "      MetricName: Errors\n", "");
    insta::assert_snapshot!(violations, @"
    WebhookErrorsAlarm: no metric
    WebhookFunction: no alarm for Errors
    ");
    let rule = "!Select [2, !Split [\"/\", !GetAtt StyleRule.Arn]]";
    let told = broken(faults, rule, "!Ref StyleRule");
    insta::assert_snapshot!(told, @"StyleRule: no alarm for InvocationsFailedToBeSentToDlq");
    let told = broken(
        faults,
        "      MetricName: 5xx\n",
        "      MetricName: 5XXError\n",
    );
    insta::assert_snapshot!(told, @"Api: no alarm for 5xx");
    let topic = "      AlarmActions: [!Ref AlarmTopic]\n";
    let told = broken(faults, topic, "      AlarmActions: []\n");
    insta::assert_snapshot!(told, @"DeadLettersAlarm: sends no mail");
}

#[test]
fn cost_page_states_the_alarms_price() {
    let infra = Infra::parse(BUILT_IN);
    let alarms = infra.all("AWS::CloudWatch::Alarm").count();
    let metrics: usize = infra
        .all("AWS::CloudWatch::Alarm")
        .map(|(_, alarm)| {
            let stats = values(&alarm["Metrics"]).filter(|it| !it["MetricStat"].is_null());
            stats.count().max(1)
        })
        .sum();
    // "Amazon CloudWatch pricing": 10 cents a month for each metric of an alarm.
    let (dollars, cents) = (metrics / 10, metrics % 10 * 10);
    let stated = format!("`AlarmEmail` adds {dollars}.{cents:02}: {alarms} alarms");
    let page = include_str!("../../../docs/cost.md");
    assert!(
        page.contains(&stated),
        "docs/cost.md does not state: {stated}"
    );
}

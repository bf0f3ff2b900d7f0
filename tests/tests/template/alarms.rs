//! Alarms within CloudWatch's limits.

use crate::infra::{Infra, broken, reference, values};

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
        let of = values(&alarm["Dimensions"]).find_map(|it| reference(&it["Value"]));
        watched.push((alarm["MetricName"].as_str(), of));
    }
    for (name, _) in infra.functions() {
        for metric in ["Errors", "Throttles"] {
            if !watched.contains(&(Some(metric), Some(name))) {
                found.push(format!("{name}: no alarm for {metric}"));
            }
        }
    }
    found
}

#[test]
fn functions_have_alarms_within_limits() {
    let violations = broken(faults, "      MetricName: Errors\n", "");
    insta::assert_snapshot!(violations, @"
    WebhookErrorsAlarm: no metric
    WebhookFunction: no alarm for Errors
    ");
}

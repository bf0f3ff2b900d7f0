//! Logs and queues.

use crate::infra::{Infra, arn, broken, folder, manifests, reference, resources, subjects, texts};
use std::collections::BTreeSet;
use xtask::naming::pascal;

fn logs(infra: &Infra) -> Vec<String> {
    let (mut found, mut taken) = (Vec::new(), BTreeSet::new());
    for (name, group) in infra.all("AWS::Logs::LogGroup") {
        if infra.number(&group["RetentionInDays"]).is_none() {
            found.push(format!("{name}: no retention limit"));
        }
    }
    for (name, function) in infra.functions() {
        let group = reference(&infra.setting(function, "LoggingConfig")["LogGroup"]);
        if infra.one("AWS::Logs::LogGroup", group).is_null() {
            found.push(format!("{name}: no log group of this template"));
        } else if !taken.insert(group) {
            found.push(format!("{name}: another function has its log group"));
        }
        let may_write = infra.statements(function).iter().any(|statement| {
            let writes = texts(&statement["Action"]).contains(&"logs:PutLogEvents");
            writes && arn(&statement["Resource"]) == group
        });
        if !may_write {
            found.push(format!("{name}: it may not write to its log group"));
        }
    }
    found
}

#[test]
fn log_groups_have_retention() {
    let violations = broken(logs, "      RetentionInDays: !Ref LogDays\n", "");
    insta::assert_snapshot!(violations, @"ApiLogs: no retention limit");
    let violations = broken(logs, "LogGroup: !Ref StyleLogs", "LogGroup: !Ref LogicLogs");
    insta::assert_snapshot!(violations, @"
    StyleFunction: another function has its log group
    StyleFunction: it may not write to its log group
    ");
    let violations = broken(
        logs,
        "      LoggingConfig: { LogGroup: !Ref WebhookLogs }\n",
        "",
    );
    insta::assert_snapshot!(violations, @"
    WebhookFunction: no log group of this template
    WebhookFunction: it may not write to its log group
    ");
}

fn plain_queues(infra: &Infra) -> Vec<String> {
    let queues = infra.all("AWS::SQS::Queue");
    let plain = queues.filter(|(_, queue)| {
        queue["SqsManagedSseEnabled"] != true && queue["KmsMasterKeyId"].is_null()
    });
    plain
        .map(|(name, _)| format!("{name}: it is not encrypted"))
        .collect()
}

#[test]
fn queues_are_encrypted() {
    let violations = broken(
        plain_queues,
        "SqsManagedSseEnabled: true",
        "DelaySeconds: 0",
    );
    insta::assert_snapshot!(violations, @"CoordinatorQueue: it is not encrypted");
}

/// Returns the queues with a visibility timeout below six times the function's timeout
/// ("Configuring a queue to use with Lambda", Lambda Developer Guide).
fn hidden_too_short(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, function, queue, _) in infra.sources() {
        let timeout = infra.number(infra.setting(function, "Timeout"));
        let properties = infra.one("AWS::SQS::Queue", Some(queue));
        let visibility = infra.number(&properties["VisibilityTimeout"]);
        match (timeout, visibility) {
            (Some(timeout), Some(visibility)) if visibility >= 6 * timeout => {}
            _ => found.push(format!("{queue}: shown again while {name} may still try")),
        }
    }
    found
}

#[test]
fn visibility_timeout_is_six_function_timeouts() {
    let violations = broken(
        hidden_too_short,
        "VisibilityTimeout: 540",
        "VisibilityTimeout: 539",
    );
    insta::assert_snapshot!(violations, @"SecurityQueue: shown again while SecurityFunction may still try");
    let violations = broken(hidden_too_short, "    Timeout: 30\n", "    Timeout: 31\n");
    let with_default: BTreeSet<_> = manifests()
        .iter()
        .filter(|function| function.timeout.is_none())
        .filter_map(|function| Some(format!("{}Queue", pascal(&function.queue()?.name))))
        .collect();
    assert_eq!(subjects(&violations), with_default, "{violations}");
    let deadline = "ReviewDeadlineQueue: shown again while VerdictFunction may still try";
    assert!(violations.lines().any(|it| it == deadline), "{violations}");
}

fn batches(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, function, queue, source) in infra.sources() {
        let types = &source["FunctionResponseTypes"];
        if !texts(types).contains(&"ReportBatchItemFailures") {
            found.push(format!(
                "{name}: failures of {queue}'s messages are not reported"
            ));
        }
        let limit = infra.number(&source["ScalingConfig"]["MaximumConcurrency"]);
        if limit.is_none() {
            found.push(format!("{name}: takes from {queue} without a limit"));
        }
        if folder(function) == "publisher" && limit != Some(2) {
            found.push(format!(
                "{name}: more write to GitHub at a time than need be"
            ));
        }
        if reference(&infra.variables(function)["QUEUE_URL"]) != Some(queue) {
            found.push(format!(
                "{name}: has no variable for {queue}, whose retries it delays"
            ));
        }
        let redrive = &infra.one("AWS::SQS::Queue", Some(queue))["RedrivePolicy"];
        let tries = infra.number(&redrive["maxReceiveCount"]);
        let variable = &infra.variables(function)["MAX_RECEIVE_COUNT"];
        if tries.map(|tries| tries.to_string()).as_deref() != variable.as_str() {
            found.push(format!(
                "{name}: its variable has {variable} tries, {queue} has {tries:?}"
            ));
        }
    }
    found
}

/// Seconds of the verdict's function after the last report.
const TIME_FOR_VERDICT: u64 = 30;

/// A specialist that crashes once answers in time all the same: its message is shown
/// again, and it may run, before the review's deadline.
fn too_late(infra: &Infra) -> Vec<String> {
    let deadline = infra.number(&infra.0["Parameters"]["ReviewDeadlineSeconds"]["Default"]);
    let least = &infra.0["Parameters"]["ReviewDeadlineSeconds"]["MinValue"];
    let least = infra.number(least);
    let mut found = Vec::new();
    for (name, function, queue, _) in infra.sources() {
        if !infra.variables(function).contains_key("KIMI_MODEL") {
            continue;
        }
        let timeout = infra.number(infra.setting(function, "Timeout"));
        let properties = infra.one("AWS::SQS::Queue", Some(queue));
        let visibility = infra.number(&properties["VisibilityTimeout"]);
        let second = timeout.zip(visibility).map(|(run, hidden)| run + hidden);
        if second
            .zip(deadline.min(least))
            .is_none_or(|(second, deadline)| second + TIME_FOR_VERDICT > deadline)
        {
            found.push(format!(
                "{name}: its second try ends after the review's deadline"
            ));
        }
        let answer = review::frame::TIME_TO_ANSWER.as_secs();
        if timeout.is_none_or(|timeout| timeout <= answer) {
            found.push(format!("{name}: it ends before its model may answer"));
        }
    }
    let framed = review::frame::DEADLINE.as_secs();
    if deadline != Some(framed) {
        found.push(format!(
            "ReviewDeadlineSeconds: not the {framed} that everything is made to fit"
        ));
    }
    found
}

#[test]
fn specialist_has_second_try_before_deadline() {
    let violations = broken(too_late, "    Default: 720\n", "    Default: 630\n");
    let late = violations
        .lines()
        .filter(|it| !it.starts_with("ReviewDeadlineSeconds"));
    let late: Vec<_> = late.collect();
    let with_model = resources(|it| it.needs.model && it.queue().is_some());
    assert_eq!(subjects(&late.join("\n")), with_model, "{violations}");
    let style = "StyleFunction: its second try ends after the review's deadline";
    assert!(late.contains(&style), "{violations}");
    let deadline = "ReviewDeadlineSeconds: not the 720 that everything is made to fit";
    assert!(violations.lines().any(|it| it == deadline), "{violations}");
    let told = broken(too_late, "    MinValue: 660\n", "    MinValue: 600\n");
    assert_eq!(subjects(&told), with_model, "{told}");
    assert!(told.lines().any(|it| it == style), "{told}");
    let told = broken(too_late, "      Timeout: 90\n", "      Timeout: 75\n");
    insta::assert_snapshot!(told, @"SecurityFunction: it ends before its model may answer");
}

#[test]
fn variables_match_queue_settings() {
    let violations = broken(batches, "[ReportBatchItemFailures]", "[]");
    insta::assert_snapshot!(violations, @"CoordinatorFunction: failures of CoordinatorQueue's messages are not reported");
    let violations = broken(
        batches,
        "            ScalingConfig: { MaximumConcurrency: !Ref SpecialistConcurrency }\n",
        "",
    );
    insta::assert_snapshot!(violations, @"CoordinatorFunction: takes from CoordinatorQueue without a limit");
    let violations = broken(
        batches,
        "{ MaximumConcurrency: 2 }",
        "{ MaximumConcurrency: 3 }",
    );
    insta::assert_snapshot!(violations, @"PublisherFunction: more write to GitHub at a time than need be");
    let violations = broken(
        batches,
        "QUEUE_URL: !Ref StyleQueue",
        "QUEUE_URL: !Ref LogicQueue",
    );
    insta::assert_snapshot!(violations, @"StyleFunction: has no variable for StyleQueue, whose retries it delays");
    let violations = broken(batches, "maxReceiveCount: 10", "maxReceiveCount: 11");
    insta::assert_snapshot!(violations, @r#"CoordinatorFunction: its variable has "10" tries, CoordinatorQueue has Some(11)"#);
}

//! Logs and queues.

use crate::infra::{Infra, arn, broken, folder, reference, texts};
use std::collections::BTreeSet;

fn logs(infra: &Infra) -> Vec<String> {
    let (mut found, mut taken) = (Vec::new(), BTreeSet::new());
    for (name, group) in infra.all("AWS::Logs::LogGroup") {
        if infra.number(&group["RetentionInDays"]).is_none() {
            found.push(format!("{name}: kept for ever"));
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
fn every_function_has_a_log_group_that_forgets() {
    let told = broken(logs, "      RetentionInDays: !Ref LogDays\n", "");
    insta::assert_snapshot!(told, @"ApiLogs: kept for ever");
    let told = broken(logs, "LogGroup: !Ref StyleLogs", "LogGroup: !Ref LogicLogs");
    insta::assert_snapshot!(told, @"
    StyleFunction: another function has its log group
    StyleFunction: it may not write to its log group
    ");
    let told = broken(
        logs,
        "      LoggingConfig: { LogGroup: !Ref WebhookLogs }\n",
        "",
    );
    insta::assert_snapshot!(told, @"
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
fn every_queue_is_encrypted() {
    let told = broken(
        plain_queues,
        "SqsManagedSseEnabled: true",
        "DelaySeconds: 0",
    );
    insta::assert_snapshot!(told, @"CoordinatorQueue: it is not encrypted");
}

/// "Configuring a queue to use with Lambda", Lambda Developer Guide: six times.
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
fn a_message_is_hidden_for_six_times_as_long_as_its_function_may_run() {
    let told = broken(
        hidden_too_short,
        "VisibilityTimeout: 540",
        "VisibilityTimeout: 539",
    );
    insta::assert_snapshot!(told, @"SecurityQueue: shown again while SecurityFunction may still try");
    let told = broken(hidden_too_short, "    Timeout: 30\n", "    Timeout: 31\n");
    insta::assert_snapshot!(told, @"
    CoordinatorQueue: shown again while CoordinatorFunction may still try
    PublisherQueue: shown again while PublisherFunction may still try
    ReviewDeadlineQueue: shown again while VerdictFunction may still try
    ");
}

fn batches(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, function, queue, source) in infra.sources() {
        let types = &source["FunctionResponseTypes"];
        if !texts(types).contains(&"ReportBatchItemFailures") {
            found.push(format!(
                "{name}: what it says of {queue}'s messages is not heard"
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
                "{name}: not told of {queue}, which it puts tries off in"
            ));
        }
        let redrive = &infra.one("AWS::SQS::Queue", Some(queue))["RedrivePolicy"];
        let tries = infra.number(&redrive["maxReceiveCount"]);
        let told = &infra.variables(function)["MAX_RECEIVE_COUNT"];
        if tries.map(|tries| tries.to_string()).as_deref() != told.as_str() {
            found.push(format!(
                "{name}: told of {told} tries, where {queue} gives {tries:?}"
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
fn a_specialist_has_a_second_try_before_the_deadline() {
    let told = broken(too_late, "    Default: 720\n", "    Default: 630\n");
    insta::assert_snapshot!(told, @"
    LogicFunction: its second try ends after the review's deadline
    ProofFunction: its second try ends after the review's deadline
    SecurityFunction: its second try ends after the review's deadline
    StyleFunction: its second try ends after the review's deadline
    ReviewDeadlineSeconds: not the 720 that everything is made to fit
    ");
    let told = broken(too_late, "    MinValue: 660\n", "    MinValue: 600\n");
    insta::assert_snapshot!(told, @"
    LogicFunction: its second try ends after the review's deadline
    ProofFunction: its second try ends after the review's deadline
    SecurityFunction: its second try ends after the review's deadline
    StyleFunction: its second try ends after the review's deadline
    ");
    let told = broken(too_late, "      Timeout: 90\n", "      Timeout: 75\n");
    insta::assert_snapshot!(told, @"SecurityFunction: it ends before its model may answer");
}

#[test]
fn a_function_is_told_how_its_queue_gives() {
    let told = broken(batches, "[ReportBatchItemFailures]", "[]");
    insta::assert_snapshot!(told, @"CoordinatorFunction: what it says of CoordinatorQueue's messages is not heard");
    let told = broken(
        batches,
        "            ScalingConfig: { MaximumConcurrency: !Ref SpecialistConcurrency }\n",
        "",
    );
    insta::assert_snapshot!(told, @"CoordinatorFunction: takes from CoordinatorQueue without a limit");
    let told = broken(
        batches,
        "{ MaximumConcurrency: 2 }",
        "{ MaximumConcurrency: 3 }",
    );
    insta::assert_snapshot!(told, @"PublisherFunction: more write to GitHub at a time than need be");
    let told = broken(
        batches,
        "QUEUE_URL: !Ref StyleQueue",
        "QUEUE_URL: !Ref LogicQueue",
    );
    insta::assert_snapshot!(told, @"StyleFunction: not told of StyleQueue, which it puts tries off in");
    let told = broken(batches, "maxReceiveCount: 10", "maxReceiveCount: 11");
    insta::assert_snapshot!(told, @r#"CoordinatorFunction: told of "10" tries, where CoordinatorQueue gives Some(11)"#);
}

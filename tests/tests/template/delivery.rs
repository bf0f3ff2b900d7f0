//! Failed deliveries reach the dead letters.

use crate::infra::{Infra, arn, broken, reference, resources};

fn locked_out(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, _, to) in infra.targets() {
        let may = if infra.one("AWS::SQS::Queue", Some(to)).is_null() {
            let mut permissions = infra.all("AWS::Lambda::Permission");
            permissions.any(|(_, permission)| {
                permission["Action"] == "lambda:InvokeFunction"
                    && permission["Principal"] == "events.amazonaws.com"
                    && reference(&permission["FunctionName"]) == Some(to)
                    && arn(&permission["SourceArn"]) == Some(rule)
            })
        } else {
            infra.lets_send(rule, to)
        };
        if !may {
            found.push(format!("{rule}: it may not reach {to}"));
        }
        if !infra.lets_send(rule, "DeadLetters") {
            found.push(format!("{rule}: it may not reach the dead letters"));
        }
    }
    found
}

#[test]
fn rules_may_reach_their_targets() {
    let violations = broken(
        locked_out,
        "FunctionName: !Ref VerdictFunction",
        "FunctionName: !Ref RecorderFunction",
    );
    insta::assert_snapshot!(violations, @"VerdictRule: it may not reach VerdictFunction");
    let violations = broken(
        locked_out,
        "\"aws:SourceArn\": !GetAtt StyleRule.Arn",
        "\"aws:SourceArn\": !GetAtt LogicRule.Arn",
    );
    insta::assert_snapshot!(violations, @"StyleRule: it may not reach StyleQueue");
    let violations = broken(
        locked_out,
        "                  - !GetAtt PublisherRule.Arn\n",
        "",
    );
    insta::assert_snapshot!(violations, @"PublisherRule: it may not reach the dead letters");
}

fn dropped(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, target, to) in infra.targets() {
        let policy = &target["RetryPolicy"];
        for limit in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
            if infra.number(&policy[limit]).is_none() {
                found.push(format!("{rule}: no {limit}"));
            }
        }
        if arn(&target["DeadLetterConfig"]["Arn"]) != Some("DeadLetters") {
            found.push(format!("{rule}: undelivered events are dropped"));
        }
        let function = infra.one("AWS::Serverless::Function", Some(to));
        let invoke = infra.setting(function, "EventInvokeConfig");
        let failed = &invoke["DestinationConfig"]["OnFailure"]["Destination"];
        if !function.is_null() && arn(failed) != Some("DeadLetters") {
            found.push(format!("{to}: failed events are dropped"));
        }
    }
    for (name, queue) in infra.all("AWS::SQS::Queue") {
        let policy = &queue["RedrivePolicy"];
        let leads = arn(&policy["deadLetterTargetArn"]) == Some("DeadLetters");
        let counts = infra.number(&policy["maxReceiveCount"]).is_some();
        if name != "DeadLetters" && !(leads && counts) {
            found.push(format!("{name}: failed messages stay"));
        }
        if name == "DeadLetters" && !policy.is_null() {
            found.push(format!("{name}: there is nowhere to go from there"));
        }
    }
    found
}

#[test]
fn failures_end_in_dead_letters() {
    let config = "          DeadLetterConfig:\n            Arn: !GetAtt DeadLetters.Arn\n";
    let violations = broken(dropped, config, "");
    insta::assert_snapshot!(violations, @"PullRequestRule: undelivered events are dropped");
    let violations = broken(dropped, "            MaximumRetryAttempts: 185\n", "");
    insta::assert_snapshot!(violations, @"PullRequestRule: no MaximumRetryAttempts");
    let violations = broken(dropped, "          OnFailure:\n", "          OnSuccess:\n");
    insta::assert_snapshot!(violations, @"PullRequestFunction: failed events are dropped");
    let violations = broken(dropped, "        maxReceiveCount: 10\n", "");
    insta::assert_snapshot!(violations, @"CoordinatorQueue: failed messages stay");
}

/// Returns the functions without dead letters. An event source needs none, because its sender
/// receives the error directly.
fn without_dead_letters(infra: &Infra) -> Vec<String> {
    let sources = resources(|it| it.http.is_some());
    let mut found = Vec::new();
    for (name, function) in infra.functions() {
        let queue = infra.variables(function).remove("DEAD_LETTER_QUEUE_URL");
        let knows = queue.as_ref().and_then(reference) == Some("DeadLetters");
        let may = infra.statements(function).iter().any(|statement| {
            statement["Action"] == "sqs:SendMessage"
                && arn(&statement["Resource"]) == Some("DeadLetters")
        });
        let must = !sources.contains(name);
        if (knows, may) != (must, must) {
            found.push(format!(
                "{name}: knows the dead letters: {knows}, may write: {may}"
            ));
        }
    }
    found
}

#[test]
fn functions_may_write_dead_letters() {
    let variable = "          DEAD_LETTER_QUEUE_URL: !Ref DeadLetters\n";
    let violations = broken(without_dead_letters, variable, "");
    insta::assert_snapshot!(violations, @"PullRequestFunction: knows the dead letters: false, may write: true");
    let violations = broken(
        without_dead_letters,
        "                Action: sqs:SendMessage\n",
        "                Action: sqs:DeleteMessage\n",
    );
    insta::assert_snapshot!(violations, @"PullRequestFunction: knows the dead letters: true, may write: false");
}

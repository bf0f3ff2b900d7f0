//! Generates one alarm per function and kind: CloudWatch takes at most 10 metrics an alarm.

use crate::manifest::{Function, Invoke, Setting, Subscription};
use crate::naming::pascal;

const HEAD: &str = r#"  <Name>Alarm:
    Type: AWS::CloudWatch::Alarm
    Condition: HasAlarmEmail
    Properties:
      AlarmDescription: <description>
      AlarmActions: [!Ref AlarmTopic]
      EvaluationPeriods: 2
      DatapointsToAlarm: 1
      ComparisonOperator: <comparison>
      Threshold: <threshold>
      TreatMissingData: notBreaching
"#;
const METRIC: &str = r#"      Namespace: <namespace>
      MetricName: <metric>
      Dimensions: [{ Name: <dimension>, Value: <value> }]
      Statistic: <statistic>
      Period: 300

"#;
const DELAYED: &str = r#"      Metrics:
        - Id: seconds
          Label: Seconds that the oldest event has waited after its delay
          Expression: !Sub FILL(age, 0) - <delay>
        - Id: age
          ReturnData: false
          MetricStat: { Stat: Maximum, Period: 300, Metric: { Namespace: AWS/SQS, MetricName: ApproximateAgeOfOldestMessage,
            Dimensions: [{ Name: QueueName, Value: !GetAtt <Sub>Queue.QueueName }] } }

"#;
// `!Ref` of a rule on a bus of its own is `bus|rule`; its ARN ends with `rule/bus/rule`.
const LOST: &str = r#"      Namespace: AWS/Events
      MetricName: InvocationsFailedToBeSentToDlq
      Dimensions:
        - { Name: EventBusName, Value: !Ref Bus }
        - { Name: RuleName, Value: !Select [2, !Split ["/", !GetAtt <Sub>Rule.Arn]] }
      Statistic: Sum
      Period: 300

"#;
const NOTE: &str =
    "  # Late data counts as missing at first, so each alarm evaluates two periods. The ages of
  # queues are in seconds, those of asynchronous invocations in milliseconds.
";

/// Returns the alarms of all functions.
pub fn alarms(functions: &[Function]) -> String {
    let all = functions.iter().map(|function| {
        let subscriptions = function.subscriptions.iter();
        let of_rules: String = subscriptions
            .map(|subscription| age(function, subscription) + &lost(subscription))
            .collect();
        of_rules
            + &count(
                function,
                "Errors",
                "5",
                "GreaterThanOrEqualToThreshold",
                "Errors of",
            )
            + &count(
                function,
                "Throttles",
                "0",
                "GreaterThanThreshold",
                "Throttled invocations of",
            )
    });
    NOTE.to_owned() + &all.collect::<String>()
}

fn age(function: &Function, subscription: &Subscription) -> String {
    let (threshold, metric) = match (subscription.invoke, &subscription.delay) {
        (Invoke::Rule, _) => (
            "900000",
            METRIC
                .replace("<namespace>", "AWS/Lambda")
                .replace("<metric>", "AsyncEventAge")
                .replace("<dimension>", "FunctionName")
                .replace("<value>", "!Ref <Fn>Function"),
        ),
        (Invoke::Queue, None) => (
            "900",
            METRIC
                .replace("<namespace>", "AWS/SQS")
                .replace("<metric>", "ApproximateAgeOfOldestMessage")
                .replace("<dimension>", "QueueName")
                .replace("<value>", "!GetAtt <Sub>Queue.QueueName"),
        ),
        (Invoke::Queue, Some(delay)) => (
            "900",
            DELAYED.replace(
                "<delay>",
                &match delay {
                    Setting::Number(seconds) => seconds.to_string(),
                    Setting::Parameter(name) => format!("${{{name}}}"),
                },
            ),
        ),
    };
    (HEAD.to_owned() + &metric)
        .replace("<Name>", "<Sub>Age")
        .replace(
            "<description>",
            "An event for <name> has waited for 15 minutes.",
        )
        .replace("<comparison>", "GreaterThanThreshold")
        .replace("<threshold>", threshold)
        .replace("<statistic>", "Maximum")
        .replace("<Fn>", &pascal(&function.name))
        .replace("<Sub>", &pascal(&subscription.name))
        .replace("<name>", &subscription.name)
}

/// Returns the alarm on events that EventBridge lost: neither the target nor the dead letters
/// took them.
fn lost(subscription: &Subscription) -> String {
    (HEAD.to_owned() + LOST)
        .replace("<Name>", "<Sub>Lost")
        .replace(
            "<description>",
            "EventBridge lost events for <name>. The dead letters did not take them.",
        )
        .replace("<comparison>", "GreaterThanThreshold")
        .replace("<threshold>", "0")
        .replace("<Sub>", &pascal(&subscription.name))
        .replace("<name>", &subscription.name)
}

fn count(
    function: &Function,
    metric: &str,
    threshold: &str,
    comparison: &str,
    what: &str,
) -> String {
    (HEAD.to_owned() + METRIC)
        .replace("<Name>", "<Fn><metric>")
        .replace("<description>", "<what> <name>.")
        .replace("<what>", what)
        .replace("<comparison>", comparison)
        .replace("<threshold>", threshold)
        .replace("<namespace>", "AWS/Lambda")
        .replace("<metric>", metric)
        .replace("<dimension>", "FunctionName")
        .replace("<value>", "!Ref <Fn>Function")
        .replace("<statistic>", "Sum")
        .replace("<Fn>", &pascal(&function.name))
        .replace("<name>", &function.name)
}

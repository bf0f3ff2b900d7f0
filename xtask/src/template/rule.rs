//! Rules with their targets, queues and permissions.

use crate::manifest::{Function, Invoke, Subscription};
use crate::naming::pascal;
use serde_json::Value;

/// Seconds of `Globals.Function.Timeout` in the base file.
const DEFAULT_TIMEOUT: u64 = 30;

const RULE: &str = r#"  <Sub>Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern:
<pattern>
      Targets:
        - Id: <target>
          Arn: !GetAtt <to>.Arn
          RetryPolicy:
            MaximumEventAgeInSeconds: 86400
            MaximumRetryAttempts: 185
          DeadLetterConfig:
            Arn: !GetAtt DeadLetters.Arn

"#;

const PERMISSION: &str = r#"  <Sub>Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref <Fn>Function
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
      SourceArn: !GetAtt <Sub>Rule.Arn

"#;

const QUEUE: &str = r#"  <Sub>Queue:
    Type: AWS::SQS::Queue
    Metadata:
      checkov:
        skip:
          - { id: CKV_AWS_27, comment: "encrypted by SQS's own key (SqsManagedSseEnabled), which the check does not count" }
    Properties:
      SqsManagedSseEnabled: true
<delay>      VisibilityTimeout: <visibility>
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt DeadLetters.Arn
        maxReceiveCount: 10

  <Sub>QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref <Sub>Queue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: events.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt <Sub>Queue.Arn
            Condition: { ArnEquals: { "aws:SourceArn": !GetAtt <Sub>Rule.Arn } }

"#;

/// Returns the rule of a subscription, with the queue or the permission of its target.
pub(super) fn rule(function: &Function, subscription: &Subscription) -> String {
    let name = pascal(&subscription.name);
    let (to, way) = match subscription.invoke {
        Invoke::Rule => ("<Fn>Function", PERMISSION.to_owned()),
        Invoke::Queue => {
            let delay = subscription.delay.as_ref();
            let delay = delay.map(|it| format!("      DelaySeconds: {it}\n"));
            // Six times: "Configuring a queue to use with Lambda", Lambda Developer Guide.
            let visibility = 6 * function.timeout.unwrap_or(DEFAULT_TIMEOUT);
            let queue = QUEUE.replace("<delay>", &delay.unwrap_or_default());
            (
                "<Sub>Queue",
                queue.replace("<visibility>", &visibility.to_string()),
            )
        }
    };
    let rule = RULE
        .replace("<pattern>\n", &pattern(&subscription.pattern))
        .replace("<target>", &subscription.target)
        .replace("<to>", to);
    (rule + &way).replace("<Sub>", &name)
}

/// Returns an event pattern as YAML: exact topics are plain, everything else is JSON.
fn pattern(pattern: &Value) -> String {
    let topics = pattern.get("detail-type").and_then(Value::as_array);
    let topics: Vec<String> = topics
        .into_iter()
        .flatten()
        .map(|topic| match (topic.as_str(), topic.as_object()) {
            (Some(exact), _) => exact.to_owned(),
            (None, Some(operator)) => {
                let pairs = operator
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"));
                format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
            }
            (None, None) => topic.to_string(),
        })
        .collect();
    let mut text = if topics.len() > 2 {
        let items: String = topics
            .iter()
            .map(|it| format!("          - {it}\n"))
            .collect();
        format!("        detail-type:\n{items}")
    } else {
        format!("        detail-type: [{}]\n", topics.join(", "))
    };
    if let Some(detail) = pattern.get("detail") {
        text += &format!("        detail: {detail}\n");
    }
    text
}

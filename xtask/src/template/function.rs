//! Functions with their route, schedule, limits and logs.

use super::{environment, role, rule};
use crate::manifest::Function;
use crate::naming::{indent, pascal};

const ROUTE: &str = r#"  <Fn>Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: <route>
      AuthorizationType: NONE
      Target: !Sub integrations/${<Fn>Integration}

  <Fn>Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt <Fn>Function.Arn
      PayloadFormatVersion: "2.0"

  <Fn>Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref <Fn>Function
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/<path>

"#;

const SCHEDULE: &str = r#"  <Fn>Schedule:
    Type: AWS::Scheduler::Schedule
    Metadata:
      checkov:
        skip:
          - { id: CKV_AWS_297, comment: "its event holds an id and a time, and Scheduler encrypts it with its own key" }
    Properties:
      ScheduleExpression: <schedule>
      FlexibleTimeWindow: { Mode: "OFF" }
      Target:
        Arn: !GetAtt Bus.Arn
        RoleArn: !GetAtt <Fn>ScheduleRole.Arn
        EventBridgeParameters: { DetailType: schedule.<name>, Source: schedule }
        Input: >-
          {"specversion":"1.0","id":"<aws.scheduler.execution-id>","source":"schedule","type":"schedule.<name>","subject":"<name>","time":"<aws.scheduler.scheduled-time>","correlationid":"<aws.scheduler.execution-id>","data":{}}
        RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 }

  <Fn>ScheduleRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: scheduler.amazonaws.com }
            Action: sts:AssumeRole
      PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
      Policies:
        - PolicyName: <name>-schedule
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: events:PutEvents
                Resource: !GetAtt Bus.Arn

"#;

const FUNCTION: &str = r#"  <Fn>Function:
    Type: AWS::Serverless::Function
    Metadata:
      checkov:
        skip:
          - { id: CKV_AWS_116, comment: "<failures>" }
          - { id: CKV_AWS_117, comment: "in a VPC with the parameter VpcSubnetIds" }
          - { id: CKV_AWS_173, comment: "names and references only; Lambda encrypts them with its own key" }
    Properties:
      CodeUri: ../target/lambda/<name>
<limits>      Role: !GetAtt <Fn>Role.Arn
      LoggingConfig: { LogGroup: !Ref <Fn>Logs }
      Environment:
        Variables:
<variables><invocation><events>
"#;

const INVOCATION: &str = r#"      EventInvokeConfig:
        MaximumRetryAttempts: 2
        MaximumEventAgeInSeconds: 21600
        DestinationConfig:
          OnFailure:
            Type: SQS
            Destination: !GetAtt DeadLetters.Arn
"#;

const EVENTS: &str = r#"      Events:
        <source>:
          Type: SQS
          Properties:
            Queue: !GetAtt <Sub>Queue.Arn
            BatchSize: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
"#;

const LOGS: &str = r#"  <Fn>Logs:
    Type: AWS::Logs::LogGroup
    Metadata:
      checkov:
        skip:
          - { id: CKV_AWS_158, comment: "CloudWatch encrypts with its own key; no secrets are logged" }
    Properties:
      LogGroupName: !Sub /aws/lambda/${AWS::StackName}/<name>
      RetentionInDays: !Ref LogDays

"#;

// An intrinsic function replaces the one in Globals.
const RESERVED: &str = "      ReservedConcurrentExecutions: !If
        - Has<parameter>
        - !Ref <parameter>
        - !If [HasReservedConcurrency, !Ref ReservedConcurrency, !Ref AWS::NoValue]
";

/// Returns all resources of a function.
pub(super) fn block(function: &Function) -> String {
    let mut text = format!("  # ── {}: {}\n", function.name, function.description);
    if let Some(http) = &function.http {
        text += &ROUTE
            .replace("<route>", &http.key)
            .replace("<path>", &http.key.replace(' ', ""));
    }
    if let Some(schedule) = &function.schedule {
        text += &SCHEDULE.replace("<schedule>", schedule);
    }
    for subscription in &function.subscriptions {
        text += &rule::rule(function, subscription);
    }
    text += &lambda(function);
    text += &role::role(function);
    text += LOGS;
    text.replace("<Fn>", &pascal(&function.name))
        .replace("<name>", &function.name)
}

fn lambda(function: &Function) -> String {
    let is_invoked = function.has_invocation();
    let queue = function.queue();
    let failures = match (&function.http, is_invoked, queue) {
        (Some(_), _, _) => {
            "API Gateway waits for its answer: the sender of a failed request gets a 5xx"
        }
        (None, true, Some(_)) => {
            "its EventInvokeConfig and its queue's redrive lead to DeadLetters"
        }
        (None, true, None) => "its EventInvokeConfig leads to DeadLetters",
        (None, false, _) => "its queue's redrive leads to DeadLetters",
    };
    let mut limits = String::new();
    for (name, value) in [
        ("Timeout", function.timeout),
        ("MemorySize", function.memory),
    ] {
        if let Some(value) = value {
            limits += &format!("      {name}: {value}\n");
        }
    }
    if let Some(parameter) = &function.reserved_concurrency {
        limits += &RESERVED.replace("<parameter>", parameter);
    }
    let events = queue.map(|queue| {
        let limit = queue.concurrency.as_ref();
        let limit =
            limit.map(|it| format!("            ScalingConfig: {{ MaximumConcurrency: {it} }}\n"));
        EVENTS
            .replace("<source>", &queue.source)
            .replace("<Sub>", &pascal(&queue.name))
            + &limit.unwrap_or_default()
    });
    FUNCTION
        .replace("<failures>", failures)
        .replace("<limits>", &limits)
        .replace(
            "<variables>",
            &indent(10, &environment::variables(function)),
        )
        .replace("<invocation>", if is_invoked { INVOCATION } else { "" })
        .replace("<events>\n", &(events.unwrap_or_default() + "\n"))
}

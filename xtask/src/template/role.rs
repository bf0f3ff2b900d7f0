//! Roles of functions.

use crate::manifest::{Function, Needs};
use crate::naming::{indent, pascal};

const ROLE: &str = r#"  <Fn>Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: lambda.amazonaws.com }
            Action: sts:AssumeRole
      PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
      ManagedPolicyArns: !If [InVpc, [!Ref VpcAccess], !Ref AWS::NoValue]
      Policies:
        - PolicyName: <name>
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
<statements>

"#;

// The partition key of the table is the kind ("Using IAM policy conditions for fine-grained access
// control", DynamoDB Developer Guide).
const TABLE_STATEMENT: &str = r#"- Effect: Allow
  Action: <action>
  Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": <kinds> } }
  Resource: !If
    - CreatesTable
    - !GetAtt Table.Arn
    - !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}
"#;

const SECRET_STATEMENT: &str = r#"- Effect: Allow
  Action: !If [SecretsInSsm, ssm:GetParameter, secretsmanager:GetSecretValue]
  Resource: !If
    - SecretsInSsm
    - !Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${<parameter>}
    - !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${<parameter>}-??????
"#;

// The condition avoids a statement without a resource: an empty reference names nothing.
const POLICY_STATEMENT: &str = r#"- !If
  - HasReviewPolicy
  - Effect: Allow
    Action: ssm:GetParameter
    Resource: !Sub
      - arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${Name}
      - Name: !Join ["", !Split ["ssm:", !Ref ReviewPolicy]]
  - !Ref AWS::NoValue
"#;

const KEY_STATEMENT: &str = r#"- !If
  - SecretsHaveKey
  - Effect: Allow
    Action: kms:Decrypt
    Resource: !Ref KmsKeyArn
  - !Ref AWS::NoValue
"#;

/// Kind of the item that never exists, which a function reads at its start.
const NO_KIND: &str = "-";

/// Returns the role of a function.
pub(super) fn role(function: &Function) -> String {
    ROLE.replace("<statements>", indent(14, &statements(function)).trim_end())
}

/// Returns the statements of a function's role that the needs imply.
fn statements(function: &Function) -> String {
    let Needs {
        state,
        bus,
        model,
        secrets,
        policy,
        ..
    } = &function.needs;
    let allow = |actions: &str, on: &str| {
        format!("- Effect: Allow\n  Action: {actions}\n  Resource: !GetAtt {on}.Arn\n")
    };
    let secret = |parameter: &str| SECRET_STATEMENT.replace("<parameter>", parameter);
    let mut text = String::new();
    if let Some(queue) = function.queue() {
        let actions = "[sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ChangeMessageVisibility]";
        text += &allow(actions, &format!("{}Queue", pascal(&queue.name)));
    }
    if let Some(state) = state {
        let table = |action: &str, kinds: &[&str]| {
            let statement = TABLE_STATEMENT.replace("<action>", action);
            statement.replace("<kinds>", &format!("{kinds:?}"))
        };
        let read = [&[NO_KIND], &*state.kinds()].concat();
        let written: Vec<_> = state.write.iter().map(String::as_str).collect();
        text += &table("dynamodb:GetItem", &read);
        if !written.is_empty() {
            text += &table("dynamodb:UpdateItem", &written);
        }
    }
    if *bus {
        text += &allow("[events:PutEvents, events:DescribeEventBus]", "Bus");
    }
    if function.needs.has_github() {
        text += "- !If\n  - IsApp\n";
        text += &indent(2, &secret("GitHubAppKeyName"));
        text += &indent(2, &secret("GitHubTokenName"));
    }
    for parameter in secrets.values() {
        text += &secret(parameter);
    }
    if *policy {
        text += POLICY_STATEMENT;
    }
    if *model {
        text += "- !If\n  - HasModel\n";
        text += &indent(2, &secret("ModelKeyName"));
        text += "  - !Ref AWS::NoValue\n";
    }
    if function.needs.has_github() || *model || !secrets.is_empty() || *policy {
        text += KEY_STATEMENT;
    }
    if function.http.is_none() {
        text += &allow("sqs:SendMessage", "DeadLetters");
    }
    text + &allow("[logs:CreateLogStream, logs:PutLogEvents]", "<Fn>Logs")
}

//! Environment of functions.

use crate::manifest::{Function, Needs};
use crate::naming::pascal;

const GITHUB_VARIABLES: &str = r#"GITHUB_API_URL: !Ref GitHubApiUrl
GITHUB_TOKEN: !If
  - IsApp
  - !Ref AWS::NoValue
  - !If
    - SecretsInSsm
    - !Sub ssm:/${GitHubTokenName}
    - !Sub secretsmanager:${GitHubTokenName}
GITHUB_APP_ID: !If [IsApp, !Ref GitHubAppId, !Ref AWS::NoValue]
GITHUB_APP_PRIVATE_KEY: !If
  - IsApp
  - !If
    - SecretsInSsm
    - !Sub ssm:/${GitHubAppKeyName}
    - !Sub secretsmanager:${GitHubAppKeyName}
  - !Ref AWS::NoValue
"#;

const MODEL_VARIABLES: &str = r#"KIMI_BASE_URL: !Ref ModelUrl
KIMI_MODEL: !Ref ModelId
KIMI_PRICES: !Ref ModelPrices
KIMI_API_KEY: !If
  - HasModel
  - !If
    - SecretsInSsm
    - !Sub ssm:/${ModelKeyName}
    - !Sub secretsmanager:${ModelKeyName}
  - !Ref AWS::NoValue
"#;

const STATE_VARIABLE: &str = r#"STATE_URL: !If
  - CreatesTable
  - !Sub dynamodb://${Table}
  - !Sub dynamodb://${ExistingTable}
"#;

const SECRET_VARIABLE: &str = r#"<variable>: !If
  - SecretsInSsm
  - !Sub ssm:/${<parameter>}
  - !Sub secretsmanager:${<parameter>}
"#;

/// Returns the environment that the needs imply.
pub(super) fn variables(function: &Function) -> String {
    let Needs {
        state,
        bus,
        model,
        secrets,
        policy,
        ..
    } = &function.needs;
    let mut text = String::new();
    if *bus {
        text += "EVENT_BUS_NAME: !Ref Bus\n";
    }
    if state.is_some() {
        text += STATE_VARIABLE;
    }
    if let Some(queue) = function.queue() {
        text += &format!("QUEUE_URL: !Ref {}Queue\n", pascal(&queue.name));
    }
    if function.http.is_none() {
        text += "DEAD_LETTER_QUEUE_URL: !Ref DeadLetters\n";
    }
    if function.queue().is_some() {
        text += "MAX_RECEIVE_COUNT: \"10\"\n";
    }
    for (variable, parameter) in &function.environment {
        text += &format!("{variable}: !Ref {parameter}\n");
    }
    if function.needs.has_github() || *model {
        text += "ALLOW_ADDRESSES: !Ref AllowAddresses\n";
    }
    if function.needs.has_github() {
        text += GITHUB_VARIABLES;
    }
    if *model {
        text += MODEL_VARIABLES;
    }
    if *policy {
        text += "REVIEW_POLICY: !Ref ReviewPolicy\n";
    }
    for (variable, parameter) in secrets {
        text += &SECRET_VARIABLE
            .replace("<variable>", variable)
            .replace("<parameter>", parameter);
    }
    text
}

//! `infra/template.yaml` gives no function more than it needs, keeps no secret, and
//! loses no event.
//!
//! A guard is a function from the template to what it has against it. That it can
//! have something, each test shows too: it breaks the template for its guard.

#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null in a JSON value"
)]

use local::template::{BUILT_IN, json};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Guard = fn(&Infra) -> Vec<String>;

/// The template, short tags in their long form.
struct Infra(Value);

impl Infra {
    fn parse(text: &str) -> Self {
        Self(json(text, "infra/template.yaml").expect("YAML"))
    }

    /// The properties of all resources of a type, by name.
    fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.0["Resources"].as_object().expect("resources");
        let of_kind = resources.iter().filter(move |(_, r)| r["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }

    fn functions(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all("AWS::Serverless::Function")
    }

    /// The properties of the resource of a type that has this name; null if none has.
    fn one(&self, kind: &str, name: Option<&str>) -> &Value {
        let found = self.all(kind).find(|(other, _)| Some(*other) == name);
        found.map_or(&Value::Null, |(_, properties)| properties)
    }

    /// A property of a function, or what all functions have in its place.
    fn setting<'a>(&'a self, function: &'a Value, name: &str) -> &'a Value {
        let own = &function[name];
        if own.is_null() {
            &self.0["Globals"]["Function"][name]
        } else {
            own
        }
    }

    /// A function's variables, with those that all functions have.
    fn variables(&self, function: &Value) -> BTreeMap<String, Value> {
        let everybody = &self.0["Globals"]["Function"]["Environment"]["Variables"];
        let own = &function["Environment"]["Variables"];
        let maps = [everybody, own].into_iter().filter_map(Value::as_object);
        maps.flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// A number, or the default of the parameter that stands in its place.
    fn number(&self, value: &Value) -> Option<u64> {
        let parameter = reference(value);
        let default = parameter.map(|name| &self.0["Parameters"][name]["Default"]);
        default.unwrap_or(value).as_u64()
    }

    /// The queues that functions take from: function, its properties, queue, and the
    /// event source's properties.
    fn sources(&self) -> Vec<(&str, &Value, &str, &Value)> {
        let mut sources = Vec::new();
        for (name, function) in self.functions() {
            for source in values(&function["Events"]) {
                let properties = &source["Properties"];
                let queue = arn(&properties["Queue"]).expect("a queue's ARN");
                sources.push((name, function, queue, properties));
            }
        }
        sources
    }

    /// Rules with each of their targets: rule, target, and the target's resource.
    fn targets(&self) -> Vec<(&str, &Value, &str)> {
        let mut targets = Vec::new();
        for (name, rule) in self.all("AWS::Events::Rule") {
            for target in values(&rule["Targets"]) {
                let to = arn(&target["Arn"]).expect("a target's ARN");
                targets.push((name, target, to));
            }
        }
        targets
    }

    /// The statements of a function's role.
    fn statements(&self, function: &Value) -> Vec<&Value> {
        let role = self.one("AWS::IAM::Role", arn(&function["Role"]));
        values(&role["Policies"])
            .flat_map(|policy| values(&policy["PolicyDocument"]["Statement"]))
            .collect()
    }

    /// Whether an SQS policy lets a rule, and nobody else, send to a queue.
    fn lets_send(&self, rule: &str, queue: &str) -> bool {
        let mut policies = self.all("AWS::SQS::QueuePolicy");
        policies.any(|(_, policy)| {
            let is_for = values(&policy["Queues"]).any(|of| reference(of) == Some(queue));
            is_for
                && values(&policy["PolicyDocument"]["Statement"]).any(|statement| {
                    let source = &statement["Condition"]["ArnEquals"]["aws:SourceArn"];
                    statement["Action"] == "sqs:SendMessage"
                        && statement["Principal"]["Service"] == "events.amazonaws.com"
                        && arn(&statement["Resource"]) == Some(queue)
                        && (arn(source) == Some(rule)
                            || values(source).any(|source| arn(source) == Some(rule)))
                })
        })
    }
}

/// What a list or a map holds.
fn values(of: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match of {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(entries) => Box::new(entries.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}

/// All texts within a value.
fn texts(within: &Value) -> Vec<&str> {
    match within.as_str() {
        Some(text) => vec![text],
        None => values(within).flat_map(texts).collect(),
    }
}

/// X of `!Ref X`.
fn reference(value: &Value) -> Option<&str> {
    value["Ref"].as_str()
}

/// X of `!GetAtt X.Arn`.
fn arn(value: &Value) -> Option<&str> {
    let get_att = &value["Fn::GetAtt"];
    get_att[0].as_str().filter(|_| get_att[1] == "Arn")
}

/// The name of a function's folder.
fn folder(function: &Value) -> &str {
    let code = function["CodeUri"].as_str().expect("a path");
    code.rsplit('/').next().expect("a name")
}

/// The template has nothing against it; with `old` replaced by `new`, it has what
/// is returned.
fn broken(guard: Guard, old: &str, new: &str) -> String {
    let found = guard(&Infra::parse(BUILT_IN));
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(BUILT_IN.contains(old), "there is no {old:?}");
    let found = guard(&Infra::parse(&BUILT_IN.replacen(old, new, 1)));
    assert!(!found.is_empty(), "{new:?} in place of {old:?} is not seen");
    found.join("\n")
}

// ── Who may call, and who may do what ─────────────────────────────────────────

fn open_doors(infra: &Infra) -> Vec<String> {
    let urls = infra.all("AWS::Lambda::Url");
    let configs = infra
        .functions()
        .map(|(name, function)| (name, infra.setting(function, "FunctionUrlConfig")));
    let open = urls
        .chain(configs)
        .filter(|(_, url)| url["AuthType"] == "NONE");
    let mut found: Vec<_> = open
        .map(|(name, _)| format!("{name}: anybody may call it"))
        .collect();
    for (name, permission) in infra.all("AWS::Lambda::Permission") {
        if permission["SourceArn"].is_null() || permission["Principal"] == "*" {
            found.push(format!("{name}: it does not say who may call"));
        }
    }
    found
}

#[test]
fn no_function_can_be_called_by_anybody() {
    let url = "FunctionUrlConfig: { AuthType: NONE }\n      CodeUri: ../target/lambda/publisher";
    let told = broken(open_doors, "CodeUri: ../target/lambda/publisher", url);
    insta::assert_snapshot!(told, @"PublisherFunction: anybody may call it");
    let told = broken(open_doors, "      SourceArn: !GetAtt VerdictRule.Arn\n", "");
    insta::assert_snapshot!(told, @"VerdictPermission: it does not say who may call");
}

fn wildcards(infra: &Infra) -> Vec<String> {
    let roles = infra.all("AWS::IAM::Role").flat_map(|(name, role)| {
        let policies = values(&role["Policies"]);
        policies.map(move |policy| (name, &policy["PolicyDocument"]))
    });
    let queues = infra.all("AWS::SQS::QueuePolicy");
    let queues = queues.map(|(name, policy)| (name, &policy["PolicyDocument"]));
    let mut found = Vec::new();
    for (name, document) in roles.chain(queues) {
        for statement in values(&document["Statement"]) {
            for statement in branches(statement) {
                let parts = [
                    "Action",
                    "NotAction",
                    "Resource",
                    "NotResource",
                    "Principal",
                ];
                let said = parts.iter().flat_map(|part| texts(&statement[part]));
                let wild = said.filter(|text| text.contains('*'));
                found.extend(wild.map(|text| format!("{name}: {text}")));
            }
        }
    }
    found
}

#[test]
fn what_a_policy_can_name_it_names() {
    let told = broken(wildcards, "Resource: !GetAtt Table.Arn", "Resource: \"*\"");
    insta::assert_snapshot!(told, @"PullRequestRole: *");
    let told = broken(wildcards, "Action: kms:Decrypt", "Action: kms:*");
    insta::assert_snapshot!(told, @"WebhookRole: kms:*");
}

fn roles(infra: &Infra) -> Vec<String> {
    let (mut found, mut taken) = (Vec::new(), BTreeSet::new());
    for (name, function) in infra.functions() {
        let role = arn(infra.setting(function, "Role"));
        let properties = infra.one("AWS::IAM::Role", role);
        if properties.is_null() {
            found.push(format!("{name}: no role of this template"));
        } else if !taken.insert(role) {
            found.push(format!("{name}: another function has its role"));
        }
        if !properties["ManagedPolicyArns"].is_null() {
            found.push(format!("{name}: managed policies are not written for it"));
        }
        if !infra.setting(function, "Policies").is_null() {
            found.push(format!("{name}: its policies belong into its role"));
        }
    }
    found
}

#[test]
fn every_function_has_a_role_of_its_own() {
    let told = broken(roles, "!GetAtt StyleRole.Arn", "!GetAtt LogicRole.Arn");
    insta::assert_snapshot!(told, @"StyleFunction: another function has its role");
    let told = broken(
        roles,
        "      Role: !GetAtt RecorderRole.Arn\n",
        "      Policies: [AWSLambdaExecute]\n",
    );
    insta::assert_snapshot!(told, @"
    RecorderFunction: no role of this template
    RecorderFunction: its policies belong into its role
    ");
    let managed = "Type: AWS::IAM::Role\n    Properties:\n";
    let told = broken(
        roles,
        managed,
        &format!("{managed}      ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n"),
    );
    insta::assert_snapshot!(told, @"WebhookFunction: managed policies are not written for it");
}

/// The branches of an `!If`, or the value itself.
fn branches(value: &Value) -> Vec<&Value> {
    match value["Fn::If"].as_array() {
        Some(parts) => parts.iter().skip(1).collect(),
        None => vec![value],
    }
}

/// What a statement lets a function do, line by line: "dynamodb:GetItem on Table".
fn allowed(statement: &Value) -> String {
    let actions = branches(&statement["Action"]);
    let resources = branches(&statement["Resource"]);
    let mut lines = String::new();
    for (actions, resource) in actions.into_iter().zip(resources) {
        let named = arn(resource).or(reference(resource));
        let on = named.or(resource["Fn::Sub"].as_str()).expect("a resource");
        for action in texts(actions) {
            lines += &format!("    {action} on {on}\n");
        }
    }
    lines
}

#[test]
fn what_every_function_is_told_and_may_do() {
    let infra = Infra::parse(BUILT_IN);
    let mut table = String::new();
    for (_, function) in infra.functions() {
        let names: Vec<_> = infra.variables(function).into_keys().collect();
        table += &format!("{}\n    {}\n", folder(function), names.join(" "));
        let statements = infra.statements(function).into_iter().flat_map(branches);
        let said = statements.filter(|statement| reference(statement) != Some("AWS::NoValue"));
        table.extend(said.map(allowed));
    }
    insta::assert_snapshot!(table);
}

// ── What a function is told ───────────────────────────────────────────────────

fn unknown_variables(infra: &Infra) -> Vec<String> {
    let config = include_str!("../../shared/config/src/lib.rs");
    let (code, _tests) = config.split_once("#[cfg(test)]").expect("code and tests");
    let mut found = Vec::new();
    for (name, function) in infra.functions() {
        let variables = infra.variables(function).into_keys();
        let unknown = variables.filter(|variable| !code.contains(&format!("\"{variable}\"")));
        found.extend(unknown.map(|it| format!("{name}: shared/config does not read {it}")));
    }
    found
}

#[test]
fn every_variable_is_read_in_shared_config() {
    let told = broken(unknown_variables, "STATE_URL:", "STATE_URI:");
    insta::assert_snapshot!(told, @"PullRequestFunction: shared/config does not read STATE_URI");
}

fn plain_secrets(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    let parameters = infra.0["Parameters"].as_object().expect("parameters");
    let hidden = parameters.iter().filter(|(_, it)| !it["NoEcho"].is_null());
    found.extend(hidden.map(|(name, _)| format!("{name}: no secret comes in by a parameter")));
    for (name, function) in infra.functions() {
        for (variable, value) in infra.variables(function) {
            let is_reference = |branch: &&Value| {
                let text = branch.as_str().or(branch["Fn::Sub"].as_str());
                text.is_some_and(|text| {
                    text.starts_with("ssm:/") || text.starts_with("secretsmanager:")
                })
            };
            let is_secret = ["SECRET", "TOKEN", "KEY", "PASSWORD"]
                .iter()
                .any(|word| variable.contains(word));
            if is_secret && !branches(&value).iter().all(is_reference) {
                found.push(format!("{name}: {variable} is no reference to a secret"));
            }
            if texts(&value).iter().any(|text| text.contains("{{resolve:")) {
                found.push(format!("{name}: {variable} would show what is resolved"));
            }
        }
    }
    found
}

#[test]
fn a_secret_stands_in_no_environment() {
    let told = broken(
        plain_secrets,
        "!Sub secretsmanager:${GitHubTokenName}",
        "!Ref GitHubTokenName",
    );
    insta::assert_snapshot!(told, @"SecurityFunction: GITHUB_TOKEN is no reference to a secret");
    let told = broken(
        plain_secrets,
        "Default: github-bot/github-token",
        "NoEcho: true",
    );
    insta::assert_snapshot!(told, @"GitHubTokenName: no secret comes in by a parameter");
    let told = broken(
        plain_secrets,
        "GITHUB_API_URL: !Ref GitHubApiUrl",
        "GITHUB_API_URL: \"{{resolve:ssm:url}}\"",
    );
    insta::assert_snapshot!(told, @"SecurityFunction: GITHUB_API_URL would show what is resolved");
}

// ── Logs and queues ───────────────────────────────────────────────────────────

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
    insta::assert_snapshot!(told, @"SecurityQueue: it is not encrypted");
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
        "VisibilityTimeout: 180",
        "VisibilityTimeout: 179",
    );
    insta::assert_snapshot!(told, @"SecurityQueue: shown again while SecurityFunction may still try");
    let told = broken(hidden_too_short, "    Timeout: 30\n", "    Timeout: 31\n");
    insta::assert_snapshot!(told, @"
    LogicQueue: shown again while LogicFunction may still try
    PublisherQueue: shown again while PublisherFunction may still try
    SecurityQueue: shown again while SecurityFunction may still try
    StyleQueue: shown again while StyleFunction may still try
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
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../functions")
            .join(folder(function))
            .join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap_or_default();
        let limit = infra.number(&source["ScalingConfig"]["MaximumConcurrency"]);
        if manifest.contains("shared/specialist") && limit.is_none() {
            found.push(format!(
                "{name}: nothing keeps it from asking GitHub all at once"
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

#[test]
fn a_function_is_told_how_its_queue_gives() {
    let told = broken(batches, "[ReportBatchItemFailures]", "[]");
    insta::assert_snapshot!(told, @"SecurityFunction: what it says of SecurityQueue's messages is not heard");
    let told = broken(
        batches,
        "            ScalingConfig: { MaximumConcurrency: !Ref SpecialistConcurrency }\n",
        "",
    );
    insta::assert_snapshot!(told, @"SecurityFunction: nothing keeps it from asking GitHub all at once");
    let told = broken(batches, "maxReceiveCount: 10", "maxReceiveCount: 11");
    insta::assert_snapshot!(told, @r#"SecurityFunction: told of "10" tries, where SecurityQueue gives Some(11)"#);
}

// ── Nothing is lost on the way ────────────────────────────────────────────────

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
fn every_rule_may_reach_its_target() {
    let told = broken(
        locked_out,
        "FunctionName: !Ref VerdictFunction",
        "FunctionName: !Ref RecorderFunction",
    );
    insta::assert_snapshot!(told, @"VerdictRule: it may not reach VerdictFunction");
    let told = broken(
        locked_out,
        "\"aws:SourceArn\": !GetAtt StyleRule.Arn",
        "\"aws:SourceArn\": !GetAtt LogicRule.Arn",
    );
    insta::assert_snapshot!(told, @"StyleRule: it may not reach StyleQueue");
    let told = broken(
        locked_out,
        "                  - !GetAtt PublisherRule.Arn\n",
        "",
    );
    insta::assert_snapshot!(told, @"PublisherRule: it may not reach the dead letters");
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
            found.push(format!("{rule}: what cannot be delivered is dropped"));
        }
        let function = infra.one("AWS::Serverless::Function", Some(to));
        let invoke = infra.setting(function, "EventInvokeConfig");
        let failed = &invoke["DestinationConfig"]["OnFailure"]["Destination"];
        if !function.is_null() && arn(failed) != Some("DeadLetters") {
            found.push(format!("{to}: what it fails on is dropped"));
        }
    }
    for (name, queue) in infra.all("AWS::SQS::Queue") {
        let policy = &queue["RedrivePolicy"];
        let leads = arn(&policy["deadLetterTargetArn"]) == Some("DeadLetters");
        let counts = infra.number(&policy["maxReceiveCount"]).is_some();
        if name != "DeadLetters" && !(leads && counts) {
            found.push(format!("{name}: what nobody can handle stays"));
        }
        if name == "DeadLetters" && !policy.is_null() {
            found.push(format!("{name}: there is nowhere to go from there"));
        }
    }
    found
}

#[test]
fn what_cannot_be_delivered_or_handled_ends_in_the_dead_letters() {
    let config = "          DeadLetterConfig:\n            Arn: !GetAtt DeadLetters.Arn\n";
    let told = broken(dropped, config, "");
    insta::assert_snapshot!(told, @"PullRequestRule: what cannot be delivered is dropped");
    let told = broken(dropped, "            MaximumRetryAttempts: 185\n", "");
    insta::assert_snapshot!(told, @"PullRequestRule: no MaximumRetryAttempts");
    let told = broken(dropped, "          OnFailure:\n", "          OnSuccess:\n");
    insta::assert_snapshot!(told, @"PullRequestFunction: what it fails on is dropped");
    let told = broken(dropped, "        maxReceiveCount: 10\n", "");
    insta::assert_snapshot!(told, @"SecurityQueue: what nobody can handle stays");
}

/// Whom the webhook's sender hears at once needs no dead letters; everybody else does.
fn without_dead_letters(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, function) in infra.functions() {
        let queue = infra.variables(function).remove("DEAD_LETTER_QUEUE_URL");
        let knows = queue.as_ref().and_then(reference) == Some("DeadLetters");
        let may = infra.statements(function).iter().any(|statement| {
            statement["Action"] == "sqs:SendMessage"
                && arn(&statement["Resource"]) == Some("DeadLetters")
        });
        let must = folder(function) != "webhook";
        if (knows, may) != (must, must) {
            found.push(format!(
                "{name}: knows the dead letters: {knows}, may write: {may}"
            ));
        }
    }
    found
}

#[test]
fn every_function_but_the_webhook_may_write_to_the_dead_letters() {
    let variable = "          DEAD_LETTER_QUEUE_URL: !Ref DeadLetters\n";
    let told = broken(without_dead_letters, variable, "");
    insta::assert_snapshot!(told, @"PullRequestFunction: knows the dead letters: false, may write: true");
    let told = broken(
        without_dead_letters,
        "                Action: sqs:SendMessage\n",
        "                Action: sqs:DeleteMessage\n",
    );
    insta::assert_snapshot!(told, @"PullRequestFunction: knows the dead letters: true, may write: false");
}

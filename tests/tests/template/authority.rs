//! Permissions of callers and functions.

use crate::infra::{Infra, arn, branches, broken, manifests, reference, texts, values};
use serde_json::Value;
use std::collections::BTreeSet;
use xtask::manifest::Function;
use xtask::naming::pascal;

fn open_doors(infra: &Infra) -> Vec<String> {
    let urls = infra.all("AWS::Lambda::Url");
    let configs = infra
        .functions()
        .map(|(name, function)| (name, infra.setting(function, "FunctionUrlConfig")));
    let open = urls
        .chain(configs)
        .filter(|(_, url)| url["AuthType"] == "NONE");
    let mut found: Vec<_> = open
        .map(|(name, _)| format!("{name}: has no authorized caller"))
        .collect();
    for (name, permission) in infra.all("AWS::Lambda::Permission") {
        if permission["SourceArn"].is_null() || permission["Principal"] == "*" {
            found.push(format!("{name}: names no caller"));
        }
    }
    found
}

#[test]
fn functions_require_authorized_callers() {
    let url = "FunctionUrlConfig: { AuthType: NONE }\n      CodeUri: ../target/lambda/publisher";
    let violations = broken(open_doors, "CodeUri: ../target/lambda/publisher", url);
    insta::assert_snapshot!(violations, @"PublisherFunction: has no authorized caller");
    let violations = broken(open_doors, "      SourceArn: !GetAtt VerdictRule.Arn\n", "");
    insta::assert_snapshot!(violations, @"VerdictPermission: names no caller");
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
                let emitted = parts.iter().flat_map(|part| texts(&statement[part]));
                let wild = emitted.filter(|text| text.contains('*'));
                found.extend(wild.map(|text| format!("{name}: {text}")));
            }
        }
    }
    found
}

#[test]
fn what_a_policy_can_name_it_names() {
    let told = broken(wildcards, "    - !GetAtt Table.Arn", "    - \"*\"");
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
        let managed = branches(&properties["ManagedPolicyArns"]);
        let mut managed = managed.into_iter().flat_map(texts);
        if managed.any(|it| !["VpcAccess", "AWS::NoValue"].contains(&it)) {
            found.push(format!("{name}: managed policies are not written for it"));
        }
        if !infra.setting(function, "Policies").is_null() {
            found.push(format!("{name}: its policies belong into its role"));
        }
    }
    found
}

#[test]
fn each_function_has_own_role() {
    let violations = broken(roles, "!GetAtt StyleRole.Arn", "!GetAtt LogicRole.Arn");
    insta::assert_snapshot!(violations, @"StyleFunction: another function has its role");
    let violations = broken(
        roles,
        "      Role: !GetAtt RecorderRole.Arn\n",
        "      Policies: [AWSLambdaExecute]\n",
    );
    insta::assert_snapshot!(violations, @"
    RecorderFunction: no role of this template
    RecorderFunction: its policies belong into its role
    ");
    let violations = broken(
        roles,
        "[!Ref VpcAccess]",
        "[arn:aws:iam::aws:policy/ReadOnlyAccess]",
    );
    insta::assert_snapshot!(violations, @"WebhookFunction: managed policies are not written for it");
}

fn unbounded(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, role) in infra.all("AWS::IAM::Role") {
        if !texts(&role["PermissionsBoundary"]).contains(&"PermissionsBoundaryArn") {
            found.push(format!("{name}: no permissions boundary"));
        }
    }
    for (name, policy) in infra.all("AWS::IAM::ManagedPolicy") {
        let statements: Vec<_> = values(&policy["PolicyDocument"]["Statement"]).collect();
        for statement in &statements {
            let allowed = texts(&statement["Action"]);
            let is_denied_to_code = statements.iter().any(|other| {
                other["Effect"] == "Deny"
                    && texts(&other["Action"]) == allowed
                    && !other["Condition"]["ArnLike"]["lambda:SourceFunctionArn"].is_null()
            });
            if !is_denied_to_code {
                found.push(format!("{name}: the functions' code may use it"));
            }
        }
    }
    found
}

#[test]
fn roles_have_boundary_and_code_no_network_rights() {
    let boundary = "      PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]\n";
    let told = broken(unbounded, boundary, "");
    insta::assert_snapshot!(told, @"WebhookRole: no permissions boundary");
    let told = broken(unbounded, "Effect: Deny", "Effect: Allow");
    insta::assert_snapshot!(told, @"
    VpcAccess: the functions' code may use it
    VpcAccess: the functions' code may use it
    ");
}

/// Returns the rights that a statement grants, such as "events:PutEvents on Bus" or
/// "dynamodb:GetItem of pr on Table".
fn granted(statement: &Value) -> BTreeSet<String> {
    let actions = branches(&statement["Action"]);
    let resources = branches(&statement["Resource"]);
    let keys = &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"];
    let kinds = match keys.is_null() {
        true => vec![String::new()],
        false => texts(keys)
            .iter()
            .map(|kind| format!(" of {kind}"))
            .collect(),
    };
    let mut rights = BTreeSet::new();
    for (actions, resource) in actions.into_iter().zip(resources) {
        let named = arn(resource).or(reference(resource));
        let text = &resource["Fn::Sub"];
        let text = text.as_str().or(text[0].as_str());
        let on = named.or(text).expect("a resource");
        let on = on.rsplit(":").next().unwrap_or(on);
        for action in texts(actions) {
            rights.extend(kinds.iter().map(|kind| format!("{action}{kind} on {on}")));
        }
    }
    rights
}

/// Returns the rights that follow from a manifest.
fn needed_rights(function: &Function) -> BTreeSet<String> {
    let name = pascal(&function.name);
    let mut rights = vec![
        format!("logs:CreateLogStream on {name}Logs"),
        format!("logs:PutLogEvents on {name}Logs"),
    ];
    if function.http.is_none() {
        rights.push("sqs:SendMessage on DeadLetters".to_owned());
    }
    if let Some(queue) = function.queue() {
        let actions = [
            "ReceiveMessage",
            "DeleteMessage",
            "GetQueueAttributes",
            "ChangeMessageVisibility",
        ];
        let queue = pascal(&queue.name);
        rights.extend(actions.map(|action| format!("sqs:{action} on {queue}Queue")));
    }
    let needs = &function.needs;
    if let Some(state) = &needs.state {
        // The start of a function reads an item of the kind "-", which never exists.
        let read = state.read.iter().chain(&state.write);
        let read = read.map(String::as_str).chain(["-"]);
        rights.extend(read.map(|kind| format!("dynamodb:GetItem of {kind} on Table")));
        let written = state.write.iter();
        rights.extend(written.map(|kind| format!("dynamodb:UpdateItem of {kind} on Table")));
    }
    if needs.bus {
        let actions = ["PutEvents", "DescribeEventBus"];
        rights.extend(actions.map(|action| format!("events:{action} on Bus")));
    }
    let mut secrets: Vec<_> = needs.secrets.values().map(String::as_str).collect();
    if needs.has_github() {
        secrets.extend(["GitHubAppKeyName", "GitHubTokenName"]);
    }
    if needs.model {
        secrets.push("ModelKeyName");
    }
    for secret in &secrets {
        rights.push(format!("ssm:GetParameter on parameter/${{{secret}}}"));
        rights.push(format!(
            "secretsmanager:GetSecretValue on ${{{secret}}}-??????"
        ));
    }
    if needs.policy {
        rights.push("ssm:GetParameter on parameter${Name}".to_owned());
    }
    if needs.policy || !secrets.is_empty() {
        rights.push("kms:Decrypt on KmsKeyArn".to_owned());
    }
    rights.into_iter().collect()
}

/// Returns the names of the variables that follow from a manifest.
fn needed_variables(function: &Function) -> BTreeSet<String> {
    let needs = &function.needs;
    let (is_queued, has_github) = (function.queue().is_some(), needs.has_github());
    let variables = [
        ("RUST_LOG", true),
        ("EXTRA_CA_CERTS", true),
        ("EVENT_BUS_NAME", needs.bus),
        ("STATE_URL", needs.state.is_some()),
        ("QUEUE_URL", is_queued),
        ("MAX_RECEIVE_COUNT", is_queued),
        ("DEAD_LETTER_QUEUE_URL", function.http.is_none()),
        ("ALLOW_ADDRESSES", has_github || needs.model),
        ("GITHUB_API_URL", has_github),
        ("GITHUB_TOKEN", has_github),
        ("GITHUB_APP_ID", has_github),
        ("GITHUB_APP_PRIVATE_KEY", has_github),
        ("KIMI_API_KEY", needs.model),
        ("KIMI_BASE_URL", needs.model),
        ("KIMI_MODEL", needs.model),
        ("KIMI_PRICES", needs.model),
        ("REVIEW_POLICY", needs.policy),
    ];
    let needed = variables.into_iter().filter(|(_, is_needed)| *is_needed);
    let declared = function.environment.keys().chain(needs.secrets.keys());
    let needed = needed.map(|(name, _)| name.to_owned());
    needed.chain(declared.cloned()).collect()
}

/// Returns the rights and variables that differ from those of the manifests.
fn undeclared(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for manifest in manifests() {
        let name = format!("{}Function", pascal(&manifest.name));
        let function = infra.one("AWS::Serverless::Function", Some(&name));
        let statements = infra.statements(function).into_iter().flat_map(branches);
        let statements = statements.filter(|it| reference(it) != Some("AWS::NoValue"));
        let rights: BTreeSet<_> = statements.flat_map(granted).collect();
        let variables: BTreeSet<_> = infra.variables(function).into_keys().collect();
        for (kind, actual, needed) in [
            ("right", rights, needed_rights(&manifest)),
            ("variable", variables, needed_variables(&manifest)),
        ] {
            let more = actual.difference(&needed);
            found.extend(more.map(|it| format!("{name}: undeclared {kind} {it}")));
            let missing = needed.difference(&actual);
            found.extend(missing.map(|it| format!("{name}: missing {kind} {it}")));
        }
    }
    found
}

#[test]
fn rights_and_variables_follow_manifests() {
    let told = broken(undeclared, "dynamodb:UpdateItem", "dynamodb:DeleteItem");
    insta::assert_snapshot!(told, @"
    PullRequestFunction: undeclared right dynamodb:DeleteItem of pr on Table
    PullRequestFunction: missing right dynamodb:UpdateItem of pr on Table
    ");
    let told = broken(undeclared, r#"["-", "pr"]"#, r#"["-", "pr", "review"]"#);
    insta::assert_snapshot!(told, @"PullRequestFunction: undeclared right dynamodb:GetItem of review on Table");
    let told = broken(undeclared, "REVIEW_POLICY:", "REVIEW_POLICIES:");
    insta::assert_snapshot!(told, @"
    CoordinatorFunction: undeclared variable REVIEW_POLICIES
    CoordinatorFunction: missing variable REVIEW_POLICY
    ");
}

//! Permissions of callers and functions.

use crate::infra::{Infra, arn, branches, broken, folder, reference, texts, values};
use local_bus::template::BUILT_IN;
use serde_json::Value;
use std::collections::BTreeSet;

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

/// What a statement lets a function do, line by line: "dynamodb:GetItem on Table".
fn allowed(statement: &Value) -> String {
    let actions = branches(&statement["Action"]);
    let resources = branches(&statement["Resource"]);
    let mut lines = String::new();
    for (actions, resource) in actions.into_iter().zip(resources) {
        let named = arn(resource).or(reference(resource));
        let text = &resource["Fn::Sub"];
        let text = text.as_str().or(text[0].as_str());
        let on = named.or(text).expect("a resource");
        for action in texts(actions) {
            lines += &format!("    {action} on {on}\n");
        }
    }
    lines
}

#[test]
fn function_variables_and_permissions() {
    let infra = Infra::parse(BUILT_IN);
    let mut table = String::new();
    for (_, function) in infra.functions() {
        let names: Vec<_> = infra.variables(function).into_keys().collect();
        table += &format!("{}\n    {}\n", folder(function), names.join(" "));
        let statements = infra.statements(function).into_iter().flat_map(branches);
        let emitted = statements.filter(|statement| reference(statement) != Some("AWS::NoValue"));
        table.extend(emitted.map(allowed));
    }
    insta::assert_snapshot!(table);
}

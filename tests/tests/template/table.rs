//! The state outlives the stack, and a new stack takes it over.

use crate::infra::{Infra, branches, broken, texts};

fn faults(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, resource) in infra.0["Resources"].as_object().expect("resources") {
        if resource["Type"] != "AWS::DynamoDB::Table" {
            continue;
        }
        if resource["DeletionPolicy"] != "RetainExceptOnCreate" {
            found.push(format!(
                "{name}: not kept, or kept by a failed first deployment"
            ));
        }
        if resource["UpdateReplacePolicy"] != "Retain" {
            found.push(format!("{name}: lost when it is replaced"));
        }
        let protection = &resource["Properties"]["DeletionProtectionEnabled"]["Ref"];
        let protection = &infra.0["Parameters"][protection.as_str().unwrap_or_default()];
        if protection["Default"] != "false" {
            found.push(format!(
                "{name}: protected from the rollback of a failed first deployment"
            ));
        }
    }
    for (name, function) in infra.functions() {
        let Some(url) = infra.variables(function).remove("STATE_URL") else {
            continue;
        };
        let is_existing = |it: &str| it.contains("${ExistingTable}");
        if !texts(&url).into_iter().any(is_existing) {
            found.push(format!("{name}: does not use an existing table"));
        }
        let statements = infra.statements(function);
        let mut of_table = statements.iter().filter(|statement| {
            let actions = texts(&statement["Action"]);
            actions.iter().any(|action| action.starts_with("dynamodb:"))
        });
        let is_left_out = of_table.any(|statement| {
            let resources = branches(&statement["Resource"]).into_iter();
            !resources.flat_map(texts).any(is_existing)
        });
        if is_left_out {
            found.push(format!("{name}: may not use an existing table"));
        }
    }
    found
}

#[test]
fn table_outlives_the_stack() {
    let told = broken(
        faults,
        "DeletionPolicy: RetainExceptOnCreate",
        "DeletionPolicy: Retain",
    );
    insta::assert_snapshot!(told, @"Table: not kept, or kept by a failed first deployment");
    let told = broken(
        faults,
        "UpdateReplacePolicy: Retain",
        "UpdateReplacePolicy: Delete",
    );
    insta::assert_snapshot!(told, @"Table: lost when it is replaced");
    let told = broken(faults, "Default: \"false\"", "Default: \"true\"");
    insta::assert_snapshot!(told, @"Table: protected from the rollback of a failed first deployment");
}

#[test]
fn functions_take_an_existing_table() {
    let told = broken(faults, "dynamodb://${ExistingTable}", "dynamodb://${Table}");
    insta::assert_snapshot!(told, @"PullRequestFunction: does not use an existing table");
    let told = broken(faults, "table/${ExistingTable}", "table/${Table}");
    insta::assert_snapshot!(told, @"PullRequestFunction: may not use an existing table");
}

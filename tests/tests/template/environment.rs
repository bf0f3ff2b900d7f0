//! Environment variables of functions.

use crate::infra::{Infra, branches, broken, reference, texts};
use serde_json::Value;

fn unknown_variables(infra: &Infra) -> Vec<String> {
    let config = include_str!("../../../shared/config/src/lib.rs");
    let (code, _tests) = config.split_once("#[cfg(test)]").expect("code and tests");
    // Secrets of event sources are read by the names in their manifests.
    let sources = include_str!("../../../local/functions/src/functions.rs");
    let is_read = |variable: &String| {
        code.contains(&format!("\"{variable}\""))
            || sources.contains(&format!("environment.secret(\"{variable}\")"))
    };
    let mut found = Vec::new();
    for (name, function) in infra.functions() {
        let variables = infra.variables(function).into_keys();
        let unknown = variables.filter(|variable| !is_read(variable));
        found.extend(unknown.map(|it| format!("{name}: shared/config does not read {it}")));
    }
    found
}

#[test]
fn variables_are_read_in_shared_config() {
    let violations = broken(unknown_variables, "STATE_URL:", "STATE_URI:");
    insta::assert_snapshot!(violations, @"PullRequestFunction: shared/config does not read STATE_URI");
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
                let is_left_out = reference(branch) == Some("AWS::NoValue");
                is_left_out
                    || text.is_some_and(|text| {
                        text.starts_with("ssm:/") || text.starts_with("secretsmanager:")
                    })
            };
            let is_secret = ["SECRET", "TOKEN", "KEY", "PASSWORD"]
                .iter()
                .any(|word| variable.contains(word));
            if is_secret && !branches(&value).iter().all(is_reference) {
                found.push(format!("{name}: {variable} is not a reference to a secret"));
            }
            if texts(&value).iter().any(|text| text.contains("{{resolve:")) {
                found.push(format!("{name}: {variable} would show the resolved value"));
            }
        }
    }
    found
}

#[test]
fn environments_contain_no_secrets() {
    let violations = broken(
        plain_secrets,
        "!Sub secretsmanager:${GitHubTokenName}",
        "!Ref GitHubTokenName",
    );
    insta::assert_snapshot!(violations, @"PullRequestFunction: GITHUB_TOKEN is not a reference to a secret");
    let violations = broken(
        plain_secrets,
        "Default: github-bot/github-token",
        "NoEcho: true",
    );
    insta::assert_snapshot!(violations, @"GitHubTokenName: no secret comes in by a parameter");
    let violations = broken(
        plain_secrets,
        "GITHUB_API_URL: !Ref GitHubApiUrl",
        "GITHUB_API_URL: \"{{resolve:ssm:url}}\"",
    );
    insta::assert_snapshot!(violations, @"PullRequestFunction: GITHUB_API_URL would show the resolved value");
}

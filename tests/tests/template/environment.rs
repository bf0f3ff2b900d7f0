//! Environment variables of functions.

use crate::infra::{Infra, branches, broken, reference, resources, subjects, texts, values};
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

/// Bytes of all variables of a function ("Lambda quotas").
const MAX_ENVIRONMENT: usize = 4096;
/// Letters of names that AWS bounds: a stack, which is the bus, too; a table; a queue; a region
/// with room for a new one; an account; a domain.
const STACK: usize = 128;
const TABLE: usize = 255;
const QUEUE: usize = 80;
const REGION: usize = 20;
const ACCOUNT: usize = 12;
const DOMAIN: usize = "amazonaws.com.cn".len();

/// Returns the most bytes of a value, or the name that has no limit.
fn longest(infra: &Infra, value: &Value) -> Result<usize, String> {
    let mut branches = branches(value);
    if branches.len() > 1 {
        return branches
            .drain(..)
            .map(|branch| longest(infra, branch))
            .try_fold(0, |most, length| Ok(most.max(length?)));
    }
    if let Some(name) = reference(value) {
        return longest_of(infra, name);
    }
    if let Some(text) = value["Fn::Sub"].as_str() {
        let mut length = 0;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').expect("a closing brace");
            length += before.len() + longest_of(infra, name)?;
            rest = after;
        }
        return Ok(length + rest.len());
    }
    let text = value.as_str().ok_or_else(|| format!("{value}: no text"))?;
    Ok(text.len())
}

fn longest_of(infra: &Infra, name: &str) -> Result<usize, String> {
    match infra.0["Resources"][name]["Type"].as_str() {
        Some("AWS::Events::EventBus") => return Ok(STACK),
        Some("AWS::DynamoDB::Table") => return Ok(TABLE),
        Some("AWS::SQS::Queue") => {
            let url = "https://sqs..//".len();
            return Ok(url + REGION + DOMAIN + ACCOUNT + QUEUE);
        }
        _ if name == "AWS::NoValue" => return Ok(0),
        _ => {}
    }
    let parameter = &infra.0["Parameters"][name];
    let allowed = values(&parameter["AllowedValues"]).map(|it| it.to_string().len());
    let length = parameter["MaxLength"].as_u64();
    let length = length.and_then(|length| usize::try_from(length).ok());
    // A letter is a byte: the pattern allows ASCII alone.
    let is_ascii = parameter["AllowedPattern"]
        .as_str()
        .is_some_and(|pattern| !pattern.replace("[.]", "").contains(".+") && pattern.is_ascii());
    let length = length.filter(|_| is_ascii);
    length
        .or(allowed.max())
        .ok_or_else(|| format!("{name}: no limit of its bytes"))
}

fn too_large(infra: &Infra) -> Vec<String> {
    let mut found = Vec::new();
    for (name, function) in infra.functions() {
        let mut size = 0;
        for (variable, value) in infra.variables(function) {
            match longest(infra, &value) {
                // As in JSON: four quotes, a colon and a comma.
                Ok(length) => size += variable.len() + length + 6,
                Err(problem) => found.push(format!("{name}: {variable}: {problem}")),
            }
        }
        if size > MAX_ENVIRONMENT {
            found.push(format!("{name}: up to {size} bytes of {MAX_ENVIRONMENT}"));
        }
    }
    found
}

#[test]
fn largest_environment_fits_lambda() {
    let told = broken(too_large, "    MaxLength: 512\n", "    MaxLength: 4096\n");
    let with_model = resources(|it| it.needs.model);
    assert_eq!(subjects(&told), with_model, "{told}");
    let style = "StyleFunction: up to 6963 bytes of 4096";
    assert!(told.lines().any(|line| line == style), "{told}");
    let told = broken(too_large, "    MaxLength: 512\n", "");
    assert_eq!(subjects(&told), with_model, "{told}");
    let style = "StyleFunction: KIMI_PRICES: ModelPrices: no limit of its bytes";
    assert!(told.lines().any(|line| line == style), "{told}");
    let pattern = "    AllowedPattern: https?://[!-~]+\n";
    let told = broken(too_large, pattern, "    AllowedPattern: https?://.+\n");
    let with_github = resources(|it| it.needs.has_github());
    assert_eq!(subjects(&told), with_github, "{told}");
    let style = "StyleFunction: GITHUB_API_URL: GitHubApiUrl: no limit of its bytes";
    assert!(told.lines().any(|line| line == style), "{told}");
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

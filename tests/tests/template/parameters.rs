//! Parameters: their patterns, and the documented commands that set them.

use crate::infra::{Infra, reference};
use journeys::sam;
use local_bus::template::BUILT_IN;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Pages with commands that set parameters.
const PAGES: [&str; 4] = [
    "README.md",
    "docs/configuration.md",
    "docs/deploy.md",
    "docs/state.md",
];

/// Returns the error of a parameter with this value, if CloudFormation refuses it.
fn refusal(infra: &Infra, name: &str, value: &str) -> Option<String> {
    let parameter = &infra.0["Parameters"][name];
    if parameter.is_null() {
        return Some(format!("{name}: not a parameter, which sam ignores"));
    }
    let is_allowed = match parameter["AllowedValues"].as_array() {
        Some(values) => values.iter().any(|it| text(it) == value),
        None => true,
    };
    let is_number = parameter["Type"] != "Number" || value.parse::<u64>().is_ok();
    let matches = match parameter["AllowedPattern"].as_str() {
        Some(pattern) => full_match(pattern, value),
        None => true,
    };
    let is_short = match parameter["MaxLength"].as_u64() {
        Some(most) => value.chars().count() as u64 <= most,
        None => true,
    };
    (!is_allowed || !is_number || !matches || !is_short)
        .then(|| format!("{name}: refuses {value:?}"))
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// CloudFormation matches the whole value.
fn full_match(pattern: &str, value: &str) -> bool {
    let pattern = regex::Regex::new(&format!("^(?:{pattern})$")).expect("a pattern");
    pattern.is_match(value)
}

/// Returns the shell commands of a page that set parameters, each on one line.
fn commands(page: &str) -> Vec<String> {
    let text = page.replace("\\\n", " ");
    let is_set = |line: &&str| line.contains("sam deploy") && line.contains("-overrides");
    let lines = text.lines().filter(is_set);
    // In a table, the command is between backticks.
    let command = |line: &str| match line.split_once("`sam deploy") {
        Some((_, rest)) => format!("sam deploy{}", rest.split('`').next().unwrap_or_default()),
        None => line.to_owned(),
    };
    lines.map(command).collect()
}

#[test]
fn documented_overrides_reach_cloudformation() {
    let infra = Infra::parse(BUILT_IN);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut set = Vec::new();
    for page in PAGES {
        let text = fs::read_to_string(root.join(page)).expect("a page");
        for command in commands(&text) {
            let parameters = sam::parameters(&command);
            let parameters = parameters.unwrap_or_else(|error| panic!("{command}: {error}"));
            for (name, value) in parameters {
                assert_eq!(refusal(&infra, &name, &value), None, "{page}: {command}");
                set.push(format!("{name}={value}"));
            }
        }
    }
    let config = fs::read_to_string(root.join("infra/samconfig.toml")).expect("a file");
    let listed = config.lines().map(str::trim).filter_map(|line| {
        line.strip_prefix('"')?
            .trim_end_matches(',')
            .strip_suffix('"')
    });
    for word in listed {
        let parameters = sam::parameters(&format!("sam deploy --parameter-overrides '{word}'"));
        for (name, value) in parameters.unwrap_or_else(|error| panic!("{word}: {error}")) {
            assert_eq!(refusal(&infra, &name, &value), None, "samconfig: {word}");
        }
    }
    // A parameter that is off by default can be switched off again.
    let parameters = infra.0["Parameters"].as_object().expect("parameters");
    let optional = parameters.iter().filter(|(_, it)| it["Default"] == "");
    let mut needed: Vec<_> = optional.map(|(name, _)| format!("{name}=")).collect();
    needed.push("ReviewPolicy=ssm:/github-bot/review-policy".to_owned());
    for needed in needed {
        assert!(set.contains(&needed), "{needed} is not documented");
    }
}

#[test]
fn sam_takes_an_empty_value_in_quotes_only() {
    let bare = sam::parameters("sam deploy --parameter-overrides AlarmEmail=");
    assert!(bare.is_err(), "{bare:?}");
    let quoted = sam::parameters(r#"sam deploy --parameter-overrides 'AlarmEmail=""'"#);
    assert_eq!(quoted.expect("parameters")["AlarmEmail"], "");
}

#[test]
fn sam_cuts_policy_text_and_cloudformation_refuses_it() {
    let infra = Infra::parse(BUILT_IN);
    let command = r#"sam deploy --parameter-overrides 'ReviewPolicy=bots = "review"'"#;
    let parameters = sam::parameters(command).expect("parameters");
    assert_eq!(parameters["ReviewPolicy"], "bots", "sam cuts at the blank");
    let refused = refusal(&infra, "ReviewPolicy", "bots");
    assert_eq!(refused.as_deref(), Some(r#"ReviewPolicy: refuses "bots""#));
}

/// Evaluates a condition function of a rule.
fn holds(condition: &Value, values: &BTreeMap<&str, String>) -> bool {
    let entry = condition.as_object().and_then(|it| it.iter().next());
    let (function, operands) = entry.expect("a function");
    let value = |of: &Value| match reference(of) {
        Some(name) => values[name].clone(),
        None => text(of),
    };
    let mut operands_hold = super::infra::values(operands).map(|it| holds(it, values));
    match function.as_str() {
        "Fn::Or" => operands_hold.any(|it| it),
        "Fn::And" => operands_hold.all(|it| it),
        "Fn::Not" => !operands_hold.any(|it| it),
        "Fn::Equals" => value(&operands[0]) == value(&operands[1]),
        "Fn::Contains" => {
            let mut list = super::infra::values(&operands[0]);
            list.any(|it| text(it) == value(&operands[1]))
        }
        other => panic!("{other} is not for rules"),
    }
}

/// Returns the descriptions of the rules' assertions that fail, with defaults for the other
/// parameters.
fn failed_assertions(infra: &Infra, set: &[(&str, &str)]) -> Vec<String> {
    let parameters = infra.0["Parameters"].as_object().expect("parameters");
    let defaults = parameters.iter();
    let mut values: BTreeMap<_, _> = defaults
        .map(|(name, it)| (name.as_str(), text(&it["Default"])))
        .collect();
    values.extend(set.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let mut failed = Vec::new();
    for rule in super::infra::values(&infra.0["Rules"]) {
        let applies = &rule["RuleCondition"];
        if !applies.is_null() && !holds(applies, &values) {
            continue;
        }
        for assertion in super::infra::values(&rule["Assertions"]) {
            if !holds(&assertion["Assert"], &values) {
                failed.push(text(&assertion["AssertDescription"]));
            }
        }
    }
    failed
}

#[test]
fn reserved_concurrency_covers_queues() {
    let infra = Infra::parse(BUILT_IN);
    let allowed = |name: &str| -> Vec<u64> {
        let values = infra.0["Parameters"][name]["AllowedValues"].as_array();
        let values = values.expect("allowed values").iter();
        values.map(|it| it.as_u64().expect("a number")).collect()
    };
    let queue = allowed("SpecialistConcurrency");
    assert!(queue.contains(&2) && queue.contains(&1000), "{queue:?}");
    for taken in queue {
        for reserved in allowed("ReservedConcurrency") {
            let set = [
                ("SpecialistConcurrency", &*taken.to_string()),
                ("ReservedConcurrency", &*reserved.to_string()),
            ];
            let is_refused = !failed_assertions(&infra, &set).is_empty();
            let is_short = reserved != 0 && reserved < taken;
            assert_eq!(is_refused, is_short, "{set:?}");
        }
    }
}

#[test]
fn vpc_parameters_belong_together() {
    let infra = Infra::parse(BUILT_IN);
    for (set, is_accepted) in [
        (&[("VpcSubnetIds", "subnet-1")][..], false),
        (&[("VpcSecurityGroupIds", "sg-1")], false),
        (
            &[
                ("VpcSubnetIds", "subnet-1"),
                ("VpcSecurityGroupIds", "sg-1"),
            ],
            true,
        ),
        (&[("AllowAddresses", "private")], false),
        (&[("AllowAddresses", "loopback")], true),
        (
            &[
                ("AllowAddresses", "private"),
                ("VpcSubnetIds", "subnet-1"),
                ("VpcSecurityGroupIds", "sg-1"),
            ],
            true,
        ),
    ] {
        let failed = failed_assertions(&infra, set);
        assert_eq!(failed.is_empty(), is_accepted, "{set:?}: {failed:?}");
    }
}

#[test]
fn defaults_satisfy_the_rules() {
    let infra = Infra::parse(BUILT_IN);
    assert_eq!(failed_assertions(&infra, &[]), Vec::<String>::new());
}

#[test]
fn parameters_accept_and_refuse() {
    let infra = Infra::parse(BUILT_IN);
    for (name, value, is_accepted) in [
        ("ReviewPolicy", "", true),
        ("ReviewPolicy", "ssm:/policy", true),
        ("ReviewPolicy", "ssm:/github-bot/review-policy", true),
        ("ReviewPolicy", "ssm:policy", false),
        ("ReviewPolicy", "secretsmanager:policy", false),
        ("ReviewPolicy", "publish = false", false),
        ("KmsKeyArn", "", true),
        (
            "KmsKeyArn",
            "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            true,
        ),
        (
            "KmsKeyArn",
            "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
            true,
        ),
        (
            "KmsKeyArn",
            "arn:aws:kms:eu-central-1:123456789012:alias/bot",
            false,
        ),
        ("KmsKeyArn", "1234abcd-12ab-34cd-56ef-1234567890ab", false),
        ("KmsKeyArn", "arn:aws:kms:*", false),
        ("ModelPrices", "kimi-k3.1-pro=2/0.2/10", true),
        ("ModelPrices", "a/b:c=2/0.2/10,other=1/1/1", true),
        ("ModelPrices", "kimi-k3.1-pro=2", false),
        ("ModelPrices", "kimi=2/0.2/10 other=1/1/1", false),
        ("VpcSubnetIds", "subnet-0a1b2c3d,subnet-0d3c2b1a", true),
        ("VpcSubnetIds", "sg-0a1b2c3d", false),
        ("VpcSecurityGroupIds", "sg-0a1b2c3d", true),
        (
            "CaLayerArn",
            "arn:aws:lambda:eu-central-1:123456789012:layer:ca:3",
            true,
        ),
        (
            "CaLayerArn",
            "arn:aws:lambda:eu-central-1:123456789012:layer:ca",
            false,
        ),
        (
            "PermissionsBoundaryArn",
            "arn:aws:iam::123456789012:policy/path/boundary",
            true,
        ),
        ("PermissionsBoundaryArn", "boundary", false),
        ("WebhookAddresses", "192.30.252.0/22,2a0a:a440::/29", true),
        ("WebhookAddresses", "192.30.252.0", false),
        ("WebhookAddresses", "github.com/22", false),
    ] {
        let refused = refusal(&infra, name, value);
        assert_eq!(refused.is_none(), is_accepted, "{name}={value}");
        if name == "ModelPrices" {
            let is_read = value.parse::<model_client::Prices>().is_ok();
            assert_eq!(is_read, is_accepted, "{value}: as the functions read it");
        }
    }
}

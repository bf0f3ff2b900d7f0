//! Parameters: their patterns, and the documented commands that set them.

use crate::infra::Infra;
use journeys::sam;
use local::template::BUILT_IN;
use serde_json::Value;
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
    (!is_allowed || !is_number || !matches).then(|| format!("{name}: refuses {value:?}"))
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
    text.lines().filter(is_set).map(ToOwned::to_owned).collect()
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
    for needed in ["ReviewPolicy=ssm:/github-bot/review-policy"] {
        assert!(
            set.iter().any(|it| it == needed),
            "{needed} is not documented"
        );
    }
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
    ] {
        let refused = refusal(&infra, name, value);
        assert_eq!(refused.is_none(), is_accepted, "{name}={value}");
    }
}

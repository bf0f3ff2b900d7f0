//! Largest environment of functions.

use crate::fixture::{BASE, GOOD, repository};
use std::fs;
use std::path::Path;
use xtask::manifest::{Function, parse};
use xtask::{template, wire};

/// Returns the repository's base file and functions.
fn current() -> (String, Vec<Function>) {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let base = fs::read_to_string(root.join(xtask::base::PATH)).expect("a base file");
    (base, wire::functions(root).expect("manifests"))
}

/// Returns the problems with `new` in place of `old` in the base file.
fn broken(old: &str, new: &str) -> Vec<String> {
    let (base, functions) = current();
    assert_eq!(template::environments(&base, &functions), []);
    let other = base.replacen(old, new, 1);
    assert_ne!(base, other, "{old}");
    let problems = template::environments(&other, &functions);
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn largest_environment_fits_lambda() {
    let found = broken("    MaxLength: 512\n", "    MaxLength: 4096\n");
    let (_, functions) = current();
    let with_model = functions.iter().filter(|it| it.needs.model);
    assert_eq!(found.len(), with_model.count(), "{found:?}");
    let style = "functions/style/function.toml:1: the variables of the function can have 6961 bytes, \
                 Lambda accepts 4096";
    assert!(
        found.iter().any(|line| line.starts_with(style)),
        "{found:?}"
    );
}

#[test]
fn refuses_parameters_without_limit() {
    for (old, new, name) in [
        ("    MaxLength: 512\n", "", "ModelPrices"),
        (
            "    AllowedPattern: https?://[!-~]+\n",
            "    AllowedPattern: https?://.+\n",
            "GitHubApiUrl",
        ),
        (
            "    AllowedPattern: https?://[!-~]+\n",
            "    AllowedPattern: https?://[^ ]+\n",
            "GitHubApiUrl",
        ),
    ] {
        let found = broken(old, new);
        let expected = format!("{name} has no limit of its bytes");
        assert_eq!(found.len(), 1, "{found:?}");
        let first = found.first().expect("a problem");
        assert!(
            first.starts_with("infra/base.yaml:") && first.contains(&expected),
            "{first}"
        );
    }
}

/// Returns the problems of `count` with a variable that holds `Level`.
fn with_level(properties: &str) -> Vec<String> {
    let base = BASE.replace(
        "    MaxLength: 16\n    AllowedPattern: \"[a-z]+\"\n",
        properties,
    );
    let text = GOOD.replace("timeout = 30", "environment = { LEVEL = \"Level\" }");
    let function = parse("count", &text, &base).expect("a manifest");
    let problems = template::environments(&base, &[function]);
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn manifest_variables_are_limited() {
    let expected = "functions/count/function.toml:2: Level has no limit of its bytes";
    for properties in [
        "",
        "    MaxLength: 16\n",
        "    AllowedPattern: \"[a-z]+\"\n",
    ] {
        let found = with_level(properties);
        assert!(
            found.iter().all(|it| it.starts_with(expected)) && found.len() == 1,
            "{found:?}"
        );
    }
    let found = with_level("    MaxLength: 4096\n    AllowedPattern: \"[a-z]+\"\n");
    let expected = "functions/count/function.toml:2: the variables of the function can have ";
    assert!(
        found.iter().all(|it| it.starts_with(expected)) && found.len() == 1,
        "{found:?}"
    );
    for properties in [
        "    AllowedValues: [\"a,b\", c]\n",
        "    MaxLength: 9\n    AllowedPattern: \"[a.]*\"\n",
    ] {
        assert_eq!(with_level(properties), Vec::<String>::new());
    }
    let text = GOOD.replace("timeout = 30", "environment = { LEVEL = \"Level\" }");
    let base = BASE.replace("    MaxLength: 16\n", "");
    let files = [
        ("functions/count/function.toml", text.as_str()),
        ("infra/base.yaml", &base),
    ];
    let problems = wire::functions(&repository("environment", &files)).expect_err("a problem");
    assert_eq!(problems.len(), 1, "{problems:?}");
}

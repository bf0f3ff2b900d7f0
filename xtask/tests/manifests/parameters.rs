//! Numbers that parameters of the base file hold.

use crate::fixture::{BASE, GOOD};
use xtask::manifest::{Setting, parse};

#[test]
fn queue_without_limit_gets_default() {
    let function = parse("count", GOOD, BASE).expect("a manifest");
    let limit = function.queue().and_then(|it| it.concurrency.clone());
    let expected = Setting::Parameter("SpecialistConcurrency".to_owned());
    assert_eq!(limit, Some(expected));
}

/// Returns the first problem with `new` in place of `old` in the base file.
fn first(text: &str, old: &str, new: &str) -> String {
    let base = BASE.replacen(old, new, 1);
    assert_ne!(base, BASE, "{old}");
    let problems = parse("count", text, &base).expect_err(new);
    problems.first().expect("a problem").to_string()
}

#[test]
fn refuses_parameters_beyond_key_range() {
    let limits = "    MinValue: 0\n    MaxValue: 900\n";
    for (why, new, expected) in [
        (
            "a delay of SQS",
            "    MinValue: 0\n    MaxValue: 901\n",
            "9: the parameter Pause allows 0 to 901, but delay must be 0 to 900: change its limits in \
             infra/base.yaml:2",
        ),
        (
            "a negative delay",
            "    MinValue: -1\n    MaxValue: 900\n",
            "9: the parameter Pause allows -1 to 900, but",
        ),
        (
            "no maximum",
            "    MinValue: 0\n",
            "9: the parameter Pause has no limits: give it MinValue",
        ),
        (
            "no minimum",
            "    MaxValue: 9\n",
            "9: the parameter Pause has no limits",
        ),
        (
            "a list",
            "    AllowedValues: [5, 901]\n",
            "9: the parameter Pause allows 5 to 901",
        ),
        (
            "a list over lines",
            "    AllowedValues:\n      - 5\n      - 901\n    Default: 5\n",
            "9: the parameter Pause allows 5 to 901",
        ),
    ] {
        let expected = format!("functions/count/function.toml:{expected}");
        let found = first(GOOD, limits, new);
        assert!(found.starts_with(&expected), "{why}: {found}");
    }
    // The queue has no `concurrency` of its own.
    let found = first(GOOD, "[2, 5, 1000]", "[1, 5, 1000]");
    let expected = "functions/count/function.toml:6: the parameter SpecialistConcurrency allows 1 to \
                    1000, but concurrency must be 2 to 1000";
    assert!(found.starts_with(expected), "{found}");
}

#[test]
fn accepts_parameters_within_key_range() {
    let limits = "    MinValue: 0\n    MaxValue: 900\n";
    for new in [
        "    AllowedValues: [5, 900]\n",
        "    MinValue: 660\n    MaxValue: 660\n",
    ] {
        let base = BASE.replacen(limits, new, 1);
        assert!(parse("count", GOOD, &base).is_ok(), "{new}");
    }
    let own = "timeout = 30\nreserved-concurrency = \"Pause\"";
    let text = GOOD.replace("timeout = 30", own);
    assert!(
        parse("count", &text, BASE).is_ok(),
        "{:?}",
        parse("count", &text, BASE)
    );
    let found = first(&text, "    MinValue: 0\n", "    MinValue: -1\n");
    assert!(
        found.contains("reserved-concurrency must be") || found.contains("delay must be"),
        "{found}"
    );
}

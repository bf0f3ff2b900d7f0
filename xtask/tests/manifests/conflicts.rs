//! Conflicts of functions with each other and with the base file.

use crate::fixture::{GOOD, found};

#[test]
fn refuses_resources_of_one_name() {
    let resource = "its resource";
    let secret = "bus = true\nsecrets = { A_KEY = \"ApiLogs\" }";
    let with_secret = GOOD.replace("bus = true", secret);
    for (why, functions, expected) in [
        (
            "a digit after a hyphen",
            [("review-2", GOOD), ("review2", GOOD)],
            "functions/review2/function.toml:1: its resource Review2Rule is taken by \
             functions/review-2/function.toml:1",
        ),
        (
            "a resource of the base file",
            [("other", GOOD), ("api", GOOD)],
            "functions/api/function.toml:1: its resource ApiLogs is taken by infra/base.yaml:20",
        ),
        (
            "a parameter",
            [("other", GOOD), ("third", &with_secret)],
            "functions/third/function.toml:13: its parameter ApiLogs is taken by infra/base.yaml:20",
        ),
        (
            "a schedule",
            [
                ("foo", "description = \"a\"\nschedule = \"rate(1 hour)\"\n"),
                ("foo-schedule", GOOD),
            ],
            "functions/foo-schedule/function.toml:6: the subscription foo-schedule is taken by \
             functions/foo/function.toml:2",
        ),
    ] {
        let found = found(&functions);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{why}");
    }
    assert!(!found(&[("a", GOOD)]).iter().any(|it| it.contains(resource)));
}

#[test]
fn refuses_kinds_that_no_function_writes() {
    let reader = GOOD.replace("bus = true", "bus = true\nstate = { read = [\"note\"] }");
    let writer = GOOD.replace("bus = true", "bus = true\nstate = { write = [\"note\"] }");
    let expected = "functions/a/function.toml:13: no function writes \"note\" items";
    assert_eq!(found(&[("a", &reader)]), [expected]);
    assert_eq!(
        found(&[("a", &reader), ("b", &writer)]),
        Vec::<String>::new()
    );
}

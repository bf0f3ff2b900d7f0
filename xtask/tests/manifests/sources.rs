//! Event sources and their routes.

use crate::fixture::{BASE, SOURCE, refuses};
use xtask::manifest::{conflicts, parse};

#[test]
fn refuses_bad_sources_by_line() {
    assert!(parse("orders", SOURCE, BASE).is_ok());
    for (why, old, new, expected) in [
        (
            "the local server's route",
            "POST /orders",
            "GET /health",
            "2: the local server itself",
        ),
        (
            "a longer wait than API Gateway's",
            "http =",
            "timeout = 31\nhttp =",
            "2: timeout must be at most 30 with http, not 31",
        ),
        (
            "a need of GitHub",
            "bus = true",
            "bus = true\ngithub-read = true",
            "8: a function with http cannot need github-read",
        ),
        (
            "a need of the model",
            "bus = true",
            "bus = true\nmodel = true",
            "8: a function with http cannot need model",
        ),
        ("no bus", "bus = true", "clock = true", "2: http needs bus"),
        ("no topics", "emits", "# emits", "2: http needs emits"),
    ] {
        refuses(SOURCE, why, old, new, expected);
    }
    let state = "bus = true\nstate = { write = [\"text\"] }";
    let with_state = SOURCE.replace("bus = true", state);
    assert!(parse("orders", &with_state, BASE).is_ok());
}

#[test]
fn refuses_two_functions_per_route() {
    let parsed = ["front", "back"].map(|name| parse(name, SOURCE, BASE).expect("a manifest"));
    let found: Vec<_> = conflicts(&parsed).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "functions/back/function.toml:2: POST /orders is taken by functions/front/function.toml:2"
        ]
    );
}

#[test]
fn refuses_routes_by_line() {
    let long = format!("/{}", "a".repeat(128));
    for (path, expected) in [
        ("orders", "is not a route such as POST /webhook"),
        ("/", "is not a route"),
        ("/or ders", "is not a route"),
        ("/{id}", "is not a route"),
        ("/orders/", "ends with a slash"),
        ("//orders", "has the segment \"\""),
        ("/orders//new", "has the segment \"\""),
        ("/./orders", "has the segment \".\""),
        ("/orders/..", "has the segment \"..\""),
        ("/health", "the local server itself answers /health"),
        ("/Health", "the local server itself answers /health"),
        ("/health/", "the local server itself answers /health"),
        ("//./HEALTH", "the local server itself answers /health"),
        (&long, "the path has 129 characters: use at most 128"),
    ] {
        let text = SOURCE.replace("/orders\"", &format!("{path}\""));
        let problems = parse("orders", &text, BASE).expect_err(path);
        let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let first = found.first().expect("a problem");
        let prefix = "functions/orders/function.toml:2: ";
        assert!(
            first.starts_with(prefix) && first.contains(expected),
            "{path}: {first}"
        );
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
    for path in ["/a", "/orders/health", "/v1.0/orders", "/healthy"] {
        let text = SOURCE.replace("/orders\"", &format!("{path}\""));
        assert!(parse("orders", &text, BASE).is_ok(), "{path}");
    }
}

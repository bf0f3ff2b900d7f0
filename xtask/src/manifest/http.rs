//! Validation of event sources and their routes.

use super::check::Check;
use super::form::{Manifest, is_set};

/// Path of the local server's own route, without its slash.
const HEALTH: &str = "health";
/// Maximum characters of a path. API Gateway names no limit, but a request line and its headers
/// have at most 10,240 bytes ("Quotas for configuring and running an HTTP API").
const MAX_PATH: usize = 128;
/// Seconds that API Gateway waits for a function (the same quotas).
const MAX_TIMEOUT: u64 = 30;
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

pub(super) fn http(check: &mut Check<'_>, manifest: &Manifest) {
    let Some(http) = &manifest.http else {
        if let Some(required) = &manifest.required {
            check.refuse(&required.span(), "required needs http");
        }
        return;
    };
    let (span, route) = (http.span(), http.get_ref());
    if let Some(reason) = refused_route(route) {
        check.refuse(&span, reason);
    }
    if let Some(timeout) = &manifest.timeout {
        let seconds = *timeout.get_ref();
        if seconds > MAX_TIMEOUT {
            let reason = format!(
                "timeout must be at most {MAX_TIMEOUT} with http, not {seconds}: API Gateway does \
                 not wait longer"
            );
            check.refuse(&timeout.span(), reason);
        }
    }
    if !manifest.subscribe.is_empty() || manifest.schedule.is_some() {
        check.refuse(&span, "http excludes subscribe and schedule");
    }
    let needs = &manifest.needs;
    if !is_set(needs.bus.as_ref()) {
        check.refuse(
            &span,
            "http needs bus = true: an event source publishes events",
        );
    }
    if manifest.emits.is_empty() {
        check.refuse(&span, "http needs emits, the topics of its events");
    }
    for (name, need) in [
        ("github-read", &needs.github_read),
        ("github-write", &needs.github_write),
        ("model", &needs.model),
        ("policy", &needs.policy),
        ("entropy", &needs.entropy),
    ] {
        if let Some(need) = need.as_ref().filter(|it| *it.get_ref()) {
            let reason = format!(
                "a function with http cannot need {name}: it needs only state, bus, clock \
                 and secrets"
            );
            check.refuse(&need.span(), reason);
        }
    }
}

/// Returns why API Gateway or the local server cannot have a route.
fn refused_route(route: &str) -> Option<String> {
    let is_char = |b: u8| b.is_ascii_alphanumeric() || b"/-_.".contains(&b);
    let parts = route.split_once(' ').filter(|(method, path)| {
        METHODS.contains(method) && path.len() > 1 && path.bytes().all(is_char)
    });
    let path = parts.and_then(|(_, path)| path.strip_prefix('/'));
    let Some(path) = path else {
        return Some(format!(
            "{route:?} is not a route such as POST /webhook: expected {}, a blank, and a path of \
             A-Z, a-z, 0-9, -, _, . and /",
            METHODS.join(", ")
        ));
    };
    let mut segments = path.split('/').filter(|it| !["", "."].contains(it));
    let is_health = segments
        .next()
        .is_some_and(|it| it.eq_ignore_ascii_case(HEALTH));
    if is_health && segments.next().is_none() {
        return Some(format!(
            "the local server itself answers /{HEALTH}: use another path"
        ));
    }
    if path.ends_with('/') {
        return Some(format!("{route:?} ends with a slash: remove it"));
    }
    if let Some(segment) = path.split('/').find(|it| ["", ".", ".."].contains(it)) {
        return Some(format!(
            "{route:?} has the segment {segment:?}, which clients and proxies remove: remove it"
        ));
    }
    let length = path.len() + 1;
    (length > MAX_PATH).then(|| format!("the path has {length} characters: use at most {MAX_PATH}"))
}

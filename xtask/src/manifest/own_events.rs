//! Events that a function emits and subscribes to.

use super::Subscription;
use super::check::Check;
use super::form::Manifest;
use events::{Topic, TopicPattern};

/// Refuses an emitted topic that the function subscribes to and that `own-events` does not list,
/// and a listed topic that is none.
pub(super) fn check(check: &mut Check<'_>, manifest: &Manifest, subscriptions: &[Subscription]) {
    let listed: Vec<_> = manifest.own_events.iter().map(|it| it.get_ref()).collect();
    let subscribed = subscriptions.iter().flat_map(|it| &it.topics);
    let subscribed: Vec<_> = subscribed.map(String::as_str).collect();
    check.distinct("own-events", manifest.own_events.iter());
    for topic in &manifest.emits {
        let emitted = topic.get_ref();
        if meets(emitted, &subscribed) && !listed.contains(&emitted) {
            let reason = format!(
                "the function subscribes to {emitted:?} itself and would handle its own events \
                 without end: remove it, or list it in own-events if the handler ends the chain"
            );
            check.refuse(&topic.span(), reason);
        }
    }
    let emitted: Vec<_> = manifest.emits.iter().map(|it| it.get_ref()).collect();
    for topic in &manifest.own_events {
        let own = topic.get_ref();
        if !emitted.contains(&own) || !meets(own, &subscribed) {
            let reason = format!(
                "the function does not emit and subscribe to {own:?}: remove it from own-events"
            );
            check.refuse(&topic.span(), reason);
        }
    }
}

/// Returns whether an emitted topic or pattern is one of the subscribed ones, or one matches the
/// other.
fn meets(emitted: &str, subscribed: &[&str]) -> bool {
    let matches = |pattern: &str, topic: &str| {
        let pattern = pattern.parse::<TopicPattern>();
        let topic = topic.parse::<Topic>();
        matches!((pattern, topic), (Ok(pattern), Ok(topic)) if pattern.matches(&topic))
    };
    let mut subscribed = subscribed.iter();
    subscribed.any(|it| *it == emitted || matches(it, emitted) || matches(emitted, it))
}

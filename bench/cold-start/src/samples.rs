//! Generated from functions/*/function.toml by `cargo xtask wire`.

/// Returns the path of a function's sample event below `events/`.
pub(crate) fn sample(function: &str) -> Option<&'static str> {
    Some(match function {
        "webhook" => "http/github.pr.opened.json",
        "pull-request" => "bus/github.pr.opened.json",
        "coordinator" => "bus/agent.pr.review_requested.json",
        "security" => "bus/agent.pr.security_check.json",
        "style" => "bus/agent.pr.style_check.json",
        "logic" => "bus/agent.pr.logic_check.json",
        "second-look" => "bus/agent.pr.second_look_requested.json",
        "verdict" => "bus/agent.pr.check_completed.json",
        "publisher" => "bus/agent.pr.review_completed.json",
        "recorder" => "bus/github.pr.opened.json",
        _ => return None,
    })
}

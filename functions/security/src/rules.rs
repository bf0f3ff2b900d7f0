//! Rules of the security specialist.
//!
//! Precision comes before completeness: a rule that is wrong half of the time teaches
//! people to ignore all rules.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the languages that it knows; all others are not its subject"
)]

mod assigned;
mod crypto;
mod files;
mod injection;
mod put_together;
mod secrets;
mod settings;
mod sql;
mod sql_over_lines;
mod tokens;
mod workflow;

use review::Category;
use review::rules::{Rule, RuleReviewer};

/// Returns the reviewer with these rules.
pub fn reviewer() -> RuleReviewer {
    RuleReviewer::new(Category::Security, RULES)
}

/// All rules. The first matching rule with an id reports the line, so the exact token
/// formats come before the guess by name.
const RULES: &[Rule] = &[
    tokens::AWS_KEY,
    tokens::GITHUB,
    tokens::GITHUB_FINE_GRAINED,
    tokens::GITLAB,
    tokens::SLACK,
    tokens::SLACK_WEBHOOK,
    tokens::STRIPE,
    tokens::GOOGLE_OAUTH,
    tokens::GOOGLE_API,
    tokens::NPM,
    tokens::PYPI,
    tokens::ANTHROPIC,
    tokens::OPENAI,
    tokens::MODEL_API,
    tokens::SENDGRID,
    tokens::TWILIO,
    tokens::TELEGRAM,
    tokens::OTHERS,
    tokens::AZURE_STORAGE,
    secrets::PRIVATE_KEY,
    secrets::AWS_SECRET,
    secrets::PASSWORD_IN_URL,
    secrets::JWT,
    assigned::ASSIGNED,
    secrets::ENV_FILE,
    sql::SQL,
    sql_over_lines::SQL_OVER_LINES,
    injection::DYNAMIC_CODE,
    injection::SHELL,
    injection::SHELL_TRUE,
    injection::HTML,
    injection::PICKLE,
    injection::YAML,
    workflow::WORKFLOW_EXPRESSION,
    settings::TLS,
    settings::JWT_NOT_VERIFIED,
    crypto::PASSWORD_HASH,
    crypto::CIPHER,
    crypto::RANDOM,
    settings::WORLD_WRITABLE,
    files::TEMPORARY_NAME,
    settings::DEBUG_SERVER,
    workflow::WORKFLOW_TARGET,
    settings::BIDI,
    settings::HIDDEN,
];

#[cfg(test)]
mod tests {
    #[test]
    fn page_lists_every_rule() {
        review::rules::check_page(super::RULES);
    }
}

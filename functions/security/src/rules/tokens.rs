//! Secrets with a recognisable format: a prefix, a length, an alphabet.

use review::Severity::{Critical, High};
use review::rules::rule;
use review::rules::{Finds, Reads, Rule, Spot, scan};
use secrets::{self as forms, is_random};

pub(super) const ID: &str = review::SECRET;

macro_rules! says {
    ($what:literal) => {
        concat!(
            "This looks like ",
            $what,
            ". Revoke it and make a new one: a pushed secret remains readable. ",
            "Keep the new one out of the repository, in the environment or a secret store."
        )
    };
}
pub(super) use says;

pub(super) const fn secret(percent: u8, message: &'static str, hit: fn(&Spot<'_>) -> bool) -> Rule {
    Rule {
        reads: Reads::Everything,
        finds: Finds::Lines(hit),
        ..rule(ID, Critical, percent, message)
    }
}

pub(super) const AWS_KEY: Rule = secret(95, says!("an AWS access key"), |line| {
    forms::AWS_KEY.is_in(line.text())
});

pub(super) const GITHUB: Rule = secret(98, says!("a GitHub token"), |line| {
    forms::GITHUB.is_in(line.text())
});

pub(super) const GITHUB_FINE_GRAINED: Rule = secret(98, says!("a GitHub token"), |line| {
    forms::GITHUB_FINE_GRAINED.is_in(line.text())
});

pub(super) const GITLAB: Rule = secret(95, says!("a GitLab token"), |line| {
    forms::GITLAB.is_in(line.text())
});

pub(super) const SLACK: Rule = secret(95, says!("a Slack token"), |line| {
    forms::SLACK.is_in(line.text())
});

pub(super) const SLACK_WEBHOOK: Rule =
    secret(95, says!("the address of a Slack webhook"), |line| {
        forms::SLACK_WEBHOOK.is_in(line.text())
    });

pub(super) const STRIPE: Rule = secret(98, says!("a live Stripe key"), |line| {
    forms::STRIPE.is_in(line.text())
});

pub(super) const GOOGLE_OAUTH: Rule = secret(95, says!("a Google OAuth client secret"), |line| {
    forms::GOOGLE_OAUTH.is_in(line.text())
});

pub(super) const GOOGLE_API: Rule = Rule {
    severity: High,
    ..secret(
        75,
        "This looks like a Google API key. If it is not meant for browsers and restricted to \
         your sites, revoke it and keep the new one out of the repository.",
        |line| forms::GOOGLE_API.is_in(line.text()),
    )
};

pub(super) const NPM: Rule = secret(98, says!("an npm token"), |line| {
    forms::NPM.is_in(line.text())
});

pub(super) const PYPI: Rule = secret(98, says!("a PyPI token"), |line| {
    forms::PYPI.is_in(line.text())
});

pub(super) const ANTHROPIC: Rule = secret(98, says!("an Anthropic key"), |line| {
    forms::ANTHROPIC.is_in(line.text())
});

pub(super) const OPENAI: Rule = secret(98, says!("an OpenAI key"), |line| {
    line.text().contains(forms::OPENAI_MARK) && forms::OPENAI.is_in(line.text())
});

pub(super) const MODEL_API: Rule = secret(85, says!("the key of a model's API"), |line| {
    forms::MODEL_API.is_in(line.text())
});

pub(super) const SENDGRID: Rule = secret(98, says!("a SendGrid key"), |line| {
    forms::has_sendgrid_key(line.text())
});

pub(super) const TWILIO: Rule = secret(80, says!("a Twilio token"), |line| {
    let text = line.text();
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    scan::has_ignoring_case(text, "twilio")
        && text.split(['"', '\'', '=', ' ']).any(|part| {
            let part = part.strip_prefix("SK").unwrap_or(part);
            part.len() == 32 && part.bytes().all(lower_hex) && is_random(part)
        })
});

pub(super) const TELEGRAM: Rule = secret(90, says!("the token of a Telegram bot"), |line| {
    forms::telegram_bodies(line.text()).next().is_some()
});

pub(super) const OTHERS: Rule = secret(95, says!("an access token"), |line| {
    [
        forms::HUGGING_FACE,
        forms::DIGITAL_OCEAN,
        forms::SHOPIFY,
        forms::DATABRICKS,
        forms::DOCKER,
        forms::VAULT,
        forms::GRAFANA,
        forms::LINEAR,
    ]
    .iter()
    .any(|form| form.is_in(line.text()))
});

pub(super) const AZURE_STORAGE: Rule =
    secret(95, says!("the key of an Azure storage account"), |line| {
        forms::AZURE_STORAGE.is_in(line.text())
    });

#[cfg(test)]
mod tests {
    use super::*;
    use secrets::samples::{BASE32, BASE62, HEX, random};

    #[test]
    fn finds_tokens_by_format() {
        let b = |len| random(len, BASE62);
        for (rule, why, text, hit) in [
            (
                AWS_KEY,
                "a key",
                format!("key = AKIA{}", random(16, BASE32)),
                true,
            ),
            (
                AWS_KEY,
                "Amazon's own example",
                concat!("AKIA", "IOSFODNN7EXAMPLE").to_owned(),
                false,
            ),
            (
                AWS_KEY,
                "too long",
                format!("AKIA{}", random(17, BASE32)),
                false,
            ),
            (
                AWS_KEY,
                "inside a word",
                format!("XAKIA{}", random(16, BASE32)),
                false,
            ),
            (GITHUB, "classic", format!("\"ghp_{}\"", b(36)), true),
            (GITHUB, "of an App, longer", format!("ghs_{}", b(60)), true),
            (GITHUB, "too short", format!("ghp_{}", b(20)), false),
            (
                GITHUB,
                "blacked out",
                format!("ghp_{}", "x".repeat(36)),
                false,
            ),
            (
                GITHUB,
                "a pattern for it",
                "ghp_[A-Za-z0-9]{36}".to_owned(),
                false,
            ),
            (
                GITHUB_FINE_GRAINED,
                "fine-grained",
                format!("github_pat_{}_{}", b(22), b(59)),
                true,
            ),
            (GITLAB, "personal", format!("glpat-{}", b(20)), true),
            (
                SLACK,
                "a bot's",
                format!("xoxb-{}-{}", random(12, "0123456789"), b(24)),
                true,
            ),
            (
                SLACK,
                "documentation",
                "xoxb-your-token-goes-here-please".to_owned(),
                false,
            ),
            (
                SLACK_WEBHOOK,
                "a webhook",
                format!(
                    "https://hooks.slack.com/services/T{}/B{}/{}",
                    b(8),
                    b(8),
                    b(24)
                ),
                true,
            ),
            (
                SLACK_WEBHOOK,
                "documentation",
                "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
                    .to_owned(),
                false,
            ),
            (STRIPE, "live", format!("sk_live_{}", b(24)), true),
            (STRIPE, "for tests", format!("sk_test_{}", b(24)), false),
            (GOOGLE_API, "a key", format!("AIza{}", b(35)), true),
            (
                GOOGLE_OAUTH,
                "a client's",
                format!("GOCSPX-{}", b(28)),
                true,
            ),
            (NPM, "a token", format!("_authToken=npm_{}", b(36)), true),
            (
                NPM,
                "a variable",
                "npm_config_user_agent_and_some_more_words".to_owned(),
                false,
            ),
            (PYPI, "a token", format!("pypi-AgEI{}", b(100)), true),
            (ANTHROPIC, "a key", format!("sk-ant-api03-{}", b(95)), true),
            (
                OPENAI,
                "a key",
                format!("sk-proj-{}{}{}", b(20), forms::OPENAI_MARK, b(20)),
                true,
            ),
            (
                MODEL_API,
                "Moonshot's form",
                format!("KIMI_API_KEY=sk-{}", b(48)),
                true,
            ),
            (
                MODEL_API,
                "a class in CSS",
                ".sk-loading-container-with-long-name {}".to_owned(),
                false,
            ),
            (MODEL_API, "in a word", format!("task-{}", b(48)), false),
            (SENDGRID, "a key", format!("SG.{}.{}", b(22), b(43)), true),
            (
                TWILIO,
                "a token",
                format!("TWILIO_TOKEN={}", random(32, HEX)),
                true,
            ),
            (
                TWILIO,
                "some other hash",
                format!("hash={}", random(32, HEX)),
                false,
            ),
            (
                TELEGRAM,
                "a bot's",
                format!("{}:AA{}", random(9, "0123456789"), b(33)),
                true,
            ),
            (
                OTHERS,
                "DigitalOcean",
                format!("dop_v1_{}", random(64, HEX)),
                true,
            ),
            (
                AZURE_STORAGE,
                "a key",
                format!("AccountKey={}==;", b(86)),
                true,
            ),
        ] {
            let hits = rule.lines_of("any/file", &text);
            assert_eq!(!hits.is_empty(), hit, "{why}: {text}");
        }
    }
}

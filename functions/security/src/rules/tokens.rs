//! Secrets that their issuers made to be recognised: by a prefix, a length, an
//! alphabet. The formats are those that GitHub's "Supported secret scanning
//! patterns" and the issuers' own pages name.

use super::random::is_random;
use super::rule;
use review::Severity::{Critical, High};
use review::rules::{Finds, Reads, Rule, Spot, scan};
use std::ops::RangeInclusive;

pub(super) const ID: &str = "committed-secret";

macro_rules! says {
    ($what:literal) => {
        concat!(
            "This looks like ",
            $what,
            ". Revoke it and make a new one: what was pushed once stays readable. ",
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
    let base32 = |b: u8| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b);
    any(line, &["AKIA", "ASIA"], 16..=16, base32)
});

pub(super) const GITHUB: Rule = secret(98, says!("a GitHub token"), |line| {
    any(
        line,
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        36..=251,
        base62,
    )
});

pub(super) const GITHUB_FINE_GRAINED: Rule = secret(98, says!("a GitHub token"), |line| {
    any(line, &["github_pat_"], 82..=82, name)
});

pub(super) const GITLAB: Rule = secret(95, says!("a GitLab token"), |line| {
    any(
        line,
        &["glpat-", "gldt-", "glrt-", "glptt-"],
        20..=64,
        url_safe,
    )
});

pub(super) const SLACK: Rule = secret(95, says!("a Slack token"), |line| {
    let prefixes = [
        "xoxb-", "xoxp-", "xoxa-", "xoxo-", "xoxs-", "xoxr-", "xoxe-", "xapp-",
    ];
    any(line, &prefixes, 24..=250, |b| base62(b) || b == b'-')
});

pub(super) const SLACK_WEBHOOK: Rule =
    secret(95, says!("the address of a Slack webhook"), |line| {
        let path = |b: u8| base62(b) || b == b'/';
        any(line, &["hooks.slack.com/services/T"], 30..=80, path)
    });

pub(super) const STRIPE: Rule = secret(98, says!("a live Stripe key"), |line| {
    any(line, &["sk_live_", "rk_live_"], 16..=247, base62)
});

pub(super) const GOOGLE_OAUTH: Rule = secret(95, says!("a Google OAuth client secret"), |line| {
    any(line, &["GOCSPX-"], 28..=28, url_safe)
});

pub(super) const GOOGLE_API: Rule = Rule {
    severity: High,
    ..secret(
        75,
        "This looks like a Google API key. If it is not meant for browsers and restricted to \
         your sites, revoke it and keep the new one out of the repository.",
        |line| any(line, &["AIza"], 35..=35, url_safe),
    )
};

pub(super) const NPM: Rule = secret(98, says!("an npm token"), |line| {
    any(line, &["npm_"], 36..=36, base62)
});

pub(super) const PYPI: Rule = secret(98, says!("a PyPI token"), |line| {
    any(line, &["pypi-AgEI"], 50..=400, url_safe)
});

pub(super) const ANTHROPIC: Rule = secret(98, says!("an Anthropic key"), |line| {
    any(line, &["sk-ant-"], 80..=150, url_safe)
});

pub(super) const OPENAI: Rule = secret(98, says!("an OpenAI key"), |line| {
    line.text().contains(OPENAI_MARK) && any(line, &["sk-"], 40..=220, url_safe)
});

/// Stands in the middle of every key of OpenAI's.
const OPENAI_MARK: &str = "T3BlbkFJ";

pub(super) const MODEL_API: Rule = secret(85, says!("the key of a model's API"), |line| {
    any(line, &["sk-or-v1-", "sk-proj-", "sk-"], 32..=64, base62)
});

pub(super) const SENDGRID: Rule = secret(98, says!("a SendGrid key"), |line| {
    let tail = |b: u8| url_safe(b) || b == b'.';
    bodies(line.text(), "SG.", 66..=66, tail)
        .any(|body| body.as_bytes().get(22) == Some(&b'.') && is_random(body))
});

pub(super) const TWILIO: Rule = secret(80, says!("a Twilio token"), |line| {
    let text = line.text();
    scan::has_ignoring_case(text, "twilio")
        && text.split(['"', '\'', '=', ' ']).any(|part| {
            let part = part.strip_prefix("SK").unwrap_or(part);
            part.len() == 32 && part.bytes().all(lower_hex) && is_random(part)
        })
});

pub(super) const TELEGRAM: Rule = secret(90, says!("the token of a Telegram bot"), |line| {
    let text = line.text();
    text.match_indices(":AA").any(|(at, _)| {
        let (before, after) = scan::around(text, at..at + 1);
        let digits = before.bytes().rev().take(11).take_while(u8::is_ascii_digit);
        let body = take(after, 36, url_safe);
        (8..=10).contains(&digits.count()) && body.len() == 35 && is_random(body)
    })
});

pub(super) const OTHERS: Rule = secret(95, says!("an access token"), |line| {
    any(line, &["hf_"], 34..=34, |b| b.is_ascii_alphabetic())
        || any(line, &["dop_v1_", "doo_v1_"], 64..=64, lower_hex)
        || any(line, &["shpat_", "shpss_"], 32..=32, lower_hex)
        || any(line, &["dapi"], 32..=32, lower_hex)
        || any(line, &["dckr_pat_"], 27..=27, url_safe)
        || any(line, &["hvs."], 90..=120, url_safe)
        || any(line, &["glsa_"], 41..=41, name)
        || any(line, &["lin_api_"], 40..=40, base62)
});

pub(super) const AZURE_STORAGE: Rule =
    secret(95, says!("the key of an Azure storage account"), |line| {
        let base64 = |b: u8| base62(b) || matches!(b, b'+' | b'/' | b'=');
        any(line, &["AccountKey="], 88..=88, base64)
    });

/// Whether `line` holds a token that begins with one of `prefixes`.
fn any(
    line: &Spot<'_>,
    prefixes: &[&str],
    len: RangeInclusive<usize>,
    letter: fn(u8) -> bool,
) -> bool {
    prefixes
        .iter()
        .any(|prefix| bodies(line.text(), prefix, len.clone(), letter).any(is_random))
}

/// What stands behind `prefix` in tokens of the right length. No letter, digit,
/// `_` or `-` stands before or behind a token, so none is cut out of another.
fn bodies<'a>(
    text: &'a str,
    prefix: &'a str,
    len: RangeInclusive<usize>,
    letter: fn(u8) -> bool,
) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let (before, after) = scan::around(text, at..at + prefix.len());
        if before.bytes().next_back().is_some_and(url_safe) {
            return None;
        }
        let body = take(after, len.end() + 1, letter);
        let next = after.as_bytes().get(body.len()).copied();
        (len.contains(&body.len()) && !next.is_some_and(base62)).then_some(body)
    })
}

/// The first bytes of `text`, at most `most`, that are `letter`s (all of them ASCII).
fn take(text: &str, most: usize, letter: fn(u8) -> bool) -> &str {
    let len = text.bytes().take(most).take_while(|&b| letter(b)).count();
    text.get(..len).unwrap_or_default()
}

fn base62(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn name(b: u8) -> bool {
    base62(b) || b == b'_'
}

fn url_safe(b: u8) -> bool {
    base62(b) || matches!(b, b'_' | b'-')
}

fn lower_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

#[cfg(test)]
mod tests {
    use super::super::random::tests::{BASE32, BASE62, HEX, random};
    use super::*;

    #[test]
    fn tokens_are_known_by_their_form() {
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
                format!("sk-proj-{}{OPENAI_MARK}{}", b(20), b(20)),
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

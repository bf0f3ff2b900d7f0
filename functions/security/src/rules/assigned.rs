//! Secrets without a form, known by the name that they are given.

use super::random::{bits_per_letter, is_random};
use super::rule;
use super::tokens::ID;
use review::Severity::High;
use review::rules::{Finds, Language, Reads, Rule, Spot};

pub(super) const ASSIGNED: Rule = Rule {
    severity: High,
    reads: Reads::Written,
    finds: Finds::Lines(|line| {
        !line.in_test()
            && line.text().len() <= 2_000
            && line.file.language != Language::Text
            && assignments(line).any(|(name, value)| names_secret(name) && is_secret(value))
    }),
    ..rule(
        ID,
        High,
        65,
        "A secret seems to be written into the file. If it is real, revoke it, and read the new \
         one from the environment or a secret store.",
    )
};

/// What is assigned on a line, as (text that ends with the name, value).
fn assignments<'a>(line: &Spot<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let text = line.text();
    let plain = match line.file.language {
        Language::Toml | Language::Yaml | Language::Shell | Language::Dockerfile => {
            text.split_once('=').or_else(|| text.split_once(": "))
        }
        _ => None,
    };
    quoted(line.text(), line.code()).chain(plain.map(|(name, value)| (name, value.trim())))
}

/// Every string with what stands before it, told by the quotes that `code` keeps.
fn quoted<'a>(text: &'a str, code: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut quotes = code.match_indices(['"', '\'']).take(32);
    std::iter::from_fn(move || {
        let (open, quote) = quotes.next()?;
        let (close, _) = quotes.by_ref().find(|&(_, other)| other == quote)?;
        Some((text.get(..open)?, text.get(open + 1..close)?))
    })
}

/// Whether `before` ends with the name of a secret and the sign of an assignment.
fn names_secret(before: &str) -> bool {
    let before = before.trim_end();
    let name = before.trim_end_matches(['=', ':', '>', ' ', '"', '\'']);
    let sign = before.get(name.len()..).unwrap_or_default();
    // In `KEY=value` the sign is cut off already; `==` compares.
    let assigns = !sign.contains("==") && !name.ends_with(['!', '<']);
    // `password: &str = "…"`
    let untyped = match name.rsplit_once(':') {
        Some((untyped, kind)) if sign.contains('=') && kind.len() <= 20 => untyped,
        _ => name,
    };
    assigns && {
        let start = untyped
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .map_or(0, |at| at + 1);
        let name: String = untyped
            .get(start..)
            .unwrap_or_default()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric())
            .map(|c| c.to_ascii_lowercase())
            .collect();
        const SECRETS: &[&str] = &[
            "password",
            "passwd",
            "pwd",
            "passphrase",
            "secret",
            "secretkey",
            "apikey",
            "accesskey",
            "authtoken",
            "accesstoken",
            "apitoken",
            "bottoken",
            "privatekey",
            "signingkey",
            "encryptionkey",
        ];
        const NOT: &[&str] = &["test", "fake", "mock", "public", "example", "dummy"];
        SECRETS.iter().any(|end| name.ends_with(end)) && !NOT.iter().any(|part| name.contains(part))
    }
}

/// Whether a value looks drawn by a machine or made up to be hard, and not like a
/// name, a path, a reference or a sentence.
fn is_secret(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let letters = value.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    let reference = value.starts_with(['$', '<', '{', '%', '@', '!', '&', '/', '.', '*'])
        || [
            "://",
            "${",
            "{{",
            "ENC[",
            "env.",
            "env:",
            "arn:",
            "secretsmanager:",
            "ssm:",
            "sha256:",
        ]
        .iter()
        .any(|mark| value.contains(mark));
    // `api-v2.password_field`: words, at most with a number behind them.
    let words = value.split(['-', '_', '.', '/', ':']).all(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        word.bytes().all(|b| b.is_ascii_alphabetic())
    });
    (12..=200).contains(&value.len())
        && value.is_ascii()
        && !value.contains([' ', '(', ')', ';', ','])
        && letters
        && digits
        && !reference
        && !words
        && bits_per_letter(value) >= 3.2
        && is_random(value)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::super::random::tests::{BASE62, random};
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        let b = |len| random(len, BASE62);
        let made_up = ["Tr0ub4dor", "&3-Horse"].concat();
        for (rule, why, path, text, hit) in [
            (
                ASSIGNED,
                "a made-up password",
                "a.py",
                format!("DB_PASSWORD = '{made_up}'"),
                true,
            ),
            (
                ASSIGNED,
                "JSON",
                "a.json",
                format!("  \"apiKey\": \"{}\",", b(32)),
                true,
            ),
            (
                ASSIGNED,
                "with a type",
                "a.rs",
                format!("const API_KEY: &str = \"{}\";", b(32)),
                true,
            ),
            (
                ASSIGNED,
                "YAML",
                "a.yml",
                format!("client_secret: {}", b(32)),
                true,
            ),
            (
                ASSIGNED,
                "a compose file",
                "a.yml",
                format!("      - DB_PASSWORD={}", b(20)),
                true,
            ),
            (
                ASSIGNED,
                "from the environment",
                "a.py",
                "PASSWORD = os.environ['DB_PASSWORD_V2_PRIMARY']".to_owned(),
                false,
            ),
            (
                ASSIGNED,
                "a reference",
                "a.yml",
                "password: ${{ secrets.DB_PASSWORD_2 }}".to_owned(),
                false,
            ),
            (
                ASSIGNED,
                "a path",
                "a.yml",
                "password: /run/secrets/db_password_2".to_owned(),
                false,
            ),
            (
                ASSIGNED,
                "the name of a field",
                "a.ts",
                "password: 'login.form.password2'".to_owned(),
                false,
            ),
            (
                ASSIGNED,
                "a sentence",
                "a.ts",
                "password: 'At least 8 characters, 1 digit'".to_owned(),
                false,
            ),
            (
                ASSIGNED,
                "a comparison",
                "a.py",
                format!("if password == '{}':", b(20)),
                false,
            ),
            (
                ASSIGNED,
                "not a secret's name",
                "a.py",
                format!("etag = '{}'", b(32)),
                false,
            ),
            (
                ASSIGNED,
                "a test",
                "tests/a.py",
                format!("password = '{}'", b(32)),
                false,
            ),
            (
                ASSIGNED,
                "prose",
                "a.md",
                format!("password = '{}'", b(32)),
                false,
            ),
        ] {
            check(&[(rule, why, path, &text, hit)]);
        }
    }
}

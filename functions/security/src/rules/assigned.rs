//! Secrets without a recognisable format, detected by the name of their variable.

use super::tokens::ID;
use review::Severity::High;
use review::rules::rule;
use review::rules::{Finds, Language, Reads, Rule, Spot};
use secrets::assigned::{is_secret, names_secret};

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

/// Returns the assignments on a line as (text that ends with the name, value).
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

/// Returns every string with the text before it, located by the quotes in `code`.
fn quoted<'a>(text: &'a str, code: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut quotes = code.match_indices(['"', '\'']).take(32);
    std::iter::from_fn(move || {
        let (open, quote) = quotes.next()?;
        let (close, _) = quotes.by_ref().find(|&(_, other)| other == quote)?;
        Some((text.get(..open)?, text.get(open + 1..close)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;
    use secrets::samples::{BASE62, random};

    #[test]
    fn finds_secrets_by_name() {
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

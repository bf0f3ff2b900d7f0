//! Secrets without a recognisable format, detected by their context.

use super::tokens::{says, secret};
use review::Severity::{High, Medium};
use review::rules::rule;
use review::rules::{File, Finds, Language, Reads, Rule, scan};
use secrets::is_random;

pub(super) const PRIVATE_KEY: Rule = secret(97, says!("a private key"), |line| {
    let text = line.text();
    let Some(at) = text.find("PRIVATE KEY") else {
        return false;
    };
    let (before, after) = scan::around(text, at..at + "PRIVATE KEY".len());
    let after = after.strip_prefix(" BLOCK").unwrap_or(after);
    // The key itself must follow; otherwise the line is a pattern or a check for a
    // key.
    let same_line = after
        .strip_prefix("-----")
        .is_some_and(|rest| rest.split("\\n").any(is_key_line));
    before.contains("-----BEGIN ")
        && (same_line || line.below().is_some_and(|below| is_key_line(below.text)))
});

/// Detects a line of base64, or one of the headers before it.
fn is_key_line(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t', '"', '\'', '+', ',']);
    let text = text.strip_suffix("\\n").unwrap_or(text);
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    (text.len() >= 40 && text.bytes().all(base64) && is_random(text))
        || text.starts_with("Proc-Type: ")
}

pub(super) const AWS_SECRET: Rule = secret(92, says!("an AWS secret access key"), |line| {
    let text = line.text();
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    scan::has_ignoring_case(text, "aws")
        && (scan::has_ignoring_case(text, "secret") || scan::has_ignoring_case(text, "private"))
        && text
            .split(['"', '\'', '=', ' ', ':', ','])
            .any(|part| part.len() == 40 && part.bytes().all(base64) && is_random(part))
});

pub(super) const PASSWORD_IN_URL: Rule = Rule {
    severity: High,
    ..secret(80, says!("a password in an address"), |line| {
        let places = line.text().match_indices("://").take(16);
        places.into_iter().any(|(at, mark)| {
            let (before, after) = scan::around(line.text(), at..at + mark.len());
            scan::ends_with_name(before) && has_password(after)
        })
    })
};

/// Returns `true` if `user:password@host` follows, with a password that is not an
/// example and a host that others can reach.
fn has_password(after: &str) -> bool {
    let end = after
        .char_indices()
        .take(300)
        .find(|&(_, c)| {
            c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '?' | '#' | '<' | '>')
        })
        .map_or(after.len().min(300), |(at, _)| at);
    let authority = after.get(..end).unwrap_or_default();
    let Some((user_info, host)) = authority.rsplit_once('@') else {
        return false;
    };
    let Some((user, password)) = user_info.split_once(':') else {
        return false;
    };
    let host = host.split(':').next().unwrap_or_default();
    let public = host.contains('.')
        && !host.starts_with("127.")
        && !host.contains("example")
        && !host.ends_with(".local")
        && !host.ends_with(".test");
    let variable = password.contains(['$', '{', '}', '%', '*', '(', '[']);
    public && !variable && password != user && password.len() >= 6 && {
        let lower = password.to_ascii_lowercase();
        ![
            "pass", "secret", "token", "changeme", "xxx", "your", "example",
        ]
        .iter()
        .any(|word| lower.contains(word))
    }
}

pub(super) const JWT: Rule = Rule {
    severity: Medium,
    ..secret(
        65,
        "This looks like a signed token (JWT). If it is still valid, revoke it; in a test, sign \
         one when the test runs.",
        |line| {
            // The first bytes of `{"alg":…` and of the claims, in base64.
            let text = line.text();
            !line.in_test()
                && line.file.language != Language::Text
                && text.match_indices("eyJ").take(16).any(|(at, _)| {
                    let (before, token) = scan::around(text, at..at);
                    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
                    let len = token
                        .bytes()
                        .take(4_000)
                        .take_while(|&b| part(b) || b == b'.')
                        .count();
                    let mut parts = token.get(..len).unwrap_or_default().split('.');
                    let (header, claims, signature) = (parts.next(), parts.next(), parts.next());
                    !scan::ends_with_name(before)
                        && header.is_some_and(|header| header.len() >= 15)
                        && claims.is_some_and(|claims| {
                            claims.len() >= 20
                                && claims.starts_with("eyJ")
                                && !claims.starts_with(JWT_IO)
                        })
                        && signature
                            .is_some_and(|signature| signature.len() >= 40 && is_random(signature))
                })
        },
    )
};

/// First characters of the claims in the widely copied example from jwt.io.
const JWT_IO: &str = "eyJzdWIiOiIxMjM0NTY3ODkwIi";

pub(super) const ENV_FILE: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::InDiff(|files| files.iter().position(is_filled_env_file)),
    ..rule(
        "committed-env-file",
        Medium,
        70,
        "A file of environment variables is committed. Keep it out (`.gitignore`), and commit a \
         `.env.example` without values.",
    )
};

fn is_filled_env_file(file: &File<'_>) -> bool {
    let template = ["example", "sample", "template", "dist", "test", "defaults"];
    file.is_env_file()
        && !template.iter().any(|word| file.name().contains(word))
        && file.added().any(|line| {
            line.text
                .split_once('=')
                .is_some_and(|(name, value)| !name.starts_with('#') && !value.trim().is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;
    use secrets::samples::{BASE62, random};

    #[test]
    fn finds_secrets_by_context() {
        let b = |len| random(len, BASE62);
        let begin = &["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
        let signature = b(43);
        for (rule, why, path, text, hit) in [
            (
                PRIVATE_KEY,
                "a key",
                "key.pem",
                format!("{begin}\n{}\n", b(64)),
                true,
            ),
            (
                PRIVATE_KEY,
                "a key in one string",
                "a.js",
                format!("k = \"{begin}\\n{}\\n\"", b(64)),
                true,
            ),
            (
                PRIVATE_KEY,
                "a check for one",
                "a.py",
                format!("if x.startswith('{begin}'):\n    pass\n"),
                false,
            ),
            (
                PRIVATE_KEY,
                "documentation",
                "a.md",
                format!("{begin}\n...\n"),
                false,
            ),
            (
                PRIVATE_KEY,
                "a public key",
                "key.pem",
                format!("-----BEGIN PUBLIC KEY-----\n{}\n", b(64)),
                false,
            ),
            (
                AWS_SECRET,
                "a key",
                ".aws/credentials",
                format!("aws_secret_access_key = {}", b(40)),
                true,
            ),
            (
                AWS_SECRET,
                "Amazon's own example",
                "a.py",
                concat!(
                    "AWS_SECRET = 'wJalrXUtnFEMI/K7MDENG/",
                    "bPxRfiCYEXAMPLEKEY'"
                )
                .to_owned(),
                false,
            ),
            (
                PASSWORD_IN_URL,
                "a database",
                "a.py",
                format!("postgres://app:{}@db.acme.io/app", b(12)),
                true,
            ),
            (
                PASSWORD_IN_URL,
                "one's own machine",
                "a.py",
                format!("postgres://app:{}@localhost:5432/app", b(12)),
                false,
            ),
            (
                PASSWORD_IN_URL,
                "a service beside it",
                "a.yml",
                format!("postgres://app:{}@db/app", b(12)),
                false,
            ),
            (
                PASSWORD_IN_URL,
                "a variable",
                "a.sh",
                "https://bot:${TOKEN_OF_BOT}@git.acme.io/".to_owned(),
                false,
            ),
            (
                PASSWORD_IN_URL,
                "an example",
                "a.md",
                "https://user:password@git.acme.io/".to_owned(),
                false,
            ),
            (
                PASSWORD_IN_URL,
                "only a user",
                "a.md",
                "ssh://git@github.com/a/b".to_owned(),
                false,
            ),
            (
                PASSWORD_IN_URL,
                "an address behind the path",
                "a.md",
                "https://acme.io/a:bcdefgh@x.y".to_owned(),
                false,
            ),
            (
                JWT,
                "a token",
                "a.js",
                format!("t = 'eyJhbGciOiJIUzI1NiJ9.eyJ{}.{signature}'", b(40)),
                true,
            ),
            (
                JWT,
                "in a test",
                "a.test.js",
                format!("t = 'eyJhbGciOiJIUzI1NiJ9.eyJ{}.{signature}'", b(40)),
                false,
            ),
            (
                JWT,
                "the example of jwt.io",
                "a.js",
                format!("t = 'eyJhbGciOiJIUzI1NiJ9.{JWT_IO}{}.{signature}'", b(20)),
                false,
            ),
        ] {
            check(&[(rule, why, path, &text, hit)]);
        }
    }

    #[test]
    fn finds_committed_env_files() {
        check(&[
            (ENV_FILE, "with values", "web/.env", "A=1", true),
            (ENV_FILE, "without", ".env", "# A=1\nA=", false),
            (ENV_FILE, "to be filled in", ".env.example", "A=1", false),
            (ENV_FILE, "something else", "environment.py", "A=1", false),
        ]);
    }
}

//! Disabled security features.

use review::Severity::{High, Low, Medium};
use review::rules::rule;
use review::rules::scan::{calls, has_word};
use review::rules::unseen::{self, turns};
use review::rules::{Finds, Language, Reads, Rule};

pub(super) const TLS: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::Lines(|line| {
        let (code, text) = (line.code(), line.text());
        let squeezed = || code.replace(' ', "");
        let found = match line.file.language {
            Language::Python => {
                let code = squeezed();
                // `jwt.decode(…, verify=False)` has its own rule.
                has_word(&code, "verify=False") && !code.contains("jwt.")
                    || code.contains("ssl._create_unverified_context")
                    || code.contains("verify_mode=ssl.CERT_NONE")
            }
            Language::Go => squeezed().contains("InsecureSkipVerify:true"),
            Language::JavaScript => {
                squeezed().contains("rejectUnauthorized:false")
                    || code.contains("NODE_TLS_REJECT_UNAUTHORIZED") && assigns_zero(text)
            }
            Language::Rust => [
                "danger_accept_invalid_certs(true",
                "danger_accept_invalid_hostnames(true",
            ]
            .iter()
            .any(|call| code.contains(call)),
            Language::Php => {
                let code = squeezed();
                ["CURLOPT_SSL_VERIFYPEER", "CURLOPT_SSL_VERIFYHOST"]
                    .iter()
                    .any(|name| {
                        [",false", ",0", "=>false", "=>0"]
                            .iter()
                            .any(|off| code.contains(&format!("{name}{off}")))
                    })
            }
            Language::Ruby => code.contains("OpenSSL::SSL::VERIFY_NONE"),
            Language::Shell | Language::Dockerfile | Language::Yaml => {
                has_word(code, "curl") && (has_word(code, "--insecure") || code.contains(" -k "))
                    || has_word(code, "--no-check-certificate")
                    || has_word(code, "NODE_TLS_REJECT_UNAUTHORIZED") && assigns_zero(text)
            }
            _ => false,
        };
        found && !line.in_test()
    }),
    ..rule(
        "tls-not-verified",
        High,
        85,
        "The other side's certificate is not checked, so anyone on the way can read and change \
         what is sent. Trust the certificate's issuer instead of all.",
    )
};

fn assigns_zero(text: &str) -> bool {
    let value = text.rsplit(['=', ':']).next().unwrap_or_default();
    value.trim_matches([' ', '"', '\'', ';', '`']) == "0"
}

pub(super) const JWT_NOT_VERIFIED: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code().replace(' ', "");
        let text = line.text().replace([' ', '\''], "\"").replace("\"\"", "\"");
        !line.in_test()
            && (code.contains("jwt.decode(") && has_word(&code, "verify=False")
                || text.contains("verify_signature\":\"False")
                || text.contains("algorithms=[\"none\"")
                || text.contains("algorithms:\"[\"none\""))
    }),
    ..rule(
        "jwt-not-verified",
        High,
        85,
        "The token's signature is not checked: anyone can write one. Name the key and the one \
         algorithm that you expect.",
    )
};

pub(super) const WORLD_WRITABLE: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::Lines(|line| {
        let code = line.code();
        let scripts = matches!(
            line.file.language,
            Language::Shell | Language::Dockerfile | Language::Yaml
        );
        let chmod = |code: &str| {
            let mut words = code.split([' ', '\t', ';', '&', '|']);
            words.by_ref().any(|word| word == "chmod")
                && words
                    .find(|word| !word.starts_with('-') && !word.is_empty())
                    .is_some_and(|mode| matches!(mode, "777" | "0777" | "a+rwx" | "ugo+rwx"))
        };
        !line.in_test()
            && (scripts && chmod(code)
                || ["os.chmod", "os.Chmod", "fs.chmod", "fs.chmodSync", "chmod"]
                    .iter()
                    .flat_map(|name| calls(code, name))
                    .any(|range| {
                        let arguments = code.get(range).unwrap_or_default();
                        arguments
                            .split(',')
                            .any(|argument| matches!(argument.trim(), "0777" | "0o777"))
                    }))
    }),
    ..rule(
        "world-writable",
        Medium,
        80,
        "Everybody on the machine may write this. Give the rights to the one who needs them \
         (`755`, `750`, or a change of owner).",
    )
};

pub(super) const DEBUG_SERVER: Rule = Rule {
    reads: Reads::Languages(&[Language::Python]),
    finds: Finds::Lines(|line| {
        let code = line.code().replace(' ', "");
        !line.in_test() && code.contains(".run(") && has_word(&code, "debug=True")
    }),
    ..rule(
        "debug-server",
        Low,
        65,
        "A server in debug mode lets every visitor run code. Read the mode from the \
         environment, off by default.",
    )
};

pub(super) const BIDI: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::Lines(|line| !is_prose(line.file.language) && line.text().contains(turns)),
    ..rule(
        "hidden-direction",
        High,
        92,
        "An invisible character turns the direction of the text here, so that it reads otherwise \
         than it runs (\"Trojan Source\"). Remove it, or write it as an escape.",
    )
};

pub(super) const HIDDEN: Rule = Rule {
    reads: Reads::Written,
    finds: Finds::Lines(|line| {
        // Windows editors write a byte order mark at the start of a file.
        let text = match line.number() {
            1 => line.text().trim_start_matches('\u{feff}'),
            _ => line.text(),
        };
        match is_prose(line.file.language) {
            true => unseen::in_prose(text),
            false => unseen::in_code(text),
        }
    }),
    ..rule(
        "hidden-characters",
        Medium,
        80,
        "This line has zero-width characters, or tags that only machines read: readers do not \
         see its real content. Remove them, or write them as escapes.",
    )
};

fn is_prose(language: Language) -> bool {
    matches!(language, Language::Text | Language::Html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_disabled_security_features() {
        check(&[
            (
                TLS,
                "requests",
                "a.py",
                "requests.get(url, verify=False)",
                true,
            ),
            (TLS, "on", "a.py", "requests.get(url, verify=True)", false),
            (
                TLS,
                "something else",
                "a.py",
                "sync(preverify=False)",
                false,
            ),
            (TLS, "in a string", "a.py", "help = 'verify=False'", false),
            (
                TLS,
                "in a test",
                "tests/a.py",
                "requests.get(url, verify=False)",
                false,
            ),
            (
                TLS,
                "Go",
                "a.go",
                "&tls.Config{InsecureSkipVerify: true}",
                true,
            ),
            (
                TLS,
                "Go, read from settings",
                "a.go",
                "InsecureSkipVerify: cfg.Insecure,",
                false,
            ),
            (
                TLS,
                "Node",
                "a.ts",
                "new https.Agent({ rejectUnauthorized: false })",
                true,
            ),
            (
                TLS,
                "Node's variable",
                "a.js",
                "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'",
                true,
            ),
            (
                TLS,
                "Rust",
                "a.rs",
                ".danger_accept_invalid_certs(true)",
                true,
            ),
            (
                TLS,
                "PHP",
                "a.php",
                "curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);",
                true,
            ),
            (TLS, "curl", "a.sh", "curl -k https://x.y", true),
            (TLS, "another -k", "a.sh", "kubectl apply -k ./x", false),
            (
                JWT_NOT_VERIFIED,
                "no signature",
                "a.py",
                "jwt.decode(t, options={'verify_signature': False})",
                true,
            ),
            (
                JWT_NOT_VERIFIED,
                "no algorithm",
                "a.py",
                "jwt.decode(t, key, algorithms=['none'])",
                true,
            ),
            (
                JWT_NOT_VERIFIED,
                "checked",
                "a.py",
                "jwt.decode(t, key, algorithms=['HS256'])",
                false,
            ),
            (
                WORLD_WRITABLE,
                "a container",
                "Dockerfile",
                "RUN chmod -R 777 /app",
                true,
            ),
            (
                WORLD_WRITABLE,
                "narrower",
                "Dockerfile",
                "RUN chmod 755 /app",
                false,
            ),
            (
                WORLD_WRITABLE,
                "a number in a path",
                "a.sh",
                "chmod 644 777.txt",
                false,
            ),
            (
                WORLD_WRITABLE,
                "less a mask",
                "a.py",
                "os.chmod(p, 0o777 - mask)",
                false,
            ),
            (WORLD_WRITABLE, "Go", "a.go", "os.Chmod(p, 0777)", true),
            (DEBUG_SERVER, "Flask", "a.py", "app.run(debug=True)", true),
            (
                DEBUG_SERVER,
                "another function",
                "a.py",
                "build(debug=True)",
                false,
            ),
            (
                BIDI,
                "hidden",
                "a.rs",
                "let x = \"\u{202e}\u{2066}\";",
                true,
            ),
            (BIDI, "a mark", "a.rs", "let x = \"\u{200f}\";", false),
            (BIDI, "prose may need it", "a.md", "\u{2067}", false),
            (HIDDEN, "prose needs no override", "a.md", "\u{202e}", true),
            (HIDDEN, "nor tags", "a.md", "fine \u{e0041}", true),
            (
                HIDDEN,
                "a space of no width",
                "a.py",
                "is\u{200b}_admin = True",
                true,
            ),
            (
                HIDDEN,
                "letters that only machines read",
                "a.py",
                "# fine \u{e0041}\u{e0050}",
                true,
            ),
            (HIDDEN, "a byte order mark", "a.py", "\u{feff}x = 1", false),
            (
                HIDDEN,
                "a joined emoji is seen",
                "a.py",
                "x = \"👩\u{200d}💻\"",
                false,
            ),
            (
                BIDI,
                "Arabic alone is fine",
                "a.rs",
                "let x = \"مرحبا\";",
                false,
            ),
        ]);
    }
}

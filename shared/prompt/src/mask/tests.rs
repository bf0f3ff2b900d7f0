use super::*;
use secret_forms::samples::{BASE32, BASE62, HEX, random};

/// Returns one secret of each form: (description, text before, secret, text after).
pub(crate) fn canaries() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let b = |len| random(len, BASE62);
    let mut all = vec![
        (
            "AWS",
            "key = \"",
            format!("AKIA{}", random(16, BASE32)),
            "\"",
        ),
        (
            "AWS, for a session",
            "",
            format!("ASIA{}", random(16, BASE32)),
            "",
        ),
        ("AWS's secret", "aws_secret_access_key = ", b(40), ""),
        (
            "AWS's secret, in a call",
            "Credentials(\"AKIAX\", \"",
            b(40),
            "\")",
        ),
        (
            "GitHub, fine-grained",
            "T=",
            format!("github_pat_{}_{}", b(22), b(59)),
            "",
        ),
        ("GitHub, cut short", "T=", format!("ghp_{}", b(22)), ""),
        ("an App's, long", "", format!("ghs_{}", b(300)), ""),
        ("a model's", "k: ", format!("sk-{}", b(48)), ""),
        (
            "a model's, by project",
            "k('",
            format!("sk-proj-{}_{}-x", b(30), b(20)),
            "')",
        ),
        ("Anthropic", "", format!("sk-ant-api03-{}", b(95)), ""),
        (
            "Slack",
            "",
            format!("xoxb-{}-{}", random(12, HEX), b(24)),
            "",
        ),
        ("Google", "?key=", format!("AIza{}", b(35)), "&x=1"),
        ("GitLab", "", format!("glpat-{}", b(20)), ""),
        ("Stripe", "", format!("sk_live_{}", b(24)), ""),
        ("npm", "_authToken=", format!("npm_{}", b(36)), ""),
        ("SendGrid", "", format!("SG.{}.{}", b(22), b(43)), ""),
        (
            "Telegram",
            "",
            format!("{}:AA{}", random(9, "123456789"), b(33)),
            "",
        ),
        (
            "JWT",
            "t = '",
            format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", b(40), b(43)),
            "'",
        ),
        (
            "a password in an address",
            "postgres://app:",
            b(12),
            "@db/app",
        ),
        (
            "with a sign",
            "redis://:",
            format!("{}!%40", b(8)),
            "@db/app",
        ),
        ("assigned", "password = \"", b(20), "\""),
        ("single quotes", "DB_PASSWD: '", b(16), "',"),
        ("with a type", "const API_KEY: &str = \"", b(32), "\";"),
        ("JSON", "{\"client_secret\": \"", b(32), "\"}"),
        (
            "JSON in a string",
            "\"{\\\"token\\\":\\\"",
            b(32),
            "\\\"}\"",
        ),
        ("bare", "export APP_TOKEN=", b(24), " # x"),
        ("YAML", "  secret: ", b(24), ""),
        ("an argument", "curl --token=", b(24), " x"),
        ("a very long one", "SECRET=\"", b(900), "\""),
        ("a header", "-H 'Authorization: Bearer ", b(30), "'"),
        ("another header", "Authorization: Basic ", b(24), ""),
        ("behind an apostrophe", "don't: password=\"", b(20), "\""),
        ("a key's line", "", b(64), ""),
    ];
    for prefix in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"] {
        all.push(("GitHub", "x(\"", format!("{prefix}{}", b(36)), "\")"));
    }
    all
}

#[test]
fn masks_secrets_only() {
    for (why, before, secret, behind) in canaries() {
        let line = format!("{before}{secret}{behind}");
        assert_eq!(mask(&line), format!("{before}[masked]{behind}"), "{why}");
        let twice = format!("{line} {line}");
        assert!(
            !mask(&twice).contains(&secret) || why == "a key's line",
            "{why}, twice"
        );
    }
}

#[test]
fn masks_key_on_one_line() {
    let (one, two) = (random(64, BASE62), "QmFzZQ==");
    for end in ["\\n", " "] {
        let line = ["k = \"-----BEGIN RSA PRIV", "ATE KEY-----"].concat()
            + &format!("{end}{one}{end}{two}{end}-----END x");
        let masked = mask(&line);
        assert!(!masked.contains(&one) && !masked.contains(two), "{masked}");
        assert!(masked.starts_with("k = \"-----BEGIN"), "{masked}");
    }
}

#[test]
fn keeps_text_without_secrets() {
    for (why, line) in [
        ("code", "let token = next_token(&mut lexer)?;"),
        ("a name", "password: 'login.form.password2'"),
        ("a reference", "password: ${{ secrets.DB_PASSWORD_2 }}"),
        (
            "a variable in an address",
            "https://bot:${TOKEN_OF_BOT}@git.acme.io/",
        ),
        ("another one", "https://bot:$TOKEN@git.acme.io/"),
        ("an address with a port", "http://localhost:8080/a@b"),
        ("a user alone", "ssh://git@github.com/a/b"),
        (
            "a word with a prefix in it",
            "task-scheduler-with-a-long-name-2",
        ),
        ("a class in CSS", ".sk-loading-container-with-long-name {}"),
        ("a hash", "index 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
        ("a comparison", "if password == stored_password_v2 {"),
        (
            "a path as long as a key's line",
            "/usr/share/application/resources/translations/default/messages/en",
        ),
        ("nothing", ""),
    ] {
        assert_eq!(mask(line), line, "{why}");
    }
}

#[test]
fn hostile_lines_take_linear_time() {
    for unit in [
        "eyJ",
        "sk-",
        "SG.",
        "token=",
        "://a:",
        "password=\"",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "AKIA",
        "Bearer ",
        "=:",
        "aws ",
    ] {
        let line = unit.repeat(100_000 / unit.len());
        assert!(mask(&line).len() <= line.len() + MASKED.len(), "{unit}");
    }
}

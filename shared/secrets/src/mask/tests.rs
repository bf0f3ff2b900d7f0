use super::*;
use crate::samples::{BASE62, canaries, random};

#[test]
fn secrets_are_masked_and_what_is_around_them_stays() {
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
fn a_key_on_one_line_is_masked() {
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
fn what_is_no_secret_stays() {
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
fn hostile_lines_take_no_quadratic_time() {
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

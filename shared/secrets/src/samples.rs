//! Texts similar to secrets, for tests. They are generated when a test runs, so that the repository
//! contains none.

/// Letters and digits.
pub const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Hexadecimal digits.
pub const HEX: &str = "0123456789abcdef";

/// Alphabet of AWS access keys.
pub const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Returns `len` letters of `alphabet`, the same ones on every call.
pub fn random(len: usize, alphabet: &str) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ (len as u64);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let index = state.checked_rem(alphabet.len() as u64)?;
        alphabet.get(index as usize).copied()
    };
    (0..len).map_while(|_| next()).collect()
}

/// Returns a secret of each format: its name, the text before it, the secret, and the text after
/// it.
pub fn canaries() -> Vec<(&'static str, &'static str, String, &'static str)> {
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

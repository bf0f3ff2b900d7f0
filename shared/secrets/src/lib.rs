//! Formats of secrets: by their issuer's prefix, or by the name that they are assigned to. Both
//! detection ([`Form::is_in`], precise) and redaction ([`Form::spans`] and [`mask()`], generous) use them.

pub mod assigned;
mod form;
pub mod mask;
pub mod pem;
mod random;
pub mod samples;

pub use form::Form;
pub use mask::mask;
pub use random::{bits_per_letter, is_random};

use form::{base62, base64, letter, lower_hex, name, url_safe};

macro_rules! forms {
    ($($(#[$doc:meta])* $id:ident = [$($prefix:literal),+], $len:expr, $letter:expr;)+) => {
        $($(#[$doc])* pub const $id: Form = Form {
            prefixes: &[$($prefix),+],
            len: $len,
            letter: $letter,
        };)+
        /// All formats with a prefix.
        pub const ALL: &[Form] = &[$($id),+];
    };
}

// Sources of the formats: GitHub's "Supported secret scanning patterns" and the issuers' own pages.
forms! {
    /// AWS access keys.
    AWS_KEY = ["AKIA", "ASIA"], 16..=16, |b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b);
    /// GitHub tokens: personal, OAuth, of Apps.
    GITHUB = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], 36..=251, base62;
    /// Fine-grained GitHub tokens.
    GITHUB_FINE_GRAINED = ["github_pat_"], 82..=82, name;
    /// GitLab tokens.
    GITLAB = ["glpat-", "gldt-", "glrt-", "glptt-"], 20..=64, url_safe;
    /// Slack tokens.
    SLACK = ["xoxb-", "xoxp-", "xoxa-", "xoxo-", "xoxs-", "xoxr-", "xoxe-", "xapp-"], 24..=250,
        |b| base62(b) || b == b'-';
    /// URLs of Slack webhooks.
    SLACK_WEBHOOK = ["hooks.slack.com/services/T"], 30..=80, |b| base62(b) || b == b'/';
    /// Live Stripe keys.
    STRIPE = ["sk_live_", "rk_live_"], 16..=247, base62;
    /// Google OAuth client secrets.
    GOOGLE_OAUTH = ["GOCSPX-"], 28..=28, url_safe;
    /// Google API keys.
    GOOGLE_API = ["AIza"], 35..=35, url_safe;
    /// npm tokens.
    NPM = ["npm_"], 36..=36, base62;
    /// PyPI tokens.
    PYPI = ["pypi-AgEI"], 50..=400, url_safe;
    /// Anthropic keys.
    ANTHROPIC = ["sk-ant-"], 80..=150, url_safe;
    /// OpenAI keys, which also contain [`OPENAI_MARK`].
    OPENAI = ["sk-"], 40..=220, url_safe;
    /// Keys of other models' APIs.
    MODEL_API = ["sk-or-v1-", "sk-proj-", "sk-"], 32..=64, base62;
    /// SendGrid keys, in two parts.
    SENDGRID = ["SG."], 66..=66, |b| url_safe(b) || b == b'.';
    /// Hugging Face tokens.
    HUGGING_FACE = ["hf_"], 34..=34, letter;
    /// DigitalOcean tokens.
    DIGITAL_OCEAN = ["dop_v1_", "doo_v1_"], 64..=64, lower_hex;
    /// Shopify tokens.
    SHOPIFY = ["shpat_", "shpss_"], 32..=32, lower_hex;
    /// Databricks tokens.
    DATABRICKS = ["dapi"], 32..=32, lower_hex;
    /// Docker Hub tokens.
    DOCKER = ["dckr_pat_"], 27..=27, url_safe;
    /// Vault tokens.
    VAULT = ["hvs."], 90..=120, url_safe;
    /// Grafana tokens.
    GRAFANA = ["glsa_"], 41..=41, name;
    /// Linear keys.
    LINEAR = ["lin_api_"], 40..=40, base62;
    /// Keys of Azure storage accounts.
    AZURE_STORAGE = ["AccountKey="], 88..=88, |b| base64(b) || b == b'=';
}

/// Text in the middle of every OpenAI key.
pub const OPENAI_MARK: &str = "T3BlbkFJ";

/// Returns whether `text` contains a SendGrid key.
pub fn has_sendgrid_key(text: &str) -> bool {
    SENDGRID
        .bodies(text)
        .any(|body| body.as_bytes().get(22) == Some(&b'.') && is_random(body))
}

/// Returns the ranges of Telegram bot tokens in `text`: digits, `:AA` and 33 letters.
pub fn telegram_bodies(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    text.match_indices(":AA").filter_map(move |(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let digits = before.bytes().rev().take(11).take_while(u8::is_ascii_digit);
        let digits = digits.count();
        let body = form::take(text.get(at + 1..).unwrap_or_default(), 36, url_safe);
        ((8..=10).contains(&digits) && body.len() == 35 && is_random(body))
            .then(|| at - digits..at + 1 + body.len())
    })
}

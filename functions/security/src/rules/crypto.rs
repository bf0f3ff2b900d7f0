//! Weak hashes, ciphers and random numbers.

use review::Severity::{High, Medium};
use review::rules::rule;
use review::rules::scan::{has_call, has_ignoring_case, has_word};
use review::rules::{Finds, Language, Reads, Rule};

pub(super) const PASSWORD_HASH: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code();
        let hashes = [
            "hashlib.md5",
            "hashlib.sha1",
            "md5",
            "sha1",
            "MD5",
            "SHA1",
            "md5.Sum",
            "sha1.Sum",
            "Md5::digest",
            "Sha1::digest",
            "md5::compute",
            "MD5.hexdigest",
            "SHA1.hexdigest",
        ];
        !line.in_test()
            && ["password", "passwd", "passphrase"]
                .iter()
                .any(|word| has_ignoring_case(code, word))
            && hashes.iter().any(|name| has_call(code, name))
    }),
    ..rule(
        "weak-password-hash",
        High,
        85,
        "This hash is made to be quick, so passwords behind it can be guessed by the billion. \
         Use one that is made for passwords: Argon2id, scrypt, bcrypt.",
    )
};

pub(super) const CIPHER: Rule = Rule {
    finds: Finds::Lines(|line| {
        let (code, text) = (line.code(), line.text());
        let names = [
            "AES.MODE_ECB",
            "modes.ECB",
            "DES.MODE_ECB",
            "CipherMode.ECB",
        ];
        !line.in_test()
            && (names.iter().any(|name| has_word(code, name))
                || ["DES.new", "ARC4.new", "des.NewCipher", "rc4.NewCipher"]
                    .iter()
                    .any(|name| has_call(code, name))
                || code.contains("Cipher.getInstance(")
                    && (text.contains("/ECB/") || text.contains("\"DES")))
    }),
    ..rule(
        "weak-cipher",
        Medium,
        80,
        "This cipher or mode reveals patterns of the plaintext or can be broken. Use AES-GCM or \
         ChaCha20-Poly1305.",
    )
};

pub(super) const RANDOM: Rule = Rule {
    reads: Reads::Languages(&[
        Language::JavaScript,
        Language::Python,
        Language::Java,
        Language::Php,
    ]),
    finds: Finds::Lines(|line| {
        let code = line.code();
        let names: &[&str] = match line.file.language {
            Language::JavaScript => &["Math.random"],
            Language::Python => &[
                "random.choice",
                "random.choices",
                "random.randint",
                "random.random",
                "random.getrandbits",
            ],
            Language::Java => &["new Random"],
            _ => &["rand", "mt_rand"],
        };
        let secrets = [
            "token", "secret", "password", "session", "nonce", "apikey", "api_key", "otp",
        ];
        let assigned = code.split('=').next().unwrap_or_default();
        !line.in_test()
            && code.contains('=')
            && secrets.iter().any(|word| has_ignoring_case(assigned, word))
            && names.iter().any(|name| has_call(code, name))
    }),
    ..rule(
        "guessable-random",
        Medium,
        70,
        "These random numbers can be guessed from earlier ones. For secrets use the system's: \
         `crypto.randomUUID`, `secrets`, `SecureRandom`, `random_bytes`.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_weak_cryptography() {
        check(&[
            (
                PASSWORD_HASH,
                "MD5",
                "a.py",
                "h = hashlib.md5(password.encode())",
                true,
            ),
            (
                PASSWORD_HASH,
                "of a file",
                "a.py",
                "h = hashlib.md5(data)",
                false,
            ),
            (PASSWORD_HASH, "PHP", "a.php", "$h = md5($password);", true),
            (CIPHER, "ECB", "a.py", "AES.new(key, AES.MODE_ECB)", true),
            (CIPHER, "GCM", "a.py", "AES.new(key, AES.MODE_GCM)", false),
            (
                CIPHER,
                "Java",
                "A.java",
                "Cipher.getInstance(\"AES/ECB/PKCS5Padding\")",
                true,
            ),
            (
                RANDOM,
                "a token",
                "a.js",
                "const token = Math.random().toString(36)",
                true,
            ),
            (
                RANDOM,
                "a colour",
                "a.js",
                "const color = Math.random()",
                false,
            ),
            (
                RANDOM,
                "the system's",
                "a.py",
                "token = secrets.token_hex()",
                false,
            ),
        ]);
    }
}

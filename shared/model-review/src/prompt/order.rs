use diff::FileDiff;
use review::rules::{Language, is_test};
use std::cmp::Reverse;

/// Words in paths with a high cost of defects, highest first.
const RISKS: &[&[&str]] = &[
    &[
        "auth",
        "login",
        "session",
        "passw",
        "credential",
        "secret",
        "token",
        "crypt",
        "permission",
        "payment",
        "billing",
        "checkout",
    ],
    &[
        "migration",
        "migrate",
        "schema",
        "sql",
        "workflow",
        "webhook",
        "deploy",
        "iam",
    ],
    &["config", "settings", "docker", "template", "infra"],
];

/// Sorts by main language (of the repository if `languages` are known, then of the change), risk
/// and size. Tests come last. Equal files keep the diff's order.
pub(crate) fn by_importance(files: &mut Vec<&FileDiff>, languages: &[Language]) {
    let mut added: Vec<(Language, usize)> = Vec::new();
    for file in files.iter() {
        let language = Language::of(&file.path);
        let count = file.added_line_count();
        match added.iter_mut().find(|(known, _)| *known == language) {
            Some((_, sum)) => *sum += count,
            None => added.push((language, count)),
        }
    }
    // Data and prose can be long without being the subject of the change.
    added.sort_by_key(|&(language, sum)| (!Language::PROGRAMS.contains(&language), Reverse(sum)));
    files.sort_by_cached_key(|file| {
        let language = Language::of(&file.path);
        let main = languages.iter().position(|&known| known == language);
        let main = main.unwrap_or(languages.len());
        let rank = added.iter().position(|&(known, _)| known == language);
        let size = file.added_line_count() + file.removed_line_count();
        (
            is_test(&file.path),
            main,
            rank,
            risk(&file.path),
            Reverse(size),
        )
    });
}

/// Returns the risk class of a path. Class 0 is the highest.
fn risk(path: &str) -> usize {
    let lower = path.to_ascii_lowercase();
    // `author` does not imply authorization.
    let lower = lower.replace("authori", "auth-i").replace("author", "");
    RISKS
        .iter()
        .position(|words| words.iter().any(|word| lower.contains(word)))
        .unwrap_or(RISKS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_importance() {
        let file = |path: &str, lines: usize| FileDiff::added(path, &"x\n".repeat(lines));
        let files = [
            file("tests/auth.rs", 90),
            file("README.md", 80),
            file("data.json", 500),
            file("web/a.ts", 10),
            file("src/small.rs", 1),
            file("src/large.rs", 20),
            file("src/also_large.rs", 20),
            file("src/auth/mod.rs", 2),
            file("src/config.rs", 2),
            file("src/authors.rs", 3),
        ];
        let mut order: Vec<_> = files.iter().collect();
        by_importance(&mut order, &[]);
        let paths: Vec<_> = order.iter().map(|file| file.path.as_str()).collect();
        let expected = [
            "src/auth/mod.rs",
            "src/config.rs",
            "src/large.rs",
            "src/also_large.rs",
            "src/authors.rs",
            "src/small.rs",
            "web/a.ts",
            "data.json",
            "README.md",
            "tests/auth.rs",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn repository_language_precedes_change_language() {
        let file = |path: &str, lines: usize| FileDiff::added(path, &"x\n".repeat(lines));
        let files = [
            file("tool.py", 90),
            file("src/auth.rs", 1),
            file("src/large.rs", 9),
            file("web/a.ts", 40),
            file("src/only.swift", 99),
        ];
        let of = |names: &[&str]| {
            let languages: Vec<_> = names.iter().map(|name| Language::named(name)).collect();
            let mut order: Vec<_> = files.iter().collect();
            by_importance(&mut order, &languages);
            let paths: Vec<_> = order.iter().map(|file| file.path.as_str()).collect();
            paths.join(" ")
        };
        assert_eq!(
            of(&["Rust", "TypeScript", "JavaScript", "Python"]),
            "src/auth.rs src/large.rs web/a.ts tool.py src/only.swift"
        );
        assert_eq!(
            of(&[]),
            "src/only.swift tool.py web/a.ts src/auth.rs src/large.rs",
            "as much as the change has of each"
        );
    }

    #[test]
    fn path_determines_risk() {
        for (why, path, expected) in [
            ("authorization", "src/Authorization.java", 0),
            ("who wrote it", "docs/authors.rs", 3),
            ("money", "app/PaymentService.kt", 0),
            ("data", "db/migrations/1.sql", 1),
            ("privileged code", ".github/workflows/ci.yml", 1),
            ("settings", "app/config.toml", 2),
            ("unknown path", "src/color.rs", 3),
        ] {
            assert_eq!(risk(path), expected, "{why}: {path}");
        }
    }
}

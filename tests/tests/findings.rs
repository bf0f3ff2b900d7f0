//! Properties of all specialists' rules over random diffs.

use diff::{Diff, FileDiff};
use proptest::prelude::*;
use review::rules::{MAX_PER_RULE, RuleReviewer};
use std::collections::BTreeSet;

fn reviewers() -> [RuleReviewer; 3] {
    [
        security::rules::reviewer(),
        style::rules::reviewer(),
        logic::rules::reviewer(),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let folder = prop_oneof![
        Just(""),
        Just("src/"),
        Just("tests/"),
        Just(".github/workflows/")
    ];
    let name = prop_oneof![
        Just("a.rs"),
        Just("a.py"),
        Just("a.ts"),
        Just("a.go"),
        Just("a.yml"),
        Just("a.rb"),
        Just("A.java"),
        Just("a.php"),
        Just("a.c"),
        Just("a.sh"),
        Just("README.md"),
        Just("Cargo.lock"),
        Just(".env"),
        Just("a.test.js"),
        Just("é \"x\".py"),
    ];
    (folder, name).prop_map(|(folder, name)| format!("{folder}{name}"))
}

/// Generates secrets, so that the repository contains none.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "AKIA[A-Z2-7]{16}",
        "ghp_[A-Za-z0-9]{36}",
        "glpat-[A-Za-z0-9]{20}",
        "sk_live_[A-Za-z0-9]{24}",
        "npm_[A-Za-z0-9]{36}",
        "sk-ant-api03-[A-Za-z0-9]{90}",
        "[A-Za-z0-9]{16}",
    ]
}

/// Generates lines that match rules, lines that almost match, and arbitrary lines.
fn line(secret: String) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(format!("password = \"{secret}\"")),
        1 => Just(format!("url = 'postgres://app:{secret}@db.acme.io/x'")),
        4 => prop_oneof![
            Just("eval(x)"), Just("db.execute(f\"SELECT {x}\")"), Just("  el.innerHTML = x;"),
            Just("requests.get(u, verify=False)"), Just("on: pull_request_target"),
            Just("    ref: ${{ github.event.pull_request.head.sha }}"), Just("dbg!(x);"),
            Just("<<<<<<< HEAD"), Just("======="), Just(">>>>>>> topic"), Just("// TODO: later"),
            Just("# x = 1"), Just("// f(x);"), Just("except:"), Just("    pass"), Just("return x;"),
            Just("f();"), Just("if (a = b) {"), Just("x is 'a'"), Just("it.only('x', () => {"),
            Just("#[ignore]"), Just("#[cfg(test)]"), Just("assert (a, b)"), Just("A=1"), Just(""),
        ].prop_map(str::to_owned),
        2 => "[ \\t]{0,3}[\\[\\](){}\"'`/*#=<>!:;.,$%@+ a-z]{0,30}",
        1 => "\\PC{0,40}",
    ]
}

/// Generates a diff with one or two hunks per file, and the secret that it may contain.
fn some_diff() -> impl Strategy<Value = (Diff, String)> {
    secret().prop_flat_map(|secret| {
        let lines = proptest::collection::vec((line(secret.clone()), 0..4_u8), 0..40);
        let files = proptest::collection::vec((path(), lines), 0..4);
        files.prop_map(move |files| {
            let text: String = files
                .iter()
                .map(|(path, lines)| git_diff(path, lines))
                .collect();
            (diff::parse(&text), secret.clone())
        })
    })
}

/// Formats a diff like git; the path must not need quotes.
fn git_diff(path: &str, lines: &[(String, u8)]) -> String {
    let path = path.replace('"', "");
    let (mut old, mut new, mut body) = (0, 0, String::new());
    for (text, kind) in lines {
        let sign = match kind {
            0 => '-',
            1 => ' ',
            _ => '+',
        };
        old += u32::from(sign != '+');
        new += u32::from(sign != '-');
        body += &format!("{sign}{}\n", text.replace('\n', " "));
    }
    match lines {
        [] => format!("diff --git a/{path} b/{path}\nold mode 100644\nnew mode 100755\n"),
        _ => format!(
            "diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{old} +1,{new} @@\n{body}"
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn findings_use_added_lines_without_secrets((diff, secret) in some_diff()) {
        prop_assert_eq!(&diff.left_out, &[]);
        let added: BTreeSet<(&str, u32)> = diff
            .files
            .iter()
            .flat_map(|file| file.added_lines().map(|(line, _)| (file.path.as_str(), line)))
            .collect();
        for reviewer in reviewers() {
            let report = reviewer.report(&diff);
            for finding in &report.findings {
                prop_assert!(diff.has_line(&finding.path, finding.line), "{finding:?}");
                prop_assert!(added.contains(&(finding.path.as_str(), finding.line)), "{finding:?}");
                prop_assert!(!finding.message.contains(&secret), "{finding:?}");
            }
            prop_assert!(report.findings.len() <= reviewer.rules().len() * MAX_PER_RULE);
            let files = report.coverage.files_read as usize + report.coverage.left_out.len();
            prop_assert_eq!(files, diff.files.len(), "every file is read or named");
            prop_assert_eq!(reviewer.report(&diff), report, "the same diff, the same words");
        }
    }

    #[test]
    fn rules_end_for_any_text(text in any::<String>(), path in path()) {
        let diff = Diff {
            files: vec![FileDiff::added(&path, &text)],
            left_out: Vec::new(),
        };
        for reviewer in reviewers() {
            reviewer.report(&diff);
        }
    }
}

#[test]
fn rules_have_ids_and_messages() {
    for reviewer in reviewers() {
        for rule in reviewer.rules() {
            let kebab = |b: u8| b.is_ascii_lowercase() || b == b'-';
            assert!(rule.id.bytes().all(kebab), "{}", rule.id);
            assert!(rule.message.ends_with('.'), "{}: {}", rule.id, rule.message);
            assert!(
                !rule.message.contains("  "),
                "{}: {}",
                rule.id,
                rule.message
            );
            assert!(rule.message.len() < 300, "{}: {}", rule.id, rule.message);
        }
    }
}

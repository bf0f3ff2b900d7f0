//! Tests that do not run, run alone, wait, or are deleted.

use diff::FileChange;
use review::Severity::{High, Info, Low, Medium};
use review::rules::rule;
use review::rules::scan::{calls, has_call};
use review::rules::{File, Finds, Language, Reads, Rule};

pub(super) const FOCUSED: Rule = Rule {
    reads: Reads::Languages(&[Language::JavaScript, Language::Ruby]),
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        line.in_test()
            && match line.file.language {
                Language::JavaScript => [
                    "it.only",
                    "test.only",
                    "describe.only",
                    "context.only",
                    "fit",
                    "fdescribe",
                ]
                .iter()
                .any(|name| calls(code, name).any(|range| range.start == name.len() + 1)),
                _ => ["fit ", "fdescribe ", "fcontext "]
                    .iter()
                    .any(|word| code.starts_with(word)),
            }
    }),
    ..rule(
        "focused-test",
        High,
        93,
        "Only this test runs now, and the others pass unseen. Remove the focus.",
    )
};

pub(super) const DISABLED: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code().trim();
        let reason = !line.comment().trim().is_empty()
            || line
                .above()
                .is_some_and(|above| !above.comment.trim().is_empty());
        !reason
            && match line.file.language {
                Language::Rust => code == "#[ignore]",
                Language::Java => matches!(code, "@Disabled" | "@Ignore"),
                Language::CSharp => matches!(code, "[Ignore]"),
                Language::Python => matches!(code, "@pytest.mark.skip" | "@pytest.mark.skip()"),
                Language::Go => line.in_test() && (code == "t.Skip()" || code == "t.SkipNow()"),
                Language::JavaScript => {
                    line.in_test()
                        && [
                            "it.skip",
                            "test.skip",
                            "describe.skip",
                            "xit",
                            "xdescribe",
                            "xtest",
                        ]
                        .iter()
                        .any(|name| calls(code, name).any(|range| range.start == name.len() + 1))
                }
                Language::Ruby => {
                    line.in_test()
                        && ["xit ", "xdescribe "]
                            .iter()
                            .any(|word| code.starts_with(word))
                }
                _ => false,
            }
    }),
    ..rule(
        "disabled-test",
        Medium,
        82,
        "This test is switched off without a reason. Mend it, remove it, or say why it waits, \
         best with an issue.",
    )
};

pub(super) const SLEEP: Rule = Rule {
    finds: Finds::Lines(|line| {
        let code = line.code();
        let names = [
            "time.sleep",
            "thread::sleep",
            "std::thread::sleep",
            "Thread.sleep",
            "time.Sleep",
        ];
        line.in_test() && names.iter().any(|name| has_call(code, name))
    }),
    ..rule(
        "sleep-in-test",
        Low,
        65,
        "A test that sleeps is slow when all is well and fails when the machine is busy. Wait \
         for what should happen, or set the clock.",
    )
};

pub(super) const DELETED: Rule = Rule {
    finds: Finds::InDiff(|files| {
        let is_program = |file: &File<'_>| Language::PROGRAMS.contains(&file.language);
        let gone = |file: &File<'_>| {
            file.is_test && is_program(file) && file.diff.change == FileChange::Deleted
        };
        let replaced = files.iter().any(|file| {
            (file.is_test || file.added().any(|line| line.in_test)) && file.added().next().is_some()
        });
        let source_stays = files
            .iter()
            .any(|file| !file.is_test && is_program(file) && file.added().next().is_some());
        files
            .iter()
            .position(|file| source_stays && !replaced && gone(file))
    }),
    ..rule(
        "deleted-test",
        Medium,
        60,
        "A test file is deleted without a replacement. Say where its checks are now.",
    )
};

pub(super) const MISSING: Rule = Rule {
    finds: Finds::InDiff(|files| {
        /// Number of new lines that usually contain logic worth a test.
        const LARGE: usize = 300;
        let logic = |file: &File<'_>| {
            let languages = [Language::Shell, Language::Sql];
            Language::PROGRAMS.contains(&file.language)
                && !languages.contains(&file.language)
                && !file.is_generated
                && !file.is_test
        };
        let tested = files.iter().any(|file| {
            file.is_test
                || file
                    .added()
                    .any(|line| line.in_test || line.text.contains("#[test]"))
        });
        let added: usize = files
            .iter()
            .filter(|file| logic(file))
            .flat_map(File::added)
            .filter(|line| !line.code.trim().is_empty())
            .count();
        let first = || {
            files
                .iter()
                .position(|file| logic(file) && file.added().next().is_some())
        };
        (!tested && added >= LARGE).then(first)?
    }),
    ..rule(
        "large-change-without-tests",
        Info,
        60,
        "This change adds more than 300 lines of code and no test.",
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_disabled_and_weak_tests() {
        let (some, many) = ("f();\n".repeat(299), "f();\n".repeat(300));
        let tested = format!("{many}#[cfg(test)]\nmod tests {{}}\n");
        check(&[
            (FOCUSED, "only", "a.test.ts", "it.only('x', () => {", true),
            (FOCUSED, "fit", "a.spec.js", "fit('x', () => {", true),
            (FOCUSED, "not a test", "curve.js", "fit(x, y)", false),
            (FOCUSED, "all", "a.test.ts", "it('x', () => {", false),
            (FOCUSED, "a method", "a.test.ts", "model.fit(x)", false),
            (DISABLED, "Rust", "src/a.rs", "#[ignore]", true),
            (
                DISABLED,
                "a reason",
                "src/a.rs",
                "#[ignore = \"needs a network\"]",
                false,
            ),
            (
                DISABLED,
                "a reason above",
                "src/a.rs",
                "// needs a network\n#[ignore]",
                false,
            ),
            (DISABLED, "Python", "tests/a.py", "@pytest.mark.skip", true),
            (
                DISABLED,
                "Python with a reason",
                "tests/a.py",
                "@pytest.mark.skip(reason='x')",
                false,
            ),
            (DISABLED, "Java", "ATest.java", "@Disabled", true),
            (
                DISABLED,
                "Java with a reason",
                "ATest.java",
                "@Disabled(\"#12\")",
                false,
            ),
            (
                DISABLED,
                "JavaScript",
                "a.test.js",
                "xit('x', () => {",
                true,
            ),
            (DISABLED, "a function's name", "a.test.js", "exit(1)", false),
            (SLEEP, "in a test", "tests/a.py", "time.sleep(1)", true),
            (
                SLEEP,
                "in a test beside the code",
                "src/a.rs",
                "#[cfg(test)]\nthread::sleep(d);",
                true,
            ),
            (SLEEP, "elsewhere", "src/a.py", "time.sleep(1)", false),
            (
                SLEEP,
                "tokio's clock can be set",
                "tests/a.rs",
                "tokio::time::sleep(d).await;",
                false,
            ),
            (MISSING, "large", "src/a.rs", &many, true),
            (MISSING, "not so large", "src/a.rs", &some, false),
            (MISSING, "tested", "src/a.rs", &tested, false),
            (MISSING, "prose", "a.md", &many, false),
        ]);
    }

    #[test]
    fn finds_deleted_tests() {
        let gone = "diff --git a/tests/a.py b/tests/a.py\ndeleted file mode 100644\n--- a/tests/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        let changed = |path: &str| {
            format!(
                "diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-x\n+y\n"
            )
        };
        for (why, other, hit) in [
            ("code changes", changed("a.py"), true),
            (
                "another test changes",
                changed("a.py") + &changed("tests/b.py"),
                false,
            ),
            ("only prose changes", changed("a.md"), false),
            ("nothing else changes", String::new(), false),
        ] {
            let found = DELETED.lines_in(&diff::parse(&format!("{gone}{other}")));
            assert_eq!(!found.is_empty(), hit, "{why}");
        }
    }
}

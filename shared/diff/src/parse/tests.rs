use super::*;
use crate::Side;
use proptest::prelude::*;

/// Renders every file and line as one row that a person can compare with the diff.
fn told(diff: &Diff) -> String {
    let mut rows = Vec::new();
    for file in &diff.files {
        let from = file.old_path.iter().map(|old| format!(" from {old:?}"));
        rows.push(format!(
            "{:?} {:?}{}",
            file.change,
            file.path,
            from.collect::<String>()
        ));
        for line in file.lines() {
            let number = |n: Option<u32>| n.map_or("-".to_owned(), |n| n.to_string());
            rows.push(format!(
                "  {} {} {:?}",
                number(line.old_number),
                number(line.new_number),
                line.text
            ));
        }
    }
    for left_out in &diff.left_out {
        rows.push(format!("not read: {:?} {:?}", left_out.path, left_out.why));
    }
    rows.join("\n")
}

/// Returns one file's part with `hunks` as its body.
fn modified(path: &str, hunks: &str) -> String {
    format!("diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n{hunks}")
}

#[test]
fn reads_all_change_kinds_of_git() {
    for (why, text, expected) in [
        ("nothing changed", "", ""),
        (
            "a change, with numbers on both sides",
            "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -7,2 +8,2 @@ fn f() {\n same\n-old\n+new\n",
            "Modified \"a.rs\"\n  7 8 \"same\"\n  8 - \"old\"\n  - 9 \"new\"",
        ),
        (
            "a new file",
            "diff --git a/a b/a\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n",
            "Added \"a\"\n  - 1 \"x\"",
        ),
        (
            "a deleted file keeps its old name",
            "diff --git a/a b/a\ndeleted file mode 100644\nindex 1..0\n--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
            "Deleted \"a\"\n  1 - \"x\"",
        ),
        (
            "a rename without a change",
            "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n",
            "Renamed \"b\" from \"a\"",
        ),
        (
            "a rename with a change",
            "diff --git a/a b/b\nsimilarity index 50%\nrename from a\nrename to b\nindex 1..2 100644\n--- a/a\n+++ b/b\n@@ -1 +1 @@\n-x\n+y\n",
            "Renamed \"b\" from \"a\"\n  1 - \"x\"\n  - 1 \"y\"",
        ),
        (
            "a copy is a new file",
            "diff --git a/a b/b\nsimilarity index 100%\ncopy from a\ncopy to b\n",
            "Added \"b\" from \"a\"",
        ),
        (
            "a mode",
            "diff --git a/my run.sh b/my run.sh\nold mode 100644\nnew mode 100755\n",
            "Modified \"my run.sh\"",
        ),
        (
            "an empty new file",
            "diff --git a/a b/a\nnew file mode 100644\nindex 0..e69de29\n",
            "Added \"a\"",
        ),
        (
            "an image",
            "diff --git a/a.png b/a.png\nindex 1..2 100644\nBinary files a/a.png and b/a.png differ\n",
            "not read: \"a.png\" Binary",
        ),
        (
            "an image with its data",
            "diff --git a/a.png b/a.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\n",
            "not read: \"a.png\" Binary",
        ),
        (
            "a submodule's new commit",
            "diff --git a/lib b/lib\nindex 1..2 160000\n--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n",
            "not read: \"lib\" Submodule",
        ),
        (
            "line ends of Windows",
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\r\n+y\r\n",
            "Modified \"a\"\n  1 - \"x\"\n  - 1 \"y\"",
        ),
        (
            "no line end at the end",
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n",
            "Modified \"a\"\n  1 - \"x\"\n  - 1 \"y\"",
        ),
        (
            "a name with blanks has a tab behind it",
            "diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-x\n+y\n",
            "Modified \"a b\"\n  1 - \"x\"\n  - 1 \"y\"",
        ),
        (
            "a name in quotes",
            "diff --git \"a/\\303\\251\\\"\" \"b/\\303\\251\\\"\"\n--- \"a/\\303\\251\\\"\"\n+++ \"b/\\303\\251\\\"\"\n@@ -1 +1 @@\n-x\n+y\n",
            "Modified \"é\\\"\"\n  1 - \"x\"\n  - 1 \"y\"",
        ),
        (
            "lines that look like headers, but have their sign before them",
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n diff --git a/x b/x\n--- a/x\n-@@ -1 +1 @@\n+++ b/x\n+@@ -1 +1 @@\n",
            "Modified \"a\"\n  1 1 \"diff --git a/x b/x\"\n  2 - \"-- a/x\"\n  3 - \"@@ -1 +1 @@\"\n  - 2 \"++ b/x\"\n  - 3 \"@@ -1 +1 @@\"",
        ),
    ] {
        assert_eq!(told(&parse(text)), expected, "{why}");
    }
}

#[test]
fn lists_malformed_file_and_reads_others() {
    let good = modified("good", "@@ -1 +1 @@\n-x\n+y\n");
    for (why, part) in [
        (
            "fewer lines than in the header",
            modified("bad", "@@ -1,9 +1,9 @@\n x\n"),
        ),
        (
            "more lines than in the header",
            modified("bad", "@@ -1 +1 @@\n-x\n+y\n+hidden\n"),
        ),
        (
            "a hunk behind something else would hide",
            modified("bad", "@@ -1 +1 @@\n-x\n+y\nwhat?\n@@ -5 +5 @@\n-x\n+y\n"),
        ),
        (
            "numbers beyond 32 bits",
            modified("bad", "@@ -1 +4294967296 @@\n-x\n+y\n"),
        ),
        (
            "numbers that pass 32 bits on the way",
            modified("bad", "@@ -1 +4294967295,2 @@\n-x\n+y\n+z\n"),
        ),
        (
            "numbers beyond 64 bits",
            modified("bad", "@@ -1 +99999999999999999999 @@\n-x\n+y\n"),
        ),
        ("lines begin at 1", modified("bad", "@@ -0 +0 @@\n-x\n+y\n")),
        (
            "hunks out of order",
            modified("bad", "@@ -9 +9 @@\n-x\n+y\n@@ -1 +1 @@\n-x\n+y\n"),
        ),
        ("names without a hunk", modified("bad", "")),
        (
            "a hunk without names",
            "diff --git a/bad b/bad\n@@ -1 +1 @@\n-x\n+y\n".to_owned(),
        ),
        (
            "two names without a rename",
            "diff --git a/bad b/bad\n--- a/bad\n+++ b/other\n@@ -1 +1 @@\n-x\n+y\n".to_owned(),
        ),
        (
            "a header that git does not write",
            "diff --git a/bad b/bad\nwhat?\n".to_owned(),
        ),
        (
            "a marker without its line",
            modified("bad", "@@ -1 +1 @@\n\\ No newline at end of file\n"),
        ),
    ] {
        let diff = parse(&format!("{good}{part}{good}"));
        let left_out = [OmittedFile {
            path: "bad".to_owned(),
            why: OmissionReason::Malformed,
        }];
        assert_eq!(diff.left_out, left_out, "{why}");
        assert_eq!(diff.files.len(), 2, "{why}");
    }
}

#[test]
fn rejects_path_outside_repository() {
    let moved = |from: &str, to: &str| {
        format!("diff --git a/{from} b/{to}\nrename from {from}\nrename to {to}\n")
    };
    for (why, text, read) in [
        ("a path", moved("a/b", "c/d..e"), true),
        (
            "dots alone",
            modified("a/../b", "@@ -1 +1 @@\n-x\n+y\n"),
            false,
        ),
        (
            "dots at the start",
            modified("../b", "@@ -1 +1 @@\n-x\n+y\n"),
            false,
        ),
        ("dots in the old name", moved("../a", "b"), false),
        (
            "absolute",
            modified("/etc/passwd", "@@ -1 +1 @@\n-x\n+y\n"),
            false,
        ),
        ("absolute without text", moved("a", "/etc/b"), false),
        (
            "two slashes",
            modified("a//b", "@@ -1 +1 @@\n-x\n+y\n"),
            false,
        ),
        ("nothing behind the slash", moved("a", "b/"), false),
        (
            "a mode",
            "diff --git a/../x b/../x\nold mode 100644\nnew mode 100755\n".to_owned(),
            false,
        ),
    ] {
        let diff = parse(&text);
        assert_eq!(diff.files.len(), usize::from(read), "{why}");
        let malformed = |left_out: &OmittedFile| left_out.why == OmissionReason::Malformed;
        assert_eq!(diff.left_out.len(), usize::from(!read), "{why}");
        assert!(diff.left_out.iter().all(malformed), "{why}");
    }
}

#[test]
fn finds_code_by_side_and_number() {
    let diff = parse(&modified(
        "a",
        "@@ -3,3 +3,3 @@\n same\n-x\n+y\n same again\n",
    ));
    for (why, path, line, side, code) in [
        ("context on the right", "a", 3, Side::Right, Some("same")),
        ("added", "a", 4, Side::Right, Some("y")),
        ("removed", "a", 4, Side::Left, Some("x")),
        ("context is on the right alone", "a", 3, Side::Left, None),
        ("behind the hunk", "a", 6, Side::Right, None),
        ("another file", "b", 4, Side::Right, None),
    ] {
        assert_eq!(diff.code(path, line, side), code, "{why}");
        if side == Side::Left {
            assert_eq!(diff.has_left_line(path, line), code.is_some(), "{why}");
        }
    }
}

#[test]
fn lists_text_that_is_no_diff() {
    for (why, text, files) in [
        ("text", "hello\n".to_owned(), 0),
        (
            "before a diff",
            format!("hello\n{}", modified("a", "@@ -1 +1 @@\n-x\n+y\n")),
            1,
        ),
    ] {
        let diff = parse(text.as_str());
        assert_eq!(diff.files.len(), files, "{why}");
        assert_eq!(diff.left_out.len(), 1, "{why}");
    }
    assert_eq!(parse("\n \n"), Diff::default(), "blank is nothing");
}

#[test]
fn cuts_large_diff_between_files() {
    let file = |path: &str, lines: usize| {
        let body = "+x\n".repeat(lines);
        format!(
            "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{lines} @@\n{body}"
        )
    };
    let text = [file("a", 10), file("huge", MAX_LINES), file("b", 10)].concat();
    let diff = parse(&text);
    let left_out = [OmittedFile {
        path: "huge".to_owned(),
        why: OmissionReason::TooLarge,
    }];
    assert_eq!(diff.left_out, left_out);
    assert_eq!(
        diff.added_line_count(),
        20,
        "the small one behind it is read"
    );

    let wide = format!(
        "{}{}",
        file("a", 1),
        modified(
            "wide",
            &format!("@@ -1 +1 @@\n-x\n+{}\n", "y".repeat(MAX_BYTES))
        )
    );
    assert_eq!(parse(&wide).left_out.len(), 1, "bytes count, too");

    let many = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n".repeat(MAX_FILES + 2);
    let diff = parse(&many);
    assert_eq!(diff.files.len(), MAX_FILES);
    assert_eq!(
        told(&Diff {
            files: Vec::new(),
            ..diff
        }),
        "not read: \"(and 2 more files)\" TooLarge"
    );
}

#[test]
fn hostile_header_takes_linear_time() {
    let text = format!(
        "diff --git {}\nold mode 100644\n",
        "a ".repeat(MAX_BYTES / 2 - 100)
    );
    let diff = parse(&text);
    assert_eq!(diff.left_out.len(), 1);
    assert!(diff.left_out[0].path.len() <= MAX_PATH);
}

#[test]
fn accepts_comments_on_added_and_context() {
    let diff = parse(&modified(
        "a",
        "@@ -3,4 +3,4 @@\n-x\n same\n+y\n same\n-z\n+w\n",
    ));
    for (why, path, line, may) in [
        ("before the hunk", "a", 2, false),
        ("context", "a", 3, true),
        ("added", "a", 4, true),
        ("the last line", "a", 6, true),
        ("behind the hunk", "a", 7, false),
        ("another file", "b", 4, false),
        ("no line", "a", 0, false),
    ] {
        assert_eq!(diff.has_line(path, line), may, "{why}");
    }
}

/// Applies the hunks of `file` to `old` by their numbers alone.
fn apply(old: &[String], file: &FileDiff) -> Vec<String> {
    let mut new = Vec::new();
    let mut at = 0;
    for line in file.lines() {
        if let Some(number) = line.old_number {
            let index = number as usize - 1;
            new.extend_from_slice(&old[at..index]);
            assert_eq!(line.text, old[index], "the old number is the line's");
            at = index + 1;
        } else if let Some(number) = line.new_number {
            // Added lines follow the unchanged lines.
            while new.len() + 1 < number as usize {
                new.push(old[at].clone());
                at += 1;
            }
        }
        if let Some(number) = line.new_number {
            assert_eq!(
                new.len() + 1,
                number as usize,
                "the new number is the line's"
            );
            new.push(line.text.clone());
        }
    }
    new.extend_from_slice(&old[at..]);
    new
}

fn file_text() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![
        3 => "[ab]{0,2}",
        1 => "[-+@ \\\\]{1,4}[a/]{0,3}",
        1 => Just("diff --git a/x b/x".to_owned()),
        1 => "\\PC{0,12}",
    ];
    proptest::collection::vec(line, 0..40)
}

proptest! {
    #[test]
    fn parser_terminates_and_lists_every_file(
        text in prop_oneof![
            any::<String>(),
            proptest::collection::vec(
                prop_oneof![
                    Just("diff --git a/x b/x\n"), Just("--- a/x\n"), Just("+++ b/x\n"),
                    Just("@@ -1 +1 @@\n"), Just("@@ -1,2 +1,18446744073709551615 @@ f\n"),
                    Just("-a\n"), Just("+b\n"), Just(" c\n"), Just("\n"), Just("\r\n"),
                    Just("\\ No newline at end of file\n"), Just("rename from x\n"),
                    Just("rename to \"\\30"), Just("index 1..2 160000\n"), Just("GIT binary patch\n"),
                    Just("Binary files "), Just("é\0"), Just("new file mode 100644\n"),
                ],
                0..30,
            ).prop_map(|lines| lines.concat()),
        ],
    ) {
        let diff = parse(&text);
        let headers = text.lines().filter(|line| line.starts_with("diff --git ")).count();
        prop_assert!(diff.files.len() + diff.left_out.len() >= headers);
        for file in &diff.files {
            for (number, _) in file.added_lines() {
                prop_assert!(diff.has_line(&file.path, number));
            }
        }
    }

    #[test]
    fn line_numbers_match_files(old in file_text(), new in file_text(), ends in any::<(bool, bool)>()) {
        let text = |lines: &[String], end: bool| {
            lines.join("\n") + if end && !lines.is_empty() { "\n" } else { "" }
        };
        let (old_text, new_text) = (text(&old, ends.0), text(&new, ends.1));
        let patch = diffy::DiffOptions::new()
            .set_original_filename("a/x")
            .set_modified_filename("b/x")
            .create_patch(&old_text, &new_text)
            .to_string();
        prop_assume!(patch.contains("@@ "));
        let diff = parse(&format!("diff --git a/x b/x\n{patch}"));
        prop_assert_eq!(&diff.left_out, &[]);
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(apply(&lines(&old_text), &diff.files[0]), lines(&new_text));
    }
}

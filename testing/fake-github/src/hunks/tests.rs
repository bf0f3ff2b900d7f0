use super::*;

const CHANGED: &str = "\
diff --git a/src/lib.rs b/src/lib.rs
index 1111111..2222222 100644
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,3 +1,4 @@ fn main() {
 one
-two
+two!
+three
 four
@@ -40 +41,0 @@
-gone
";

#[test]
fn each_side_accepts_its_own_lines() {
    let lines = DiffLines::read(CHANGED).unwrap();
    for (why, path, line, side, hit) in [
        ("context", "src/lib.rs", 1, Side::Right, true),
        ("added", "src/lib.rs", 2, Side::Right, true),
        ("added, the second", "src/lib.rs", 3, Side::Right, true),
        ("context after both", "src/lib.rs", 4, Side::Right, true),
        ("after the hunk", "src/lib.rs", 5, Side::Right, false),
        ("deleted", "src/lib.rs", 2, Side::Left, true),
        (
            "deleted, in the second hunk",
            "src/lib.rs",
            40,
            Side::Left,
            true,
        ),
        (
            "context counts on the right",
            "src/lib.rs",
            1,
            Side::Left,
            false,
        ),
        (
            "a hunk without new lines",
            "src/lib.rs",
            41,
            Side::Right,
            false,
        ),
        ("lines begin at 1", "src/lib.rs", 0, Side::Right, false),
        ("another file", "src/main.rs", 1, Side::Right, false),
    ] {
        assert_eq!(lines.has_line(path, line, side), hit, "{why}");
    }
    let count = FileCount {
        files: 1,
        lines: 12,
        additions: 2,
        deletions: 2,
    };
    assert_eq!(lines.count, count);
}

#[test]
fn files_use_displayed_name() {
    for (why, diff, path) in [
        (
            "new file",
            "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
            "n",
        ),
        (
            "deleted file keeps its old name",
            "diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
            "d",
        ),
        (
            "renamed without a change",
            "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n",
            "new",
        ),
        (
            "binary, with a space",
            "diff --git a/my pic.png b/my pic.png\nindex 1..2 100644\nBinary files a/my pic.png and b/my pic.png differ\n",
            "my pic.png",
        ),
        (
            "mode only",
            "diff --git a/x.sh b/x.sh\nold mode 100644\nnew mode 100755\n",
            "x.sh",
        ),
        (
            "a space in a text file's name brings a tab",
            "diff --git a/a b.txt b/a b.txt\n--- a/a b.txt\t\n+++ b/a b.txt\t\n@@ -1 +1 @@\n-x\n+y\n",
            "a b.txt",
        ),
        (
            "quoted: not ASCII",
            "diff --git \"a/\\303\\244.txt\" \"b/\\303\\244.txt\"\n--- \"a/\\303\\244.txt\"\n+++ \"b/\\303\\244.txt\"\n@@ -1 +1 @@\n-x\n+y\n",
            "ä.txt",
        ),
        (
            "quoted, without hunks",
            "diff --git \"a/\\303\\244.png\" \"b/\\303\\244.png\"\nBinary files differ\n",
            "ä.png",
        ),
    ] {
        let lines = DiffLines::read(diff).unwrap_or_else(|error| panic!("{why}: {error}"));
        assert!(lines.has_file(path), "{why}: {lines:?}");
    }
}

#[test]
fn header_like_lines_stay_in_hunk() {
    let diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n--- a/b\n+++ b/b\n x\n\\ No newline at end of file\n";
    let lines = DiffLines::read(diff).unwrap();
    assert!(lines.has_line("a", 1, Side::Left));
    assert!(lines.has_line("a", 1, Side::Right));
    assert!(!lines.has_file("b"));
}

#[test]
fn malformed_diff_names_line() {
    let head = "diff --git a/a b/a\n--- a/a\n+++ b/a\n";
    for (why, diff, line) in [
        ("prose", "Here is the diff:\n".to_owned(), 1),
        ("too few lines", format!("{head}@@ -1,2 +1,2 @@\n x\n"), 5),
        ("too many lines", format!("{head}@@ -1 +1 @@\n x\n y\n"), 6),
        (
            "more added than promised",
            format!("{head}@@ -1,2 +1 @@\n-x\n+y\n+z\n"),
            7,
        ),
        (
            "no sign before the line",
            format!("{head}@@ -1 +1 @@\nx\n"),
            5,
        ),
        (
            "a header without numbers",
            format!("{head}@@ -a +1 @@\n x\n"),
            4,
        ),
        ("a signed number", format!("{head}@@ -+1 +1 @@\n x\n"), 4),
        (
            "a hunk without names",
            "diff --git a/a b/a\n@@ -1 +1 @@\n x\n".to_owned(),
            2,
        ),
        (
            "a name without a/",
            "diff --git a/a b/a\n--- a\n".to_owned(),
            2,
        ),
        (
            "the same file twice",
            "diff --git a/a b/a\nnew mode 100755\ndiff --git a/a b/a\n".to_owned(),
            3,
        ),
    ] {
        let error = DiffLines::read(&diff).expect_err(why);
        assert_eq!(error.line, line, "{why}: {error}");
    }
    assert_eq!(DiffLines::read(""), Ok(DiffLines::default()), "no change");
}

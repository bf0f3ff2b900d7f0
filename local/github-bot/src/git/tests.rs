use super::*;

#[test]
fn converts_prefixes() {
    let header = |names: &str, old: &str, new: &str| {
        format!("diff --git {names}\n--- {old}\n+++ {new}\n@@ -1 +1 @@\n-x\n+y\n")
    };
    let plain = header("a/a/x b/a/x", "a/a/x", "b/a/x");
    for (why, given, expected) in [
        ("as GitHub", plain.clone(), plain.clone()),
        ("no prefix", header("a/x a/x", "a/x", "a/x"), plain.clone()),
        (
            "mnemonic",
            header("i/a/x w/a/x", "i/a/x", "w/a/x"),
            plain.clone(),
        ),
        ("reversed", header("b/a/x a/a/x", "b/a/x", "a/a/x"), plain),
        (
            "a new file",
            header("x x", "/dev/null", "x"),
            header("a/x b/x", "/dev/null", "b/x"),
        ),
        (
            "blanks",
            header("my x my x", "my x\t", "my x\t"),
            header("a/my x b/my x", "a/my x\t", "b/my x\t"),
        ),
        (
            "quoted",
            header(r#""\303" "\303""#, r#""\303""#, r#""\303""#),
            header(r#""a/\303" "b/\303""#, r#""a/\303""#, r#""b/\303""#),
        ),
        (
            "unknown prefixes",
            header("old/x new/x", "old/x", "new/x"),
            header("old/x new/x", "old/x", "new/x"),
        ),
    ] {
        assert_eq!(GitOutput::read(&given).diff, expected, "{why}");
    }
}

#[test]
fn keeps_escape_codes_without_colours() {
    let file = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+\u{1b}[1mx\n";
    assert_eq!(GitOutput::read(file).diff, file);
    let coloured =
        format!("\u{1b}[1m{file}").replace("+\u{1b}[1mx", "\u{1b}[32m+\u{1b}[mx\u{1b}[K");
    assert_eq!(
        GitOutput::read(&coloured).diff,
        file.replace("\u{1b}[1m", "")
    );
}

#[test]
fn keeps_uncounted_hunk_lines() {
    let file = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+y\n";
    for (why, rest, kept) in [
        ("an added line", "+z\n", "+z\n"),
        ("an added line behind a blank one", "\n+z\n", "+z\n"),
        (
            "no line end",
            "\\ No newline at end of file\n",
            "\\ No newline at end of file\n",
        ),
        ("a signature", "-- \n2.47\n\n", ""),
        ("the next commit", "\ncommit 12\n\n    +text\n", ""),
    ] {
        let read = GitOutput::read(&format!("{file}{rest}")).diff;
        assert_eq!(read, format!("{file}{kept}"), "{why}");
    }
}

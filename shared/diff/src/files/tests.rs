use super::*;
use crate::{OmittedFile, Side};

fn file(path: &str, status: Status, patch: Option<&str>) -> ChangedFile {
    ChangedFile {
        filename: path.to_owned(),
        previous_filename: matches!(status, Status::Renamed | Status::Copied)
            .then(|| "old/name".to_owned()),
        status,
        additions: 0,
        deletions: 0,
        changes: 0,
        patch: patch.map(str::to_owned),
    }
}

const PATCH: &str = "@@ -1,2 +1,2 @@ fn f() {\n same\n-x\n+y";

fn left_out(path: &str, why: OmissionReason) -> Vec<OmittedFile> {
    let path = path.to_owned();
    vec![OmittedFile { path, why }]
}

#[test]
fn reads_file_as_from_diff() {
    for (why, file, change, rows) in [
        (
            "modified",
            file("a", Status::Modified, Some(PATCH)),
            FileChange::Modified,
            vec![
                (Side::Right, 1, "same"),
                (Side::Left, 2, "x"),
                (Side::Right, 2, "y"),
            ],
        ),
        (
            "new",
            file(
                "a",
                Status::Added,
                Some("@@ -0,0 +1 @@\n+y\n\\ No newline at end of file"),
            ),
            FileChange::Added,
            vec![(Side::Right, 1, "y")],
        ),
        (
            "gone",
            file("a", Status::Removed, Some("@@ -1 +0,0 @@\n-x")),
            FileChange::Deleted,
            vec![(Side::Left, 1, "x")],
        ),
        (
            "renamed and changed",
            file("a", Status::Renamed, Some(PATCH)),
            FileChange::Renamed,
            vec![(Side::Right, 2, "y")],
        ),
        (
            "copied and changed",
            file("a", Status::Copied, Some(PATCH)),
            FileChange::Added,
            vec![(Side::Right, 2, "y")],
        ),
        (
            "another type",
            file("a", Status::Changed, Some(PATCH)),
            FileChange::Modified,
            vec![(Side::Right, 2, "y")],
        ),
        (
            "line ends of Windows",
            file("a", Status::Modified, Some("@@ -1 +1 @@\n-x\r\n+y\r")),
            FileChange::Modified,
            vec![(Side::Left, 1, "x"), (Side::Right, 1, "y")],
        ),
        (
            "no line end on both sides",
            file(
                "a",
                Status::Modified,
                Some(
                    "@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file",
                ),
            ),
            FileChange::Modified,
            vec![(Side::Left, 1, "x"), (Side::Right, 1, "y")],
        ),
    ] {
        let diff = from_files(std::slice::from_ref(&file));
        assert_eq!(diff.left_out, [], "{why}");
        assert_eq!(diff.files.len(), 1, "{why}");
        assert_eq!(diff.files[0].change, change, "{why}");
        assert_eq!(diff.files[0].old_path, file.previous_filename, "{why}");
        for (side, line, text) in rows {
            assert_eq!(
                diff.code("a", line, side),
                Some(text),
                "{why}: {side:?} {line}"
            );
        }
    }
}

#[test]
fn keeps_path_unquoted() {
    for path in [
        "my file.rs",
        "a \"b\".rs",
        "it's.rs",
        "é/日本.rs",
        "a\\303.rs",
        "a\tb",
        "x b/x",
        "...",
    ] {
        let diff = from_files(&[file(path, Status::Modified, Some(PATCH))]);
        assert!(diff.has_line(path, 2), "{path:?}");
    }
}

#[test]
fn lists_unread_files_and_reads_others() {
    let counted = |mut file: ChangedFile, additions, deletions| {
        file.additions = additions;
        file.deletions = deletions;
        file.changes = additions + deletions;
        file
    };
    let mut unnamed = file("bad", Status::Renamed, None);
    unnamed.previous_filename = None;
    let mut from_outside = file("bad", Status::Renamed, None);
    from_outside.previous_filename = Some("../old".to_owned());
    for (why, bad, expected) in [
        (
            "large",
            counted(file("bad", Status::Modified, None), 9_000, 1),
            OmissionReason::NoPatch,
        ),
        (
            "a late page",
            file("bad", Status::Modified, None),
            OmissionReason::NoPatch,
        ),
        (
            "a late page, new",
            file("bad", Status::Added, None),
            OmissionReason::NoPatch,
        ),
        (
            "an empty patch",
            file("bad", Status::Modified, Some("")),
            OmissionReason::NoPatch,
        ),
        (
            "status unchanged",
            file("bad", Status::Unchanged, None),
            OmissionReason::NoPatch,
        ),
        (
            "only renamed, or on a late page",
            file("bad", Status::Renamed, None),
            OmissionReason::NoPatch,
        ),
        (
            "only copied, or on a late page",
            file("bad", Status::Copied, None),
            OmissionReason::NoPatch,
        ),
        (
            "renamed and large",
            counted(file("bad", Status::Renamed, None), 9_000, 1),
            OmissionReason::NoPatch,
        ),
        ("renamed from nowhere", unnamed, OmissionReason::Malformed),
        (
            "renamed from outside",
            from_outside,
            OmissionReason::Malformed,
        ),
        (
            "a new word",
            file("bad", Status::Other, Some(PATCH)),
            OmissionReason::Malformed,
        ),
        (
            "fewer lines than in the header",
            file("bad", Status::Modified, Some("@@ -1,9 +1,9 @@\n x")),
            OmissionReason::Malformed,
        ),
        (
            "cut between hunks",
            counted(file("bad", Status::Modified, Some(PATCH)), 5, 1),
            OmissionReason::Malformed,
        ),
        (
            "a header would hide",
            file("bad", Status::Modified, Some("GIT binary patch\n")),
            OmissionReason::Malformed,
        ),
        (
            "another file would hide",
            file(
                "bad",
                Status::Modified,
                Some("@@ -1 +1 @@\n-x\n+y\ndiff --git a/x b/x\n@@ -5 +5 @@\n-x\n+y"),
            ),
            OmissionReason::Malformed,
        ),
        (
            "a submodule",
            file(
                "bad",
                Status::Modified,
                Some("@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2"),
            ),
            OmissionReason::Submodule,
        ),
        (
            "too large",
            file(
                "bad",
                Status::Modified,
                Some(&format!(
                    "@@ -1 +1 @@\n-x\n+{}",
                    "y".repeat(crate::MAX_BYTES)
                )),
            ),
            OmissionReason::TooLarge,
        ),
    ] {
        let good = file("good", Status::Modified, Some(PATCH));
        let diff = from_files(&[good.clone(), bad, good]);
        assert_eq!(diff.left_out, left_out("bad", expected), "{why}");
        assert_eq!(diff.files.len(), 2, "{why}");
    }
}

#[test]
fn rejects_path_outside_repository() {
    for path in [
        "../a",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        "",
        ".",
        "a\0b",
    ] {
        let diff = from_files(&[file(path, Status::Modified, Some(PATCH))]);
        assert_eq!(
            diff.left_out,
            left_out(path, OmissionReason::Malformed),
            "{path:?}"
        );
    }
}

#[test]
fn counts_files_beyond_limit() {
    let files = vec![file("a", Status::Modified, Some(PATCH)); MAX_FILES + 2];
    let diff = from_files(&files);
    assert_eq!(diff.files.len(), MAX_FILES);
    assert_eq!(
        diff.left_out,
        left_out("(and 2 more files)", OmissionReason::TooLarge)
    );
}

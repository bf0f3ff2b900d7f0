use super::*;
use crate::{FileChange, LineKind, OmittedFile, parse};
use proptest::prelude::*;

fn file(path: &str, hunks: &[(u32, u32)]) -> String {
    let mut text = format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n");
    for (first, count) in hunks {
        text += &format!("@@ -{first},{count} +{first},{count} @@\n");
        text += &"-old\n+new\n".repeat(*count as usize);
    }
    text
}

/// Renders the first new line of each hunk of each file.
fn told(diff: &Diff) -> String {
    let file = |file: &FileDiff| {
        let starts = file.hunks.iter().filter_map(Hunk::new_lines);
        let starts: Vec<_> = starts.map(|lines| lines.start().to_string()).collect();
        format!("{} {}", file.path, starts.join(","))
    };
    let files: Vec<_> = diff.files.iter().map(file).collect();
    files.join("; ")
}

#[test]
fn selects_touched_hunks() {
    let all = parse(&[file("a", &[(1, 3), (20, 3), (40, 3)]), file("b", &[(1, 1)])].concat());
    for (why, since, expected) in [
        ("nothing", String::new(), ""),
        ("one hunk", file("a", &[(21, 1)]), "a 20"),
        ("its last line", file("a", &[(22, 1)]), "a 20"),
        ("the line behind it", file("a", &[(23, 1)]), ""),
        ("the line before it", file("a", &[(19, 1)]), ""),
        ("from one into the next", file("a", &[(3, 18)]), "a 1,20"),
        (
            "hunks in no order cannot be read",
            file("a", &[(41, 1), (1, 1)]),
            "a 1,20,40",
        ),
        (
            "the same file twice",
            file("a", &[(41, 1)]) + &file("a", &[(1, 1)]),
            "a 1,40",
        ),
        ("another change, by a merge", file("c", &[(1, 9)]), ""),
        (
            "renamed: not read under this name",
            "diff --git a/o b/b\nsimilarity index 100%\nrename from o\nrename to b\n".to_owned(),
            "b 1",
        ),
        (
            "only lines that are gone, without a place",
            "diff --git a/b b/b\n--- a/b\n+++ b/b\n@@ -7 +6,0 @@\n-x\n".to_owned(),
            "b 1",
        ),
        (
            "cannot be read",
            "diff --git a/b b/b\n@@ x\n".to_owned(),
            "b 1",
        ),
        (
            "a malformed part may touch anything",
            "diff --git a/x b/y\n@@ x\n".to_owned(),
            "a 1,20,40; b 1",
        ),
    ] {
        assert_eq!(told(&all.touched_by(&parse(&since))), expected, "{why}");
    }
}

#[test]
fn left_out_file_counts_as_touched() {
    let all = parse(&[file("a", &[(1, 3)]), file("b", &[(1, 1)])].concat());
    for (why, path, reason, expected) in [
        ("unread then", "b", OmissionReason::Unanswered, "b 1"),
        (
            "more than GitHub gives",
            "(and 3 more files)",
            OmissionReason::TooLarge,
            "a 1; b 1",
        ),
        (
            "a picture of another change",
            "c.png",
            OmissionReason::Binary,
            "",
        ),
    ] {
        let mut since = Diff::default();
        since.leave_out(path, reason);
        assert_eq!(told(&all.touched_by(&since)), expected, "{why}");
    }
}

#[test]
fn textless_change_is_touched_by_name() {
    let mut all = parse("diff --git a/m b/m\nold mode 100644\nnew mode 100755\n");
    all.leave_out("p.png", OmissionReason::Binary);
    assert_eq!(told(&all.touched_by(&all)), "m ");
    let nothing = all.touched_by(&Diff::default());
    assert_eq!(nothing.files, []);
    assert_eq!(
        nothing.left_out, all.left_out,
        "unread files are still listed"
    );
}

#[test]
fn leaves_out_unwanted_files() {
    let all = parse(&[file("a", &[(1, 1)]), file("gen/b", &[(1, 1)])].concat());
    let narrowed = all.narrowed_to(|path| !path.starts_with("gen/"));
    assert_eq!(told(&narrowed), "a 1");
    let expected = OmittedFile {
        path: "gen/b".to_owned(),
        why: OmissionReason::Excluded,
    };
    assert_eq!(narrowed.left_out, [expected]);
}

#[test]
fn reports_lines_that_may_be_new() {
    let mut diff = parse(&file("a", &[(5, 2)]));
    diff.leave_out("b", OmissionReason::TooLarge);
    for (why, path, lines, side, expected) in [
        ("it is", "a", 5..=5, Side::Right, true),
        ("one of them is", "a", 1..=5, Side::Right, true),
        ("before", "a", 1..=4, Side::Right, false),
        ("behind", "a", 7..=9, Side::Right, false),
        ("of another file", "c", 5..=5, Side::Right, false),
        ("in a file left out", "b", 5..=5, Side::Right, true),
        ("gone from it", "a", 9..=9, Side::Left, true),
        ("gone from another file", "c", 5..=5, Side::Left, false),
        ("gone, in a file left out", "b", 5..=5, Side::Left, true),
    ] {
        assert_eq!(diff.may_be_new(path, &lines, side), expected, "{why}");
    }
}

fn diffs() -> impl Strategy<Value = Diff> {
    let kind = prop_oneof![
        Just(LineKind::Added),
        Just(LineKind::Removed),
        Just(LineKind::Context)
    ];
    let hunk = (
        prop_oneof![4 => 1..60_u32, 1 => Just(u32::MAX - 20)],
        proptest::collection::vec(kind, 0..12),
    );
    let file = ("[abc]", proptest::collection::vec(hunk, 0..5));
    proptest::collection::vec(file, 0..6).prop_map(|files| Diff {
        files: files
            .into_iter()
            .map(|(path, hunks)| made(path, hunks))
            .collect(),
        left_out: Vec::new(),
    })
}

/// Builds untrusted hunks: overlapping and unsorted.
fn made(path: String, hunks: Vec<(u32, Vec<LineKind>)>) -> FileDiff {
    let hunk = |(first, kinds): (u32, Vec<LineKind>)| {
        let mut next = first;
        let mut number = |kind| {
            let number = (kind != LineKind::Removed).then_some(next);
            next += u32::from(number.is_some());
            number
        };
        let lines = kinds.into_iter().map(|kind| Line {
            kind,
            old_number: None,
            new_number: number(kind),
            text: String::new(),
            crlf: false,
        });
        Hunk {
            section: None,
            lines: lines.collect(),
        }
    };
    FileDiff {
        path,
        old_path: None,
        change: FileChange::Modified,
        hunks: hunks.into_iter().map(hunk).collect(),
    }
}

fn hunks_of(diff: &Diff) -> Vec<(&str, &Hunk)> {
    diff.files
        .iter()
        .flat_map(|file| file.hunks.iter().map(|hunk| (file.path.as_str(), hunk)))
        .collect()
}

proptest! {
    /// Compares with a reference algorithm that goes line by line and hunk by hunk.
    #[test]
    fn hunk_is_touched_by_one_line(all in diffs(), since in diffs()) {
        let touched = all.touched_by(&since);
        let since_hunks = hunks_of(&since);
        let is_touched = |(path, hunk): &(&str, &Hunk)| {
            since_hunks.iter().filter(|(other, _)| other == path).any(|(_, other)| {
                match (hunk.new_lines(), other.new_lines()) {
                    (Some(mut one), Some(other)) => one.any(|line| other.contains(&line)),
                    (None, _) | (_, None) => true,
                }
            }) || since_hunks.iter().all(|(other, _)| other != path)
                && hunk.new_lines().is_none()
                && since.files.iter().any(|file| file.path == *path)
        };
        let expected: Vec<_> = hunks_of(&all).into_iter().filter(is_touched).collect();
        prop_assert_eq!(hunks_of(&touched), expected);
        prop_assert_eq!(all.touched_by(&all).files.len(), all.files.len());
    }
}

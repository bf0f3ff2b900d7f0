mod budget;
mod hostile;
mod properties;

use super::*;

const NONCE: &str = "5f0c1e2d3b4a6978";

fn options(tokens_per_part: usize, most_parts: usize) -> Options<'static> {
    Options {
        tokens_per_part,
        most_parts,
        nonce: NONCE,
        generated: &|_| false,
        languages: &[],
    }
}

fn parsed(text: &str) -> Diff {
    let diff = diff::parse(text);
    assert_eq!(diff.left_out, [], "the test's own diff");
    diff
}

fn added(path: &str, text: &str) -> Diff {
    Diff {
        files: vec![FileDiff::added(path, text)],
        left_out: Vec::new(),
    }
}

/// Returns the lines between the delimiters of all parts.
fn body(plan: &Plan) -> String {
    let (begins, ends) = delimiters(NONCE);
    plan.parts
        .iter()
        .map(|part| {
            let text = part.text.strip_prefix(&format!("{begins}\n")).unwrap();
            text.strip_suffix(&format!("{ends}\n")).unwrap()
        })
        .collect()
}

fn why(plan: &Plan) -> Vec<(&str, OmissionReason)> {
    plan.left_out
        .iter()
        .map(|l| (l.path.as_str(), l.why))
        .collect()
}

#[test]
fn shows_numbers_and_sides() {
    let diff = parsed(
        "diff --git a/old name b/new name\nrename from old name\nrename to new name\n\
         --- a/old name\t\n+++ b/new name\t\n\
         @@ -7,3 +9,3 @@ fn main() {\n same\n-old\n+new\n \n\
         @@ -20,1 +22,0 @@\n-gone\n\
         diff --git a/mode b/mode\nold mode 100644\nnew mode 100755\n",
    );
    let plan = plan(&diff, &options(1_000, 1));
    assert_eq!(
        body(&plan),
        "file \"new name\" renamed from \"old name\"\n\
         @@ fn main() {\nR 9  same\nL 8 -old\nR 10 +new\nR 11  \n\
         @@\nL 20 -gone\n\
         file \"mode\" modified\n"
    );
    assert!(plan.parts[0].files.keys().eq(["mode", "new name"]));
    assert_eq!(plan.left_out, []);
}

#[test]
fn lists_omitted_generated_files() {
    let mut diff = added("src/a.rs", "x");
    for path in [
        "Cargo.lock",
        "api/schema.rs",
        "node_modules/a.js",
        "a.min.js",
    ] {
        diff.files.push(FileDiff::added(path, "x"));
    }
    diff.files
        .push(FileDiff::added("b.rs", concat!("// @", "generated")));
    diff.left_out.push(OmittedFile {
        path: "a.png".to_owned(),
        why: OmissionReason::Binary,
    });
    let plan = plan(
        &diff,
        &Options {
            generated: &|path| path == "api/schema.rs",
            ..options(1_000, 1)
        },
    );
    let expected = [
        ("a.png", OmissionReason::Binary),
        ("Cargo.lock", OmissionReason::Generated),
        ("api/schema.rs", OmissionReason::Generated),
        ("node_modules/a.js", OmissionReason::Generated),
        ("a.min.js", OmissionReason::Generated),
        ("b.rs", OmissionReason::Generated),
    ];
    assert_eq!(why(&plan), expected);
    assert!(plan.parts[0].files.keys().eq(["src/a.rs"]));
}

#[test]
fn omits_deletions_first() {
    let removed = "-gone and not so important\n".repeat(20);
    let diff = parsed(&format!(
        "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n\
         @@ -1,20 +0,0 @@\n{removed}@@ -40 +20 @@\n-x\n+y\n"
    ));
    let all = plan(&diff, &options(1_000, 1));
    assert_eq!(all.left_out, [], "all fits");
    let plan = plan(&diff, &options(80, 1));
    assert!(
        body(&plan).contains("R 20 +y\n"),
        "additions are shown: {}",
        body(&plan)
    );
    assert_eq!(why(&plan), [("a.rs", OmissionReason::Budget)]);
}

#[test]
fn large_hunk_continues_in_next_part() {
    let text: String = (1..=100).map(|n| format!("line {n}\n")).collect();
    let mut diff = added("a.rs", &text);
    diff.files[0].hunks[0].section = Some("impl X {".to_owned());
    let plan = plan(&diff, &options(200, 100));
    assert_eq!(plan.left_out, []);
    assert!(plan.parts.len() > 2);
    let mut next = 1;
    for (index, part) in plan.parts.iter().enumerate() {
        let numbers: Vec<u32> = part
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("R ")?.split(' ').next()?.parse().ok())
            .collect();
        let overlap = if index == 0 { 0 } else { 3 };
        assert_eq!(numbers[0], next - overlap, "the lines before are repeated");
        let continued = part.text.contains("@@ impl X { (continued)\n");
        assert_eq!(continued, index > 0, "the function is repeated");
        assert!(
            part.text.contains("file \"a.rs\" added\n"),
            "the file is repeated"
        );
        next = numbers[numbers.len() - 1] + 1;
    }
    assert_eq!(next, 101, "no line is skipped");
}

#[test]
fn long_line_has_cut_mark() {
    let line = "é".repeat(1_500);
    let plan = plan(
        &added("a.rs", &format!("{line}\nshort")),
        &options(10_000, 1),
    );
    let expected = format!(
        "R 1 +{} [cut: 1000 more bytes]\nR 2 +short\n",
        "é".repeat(1_000)
    );
    assert!(body(&plan).ends_with(&expected));
    assert_eq!(why(&plan), [("a.rs", OmissionReason::Budget)]);
}

#[test]
fn repeated_path_has_all_lines() {
    let plan = plan(
        &parsed(
            "diff --git a/a b/a\ndeleted file mode 120000\n--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n\
             -target\ndiff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n\
             @@ -0,0 +1,2 @@\n+one\n+two\n",
        ),
        &options(1_000, 1),
    );
    let part = &plan.parts[0];
    assert!(part.shows("a", 1, Side::Left), "{part:?}");
    assert!(part.shows("a", 2, Side::Right), "{part:?}");
}

#[test]
fn long_context_line_keeps_file_complete() {
    let mut diff = added("a.rs", &format!("{}\nshort", "x".repeat(3_000)));
    diff.files[0].hunks[0].lines[0].kind = LineKind::Context;
    assert_eq!(plan(&diff, &options(10_000, 1)).left_out, []);
}

#[test]
fn zero_budget_lists_all_files() {
    for (tokens, parts) in [(0, 5), (10, 5), (25, 5), (1_000, 0)] {
        let plan = plan(&added("a.rs", "x = 1234567890"), &options(tokens, parts));
        assert_eq!(plan.parts, [], "{tokens} {parts}");
        assert_eq!(
            why(&plan),
            [("a.rs", OmissionReason::Budget)],
            "{tokens} {parts}"
        );
    }
}

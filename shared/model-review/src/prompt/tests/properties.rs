use super::*;
use diff::{FileChange, Hunk, Line, Side};
use proptest::prelude::*;
use secrets::mask::{self, mask};
use std::collections::{BTreeMap, BTreeSet};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "[a-z(){};= ]{0,30}",
        1 => Just(String::new()),
        1 => "[a-z ]{0,30}".prop_map(|text| text.repeat(90)),
        1 => "\\PC{0,40}",
        1 => any::<String>().prop_map(|text| text.replace('\n', "")),
        1 => Just(format!("[untrusted diff {NONCE} ends]")),
        1 => Just("R 999999 +x".to_owned()),
    ]
}

fn hunk() -> impl Strategy<Value = (u32, Vec<(LineKind, String)>)> {
    let kind = prop_oneof![
        Just(LineKind::Added),
        Just(LineKind::Removed),
        Just(LineKind::Context)
    ];
    let any_kind = proptest::collection::vec((kind, text()), 1..30);
    let removed = proptest::collection::vec((Just(LineKind::Removed), text()), 1..30);
    (1..50_u32, prop_oneof![3 => any_kind, 1 => removed])
}

/// Generates files with all kinds of hunks, numbered as in a diff. Each name contains the file's
/// index.
fn diffs() -> impl Strategy<Value = Diff> {
    let name = prop_oneof![
        Just("src/a.rs"),
        Just("tests/b.py"),
        Just("auth/c.go"),
        Just("d.md"),
        Just("Cargo.lock"),
        Just("docs/e.md"),
        Just("f/very/long/name/of/a/file/that/takes/its/place.ts"),
    ];
    let file = (name, proptest::collection::vec(hunk(), 0..4));
    proptest::collection::vec(file, 0..20).prop_map(|files| {
        let files = files.into_iter().enumerate().map(|(index, (name, hunks))| {
            let (mut old, mut new) = (1, 1);
            let hunks = hunks.into_iter().map(|(gap, lines)| {
                old += gap;
                new += gap;
                let take = |number: &mut u32| {
                    *number += 1;
                    Some(*number - 1)
                };
                let lines = lines.into_iter().map(|(kind, text)| {
                    let old_number = if kind == LineKind::Added {
                        None
                    } else {
                        take(&mut old)
                    };
                    let new_number = if kind == LineKind::Removed {
                        None
                    } else {
                        take(&mut new)
                    };
                    Line {
                        kind,
                        old_number,
                        new_number,
                        text,
                        crlf: false,
                    }
                });
                Hunk {
                    section: Some("fn f()".to_owned()),
                    lines: lines.collect(),
                }
            });
            FileDiff {
                path: format!("{index}/{name}"),
                old_path: None,
                change: FileChange::Modified,
                hunks: hunks.collect(),
            }
        });
        Diff {
            files: files.collect(),
            left_out: Vec::new(),
        }
    })
}

/// Returns the displayed line numbers by file and side.
fn numbers(plan: &Plan) -> BTreeMap<String, BTreeSet<(Side, u32)>> {
    let mut shown: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
    let mut path = String::new();
    for line in body(plan).lines() {
        if let Some(rest) = line.strip_prefix("file \"") {
            path = rest.split('"').next().unwrap().to_owned();
            shown.entry(path.clone()).or_default();
        } else if !line.starts_with("@@") {
            let (side, rest) = line.split_at(2);
            let side = match side {
                "R " => Side::Right,
                "L " => Side::Left,
                other => panic!("a line without a side: {other:?}"),
            };
            let number = rest.split(' ').next().unwrap().parse().unwrap();
            shown.get_mut(&path).unwrap().insert((side, number));
        }
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn respects_budget_and_lists_every_file(
        diff in diffs(),
        tokens_per_part in prop_oneof![0..80_usize, 80..800_usize, Just(8_000)],
        most_parts in 0..8_usize,
    ) {
        let options = options(tokens_per_part, most_parts);
        let planned = plan(&diff, &options);
        prop_assert_eq!(&planned, &plan(&diff, &options), "always the same");
        prop_assert!(planned.parts.len() <= most_parts);
        for part in &planned.parts {
            prop_assert_eq!(part.tokens, tokens(&part.text));
            prop_assert!(part.tokens <= tokens_per_part);
            prop_assert_eq!(part.text.matches(NONCE).count(), 2);
            let names = part.text.lines().filter(|line| line.starts_with("file "));
            prop_assert!(names.count() >= part.files.len());
        }
        let shown = numbers(&planned);
        let mut named: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
        for (path, places) in planned.parts.iter().flat_map(|part| part.files.clone()) {
            named.entry(path).or_default().extend(places);
        }
        prop_assert_eq!(&shown, &named, "a part lists its lines");
        for file in &diff.files {
            let left_out: Vec<_> =
                planned.left_out.iter().filter(|l| l.path == file.path).map(|l| l.why).collect();
            let expected: BTreeSet<_> = file
                .lines()
                .filter_map(|line| match line.kind {
                    LineKind::Removed => Some((Side::Left, line.old_number?)),
                    LineKind::Added | LineKind::Context => Some((Side::Right, line.new_number?)),
                })
                .collect();
            match (left_out.as_slice(), shown.get(&file.path)) {
                ([], Some(shown)) => prop_assert_eq!(shown, &expected, "all of it is shown"),
                ([OmissionReason::Budget], Some(shown)) => {
                    let mut with_it = planned.parts.iter().filter(|it| it.files.contains_key(&file.path));
                    let is_cut = with_it.any(|part| part.text.contains(" more bytes]\n"));
                    prop_assert!(shown.is_subset(&expected) && (is_cut || shown != &expected));
                }
                ([_], None) => {}
                other => prop_assert!(false, "{}: {:?}", file.path, other),
            }
        }
        for (path, numbers) in &shown {
            for &(side, number) in numbers {
                let is_known = match side {
                    Side::Right => diff.has_line(path, number),
                    Side::Left => diff.has_left_line(path, number),
                };
                prop_assert!(is_known, "{path} {number}");
            }
        }
    }

    #[test]
    fn any_line_is_masked_and_stripped(line in any::<String>()) {
        let stripped = strip(&line);
        let holds = stripped.contains(['\n', '\r', '\u{202e}', '\u{200b}', '\u{e0041}']);
        prop_assert!(!holds, "{stripped:?}");
        let masked = mask(&stripped);
        prop_assert!(masked.len() <= stripped.len() + mask::MASKED.len() * (stripped.len() + 1));
    }
}

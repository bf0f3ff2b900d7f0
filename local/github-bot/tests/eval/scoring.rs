//! Scoring of found defects, false findings and duplicates.

use super::finding;
use eval::{Defect, Match, Score, mark};
use review::{Category, Finding, Side};

fn defect(path: &str, lines: (u32, u32), category: Category) -> Defect {
    Defect {
        path: path.to_owned(),
        first_line: lines.0,
        last_line: lines.1,
        category,
        what: "It is wrong.".to_owned(),
    }
}

#[test]
fn findings_are_marked() {
    use Category::{Logic, Security, Style};
    let one = || vec![defect("a.py", (10, 12), Logic)];
    let two = || {
        vec![
            defect("a.py", (10, 10), Logic),
            defect("a.py", (13, 13), Logic),
        ]
    };
    // Columns: why, defects, findings as (path, line, category), (found, any category, false,
    // duplicates).
    type Row<'a> = (
        &'a str,
        Vec<Defect>,
        Vec<(&'a str, u32, Category)>,
        (usize, usize, usize, usize),
    );
    let rows: Vec<Row<'_>> = vec![
        ("on it", one(), vec![("a.py", 11, Logic)], (1, 1, 0, 0)),
        (
            "two lines before",
            one(),
            vec![("a.py", 8, Logic)],
            (1, 1, 0, 0),
        ),
        (
            "two lines behind",
            one(),
            vec![("a.py", 14, Logic)],
            (1, 1, 0, 0),
        ),
        (
            "three lines before",
            one(),
            vec![("a.py", 7, Logic)],
            (0, 0, 1, 0),
        ),
        (
            "three lines behind",
            one(),
            vec![("a.py", 15, Logic)],
            (0, 0, 1, 0),
        ),
        (
            "another file",
            one(),
            vec![("b.py", 11, Logic)],
            (0, 0, 1, 0),
        ),
        (
            "wrong category",
            one(),
            vec![("a.py", 11, Style)],
            (0, 1, 1, 0),
        ),
        (
            "twice the same",
            one(),
            vec![("a.py", 10, Logic), ("a.py", 12, Logic)],
            (1, 1, 0, 1),
        ),
        (
            "both categories",
            one(),
            vec![("a.py", 11, Security), ("a.py", 11, Logic)],
            (1, 1, 1, 0),
        ),
        (
            "one finding between two defects finds one",
            two(),
            vec![("a.py", 12, Logic)],
            (1, 1, 0, 0),
        ),
        (
            "the nearest is matched first, whatever the order",
            two(),
            vec![("a.py", 12, Logic), ("a.py", 9, Logic)],
            (2, 2, 0, 0),
        ),
        ("no findings", one(), vec![], (0, 0, 0, 0)),
        (
            "clean, with a finding",
            vec![],
            vec![("a.py", 1, Style)],
            (0, 0, 1, 0),
        ),
        (
            "a line far out",
            one(),
            vec![("a.py", u32::MAX, Logic)],
            (0, 0, 1, 0),
        ),
    ];
    for (why, defects, said, expected) in rows {
        let findings: Vec<_> = said.iter().map(|(p, l, c)| finding(p, *l, *c)).collect();
        let score = Score::of(&defects, &findings, None);
        let told = (
            score.found,
            score.any_category,
            score.false_positives,
            score.duplicates,
        );
        assert_eq!(told, expected, "{why}");
        assert_eq!(
            score.false_on_clean,
            if defects.is_empty() {
                findings.len()
            } else {
                0
            },
            "{why}"
        );
        let marks = mark(&defects, &findings, Match::SameCategory);
        assert_eq!(
            marks.found.len() + marks.missed.len(),
            defects.len(),
            "{why}"
        );
    }
}

#[test]
fn figures_follow_from_counts() {
    let defects = [
        defect("a.py", (10, 10), Category::Logic),
        defect("a.py", (20, 20), Category::Logic),
        defect("a.py", (30, 30), Category::Style),
        defect("a.py", (40, 40), Category::Style),
    ];
    let logic = [10, 20, 50].map(|line| finding("a.py", line, Category::Logic));
    let mut score = Score::of(&defects, &logic, None);
    assert_eq!(score.precision(), Some(2.0 / 3.0));
    assert_eq!(score.recall(), Some(0.5));
    assert_eq!(score.f1(), Some(4.0 / 7.0), "2PR / (P + R)");
    assert_eq!(score.false_per_clean(), None, "no clean change");
    assert_eq!(
        Score::of(&defects, &logic, Some(Category::Logic)).recall(),
        Some(1.0)
    );

    score.add(&Score::of(&[], &logic[..1], None));
    score.add(&Score::of(&[], &[], None));
    assert_eq!(score.false_per_clean(), Some(0.5));
    assert_eq!(score.findings_per_change(), Some(4.0 / 3.0));

    let silent = Score::of(&defects, &[], None);
    assert_eq!(
        (silent.precision(), silent.recall(), silent.f1()),
        (None, Some(0.0), None)
    );
}

#[test]
fn finding_on_old_file_matches_nothing() {
    let gone = Finding {
        side: Side::Left,
        ..finding("a.py", 11, Category::Logic)
    };
    let defects = [defect("a.py", (10, 12), Category::Logic)];
    let score = Score::of(&defects, &[gone], None);
    let told = (score.found, score.any_category, score.false_positives);
    assert_eq!(told, (0, 0, 1));
}

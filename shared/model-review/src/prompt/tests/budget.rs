use super::*;

#[test]
fn plans_largest_diff() {
    let mut diff = Diff::default();
    for file in 0..2_999 {
        let path = format!("src/dir_{}/file_{file}.rs", file % 50);
        diff.files
            .push(FileDiff::added(&path, "fn f() { let x = 1; }\n\n// y\n"));
    }
    let rest = "let x = compute(a, b, c);\n".repeat(20_000 - 2_999 * 3);
    diff.files.push(FileDiff::added("src/large.rs", &rest));
    assert_eq!(diff.added_line_count(), 20_000);

    let all = plan(&diff, &options(32_000, 100));
    assert_eq!(all.left_out, []);
    let lines = all.parts.iter().flat_map(|part| part.text.lines());
    let lines = lines.filter(|line| line.starts_with("R ")).count();
    assert!(
        (20_000..20_100).contains(&lines),
        "each once, but for the overlap: {lines}"
    );

    let some = plan(&diff, &options(8_000, 2));
    assert_eq!(some.parts.len(), 2);
    let shown: usize = some.parts.iter().map(|part| part.files.len()).sum();
    assert!(shown + some.left_out.len() >= 3_000);
}

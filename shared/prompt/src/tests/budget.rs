use super::*;

/// A pull request of `files` files, each with `lines` changed lines of code.
fn pull_request(files: usize, lines: usize) -> Diff {
    let mut text = String::new();
    for file in 0..files {
        text += &format!(
            "diff --git a/src/module_{file}.rs b/src/module_{file}.rs\n\
             --- a/src/module_{file}.rs\n+++ b/src/module_{file}.rs\n\
             @@ -10,{} +10,{} @@ impl Service for Module{file} {{\n \n",
            lines + 2,
            lines + 2,
        );
        for line in 0..lines {
            text += &format!("-        let total_{line} = account.balance + {line};\n");
            text += &format!("+        let total_{line} = account.balance.checked_add({line})?;\n");
        }
        text += "     }\n";
    }
    parsed(&text)
}

#[test]
fn budget() {
    println!("files  shown  left out  parts  tokens  budget");
    for (files, parts) in [(10, 1), (100, 4), (1_000, 4)] {
        let diff = pull_request(files, 6);
        let options = options(16_000, parts);
        let plan = plan(&diff, &options);
        let tokens: usize = plan.parts.iter().map(|part| part.tokens).sum();
        let budget = options.tokens_per_part * options.most_parts;
        let shown: usize = plan.parts.iter().map(|part| part.files.len()).sum();
        println!(
            "{files:>5} {shown:>6} {:>9} {:>6} {tokens:>7} {budget:>7}",
            plan.left_out.len(),
            plan.parts.len(),
        );
        assert!(tokens <= budget);
        assert!(shown + plan.left_out.len() >= files, "no file vanishes");
        if !plan.left_out.is_empty() {
            assert!(
                tokens * 100 >= budget * 95,
                "the budget is used: {tokens} of {budget}"
            );
        }
    }
}

#[test]
fn the_largest_diff_is_planned() {
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

//! Import circles inside crates: modules of one crate import each other in pairs at most.

#[path = "imports/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Crates that still have a circle: `lib → decide → settings → lib`, and `ignore_reason → published
/// → lease → ignore_reason`.
const EXEMPT: [&str; 2] = ["functions/coordinator", "functions/publisher"];

/// Modules, and the modules that each one uses.
type Graph = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// Returns the imports of a crate's files, without those of tests.
fn graph(crate_root: &Path) -> Graph {
    source::graph(&source::modules(&crate_root.join("src")))
}

/// Returns the shortest circle of more than two files.
fn circle(graph: &Graph) -> Option<Vec<String>> {
    let name = |module: &Vec<String>| match module.last() {
        Some(_) => module.join("/"),
        None => "lib".to_owned(),
    };
    let edges = graph
        .iter()
        .flat_map(|(from, all)| all.iter().map(move |to| (from, to)));
    let circles = edges.filter_map(|(from, to)| {
        let path = path(graph, to, from)?;
        let names = [from].into_iter().chain(path).map(name);
        Some(names.collect::<Vec<_>>())
    });
    circles.min_by_key(Vec::len)
}

/// Returns the shortest path from one file to another with a third file between them.
fn path<'a>(
    graph: &'a Graph,
    from: &'a Vec<String>,
    to: &'a Vec<String>,
) -> Option<Vec<&'a Vec<String>>> {
    let (mut before, mut queue) = (BTreeMap::new(), VecDeque::from([from]));
    while let Some(module) = queue.pop_front() {
        for next in graph.get(module).into_iter().flatten() {
            let is_direct = module == from && next == to;
            if is_direct || next == from || before.contains_key(next) {
                continue;
            }
            before.insert(next, module);
            queue.push_back(next);
        }
    }
    let mut path = vec![to];
    while let Some(previous) = before.get(path.last()?) {
        path.push(previous);
    }
    path.reverse();
    (path.len() > 1).then_some(path)
}

/// Returns the folders of the workspace's crates.
fn crates(root: &Path) -> Vec<PathBuf> {
    let (mut crates, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !["target", "src"].contains(&&*name) && !name.starts_with('.') {
                if path.join("Cargo.toml").is_file() && path.join("src").is_dir() {
                    crates.push(path.clone());
                }
                folders.push(path);
            }
        }
    }
    crates.sort();
    crates
}

#[test]
fn files_import_without_circles() {
    let (root, mut found) = (Path::new(ROOT), Vec::new());
    let crates = crates(root);
    assert!(crates.len() > 20, "{crates:?}");
    for crate_root in crates {
        let name = crate_root
            .strip_prefix(root)
            .expect("a crate below the root");
        let name = name.to_string_lossy();
        let circle = circle(&graph(&crate_root));
        match (circle, EXEMPT.contains(&&*name)) {
            (Some(circle), false) => found.push(format!("{name}: {}", circle.join(" → "))),
            (None, true) => found.push(format!("{name} has no circle: remove it from EXEMPT")),
            (Some(_), true) | (None, false) => {}
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Creates a crate with the given files, and returns its circle.
fn circle_of(name: &str, files: &[(&str, &str)]) -> Option<String> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("imports")
        .join(name);
    let _ = fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join("src").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(path, text).expect("a new file");
    }
    circle(&graph(&root)).map(|it| it.join(" → "))
}

#[test]
fn circles_are_found_and_printed() {
    let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\n");
    let (b, c) = (
        ("b.rs", "use super::c;\n"),
        ("c.rs", "fn f() { crate::a::f(); }\n"),
    );
    let expected = Some("a → b → c → a".to_owned());
    for (name, a) in [
        ("path", "use crate::b::B;"),
        ("group", "use crate::{x, b::{self, B}};"),
        ("nested", "use super::{x as y, b::{C as E, D}};"),
        ("inline", "fn f() -> crate::b::B { crate::b::B }"),
    ] {
        assert_eq!(
            circle_of(name, &[lib, ("a.rs", a), b, c]),
            expected,
            "{name}"
        );
    }
    for (name, a) in [
        ("comment", "// use crate::b::B;"),
        ("text", "const A: &str = \"crate::b\";"),
        (
            "tests",
            "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}",
        ),
        ("test-import", "#[cfg(test)]\nuse crate::b::B;"),
        ("other", "use other::b::B;"),
        ("re-export", "pub(crate) use crate::b::B;"),
    ] {
        assert_eq!(circle_of(name, &[lib, ("a.rs", a), b, c]), None, "{name}");
    }
}

#[test]
fn parents_and_children_are_files() {
    let files = [
        ("lib.rs", "mod a;\nuse a::A;\n"),
        ("a.rs", "mod b;\nmod c;\nuse b::B;\n"),
        ("a/b.rs", "use super::c;\n"),
        ("a/c.rs", "use super::A;\n"),
    ];
    let expected = Some("a → a/b → a/c → a".to_owned());
    assert_eq!(circle_of("children", &files), expected);
    let pair = [
        ("lib.rs", "mod a;\nuse a::A;\n"),
        ("a.rs", "use crate::B;\n"),
    ];
    assert_eq!(circle_of("pair", &pair), None);
}

//! Folders of functions, their crates and their samples.

use crate::fixture::{GOOD, SOURCE, repository};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use xtask::wire;

#[test]
fn refuses_missing_and_unrelated_files() {
    let root = repository("good", &[]);
    assert!(
        wire::functions(&root).is_ok(),
        "{:?}",
        wire::functions(&root)
    );
    let other = GOOD.replace("github.pr.*", "github.issue.*");
    let missing = GOOD.replace("github.pr.opened.json", "github.pr.gone.json");
    let exact = GOOD.replace("sample = \"bus/github.pr.opened.json\"\n", "");
    let exact = exact.replace("github.pr.*", "github.pr.gone");
    for (name, path, text, expected) in [
        (
            "no-cargo",
            "functions/other/function.toml",
            GOOD,
            "functions/other/function.toml:1: functions/other/Cargo.toml does not exist",
        ),
        (
            "no-manifest",
            "functions/other/Cargo.toml",
            "[package]\nname = \"other\"\n",
            "functions/other/function.toml:1: functions/other/function.toml does not exist",
        ),
        (
            "other-package",
            "functions/count/Cargo.toml",
            "[package]\nname = \"counter\"\n",
            "functions/count/Cargo.toml:2: the package is \"counter\", but the folder is \"count\": \
             give both the same name",
        ),
        (
            "no-name",
            "functions/count/Cargo.toml",
            "[package]\nversion = \"1\"\n",
            "functions/count/Cargo.toml:1: the package has no name that can be read: missing field \
             `name`",
        ),
        (
            "unmatched",
            "functions/count/function.toml",
            &other,
            "functions/count/function.toml:3: no subscription matches the sample \
             events/bus/github.pr.opened.json",
        ),
        (
            "missing",
            "functions/count/function.toml",
            &missing,
            "functions/count/function.toml:3: events/bus/github.pr.gone.json does not exist",
        ),
        (
            "default",
            "functions/count/function.toml",
            &exact,
            "functions/count/function.toml:6: events/bus/github.pr.gone.json does not exist",
        ),
        (
            "route",
            "functions/count/function.toml",
            SOURCE,
            "functions/count/function.toml:3: the sample events/http/orders.json has the route \
             \"POST /other\", not \"POST /orders\"",
        ),
    ] {
        let root = repository(name, &[(path, text)]);
        let problems = wire::functions(&root).expect_err(name);
        let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected], "{name}");
    }
}

/// Returns the problems of a repository.
fn found(root: &Path) -> Vec<String> {
    let problems = wire::functions(root).expect_err("problems");
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn refuses_names_of_folders() {
    for (name, reason) in [
        ("core", "is a name of the compiler or of Cargo"),
        ("match", "is a keyword of Rust"),
        ("serde-json", "is the name of a package in Cargo.lock"),
        ("Count", "is not a name: expected a-z"),
    ] {
        let (cargo, manifest) = (
            format!("functions/{name}/Cargo.toml"),
            format!("functions/{name}/function.toml"),
        );
        let package = format!("[package]\nname = \"{name}\"\n");
        let root = repository(
            &format!("name-{name}"),
            &[(&cargo, &package), (&manifest, GOOD)],
        );
        let found = found(&root);
        let first = found.first().expect("a problem");
        assert!(
            first.starts_with(&format!("{manifest}:1: \"{name}\" {reason}")),
            "{first}"
        );
    }
}

#[test]
fn refuses_links_and_other_encodings() {
    let root = repository("link", &[]);
    symlink(root.join("functions/count"), root.join("functions/other")).expect("a link");
    let expected = "functions/other/function.toml:1: the folder is a symbolic link: move the files \
                    into a folder";
    assert_eq!(found(&root), [expected]);

    let root = repository("encoding", &[]);
    let folder = root.join("functions").join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("function.toml"), GOOD).expect("a file");
    let found = found(&root);
    let first = found.first().expect("a problem");
    assert!(
        first.ends_with("the name of the folder is not UTF-8: rename it"),
        "{first}"
    );
}

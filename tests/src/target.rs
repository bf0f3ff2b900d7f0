//! Cargo's target directory and its binaries.

use std::path::PathBuf;
use std::process::Command;

/// Root of the repository.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Variables that Cargo sets for its child programs and that build scripts depend on. If
/// they were inherited, Cargo would rebuild the dependent crates whenever it alternates
/// between this program and a shell.
const OF_THIS_PACKAGE: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Returns Cargo's target directory, which contains this program as `debug/deps/PROGRAM` ("Build
/// Cache", The Cargo Book).
pub(crate) fn directory() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    let directory = program.ancestors().nth(3);
    directory
        .unwrap_or_else(|| panic!("{} is in no target directory", program.display()))
        .to_owned()
}

/// Returns the path of a binary that [`build`] creates.
pub(crate) fn binary(name: &str) -> PathBuf {
    directory().join("debug").join(name)
}

/// Builds every binary like `cargo lambda watch`, which then reuses them.
///
/// # Panics
/// Panics if the build fails; the message has Cargo's output.
pub(crate) fn build() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(ROOT)
        .args([
            "build",
            "--bins",
            "--features",
            "lambda,sqlite",
            "--target-dir",
        ])
        .arg(directory());
    run(as_from_a_shell(&mut cargo));
}

/// Gives `command`, which runs Cargo, the environment of a shell, so that both share
/// build results.
pub(crate) fn as_from_a_shell(command: &mut Command) -> &mut Command {
    for variable in OF_THIS_PACKAGE {
        command.env_remove(variable);
    }
    command
}

/// Runs `command` until it exits.
///
/// # Panics
/// Panics if it fails; the message has its output.
pub(crate) fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
}

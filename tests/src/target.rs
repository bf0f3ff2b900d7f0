//! Cargo's target directory, and the binaries in it.

use std::path::PathBuf;
use std::process::Command;

/// The repository's root.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What Cargo sets for the programs that it runs, as far as build scripts look at it
/// too: with these set, they would be run anew, and whatever depends on them built
/// anew, on every change between this program's Cargo and that of a shell.
const OF_THIS_PACKAGE: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Cargo's target directory, which this program is in. Cargo marks it.
pub(crate) fn directory() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program
        .ancestors()
        .find(|directory| directory.join("CACHEDIR.TAG").is_file())
        .unwrap_or_else(|| panic!("{} is in no target directory", program.display()))
        .to_owned()
}

/// A binary of the repository that [`build`] has built.
pub(crate) fn binary(name: &str) -> PathBuf {
    directory().join("debug").join(name)
}

/// Builds every binary as `cargo lambda watch` builds the functions, so that it finds
/// them built.
///
/// # Panics
/// When one does not build; the message has what Cargo said.
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

/// Gives `command`, which runs Cargo, the environment that it has in a shell, so that
/// both find built what the other has built.
pub(crate) fn as_from_a_shell(command: &mut Command) -> &mut Command {
    for variable in OF_THIS_PACKAGE {
        command.env_remove(variable);
    }
    command
}

/// Runs `command` to its end.
///
/// # Panics
/// When it fails; the message has what it said.
pub(crate) fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
}

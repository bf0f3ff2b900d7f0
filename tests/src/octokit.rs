//! Loads GitHub's OpenAPI description from the package `@octokit/openapi`.

use crate::target;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// Package with a pinned version.
const PACKAGE: &str = "@octokit/openapi@23.0.2";

/// File of the package that describes api.github.com.
const FILE: &str = "package/generated/api.github.com.json";

/// SHA-256 of the file.
const SHA_256: &str = "829b4bebb19a53133289f7b0bc819f4f1118115821db2ca9f25e9ee995a7da2a";

/// Returns the description. npm downloads it into the target directory at first use; a
/// lock makes concurrent programs wait.
///
/// # Panics
/// Panics if the file is unavailable or differs from the expected one; the message has
/// instructions.
pub fn description() -> Value {
    let directory = target::directory().join("octokit-openapi");
    fs::create_dir_all(&directory).expect("target/ can be written to");
    let lock = File::create(directory.join("lock")).expect("target/ can be written to");
    lock.lock().expect("a file in target/ can be locked");

    let file = directory.join(FILE);
    if !fs::read(&file).is_ok_and(|bytes| sha_256(&bytes) == SHA_256) {
        fetch(&directory);
    }
    let bytes = fs::read(&file).expect("the unpacked file is readable");
    assert_eq!(
        sha_256(&bytes),
        SHA_256,
        "{FILE} of {PACKAGE} differs from the version that this test expects"
    );
    serde_json::from_slice(&bytes).expect("a description in JSON")
}

fn fetch(directory: &Path) {
    let packed = run(
        Command::new("npm")
            .args(["pack", "--silent", PACKAGE, "--pack-destination"])
            .arg(directory),
        "install npm, and make its registry reachable",
    );
    let archive = directory.join(packed.lines().last().unwrap_or_default());
    run(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(directory)
            .arg(FILE),
        "install tar with gzip",
    );
    fs::remove_file(archive).expect("the archive can be removed");
}

fn run(command: &mut Command, remedy: &str) -> String {
    let program = command.get_program().to_owned();
    let why = match command.output() {
        Ok(output) if output.status.success() => {
            return String::from_utf8_lossy(&output.stdout).into_owned();
        }
        Ok(output) => format!(
            "{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => error.to_string(),
    };
    panic!(
        "GitHub's description of its API ({PACKAGE}) is unavailable: {remedy}, and run the tests again.\n{}: {why}",
        program.display()
    );
}

fn sha_256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

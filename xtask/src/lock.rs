//! Packages of the workspace and of its dependencies.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Path of the file that lists the packages.
pub const PATH: &str = "Cargo.lock";

/// Package in `Cargo.lock`.
#[derive(Debug, Clone)]
pub struct Package {
    /// Name.
    pub name: String,
    /// The package comes from a registry, not from the workspace.
    pub is_external: bool,
}

/// Returns the packages of the workspace and of its dependencies.
///
/// # Errors
/// The file cannot be read.
pub fn packages(root: &Path) -> Result<Vec<Package>, String> {
    let lock = fs::read_to_string(root.join(PATH));
    let lock = lock.map_err(|error| format!("{PATH}: {error}"))?;
    let packages = lock.split("[[package]]").filter_map(|package| {
        let name = package.lines().find_map(|line| {
            let name = line.strip_prefix("name = \"")?.strip_suffix('"')?;
            Some(name.to_owned())
        });
        Some(Package {
            name: name?,
            is_external: package.lines().any(|line| line.starts_with("source = ")),
        })
    });
    Ok(packages.collect())
}

/// Updates the crates of the workspace.
///
/// # Errors
/// The message of Cargo.
pub fn update(root: &Path) -> Result<(), String> {
    run(root, "cargo", &["update", "--workspace", "--offline"])
}

/// Runs a program in the repository.
///
/// # Errors
/// The program's message.
pub fn run(root: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

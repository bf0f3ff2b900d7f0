//! Python virtual environments, each with the packages of one requirements file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages of a virtual environment.
pub(crate) struct Requirements {
    /// Path of the file, from the repository's root.
    pub(crate) file: &'static str,
    /// Content of the file.
    pub(crate) text: &'static str,
    /// Additional options of pip.
    pub(crate) options: &'static [&'static str],
}

/// Returns the `python` of a virtual environment in `directory` with the `requirements`.
/// It is created at first use, and again after a change of the requirements; a lock
/// makes concurrent programs wait.
///
/// # Panics
/// Panics if Python or a package is missing; the message has instructions.
pub(crate) fn with(requirements: &Requirements, directory: &Path) -> PathBuf {
    fs::create_dir_all(directory).expect("target/ can be written to");
    let lock = File::create(directory.join("venv.lock")).expect("target/ can be written to");
    lock.lock().expect("a file in target/ can be locked");

    let venv = directory.join("venv");
    let python = venv.join("bin/python");
    let installed = venv.join("installed.txt");
    let &Requirements {
        file,
        text,
        options,
    } = requirements;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == text) {
        return python;
    }
    let listed = directory.join("requirements.txt");
    fs::write(&listed, text).expect("target/ can be written to");
    run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
        file,
        "install Python 3.10 or newer with its venv module (Debian: python3 and python3-venv)",
    );
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--no-input", "--requirement"])
            .arg(&listed)
            .args(options),
        file,
        "make the package index reachable for pip",
    );
    fs::write(&installed, text).expect("target/ can be written to");
    python
}

fn run(command: &mut Command, file: &str, remedy: &str) {
    let program = command.get_program().to_owned();
    let why = match command.output() {
        Ok(output) if output.status.success() => return,
        Ok(output) => format!(
            "{}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => error.to_string(),
    };
    panic!(
        "the packages in {file} cannot be installed: {remedy}, and run the tests again.\n{}: {why}",
        program.display()
    );
}

//! Python virtual environments, each with what one of the requirements' files lists.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is in a virtual environment.
pub(crate) struct Requirements {
    /// The file, from the repository's root.
    pub(crate) file: &'static str,
    /// What it says.
    pub(crate) text: &'static str,
    /// What pip is told beside it.
    pub(crate) options: &'static [&'static str],
}

/// The `python` of a virtual environment in `directory` that has the
/// `requirements`. It is made at first use, and again when they have changed; of
/// several programs that want it one makes it and the others wait.
///
/// # Panics
/// When Python or a package cannot be had; the message has the remedy.
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
        "what {file} lists cannot be installed: {remedy}, and run the tests again.\n{}: {why}",
        program.display()
    );
}

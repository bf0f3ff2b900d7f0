//! A Python virtual environment with `tests/requirements.txt` in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// Cargo's target directory, which this program is in. Cargo marks it.
pub(crate) fn target_directory() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program
        .ancestors()
        .find(|directory| directory.join("CACHEDIR.TAG").is_file())
        .unwrap_or_else(|| panic!("{} is in no target directory", program.display()))
        .to_owned()
}

/// The `python` of a virtual environment in `directory` that has the
/// requirements. It is made at first use, and again when they have changed; of
/// several programs that want it one makes it and the others wait.
///
/// # Panics
/// When Python or a package cannot be had; the message has the remedy.
pub(super) fn with_requirements(directory: &Path) -> PathBuf {
    fs::create_dir_all(directory).expect("target/ can be written to");
    let lock = File::create(directory.join("venv.lock")).expect("target/ can be written to");
    lock.lock().expect("a file in target/ can be locked");

    let venv = directory.join("venv");
    let python = venv.join("bin/python");
    let installed = venv.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == REQUIREMENTS) {
        return python;
    }
    let requirements = directory.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).expect("target/ can be written to");
    run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
        "install Python 3.10 or newer with its venv module (Debian: python3 and python3-venv)",
    );
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--no-input", "--requirement"])
            .arg(&requirements),
        "make the package index reachable for pip (tests/requirements.txt has what is needed)",
    );
    fs::write(&installed, REQUIREMENTS).expect("target/ can be written to");
    python
}

fn run(command: &mut Command, remedy: &str) {
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
        "the emulator of AWS cannot be installed: {remedy}, and run the tests again.\n{}: {why}",
        program.display()
    );
}

//! Child processes that end with the tests.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Interval between polls.
const POLL: Duration = Duration::from_millis(20);
/// Timeout of a kill. It is immediate; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that runs until it is dropped, or until this one ends for any reason. Its
/// own child processes end with it.
#[derive(Debug)]
pub(crate) struct Program {
    guard: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command` with its arguments, folder and environment. Its output goes
    /// to the file `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Self {
        let folder = log.parent().expect("a log is in a folder");
        fs::create_dir_all(folder).expect("target/ can be written to");
        let output = File::create(log).expect("target/ can be written to");
        let mut guard = Command::new("python3");
        guard
            .args(["-c", include_str!("program/guard.py")])
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            guard.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        let guard = guard
            // Ctrl-C in the terminal must not reach it: it ends with this
            // program.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a log can be shared"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("python3 does not run: {error}"));
        Self {
            guard,
            log: log.to_owned(),
        }
    }

    /// Returns `true` if it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.guard.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// Returns the path of its output.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Returns its output so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The guard kills it when standard input closes.
        drop(self.guard.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && !self.has_ended() {
            std::thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target;

    /// Unique argument that identifies the processes.
    const MARK: &str = "600.0625";

    fn marked() -> usize {
        let processes = fs::read_dir("/proc").expect("Linux").flatten();
        processes
            .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
            .filter(|line| line.starts_with(b"sleep\0") && line.ends_with(b"600.0625\0"))
            .count()
    }

    #[test]
    fn children_end_with_program() {
        let log = target::directory().join("watch/guard.log");
        let mut command = Command::new("python3");
        let away = format!(
            "import subprocess\n\
             subprocess.Popen(['sleep', '{MARK}'], start_new_session=True)\n\
             subprocess.run(['sleep', '{MARK}'])"
        );
        command.args(["-c", &away]);
        let mut program = Program::start(&command, &log);
        let begun = Instant::now();
        while marked() < 2 && begun.elapsed() < PATIENCE {
            std::thread::sleep(POLL);
        }
        assert_eq!(marked(), 2, "{}", program.printed());
        assert!(!program.has_ended());
        drop(program);
        assert_eq!(marked(), 0);
    }
}

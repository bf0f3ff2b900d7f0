//! Earlier contents of changed files, to restore them after an error.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Earlier contents of files and folders below a root.
pub struct Snapshot {
    root: PathBuf,
    /// Path and content; none if the file did not exist.
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// Folders that did not exist.
    folders: Vec<PathBuf>,
}

impl Snapshot {
    /// Creates an empty snapshot of files below `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            files: Vec::new(),
            folders: Vec::new(),
        }
    }

    /// Keeps the present content of a file.
    ///
    /// # Errors
    /// The file that cannot be read, with the reason.
    pub fn keep(&mut self, path: &str) -> Result<(), String> {
        let file = self.root.join(path);
        if self.files.iter().any(|(kept, _)| *kept == file) {
            return Ok(());
        }
        let content = match fs::read(&file) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{path}: {error}")),
        };
        let missing = file.ancestors().skip(1).take_while(|it| !it.exists());
        self.folders.extend(missing.map(Path::to_owned));
        self.files.push((file, content));
        Ok(())
    }

    /// Keeps the present content of a file, then writes it.
    ///
    /// # Errors
    /// The file that cannot be read or written, with the reason.
    pub fn write(&mut self, path: &str, text: &str) -> Result<(), String> {
        self.keep(path)?;
        let file = self.root.join(path);
        let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.and_then(|()| fs::write(&file, text));
        written.map_err(|error| format!("{path}: {error}"))
    }

    /// Keeps the present content of a file, then removes it.
    ///
    /// # Errors
    /// The file that cannot be read or removed, with the reason.
    pub fn remove(&mut self, path: &str) -> Result<(), String> {
        self.keep(path)?;
        fs::remove_file(self.root.join(path)).map_err(|error| format!("{path}: {error}"))
    }

    /// Restores all files, and removes the folders that did not exist.
    ///
    /// # Errors
    /// The files that cannot be restored, with the reasons.
    pub fn restore(self) -> Result<(), String> {
        let mut failed = Vec::new();
        for (file, content) in &self.files {
            let restored = match content {
                Some(content) if fs::read(file).is_ok_and(|it| it == *content) => Ok(()),
                Some(content) => {
                    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
                    folder.and_then(|()| fs::write(file, content))
                }
                None if file.exists() => fs::remove_file(file),
                None => Ok(()),
            };
            if let Err(error) = restored {
                failed.push(format!("{} is not restored: {error}", file.display()));
            }
        }
        let mut folders = self.folders;
        folders.sort();
        for folder in folders.iter().rev().filter(|it| it.exists()) {
            if let Err(error) = fs::remove_dir(folder) {
                failed.push(format!("{} is not removed: {error}", folder.display()));
            }
        }
        match failed.is_empty() {
            true => Ok(()),
            false => Err(failed.join("\n")),
        }
    }
}

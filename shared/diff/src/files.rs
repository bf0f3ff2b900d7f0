use crate::parse::{MAX_FILES, SizeLimits, is_path, read_file};
use crate::{Diff, FileChange, FileDiff, OmissionReason};
use serde::{Deserialize, Serialize};

/// Changed file as GitHub lists it ("List pull requests files").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Path in the new tree, neither quoted nor escaped.
    pub filename: String,
    /// Path in the old tree, for a rename or copy.
    #[serde(default)]
    pub previous_filename: Option<String>,
    pub status: Status,
    /// Number of added lines. Late pages of a long list can report 0 for any file.
    pub additions: u64,
    /// Number of removed lines; unreliable as `additions`.
    pub deletions: u64,
    /// Number of changed lines; unreliable as `additions`.
    pub changes: u64,
    /// Hunks. Missing if they are large, not text, or none.
    #[serde(default)]
    pub patch: Option<String>,
}

/// GitHub's status of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The file is new.
    Added,
    /// The file was removed.
    Removed,
    /// The text changed.
    Modified,
    /// The file has another name.
    Renamed,
    /// The file is a copy.
    Copied,
    /// Something else changed, such as the mode.
    Changed,
    /// Nothing changed.
    Unchanged,
    /// A word that GitHub does not document.
    #[serde(other)]
    Other,
}

/// Builds a diff from GitHub's list of files. Used where the diff itself is too large for GitHub
/// (status 406 above 300 files or 20,000 lines).
///
/// Reads each file separately with the same limits as [`crate::parse`]. A file without a patch is
/// left out as [`OmissionReason::NoPatch`], whatever its counts: on a late page a pure rename cannot be
/// distinguished from a change.
pub fn from_files(files: &[ChangedFile]) -> Diff {
    let mut diff = Diff::default();
    let mut room = SizeLimits::default();
    for file in files.iter().take(MAX_FILES) {
        match read(file, &mut room) {
            Ok(read) => diff.files.push(read),
            Err(why) => diff.leave_out(&file.filename, why),
        }
    }
    diff.leave_out_more(files.len().saturating_sub(MAX_FILES));
    diff
}

fn read(file: &ChangedFile, room: &mut SizeLimits) -> Result<FileDiff, OmissionReason> {
    let (change, old_path) = match file.status {
        Status::Added => (FileChange::Added, None),
        Status::Removed => (FileChange::Deleted, None),
        Status::Modified | Status::Changed | Status::Unchanged => (FileChange::Modified, None),
        Status::Renamed => (FileChange::Renamed, Some(&file.previous_filename)),
        Status::Copied => (FileChange::Added, Some(&file.previous_filename)),
        Status::Other => return Err(OmissionReason::Malformed),
    };
    let old_path = match old_path {
        None => None,
        Some(Some(path)) => Some(path.clone()),
        Some(None) => return Err(OmissionReason::Malformed),
    };
    if !is_path(&file.filename) || !old_path.as_deref().is_none_or(is_path) {
        return Err(OmissionReason::Malformed);
    }
    let hunks = match &file.patch {
        Some(patch) if !patch.is_empty() => hunks(file, change, patch, room)?,
        Some(_) | None => return Err(OmissionReason::NoPatch),
    };
    Ok(FileDiff {
        path: file.filename.clone(),
        old_path,
        change,
        hunks,
    })
}

/// Parses `patch` behind a header as git would write it. The header uses placeholder names: the
/// names of the file are not quoted, so git's format cannot hold them as they are.
fn hunks(
    file: &ChangedFile,
    change: FileChange,
    patch: &str,
    room: &mut SizeLimits,
) -> Result<Vec<crate::Hunk>, OmissionReason> {
    if !patch.starts_with("@@ ") {
        return Err(OmissionReason::Malformed);
    }
    if !room.fits(patch) {
        return Err(OmissionReason::TooLarge);
    }
    let (old, new) = match change {
        FileChange::Added if file.status == Status::Added => ("/dev/null", "b/file"),
        FileChange::Deleted => ("a/file", "/dev/null"),
        FileChange::Added | FileChange::Modified | FileChange::Renamed => ("a/file", "b/file"),
    };
    let end = if patch.ends_with('\n') { "" } else { "\n" };
    let part = format!("diff --git a/file b/file\n--- {old}\n+++ {new}\n{patch}{end}");
    let read = read_file(&part, true)?;
    let (added, removed) = (read.added_line_count(), read.removed_line_count());
    // A patch that was cut between two hunks does not hold the whole change.
    let is_whole = (added as u64, removed as u64) == (file.additions, file.deletions);
    let is_counted = (file.additions, file.deletions, file.changes) != (0, 0, 0);
    if is_counted && !is_whole {
        return Err(OmissionReason::Malformed);
    }
    if read
        .lines()
        .all(|line| line.text.starts_with("Subproject commit "))
    {
        return Err(OmissionReason::Submodule);
    }
    room.take(patch);
    Ok(read.hunks)
}

#[cfg(test)]
mod tests;

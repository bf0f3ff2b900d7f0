//! Evaluation cases: changes with known defects.

use diff::Diff;
use github::PrKey;
use include_dir::{Dir, include_dir};
use review::Category;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// Cases that are compiled in.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");

const CHANGE: &str = "change.diff";
const EXPECTED: &str = "expected.json";

/// Change with its known defects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Name of the case's folder.
    pub name: String,
    /// Pull request of the case. Each case has its own budgets and its own questions to a model.
    pub pr: PrKey,
    /// Purpose of the change, in one sentence.
    pub about: String,
    /// Main language, such as `Go`.
    pub language: String,
    /// Change in git's diff format.
    pub text: String,
    /// Parsed change.
    pub diff: Diff,
    /// Known defects, in any order. Empty for a clean change.
    pub defects: Vec<Defect>,
}

/// Defect that a reviewer should find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defect {
    /// Path of the file in the new tree.
    pub path: String,
    /// First line in the new file, from 1. The change adds it.
    pub first_line: u32,
    /// Last line. Equal to the first line for a one-line defect.
    pub last_line: u32,
    /// Category of the reviewer that should find it.
    pub category: Category,
    /// Description, in one sentence.
    pub what: String,
}

/// Content of `expected.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFile {
    about: String,
    language: String,
    defects: Vec<Defect>,
}

/// Error for an invalid case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct CaseError {
    /// Invalid file.
    pub file: String,
    /// Problem with the file.
    pub problem: String,
}

impl CaseError {
    fn new(file: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        Self {
            file: file.into(),
            problem: problem.to_string(),
        }
    }
}

impl Case {
    /// Loads the cases in the folder `cases` of `folder` (one folder each, sorted by name), or the
    /// compiled-in cases.
    ///
    /// # Errors
    /// [`CaseError`] names the first malformed file and the problem.
    pub fn load(folder: Option<&Path>) -> Result<Vec<Self>, CaseError> {
        let mut cases = match folder {
            Some(folder) => read_all(&folder.join("cases"))?,
            None => built_in()?,
        };
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(cases)
    }

    /// Parses a case from the texts of its two files. `folder` appears in errors.
    ///
    /// # Errors
    /// [`CaseError`] if a file is malformed, or if a defect is on a line that the
    /// change does not add.
    pub fn parse(folder: &str, change: &str, expected: &str) -> Result<Self, CaseError> {
        let wrong = |problem: &dyn std::fmt::Display| {
            CaseError::new(format!("{folder}/{EXPECTED}"), problem)
        };
        let diff = read_diff(change)
            .map_err(|problem| CaseError::new(format!("{folder}/{CHANGE}"), problem))?;
        let expected: ExpectedFile =
            serde_json::from_str(expected).map_err(|error| wrong(&error))?;
        if expected.about.trim().is_empty() || expected.language.trim().is_empty() {
            return Err(wrong(&"about and language must not be empty"));
        }
        for (index, defect) in expected.defects.iter().enumerate() {
            defect
                .sits_in(&diff)
                .map_err(|problem| wrong(&format!("defect {}: {problem}", index + 1)))?;
        }
        let name = folder.rsplit(['/', '\\']).next().unwrap_or(folder);
        let pr = format!("eval/{name}#1").parse().map_err(|_| {
            let problem = "a case's folder has a name of up to 100 letters, digits, '-', '_', '.'";
            CaseError::new(folder, problem)
        })?;
        Ok(Self {
            name: name.to_owned(),
            pr,
            about: expected.about,
            language: expected.language,
            text: change.to_owned(),
            diff,
            defects: expected.defects,
        })
    }

    /// Returns true if the case has no defect.
    pub fn is_clean(&self) -> bool {
        self.defects.is_empty()
    }
}

impl Defect {
    fn sits_in(&self, diff: &Diff) -> Result<(), String> {
        let Self {
            path,
            first_line,
            last_line,
            ..
        } = self;
        if self.what.trim().is_empty() {
            return Err("what must describe the defect".to_owned());
        }
        if first_line > last_line {
            return Err(format!("line {first_line} is behind line {last_line}"));
        }
        let file = diff.files.iter().find(|file| file.path == *path);
        let file = file.ok_or_else(|| format!("{path} is not in {CHANGE}"))?;
        let added: BTreeSet<u32> = file.added_lines().map(|(number, _)| number).collect();
        // Stops at the first line that the change does not add, even if the range is longer.
        let mut lines = *first_line..=*last_line;
        match lines.find(|line| !added.contains(line)) {
            Some(line) => Err(format!("{path}:{line} is not a line that {CHANGE} adds")),
            None => Ok(()),
        }
    }
}

fn read_diff(text: &str) -> Result<Diff, String> {
    let diff = diff::parse(text);
    match diff.left_out.first() {
        Some(left_out) => Err(format!(
            "{} cannot be read ({:?})",
            left_out.path, left_out.why
        )),
        None if diff.files.is_empty() => Err("no file changes in it".to_owned()),
        None => Ok(diff),
    }
}

fn built_in() -> Result<Vec<Case>, CaseError> {
    let cases = BUILT_IN.dirs().map(|dir| {
        let folder = format!("eval/cases/{}", dir.path().display());
        let text = |name: &str| {
            let file = dir.get_file(dir.path().join(name));
            let text = file.and_then(|file| file.contents_utf8());
            text.ok_or_else(|| CaseError::new(format!("{folder}/{name}"), "no such text"))
        };
        Case::parse(&folder, text(CHANGE)?, text(EXPECTED)?)
    });
    cases.collect()
}

fn read_all(folder: &Path) -> Result<Vec<Case>, CaseError> {
    let shown = folder.display().to_string();
    let failed = |error: std::io::Error| CaseError::new(shown.as_str(), error);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            let (change, expected) = (read(&path.join(CHANGE))?, read(&path.join(EXPECTED))?);
            cases.push(Case::parse(
                &path.display().to_string(),
                &change,
                &expected,
            )?);
        }
    }
    if cases.is_empty() {
        return Err(CaseError::new(shown, "no case in it"));
    }
    Ok(cases)
}

fn read(path: &Path) -> Result<String, CaseError> {
    let failed = |error: std::io::Error| CaseError::new(path.display().to_string(), error);
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if usize::try_from(length).is_ok_and(|length| length <= diff::MAX_BYTES) {
        std::fs::read_to_string(path).map_err(failed)
    } else {
        let most = diff::MAX_BYTES;
        Err(CaseError::new(
            path.display().to_string(),
            format!("more than {most} bytes"),
        ))
    }
}

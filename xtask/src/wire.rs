//! Reads the manifests, computes every generated file, then writes the stale ones.

use crate::manifest::{self, Function, Problem};
use crate::{base, bench, cost, folders, include, registration, samples, table, template};
use std::fs;
use std::path::Path;

/// File that is generated, in whole or between markers.
pub struct Output {
    /// Path below the repository's root.
    pub path: String,
    old: Option<String>,
    new: String,
}

impl Output {
    /// Returns whether the file differs from the generated text.
    pub fn is_stale(&self) -> bool {
        self.old.as_ref() != Some(&self.new)
    }
}

/// Paths of the files that were written.
pub struct WrittenFiles(pub Vec<String>);

/// Computes all generated files from `functions/*/function.toml`.
///
/// # Errors
/// All problems of the manifests and of the files that hold markers, by file and line.
pub fn generate(root: &Path) -> Result<Vec<Output>, Vec<Problem>> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).map_err(|error| vec![Problem::new(path, 1, error)])
    };
    let base = read(base::PATH)?;
    let functions = load(root, &base)?;
    let functions = template::ordered(&base, functions);
    let (docs, cargo) = (read(table::PATH)?, read(registration::CARGO)?);
    let costs = read(cost::PATH)?;
    let samples = samples::module(root, &functions)?;
    let template = template::template(&base, &functions).map_err(|problem| vec![problem])?;
    let texts = [
        (samples::PATH, Ok(samples)),
        (cost::PATH, cost::insert(&costs, &template)),
        (template::PATH, Ok(template)),
        (bench::PATH, Ok(bench::samples(&functions))),
        (registration::PATH, Ok(registration::module(&functions))),
        (
            registration::CARGO,
            registration::dependencies(&cargo, &functions),
        ),
        (table::PATH, table::insert(&docs, &functions)),
    ];
    let pages = include::PAGES.map(|path| {
        let text = read(path)?;
        Ok((path, include::page(root, path, &text)))
    });
    let pages: Vec<_> = pages.into_iter().collect::<Result<_, Vec<Problem>>>()?;
    let mut outputs = Vec::new();
    for (path, new) in texts.into_iter().chain(pages) {
        outputs.push(Output {
            path: path.to_owned(),
            old: fs::read_to_string(root.join(path)).ok(),
            new: new.map_err(|problem| vec![problem])?,
        });
    }
    Ok(outputs)
}

/// Reads and validates the manifests of a repository, in the order of their names.
///
/// # Errors
/// All problems of the manifests, by file and line.
pub fn functions(root: &Path) -> Result<Vec<Function>, Vec<Problem>> {
    let base = fs::read_to_string(root.join(base::PATH));
    let base = base.map_err(|error| vec![Problem::new(base::PATH, 1, error)])?;
    load(root, &base)
}

fn load(root: &Path, base: &str) -> Result<Vec<Function>, Vec<Problem>> {
    let (names, mut problems) = folders::names(root)?;
    let mut functions = Vec::new();
    for name in names {
        let file = format!("functions/{name}/function.toml");
        match fs::read_to_string(root.join(&file)) {
            Ok(text) => match manifest::parse(&name, &text, base) {
                Ok(function) => functions.push(function),
                Err(found) => problems.extend(found),
            },
            Err(error) => problems.push(Problem::new(&file, 1, error)),
        }
    }
    if problems.is_empty() {
        problems.extend(manifest::conflicts(&functions));
        problems.extend(samples::problems(root, &functions));
    }
    if problems.is_empty() {
        problems.extend(template::conflicts(base, &functions));
        problems.extend(template::environments(base, &functions));
    }
    if problems.is_empty() {
        Ok(functions)
    } else {
        Err(problems)
    }
}

/// Writes the stale files.
///
/// # Errors
/// The file that cannot be written, with the reason.
pub fn write(root: &Path, outputs: &[Output]) -> Result<WrittenFiles, String> {
    let mut written = Vec::new();
    for output in outputs.iter().filter(|output| output.is_stale()) {
        fs::write(root.join(&output.path), &output.new)
            .map_err(|error| format!("{}: {error}", output.path))?;
        written.push(output.path.clone());
    }
    Ok(WrittenFiles(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn generated_files_are_current() {
        let outputs = generate(root()).unwrap_or_else(|problems| panic!("{problems:?}"));
        for output in outputs {
            assert!(
                !output.is_stale(),
                "{} is stale: run cargo xtask wire",
                output.path
            );
        }
    }
}

//! Folders of the functions.

use crate::lock::Package;
use crate::manifest::Problem;
use crate::{crate_name, lock};
use serde::Deserialize;
use std::path::Path;
use std::{fs, io};
use toml::Spanned;

/// Part of a `Cargo.toml`.
#[derive(Deserialize)]
struct Cargo {
    package: CargoPackage,
}

#[derive(Deserialize)]
struct CargoPackage {
    name: Spanned<String>,
}

/// Returns the names of the folders that hold a crate and a manifest, sorted, and the problems of
/// the other ones.
///
/// # Errors
/// The folder or `Cargo.lock` cannot be read.
pub fn names(root: &Path) -> Result<(Vec<String>, Vec<Problem>), Vec<Problem>> {
    let failed = |error: io::Error| vec![Problem::new("functions", 1, error)];
    let packages = lock::packages(root);
    let packages = packages.map_err(|reason| vec![Problem::of_option(lock::PATH, reason)])?;
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(root.join("functions")).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let has = |file: &str| entry.path().join(file).is_file();
        if !has("Cargo.toml") && !has("function.toml") {
            continue;
        }
        let folder = Folder {
            name: &name,
            is_utf8: entry.file_name().to_str().is_some(),
            is_link: entry.file_type().map_err(failed)?.is_symlink(),
            has_cargo: has("Cargo.toml"),
            has_manifest: has("function.toml"),
        };
        match folder.problem(root, &packages) {
            None => names.push(name),
            Some(problem) => problems.push(problem),
        }
    }
    names.sort();
    problems.sort_by_key(ToString::to_string);
    Ok((names, problems))
}

struct Folder<'a> {
    name: &'a str,
    is_utf8: bool,
    is_link: bool,
    has_cargo: bool,
    has_manifest: bool,
}

impl Folder<'_> {
    /// Returns why the folder cannot be a function.
    fn problem(&self, root: &Path, packages: &[Package]) -> Option<Problem> {
        let name = self.name;
        let manifest = format!("functions/{name}/function.toml");
        let refused = |reason: &str| Some(Problem::new(&manifest, 1, reason));
        if !self.is_utf8 {
            return refused("the name of the folder is not UTF-8: rename it");
        }
        if self.is_link {
            return refused("the folder is a symbolic link: move the files into a folder");
        }
        if !self.has_cargo {
            return refused(&format!("functions/{name}/Cargo.toml does not exist"));
        }
        if !self.has_manifest {
            return refused(&format!("functions/{name}/function.toml does not exist"));
        }
        let others = packages
            .iter()
            .filter(|it| it.is_external || it.name != name);
        let others: Vec<_> = others.cloned().collect();
        if let Some(reason) = crate_name::refused(name, &others) {
            return refused(&format!("{reason}: rename the folder and its package"));
        }
        package_problem(root, name)
    }
}

/// Returns why the folder's `Cargo.toml` does not name the package as the folder.
fn package_problem(root: &Path, name: &str) -> Option<Problem> {
    let file = format!("functions/{name}/Cargo.toml");
    let text = match fs::read_to_string(root.join(&file)) {
        Ok(text) => text,
        Err(error) => return Some(Problem::new(&file, 1, error)),
    };
    let line = |start: usize| {
        let before = text.get(..start).unwrap_or_default();
        before.matches('\n').count() + 1
    };
    match toml::from_str::<Cargo>(&text) {
        Ok(cargo) => {
            let package = cargo.package.name;
            let reason = format!(
                "the package is {:?}, but the folder is {name:?}: give both the same name",
                package.get_ref()
            );
            let is_same = package.get_ref() == name;
            (!is_same).then(|| Problem::new(&file, line(package.span().start), reason))
        }
        Err(error) => {
            let start = error.span().unwrap_or_default().start;
            let reason = error.message().replace('\n', " ");
            let reason = format!("the package has no name that can be read: {reason}");
            Some(Problem::new(&file, line(start), reason))
        }
    }
}

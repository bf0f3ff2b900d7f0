//! Names that a new agent can have.

use super::files::{HANDLER, SOURCE};
use crate::manifest::is_name;
use crate::template::pascal;
use std::fs;
use std::path::Path;

/// Keywords, also reserved ones ("Keywords", The Rust Reference).
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
/// Crates of the compiler, and names that Cargo keeps for its folders.
const RESERVED: [&str; 10] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc_macro",
    "std",
    "target",
    "test",
];
/// Types that the scaffold uses beside those in its text.
const TYPES: [&str; 15] = [
    "Box",
    "Clock",
    "Clone",
    "Debug",
    "Emit",
    "Entropy",
    "Err",
    "Event",
    "Fn",
    "Handler",
    "HandlerError",
    "NewEvent",
    "Ok",
    "Outcome",
    "Pin",
];

/// Returns why an agent cannot have this name.
pub(super) fn check(root: &Path, name: &str) -> Result<(), String> {
    if !is_name(name) {
        return Err(format!(
            "{name:?} is not a name of a-z, 0-9 and single - between them, a letter first, at most \
             64 characters"
        ));
    }
    if root.join("functions").join(name).exists() {
        return Err(format!("functions/{name} exists"));
    }
    let module = name.replace('-', "_");
    if KEYWORDS.contains(&module.as_str()) {
        return Err(format!("{name:?} is a keyword of Rust"));
    }
    if RESERVED.contains(&module.as_str()) {
        return Err(format!("{name:?} is a name of the compiler or of Cargo"));
    }
    if packages(root)?.contains(&module) {
        return Err(format!("{name:?} is the name of a package in Cargo.lock"));
    }
    let (kind, is_code) = (pascal(name), |line: &&str| !line.contains("//"));
    let code = HANDLER.lines().chain(SOURCE.lines()).filter(is_code);
    let mut words = code.flat_map(|line| line.split(|it: char| !it.is_alphanumeric()));
    if TYPES.contains(&kind.as_str()) || words.any(|word| word == kind) {
        return Err(format!("the code of the agent uses another type {kind}"));
    }
    Ok(())
}

/// Returns the packages of the workspace and its dependencies, with _ for -.
fn packages(root: &Path) -> Result<Vec<String>, String> {
    let lock = fs::read_to_string(root.join(super::LOCK));
    let lock = lock.map_err(|error| format!("{}: {error}", super::LOCK))?;
    let names = lock.lines().filter_map(|line| {
        let name = line.strip_prefix("name = \"")?.strip_suffix('"')?;
        Some(name.replace('-', "_"))
    });
    Ok(names.collect())
}

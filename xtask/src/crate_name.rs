//! Names that the crate of a function can have.

use crate::lock::Package;
use crate::manifest::{EXPECTED_NAME, is_name};

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

/// Returns why a function cannot have this name. `packages` does not contain the function.
pub fn refused(name: &str, packages: &[Package]) -> Option<String> {
    if !is_name(name) {
        return Some(format!("{name:?} is not a name: {EXPECTED_NAME}"));
    }
    let module = name.replace('-', "_");
    if KEYWORDS.contains(&module.as_str()) {
        return Some(format!("{name:?} is a keyword of Rust"));
    }
    if RESERVED.contains(&module.as_str()) {
        return Some(format!("{name:?} is a name of the compiler or of Cargo"));
    }
    let is_taken = |it: &Package| it.name.replace('-', "_") == module;
    if packages.iter().any(is_taken) {
        return Some(format!("{name:?} is the name of a package in Cargo.lock"));
    }
    None
}

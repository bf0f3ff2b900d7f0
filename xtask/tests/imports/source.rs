//! Modules of a crate by file, and the modules that a file imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files by the path of their module; the crate's root has an empty path.
pub(crate) type Files = BTreeMap<Vec<String>, PathBuf>;

/// Returns the files of a crate by module, without those of tests.
pub(crate) fn modules(folder: &Path) -> Files {
    let (mut files, mut folders) = (Files::new(), vec![(folder.to_owned(), Vec::new())]);
    let has_lib = folder.join("lib.rs").is_file();
    while let Some((folder, parent)) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().unwrap_or_default();
            let stem = stem.to_string_lossy().into_owned();
            let mut module: Vec<String> = parent.clone();
            match stem.as_str() {
                "tests" | "bin" => continue,
                // Next to `lib.rs`, it is another crate.
                "main" if parent.is_empty() && has_lib => continue,
                "lib" | "main" if parent.is_empty() => {}
                "mod" => {}
                _ => module.push(stem),
            }
            if path.is_dir() {
                folders.push((path, module));
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.insert(module, path);
            }
        }
    }
    files
}

/// Path of an item or module, from the crate's root.
type ItemPath = Vec<String>;

/// Paths that one file names.
#[derive(Default)]
struct Named {
    /// Paths that the code of the file uses.
    used: Vec<ItemPath>,
    /// Names that the file imports, with their paths.
    imported: BTreeMap<String, ItemPath>,
}

/// Returns the modules that each file uses. A name that a file re-exports belongs to the file that
/// defines it, and a re-export alone is no use.
pub(crate) fn graph(files: &Files) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let named = files.iter().map(|(module, path)| {
        let text = fs::read_to_string(path).expect("a source file");
        (module.clone(), named(files, module, &text))
    });
    let named: BTreeMap<_, _> = named.collect();
    let edges = named.iter().map(|(module, names)| {
        let used = names.used.iter().map(|path| defining(&named, path));
        (module.clone(), used.filter(|it| it != module).collect())
    });
    edges.collect()
}

/// Returns the module that defines an item.
fn defining(named: &BTreeMap<Vec<String>, Named>, path: &ItemPath) -> Vec<String> {
    let mut path = path.clone();
    // A bound, because two modules can import all names from each other.
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|it| {
            let prefix: Vec<_> = path.iter().take(*it).cloned().collect();
            named.contains_key(&prefix)
        });
        let rest = path.split_off(length.unwrap_or_default());
        let imported = named
            .get(&path)
            .and_then(|it| it.imported.get(rest.first()?));
        let Some(target) = imported else { return path };
        path = target.iter().chain(rest.iter().skip(1)).cloned().collect();
    }
    path
}

fn named(files: &Files, module: &[String], text: &str) -> Named {
    let words = without_tests(words(text));
    let (mut found, mut at) = (Named::default(), 0);
    while let Some(word) = words.get(at) {
        let before = |by: usize| words.get(at.checked_sub(by)?).map(String::as_str);
        let rest = words.get(at + 1..).unwrap_or_default();
        let is_use = before(1) == Some("use");
        let is_public = matches!(before(2), Some("pub" | ")"));
        let is_path = rest.first().is_some_and(|it| it == "::");
        let child = [module, std::slice::from_ref(word)].concat();
        let start = match word.as_str() {
            _ if !is_path || before(1) == Some("::") => None,
            "crate" => Some(Vec::new()),
            "self" => Some(module.to_vec()),
            "super" => Some(parent(module)),
            _ => files.contains_key(&child).then_some(child),
        };
        at += 1;
        let Some(start) = start else { continue };
        let mut paths = Vec::new();
        at += expand(start, rest, &mut paths);
        for (name, path) in paths {
            if !is_use || !is_public {
                found.used.push(path.clone());
            }
            if is_use {
                found.imported.insert(name, path);
            }
        }
    }
    found
}

fn parent(module: &[String]) -> Vec<String> {
    let length = module.len().saturating_sub(1);
    module.iter().take(length).cloned().collect()
}

/// Collects the names and paths that begin with `start`, of words that follow it. Returns the
/// number of these words.
fn expand(start: ItemPath, words: &[String], paths: &mut Vec<(String, ItemPath)>) -> usize {
    let word = |at: usize| words.get(at).map(String::as_str);
    let (mut path, mut used) = (start, 0);
    while word(used) == Some("::") {
        match word(used + 1) {
            Some("{") => {
                used += 2;
                return used + group(&path, words.get(used..).unwrap_or_default(), paths);
            }
            Some("super") => path = parent(&path),
            Some(name) => path.push(name.to_owned()),
            None => break,
        }
        used += 2;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if let (Some("as"), Some(other)) = (word(used), word(used + 1)) {
        name = other.to_owned();
        used += 2;
    }
    paths.push((name, path));
    used
}

/// Collects the names and paths of a group up to its closing brace. Returns the number of its words.
fn group(start: &[String], words: &[String], paths: &mut Vec<(String, ItemPath)>) -> usize {
    let mut used = 0;
    while let Some(word) = words.get(used) {
        used += 1;
        let mut path = start.to_vec();
        match word.as_str() {
            "}" => break,
            "," => continue,
            "self" => {}
            name => path.push(name.to_owned()),
        }
        used += expand(path, words.get(used..).unwrap_or_default(), paths);
    }
    used
}

/// Returns the names and signs of a Rust file, without comments and texts.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |it| it + 2)
        } else if first == '"' {
            text_length(rest)
        } else if let Some(letter) = rest.strip_prefix('\'') {
            // A letter in quotes, or a lifetime.
            let escaped = letter
                .strip_prefix('\\')
                .map(|it| it.find('\'').map_or(1, |at| at + 3));
            let mut letters = letter.char_indices().skip(1);
            let closes = letters.next().filter(|(_, it)| *it == '\'');
            escaped.or(closes.map(|(at, _)| at + 2)).unwrap_or(1)
        } else if is_name(first) {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            words.extend(rest.get(..length).map(str::to_owned));
            length
        } else if rest.starts_with("::") {
            words.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    words
}

/// Returns the length of a text in quotes.
fn text_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match (is_escaped, letter) {
            (false, '"') => return at + 1,
            (false, '\\') => is_escaped = true,
            (_, _) => is_escaped = false,
        }
    }
    text.len()
}

/// Removes each item after `#[cfg(test)]`, up to its semicolon or closing brace.
fn without_tests(words: Vec<String>) -> Vec<String> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let rest = words.get(at..).unwrap_or_default();
        let is_test = rest.len() > TEST.len() && rest.iter().zip(TEST).all(|(word, it)| word == it);
        if !is_test {
            kept.extend(rest.first().cloned());
            at += 1;
            continue;
        }
        at += TEST.len();
        let mut depth = 0;
        for word in words.iter().skip(at) {
            at += 1;
            match word.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 && (word == ";" || word == "}") {
                break;
            }
        }
    }
    kept
}

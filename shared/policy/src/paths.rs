use crate::{FileLanguage, Glob};
use diff::language::Language;
use serde::{Deserialize, Serialize};

/// Selection of the files that are reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Paths {
    /// At least one of these must match the file.
    pub include: Vec<Glob>,
    /// None of these may match the file.
    pub exclude: Vec<Glob>,
    /// Languages of the files. Empty means any language.
    pub languages: Vec<FileLanguage>,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            include: everything(),
            exclude: Vec::new(),
            languages: Vec::new(),
        }
    }
}

/// Instruction for reviewers about some files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// Files that the instruction applies to.
    pub paths: Vec<Glob>,
    /// Text in a person's words, at most 2,000 characters. A prompt presents it to the model as a
    /// wish of the repository, never as an order.
    pub text: String,
}

impl Instruction {
    /// Returns whether the instruction applies to the file at `path`.
    pub fn is_for(&self, path: &str) -> bool {
        self.paths.iter().any(|glob| glob.matches(path))
    }
}

/// Returns the pattern `**`.
pub(crate) fn everything() -> Vec<Glob> {
    Glob::parse("**").into_iter().collect()
}

impl Paths {
    /// Returns whether the file at `path`, relative to the repository's root, is reviewed.
    pub fn select(&self, path: &str) -> bool {
        let takes = |glob: &Glob| glob.matches(path);
        let language = FileLanguage(Language::of(path));
        self.include.iter().any(takes)
            && !self.exclude.iter().any(takes)
            && (self.languages.is_empty() || self.languages.contains(&language))
    }
}

#[cfg(test)]
mod tests {

    use crate::{Layer, Policy, Source};

    fn policy(text: &str) -> Policy {
        Policy::default().over(Layer::parse(text, Source::Repository).unwrap())
    }

    #[test]
    fn selects_files_by_path_and_language() {
        for (why, paths, path, wanted) in [
            ("all are", "", "a/b.xyz", true),
            ("included", "include = [\"src/**\"]", "src/a.rs", true),
            ("not included", "include = [\"src/**\"]", "docs/a.md", false),
            (
                "one of them is enough",
                "include = [\"x/**\", \"src/**\"]",
                "src/a.rs",
                true,
            ),
            ("excluded", "exclude = [\"*.lock\"]", "web/yarn.lock", false),
            (
                "both: excluded",
                "include = [\"src/**\"]\nexclude = [\"*.rs\"]",
                "src/a.rs",
                false,
            ),
            (
                "of the language",
                "languages = [\"rust\", \"go\"]",
                "a.go",
                true,
            ),
            (
                "of another",
                "languages = [\"rust\", \"go\"]",
                "a.py",
                false,
            ),
            (
                "of none that is known",
                "languages = [\"other\"]",
                "a.xyz",
                true,
            ),
            (
                "its language excluded",
                "exclude = [\"*.rs\"]\nlanguages = [\"rust\"]",
                "a.rs",
                false,
            ),
        ] {
            let policy = policy(&format!("[paths]\n{paths}"));
            assert_eq!(policy.wants(path), wanted, "{why}: {path}");
        }
    }

    #[test]
    fn instructions_apply_to_matching_files() {
        let policy = policy(
            "[[instructions]]\ntext = \"Be kind.\"\n\
             [[instructions]]\npaths = [\"*.sql\", \"db/**\"]\ntext = \"\"\"\nMind the locks.\n\"\"\"\n",
        );
        for (why, path, told) in [
            ("for all", "a.rs", vec!["Be kind."]),
            (
                "both, once each, in order",
                "db/a.sql",
                vec!["Be kind.", "Mind the locks."],
            ),
        ] {
            let meant = policy.instructions.iter().filter(|one| one.is_for(path));
            let texts: Vec<_> = meant.map(|one| one.text.as_str()).collect();
            assert_eq!(texts, told, "{why}: {path}");
        }
    }
}

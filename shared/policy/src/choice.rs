//! Settings whose value is one of a few words.

use diff::language::Language;
use findings::{Category, Severity};
use serde::{Deserialize, Serialize};

/// Value that is written as one of a few words.
pub(crate) trait Choice: Copy + 'static {
    /// Every word with its meaning, in the order in which error texts list them.
    const WORDS: &'static [(&'static str, Self)];
}

impl Choice for Severity {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("info", Self::Info),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("critical", Self::Critical),
    ];
}

impl Choice for Category {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("security", Self::Security),
        ("style", Self::Style),
        ("logic", Self::Logic),
    ];
}

/// Treatment of a kind of pull requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Such pull requests are not reviewed.
    Skip,
    /// Such pull requests are reviewed as any other.
    Review,
}

impl Choice for Treatment {
    const WORDS: &'static [(&'static str, Self)] =
        &[("skip", Self::Skip), ("review", Self::Review)];
}

/// Condition for showing a part of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// It is always shown.
    Always,
    /// It is shown if there is something to report.
    Findings,
    /// It is never shown.
    Never,
}

impl Choice for Show {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("always", Self::Always),
        ("findings", Self::Findings),
        ("never", Self::Never),
    ];
}

/// Minimum severity of findings that request changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestChangesAt {
    /// Every severity.
    Info,
    /// `low` and above.
    Low,
    /// `medium` and above.
    Medium,
    /// `high` and above.
    High,
    /// Only `critical`.
    Critical,
    /// No finding requests changes.
    Never,
}

impl RequestChangesAt {
    /// Returns the minimum severity; `None` for [`Never`](Self::Never).
    pub fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
            Self::Never => return None,
        })
    }
}

impl Choice for RequestChangesAt {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("info", Self::Info),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("critical", Self::Critical),
        ("never", Self::Never),
    ];
}

/// Conclusion of the check run of a skipped pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipConclusion {
    /// A required check passes.
    Neutral,
    /// A required check passes, and the pull request looks reviewed.
    Success,
    /// Prevents the merge where the check is required.
    Failure,
}

impl Choice for SkipConclusion {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("neutral", Self::Neutral),
        ("success", Self::Success),
        ("failure", Self::Failure),
    ];
}

/// Conclusion of a check run ("Create a check run", `conclusion`), restricted to those that can be
/// chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Reports the findings and does not prevent a merge.
    Neutral,
    /// Prevents the merge where the check is required.
    Failure,
}

impl Choice for Conclusion {
    const WORDS: &'static [(&'static str, Self)] =
        &[("neutral", Self::Neutral), ("failure", Self::Failure)];
}

/// Author's association with a repository ("GraphQL: Enums", `CommentAuthorAssociation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorAssociation {
    /// Owns the repository.
    Owner,
    /// Is a member of the organisation that owns the repository.
    Member,
    /// Was invited to the repository.
    Collaborator,
    /// Has committed to the repository.
    Contributor,
    /// Has not committed to the repository before.
    FirstTimeContributor,
    /// Has not committed to any repository on GitHub before.
    FirstTimer,
    /// Placeholder for a user without an account.
    Mannequin,
    /// No association, or an unknown word.
    #[serde(other)]
    None,
}

impl AuthorAssociation {
    /// Returns the association for GitHub's word. An unknown word gets the least trusted one.
    pub fn of(word: &str) -> Self {
        let known = Self::WORDS.iter().find(|(name, _)| *name == word);
        known.map_or(Self::None, |(_, association)| *association)
    }

    /// Returns GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Member => "MEMBER",
            Self::Collaborator => "COLLABORATOR",
            Self::Contributor => "CONTRIBUTOR",
            Self::FirstTimeContributor => "FIRST_TIME_CONTRIBUTOR",
            Self::FirstTimer => "FIRST_TIMER",
            Self::Mannequin => "MANNEQUIN",
            Self::None => "NONE",
        }
    }

    /// Returns whether the repository has no merged contribution of the author yet.
    pub fn is_new(self) -> bool {
        match self {
            Self::FirstTimeContributor | Self::FirstTimer | Self::Mannequin | Self::None => true,
            Self::Owner | Self::Member | Self::Collaborator | Self::Contributor => false,
        }
    }
}

impl Choice for AuthorAssociation {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("OWNER", Self::Owner),
        ("MEMBER", Self::Member),
        ("COLLABORATOR", Self::Collaborator),
        ("CONTRIBUTOR", Self::Contributor),
        ("FIRST_TIME_CONTRIBUTOR", Self::FirstTimeContributor),
        ("FIRST_TIMER", Self::FirstTimer),
        ("MANNEQUIN", Self::Mannequin),
        ("NONE", Self::None),
    ];
}

/// Language of a file, under a name that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct FileLanguage(pub Language);

impl Choice for FileLanguage {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("c", Self(Language::C)),
        ("csharp", Self(Language::CSharp)),
        ("css", Self(Language::Css)),
        ("dockerfile", Self(Language::Dockerfile)),
        ("go", Self(Language::Go)),
        ("html", Self(Language::Html)),
        ("java", Self(Language::Java)),
        ("javascript", Self(Language::JavaScript)),
        ("json", Self(Language::Json)),
        ("php", Self(Language::Php)),
        ("python", Self(Language::Python)),
        ("ruby", Self(Language::Ruby)),
        ("rust", Self(Language::Rust)),
        ("shell", Self(Language::Shell)),
        ("sql", Self(Language::Sql)),
        ("swift", Self(Language::Swift)),
        ("text", Self(Language::Text)),
        ("toml", Self(Language::Toml)),
        ("yaml", Self(Language::Yaml)),
        ("other", Self(Language::Other)),
    ];
}

impl From<FileLanguage> for &'static str {
    fn from(language: FileLanguage) -> Self {
        let known = FileLanguage::WORDS.iter().find(|(_, of)| *of == language);
        known.map_or("other", |(word, _)| word)
    }
}

impl TryFrom<String> for FileLanguage {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let known = Self::WORDS.iter().find(|(name, _)| *name == word);
        known
            .map(|(_, language)| *language)
            .ok_or_else(|| format!("{word:?} is not a known language"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;

    fn words_are_serdes<T: Choice + Serialize + DeserializeOwned + PartialEq + Debug>() {
        for (word, value) in T::WORDS {
            let json = serde_json::Value::from(*word);
            assert_eq!(serde_json::to_value(value).unwrap(), json, "{value:?}");
            assert_eq!(serde_json::from_value::<T>(json).unwrap(), *value, "{word}");
        }
    }

    #[test]
    fn settings_and_state_share_words() {
        words_are_serdes::<Severity>();
        words_are_serdes::<Category>();
        words_are_serdes::<Treatment>();
        words_are_serdes::<Conclusion>();
        words_are_serdes::<Show>();
        words_are_serdes::<RequestChangesAt>();
        words_are_serdes::<SkipConclusion>();
        words_are_serdes::<AuthorAssociation>();
        words_are_serdes::<FileLanguage>();
    }

    #[test]
    fn all_specialists_and_languages_have_names() {
        assert_eq!(Category::WORDS.len(), Category::ALL.len());
        for language in Language::PROGRAMS {
            let named = FileLanguage::WORDS.iter().any(|(_, of)| of.0 == *language);
            assert!(named, "{language:?}");
        }
    }

    #[test]
    fn unknown_association_is_trusted_least() {
        for (word, association, new) in [
            ("OWNER", AuthorAssociation::Owner, false),
            ("CONTRIBUTOR", AuthorAssociation::Contributor, false),
            ("FIRST_TIMER", AuthorAssociation::FirstTimer, true),
            (
                "FIRST_TIME_CONTRIBUTOR",
                AuthorAssociation::FirstTimeContributor,
                true,
            ),
            ("NONE", AuthorAssociation::None, true),
            ("owner", AuthorAssociation::None, true),
            ("SPONSOR", AuthorAssociation::None, true),
        ] {
            assert_eq!(AuthorAssociation::of(word), association, "{word}");
            assert_eq!(association.is_new(), new, "{word}");
        }
        for (word, association) in AuthorAssociation::WORDS {
            assert_eq!(association.as_str(), *word);
        }
    }
}

//! `equals-ignore-case`: each character matches its lower or upper case, as Java maps them.

/// A text for case-insensitive comparison, character by character.
///
/// It does not normalise: `é` as one character and as `e` with an accent stay different.
#[derive(Clone, Debug)]
pub(crate) struct FoldedText {
    characters: Vec<Cases>,
}

/// One character of the pattern. Either case may have several characters: upper-case `ß` is `SS`.
#[derive(Clone, Debug)]
struct Cases {
    lower: Box<str>,
    upper: Box<str>,
}

impl FoldedText {
    pub(crate) fn new(text: &str) -> Self {
        let characters = text
            .chars()
            .map(|character| Cases {
                lower: character.to_lowercase().collect(),
                upper: character.to_uppercase().collect(),
            })
            .collect();
        Self { characters }
    }

    pub(crate) fn equals(&self, text: &str) -> bool {
        self.strip_prefix(text) == Some("")
    }

    pub(crate) fn begins(&self, text: &str) -> bool {
        self.strip_prefix(text).is_some()
    }

    pub(crate) fn ends(&self, text: &str) -> bool {
        self.characters
            .iter()
            .rev()
            .try_fold(text, |rest, cases| {
                rest.strip_suffix(&*cases.lower)
                    .or_else(|| rest.strip_suffix(&*cases.upper))
            })
            .is_some()
    }

    fn strip_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.characters.iter().try_fold(text, |rest, cases| {
            rest.strip_prefix(&*cases.lower)
                .or_else(|| rest.strip_prefix(&*cases.upper))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_each_character_separately() {
        let table = [
            ("ASCII", "Running", "rUNNING", true),
            ("another text", "running", "runnin", false),
            ("longer than the pattern", "run", "running", false),
            ("beyond ASCII", "É", "é", true),
            ("no normalisation", "é", "e\u{301}", false),
            ("an accent is not dropped", "é", "E", false),
            ("the upper case may be longer", "straße", "STRASSE", true),
            ("but not the other way", "STRASSE", "straße", false),
            ("the lower case may take more bytes", "Ⱥ", "ⱥ", true),
            ("a character without case matches itself", "🚀", "🚀", true),
            ("nothing is nothing", "", "", true),
        ];
        for (why, pattern, text, hit) in table {
            assert_eq!(
                FoldedText::new(pattern).equals(text),
                hit,
                "{why}: {pattern}, {text}"
            );
        }
    }

    #[test]
    fn folds_pattern_and_value() {
        let table = [
            ("a beginning", "EventB", "eventbridge", true, false),
            ("an end", ".PNG", "image.png", false, true),
            ("a longer end", "ß", "GROSS", false, true),
            ("the whole", "Ab", "aB", true, true),
            ("nothing is at both ends", "", "a", true, true),
        ];
        for (why, pattern, text, begins, ends) in table {
            let folded = FoldedText::new(pattern);
            assert_eq!(
                folded.begins(text),
                begins,
                "{why}: {pattern} begins {text}"
            );
            assert_eq!(folded.ends(text), ends, "{why}: {pattern} ends {text}");
        }
    }
}

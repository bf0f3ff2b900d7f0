//! Detects invisible characters.

/// Returns `true` if `c` changes the direction of the surrounding text ("Trojan
/// Source").
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns `true` if `c` joins letters or emoji, or marks the direction of adjacent
/// text. Many languages need such characters.
fn joins(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{61c}')
}

/// Returns `true` if `c` is a variation selector for the preceding letter.
fn selects(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Returns `true` if `c` ends a line or marks an annotation invisibly.
fn separates(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
}

/// Returns `true` if `c` changes text direction, has no width, or carries text that only
/// machines read.
pub fn is_hidden(c: char) -> bool {
    turns(c)
        || joins(c)
        || matches!(c,
            // Zero width.
            '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            // Blank letters.
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            // Tags, and unassigned selectors.
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns `true` if `c` is removed from a model's input: hidden characters, and
/// characters that end a line.
pub fn is_stripped(c: char) -> bool {
    is_hidden(c) || selects(c) || separates(c) || (c.is_control() && c != '\t')
}

/// Returns `true` if code contains a hidden character that does not belong to an
/// adjacent letter. Direction changes are not included.
pub fn in_code(text: &str) -> bool {
    found(text, |c| is_hidden(c) && !turns(c))
}

/// Returns `true` if prose contains a hidden character that no language needs. Direction
/// isolates and soft hyphens are legitimate in prose.
pub fn in_prose(text: &str) -> bool {
    found(text, |c| {
        matches!(c,
            '\u{200b}' | '\u{202d}' | '\u{202e}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{115f}' | '\u{1160}' | '\u{3164}'
            | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
    })
}

/// Returns `true` if `text` contains a character that is `meant`, an invisible line end
/// or annotation, two consecutive selectors, or a joiner without characters to join.
fn found(text: &str, meant: impl Fn(char) -> bool) -> bool {
    let letters: Vec<char> = without_flags(text).chars().collect();
    let beside = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        [before, letters.get(at + 1)].into_iter().flatten().copied()
    };
    letters.iter().enumerate().any(|(at, &c)| {
        if joins(c) {
            let mut beside = beside(at).filter(|&c| !joins(c));
            beside.all(|c| c.is_ascii())
        } else if selects(c) {
            beside(at).any(selects)
        } else {
            separates(c) || meant(c)
        }
    })
}

/// Removes flags of regions: a black flag and the region's name in tags ("UTS #51",
/// "Emoji Tag Sequences"), at most six tags and their end.
fn without_flags(text: &str) -> String {
    const FLAG: char = '\u{1f3f4}';
    let mut rest = text.split(FLAG);
    let mut without = rest.next().unwrap_or_default().to_owned();
    for part in rest {
        let end = part.char_indices().find(|(_, c)| *c == '\u{e007f}');
        let tags = end.map_or("", |(at, _)| part.get(..at).unwrap_or_default());
        let is_name = |c: char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
        let is_flag = (1..=6).contains(&tags.chars().count()) && tags.chars().all(is_name);
        let part = match end {
            Some((at, c)) if is_flag => part.get(at + c.len_utf8()..).unwrap_or_default(),
            Some(_) | None => part,
        };
        without.push(FLAG);
        without += part;
    }
    without
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_hidden_characters() {
        for (why, text, code, prose) in [
            ("nothing", "let x = 1;", false, false),
            ("other letters", "مرحبا 日本 🦀", false, false),
            ("a zero-width space", "is\u{200b}_admin", true, true),
            ("tags", "fine \u{e0041}", true, true),
            ("an override", "\u{202e}", false, true),
            ("an isolate", "\u{2066}", false, false),
            ("a soft hyphen", "is\u{ad}admin", true, false),
            ("a joiner in a name", "is\u{200d}admin", true, true),
            ("a joiner in a picture", "\"👩\u{200d}💻\"", false, false),
            ("a joiner in a word", "می\u{200c}خواهم", false, false),
            ("a blank letter", "\u{3164}", true, true),
            ("a mark in a text", "\"שלום\u{200f}!\"", false, false),
            ("a mark in a name", "is\u{200f}admin", true, true),
            ("a joiner without characters", "\"\u{200d}\"", true, true),
            ("a heart", "❤\u{fe0f}", false, false),
            (
                "bytes as selectors",
                "x\u{fe01}\u{fe0a}\u{fe03}",
                true,
                true,
            ),
            ("an invisible line end", "// a\u{2028}b()", true, true),
            (
                "the flag of Wales",
                "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
                false,
                false,
            ),
            (
                "words behind a flag",
                "🏴\u{e0069}\u{e0020}\u{e007f}",
                true,
                true,
            ),
        ] {
            assert_eq!((in_code(text), in_prose(text)), (code, prose), "{why}");
        }
    }
}

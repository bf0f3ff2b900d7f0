//! Characters that nobody sees.

/// Whether `c` turns the direction of what stands around it ("Trojan Source").
pub fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `c` turns what stands around it, has no width, or carries text that only a
/// machine reads.
pub fn is_hidden(c: char) -> bool {
    turns(c)
        || matches!(c,
            // Of no width.
            '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            // Letters that are blank.
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            // Tags, and selectors that no letter has.
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether code holds something hidden that does not belong to a letter beside it, as a
/// joiner does in a text or in a picture of two. What only turns is not meant.
pub fn in_code(text: &str) -> bool {
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let beside = before.replace(c).into_iter().chain(letters.peek().copied());
        let found = match c {
            '\u{200c}' | '\u{200d}' => beside.into_iter().any(|c: char| c.is_ascii_alphanumeric()),
            c => is_hidden(c) && !turns(c),
        };
        if found {
            return true;
        }
    }
    false
}

/// Whether prose holds something hidden that no language writes with: joiners, marks and
/// isolates of direction, and soft hyphens have their work there.
pub fn in_prose(text: &str) -> bool {
    text.contains(|c: char| {
        matches!(c,
            '\u{200b}' | '\u{202d}' | '\u{202e}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{115f}' | '\u{1160}' | '\u{3164}'
            | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_in_code_and_in_prose() {
        for (why, text, code, prose) in [
            ("nothing", "let x = 1;", false, false),
            ("other letters", "مرحبا 日本 🦀", false, false),
            ("a space of no width", "is\u{200b}_admin", true, true),
            ("tags", "fine \u{e0041}", true, true),
            ("an override", "\u{202e}", false, true),
            ("an isolate", "\u{2066}", false, false),
            ("a soft hyphen", "is\u{ad}admin", true, false),
            ("a joiner in a name", "is\u{200d}admin", true, false),
            ("a joiner in a picture", "\"👩\u{200d}💻\"", false, false),
            ("a joiner in a word", "می\u{200c}خواهم", false, false),
            ("a blank letter", "\u{3164}", true, true),
        ] {
            assert_eq!((in_code(text), in_prose(text)), (code, prose), "{why}");
        }
    }
}

//! Characters that nobody sees.

/// Whether `c` turns the direction of what stands around it ("Trojan Source").
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `c` joins letters or pictures, or marks the direction of a text beside it: a
/// part of what people read in many languages.
fn joins(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{61c}')
}

/// Whether `c` chooses between two forms of the letter before it.
fn selects(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Whether `c` ends a line, or belongs to annotations, where people see nothing of it.
fn separates(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether `c` turns what stands around it, has no width, or carries text that only a
/// machine reads.
pub fn is_hidden(c: char) -> bool {
    turns(c)
        || joins(c)
        || matches!(c,
            // Of no width.
            '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            // Letters that are blank.
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            // Tags, and selectors that no letter has.
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether `c` is shown to no model: what is hidden, and what is no part of a line.
pub fn is_stripped(c: char) -> bool {
    is_hidden(c) || selects(c) || separates(c) || (c.is_control() && c != '\t')
}

/// Whether code holds something hidden that does not belong to a letter beside it. What
/// only turns is not meant.
pub fn in_code(text: &str) -> bool {
    found(text, |c| is_hidden(c) && !turns(c))
}

/// Whether prose holds something hidden that no language writes with: isolates of
/// direction and soft hyphens have their work there.
pub fn in_prose(text: &str) -> bool {
    found(text, |c| {
        matches!(c,
            '\u{200b}' | '\u{202d}' | '\u{202e}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{115f}' | '\u{1160}' | '\u{3164}'
            | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
    })
}

/// Whether `text` holds what is `meant`, something that ends or annotates a line unseen,
/// one selector behind another, or a joiner that joins nothing but what needs none.
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

/// Flags of regions are a black flag and the region's name in tags ("UTS #51", "Emoji Tag
/// Sequences"): six tags and their end, at most.
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
    fn what_is_hidden_in_code_and_in_prose() {
        for (why, text, code, prose) in [
            ("nothing", "let x = 1;", false, false),
            ("other letters", "مرحبا 日本 🦀", false, false),
            ("a space of no width", "is\u{200b}_admin", true, true),
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
            ("a joiner of nothing", "\"\u{200d}\"", true, true),
            ("a heart", "❤\u{fe0f}", false, false),
            (
                "bytes as selectors",
                "x\u{fe01}\u{fe0a}\u{fe03}",
                true,
                true,
            ),
            ("a line's end that is none", "// a\u{2028}b()", true, true),
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

//! Size limits of state items, in bytes of JSON. DynamoDB accepts at most 400 KB per
//! item ("Constraints in Amazon DynamoDB"), so lists inside an item are bounded.

use crate::Finding;
use serde::Serialize;
use std::io;

/// Size limit of a specialist's report; a review holds one per specialist.
pub const REPORT: usize = 56 * 1024;

/// Size limit of all lists of findings in a verdict together.
pub const VERDICT: usize = 64 * 1024;

/// Size limit of the findings to prove.
pub const TO_PROVE: usize = 48 * 1024;

/// Size limit of a finding's title in bytes; longer titles are cut.
const LONGEST_TITLE: usize = 600;
const LONGEST_MESSAGE: usize = 6_000;
/// Size limit of a suggestion in bytes. A longer one is dropped, because half a
/// suggestion would break the code.
const LONGEST_SUGGESTION: usize = 8_000;

/// Returns the size of `value` as JSON, or `usize::MAX` if it cannot be serialized.
pub fn bytes(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

/// Keeps the items of `list` that fit into `room`, in order, and reduces `room` by their
/// size. Returns the rest.
pub fn keep<T: Serialize>(list: &mut Vec<T>, room: &mut usize) -> Vec<T> {
    let mut rest = Vec::new();
    for item in std::mem::take(list) {
        // Includes the comma after the item.
        match room.checked_sub(bytes(&item).saturating_add(1)) {
            Some(left) => {
                *room = left;
                list.push(item);
            }
            None => rest.push(item),
        }
    }
    rest
}

/// Cuts `text` to `most` bytes at a character boundary and appends an ellipsis.
pub fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
}

/// Cuts a finding's texts to their limits. The path stays whole, because a part of it
/// names another file.
pub fn shorten(finding: &mut Finding) {
    cut(&mut finding.message, LONGEST_MESSAGE);
    if let Some(title) = &mut finding.title {
        cut(title, LONGEST_TITLE);
    }
    finding
        .suggestion
        .take_if(|it| it.len() > LONGEST_SUGGESTION);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_texts_between_characters() {
        for (why, text, most, expected) in [
            ("it fits", "abc", 3, "abc"),
            ("it does not", "abcd", 3, "…"),
            ("a letter of two bytes", "aéééé", 6, "aé…"),
            ("no room for the ellipsis", "abcd", 2, "…"),
        ] {
            let mut text = text.to_owned();
            cut(&mut text, most);
            assert_eq!(text, expected, "{why}");
        }
    }

    #[test]
    fn keeps_fitting_items_in_order() {
        let mut list = vec!["aa", "b", "c".repeat(20).leak(), "d"];
        // Quotes and a comma are 3 bytes.
        let mut room = 14;
        let rest = keep(&mut list, &mut room);
        assert_eq!((list, rest.len(), room), (vec!["aa", "b", "d"], 1, 1));
    }
}

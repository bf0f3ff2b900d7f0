//! A state item has its limits, in bytes: DynamoDB takes 400 KB ("Constraints in Amazon
//! DynamoDB"). What is put together in one is bounded by what it takes as JSON.

use crate::Finding;
use serde::Serialize;
use std::io;

/// What a specialist's report takes at most; a review has one of each specialist.
pub const REPORT: usize = 56 * 1024;

/// What a verdict's findings take at most, all lists together.
pub const VERDICT: usize = 64 * 1024;

/// What the findings that are to be proven take at most.
pub const TO_PROVE: usize = 48 * 1024;

/// Bytes of a finding's texts; more is cut.
const LONGEST_TITLE: usize = 600;
const LONGEST_MESSAGE: usize = 6_000;
/// A longer suggestion is none: half of one would break the code.
const LONGEST_SUGGESTION: usize = 8_000;

/// How many bytes `value` takes as JSON; the most there are, if it is no JSON.
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

/// Keeps of `list`, in its order, what fits into `room`, and takes that from it. Gives
/// the rest.
pub fn keep<T: Serialize>(list: &mut Vec<T>, room: &mut usize) -> Vec<T> {
    let mut rest = Vec::new();
    for item in std::mem::take(list) {
        // With the comma that follows it.
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

/// Cuts `text` to `most` bytes, between two characters, and says so with an ellipsis.
pub fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
}

/// Cuts a finding's texts to what is kept of them. Its path stays whole: a part of one
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
    fn texts_are_cut_between_characters() {
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
    fn what_fits_is_kept_in_its_order() {
        let mut list = vec!["aa", "b", "c".repeat(20).leak(), "d"];
        // Quotes and a comma are 3 bytes.
        let mut room = 14;
        let rest = keep(&mut list, &mut room);
        assert_eq!((list, rest.len(), room), (vec!["aa", "b", "d"], 1, 1));
    }
}

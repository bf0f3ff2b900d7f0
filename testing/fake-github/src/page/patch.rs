//! Lines of a patch at a comment.

use github::port::{ReviewComment, Side};

/// Number of lines above the commented ones.
const CONTEXT: usize = 3;

/// Returns the commented lines of a patch with the lines above them, as GitHub's conversation page
/// shows them. Returns no lines if the patch does not contain the comment's line.
pub(super) fn excerpt<'a>(patch: &'a str, comment: &ReviewComment) -> Vec<&'a str> {
    let mut lines: Vec<&str> = Vec::new();
    let mut next = (0, 0);
    let mut first = None;
    let start = (
        comment.start_line.unwrap_or(comment.line),
        comment.start_side.unwrap_or(comment.side),
    );
    for line in patch.lines() {
        if let Some(begins) = hunk(line) {
            (next, first) = (begins, None);
            lines.clear();
            continue;
        }
        let at = |(number, side): (u32, Side)| match (side, line.chars().next()) {
            (Side::Left, Some('-' | ' ')) => number == next.0,
            (Side::Right, Some('+' | ' ')) => number == next.1,
            (Side::Left | Side::Right, _) => false,
        };
        if first.is_none() && at(start) {
            first = Some(lines.len());
        }
        lines.push(line);
        if at((comment.line, comment.side)) {
            let above = first.unwrap_or(lines.len() - 1).saturating_sub(CONTEXT);
            return lines.split_off(above);
        }
        match line.chars().next() {
            Some('-') => next.0 += 1,
            Some('+') => next.1 += 1,
            Some(' ') => next = (next.0 + 1, next.1 + 1),
            Some(_) | None => {}
        }
    }
    Vec::new()
}

/// Returns the first old and new line number of a hunk's header.
fn hunk(line: &str) -> Option<(u32, u32)> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let first = |range: &str| range.split(',').next()?.parse().ok();
    Some((first(old)?, first(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "\
@@ -1,5 +1,5 @@
 one
 two
-three
+3
 four
-five
+5
@@ -20 +20,2 @@ fn later() {
 twenty
+more
";

    #[test]
    fn excerpt_ends_at_the_line() {
        let at = |line, side| ReviewComment::at("a", line, side, "");
        let range = ReviewComment {
            start_line: Some(3),
            ..at(5, Side::Right)
        };
        for (why, comment, expected) in [
            (
                "an added line",
                at(3, Side::Right),
                &[" one", " two", "-three", "+3"][..],
            ),
            (
                "a removed line",
                at(3, Side::Left),
                &[" one", " two", "-three"],
            ),
            ("another hunk", at(21, Side::Right), &[" twenty", "+more"]),
            (
                "several lines",
                range,
                &[" one", " two", "-three", "+3", " four", "-five", "+5"],
            ),
            ("beyond the hunks", at(9, Side::Right), &[]),
        ] {
            assert_eq!(excerpt(PATCH, &comment), expected, "{why}");
        }
    }
}

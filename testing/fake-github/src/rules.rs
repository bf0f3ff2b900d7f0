//! GitHub's validation of reviews, comments, checks and diffs, with GitHub's own messages.

use crate::answer::Refusal;
use crate::hunks::DiffLines;
use crate::model::{PostedReview, Pull};
use github::port::{NewCheck, NewReview, ReviewComment, ReviewEvent, ReviewState};
use serde_json::json;

/// Maximum length of a body in characters.
const LONGEST_BODY: usize = 65_536;

/// Maximum length of a summary in characters.
const LONGEST_SUMMARY: usize = 65_535;

/// Maximum number of files and lines of a diff.
const MOST_FILES: usize = 300;
const MOST_LINES: usize = 20_000;

/// Validates a `review` by `author` ("Create a review for a pull request"); `lines` is the pull request's diff at the review's
/// commit. One invalid comment fails the whole review.
pub(crate) fn review(
    pull: &Pull,
    author: &str,
    review: &NewReview,
    lines: Option<&DiffLines>,
) -> Result<(), Refusal> {
    let refuse = |error: &str| Err(Refusal::unprocessable(vec![error.to_owned()]));
    if !pull.commits.contains(&review.commit_id) {
        return refuse("The commitOID is not part of the pull request");
    }
    let own = pull.author.login == author;
    match review.event {
        ReviewEvent::Approve if own => return refuse("Can not approve your own pull request"),
        ReviewEvent::RequestChanges if own => {
            return refuse("Can not request changes on your own pull request");
        }
        ReviewEvent::RequestChanges | ReviewEvent::Comment
            if review.body.trim().is_empty() && review.comments.is_empty() =>
        {
            return refuse("You need to leave a comment indicating the requested changes.");
        }
        ReviewEvent::Approve | ReviewEvent::RequestChanges | ReviewEvent::Comment => {}
    }
    if review.body.chars().count() > LONGEST_BODY {
        return refuse("Body is too long (maximum is 65536 characters)");
    }
    let bad: Vec<String> = review
        .comments
        .iter()
        .filter_map(|comment| {
            let known = lines.is_some_and(|lines| lines.has_file(&comment.path));
            let placed =
                lines.is_some_and(|lines| lines.has_line(&comment.path, comment.line, comment.side));
            if comment.body.trim().is_empty() {
                Some("Pull request review comment body can't be blank")
            } else if comment.body.chars().count() > LONGEST_BODY {
                Some("Body is too long (maximum is 65536 characters)")
            } else if !known {
                Some("Pull request review thread path is invalid and Pull request review thread diff hunk can't be blank")
            } else if let Some(error) = lines.and_then(|lines| check_lines(lines, comment)) {
                Some(error)
            } else if !placed {
                Some("Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't be blank")
            } else {
                None
            }
        })
        .map(str::to_owned)
        .collect();
    if bad.is_empty() {
        Ok(())
    } else {
        Err(Refusal::unprocessable(bad))
    }
}

/// Returns the error of a comment on several lines.
fn check_lines(lines: &DiffLines, comment: &ReviewComment) -> Option<&'static str> {
    let Some(start) = comment.start_line else {
        let lonely = "Pull request review thread start side is only for comments on several lines";
        return comment.start_side.map(|_| lonely);
    };
    let path = &comment.path;
    let side = comment.start_side.unwrap_or(comment.side);
    let first = lines.hunk(path, start, side);
    let last = lines.hunk(path, comment.line, comment.side);
    if side == comment.side && start >= comment.line {
        Some("Pull request review thread start line must precede the end line.")
    } else if first.is_none() {
        Some("Pull request review thread start line must be part of the diff")
    } else if last.is_some() && first != last {
        Some("Pull request review thread start line must be part of the same hunk as the line.")
    } else {
        None
    }
}

/// Validates a dismissal ("Dismiss a review for a pull request").
pub(crate) fn dismissal(review: &PostedReview, message: &str) -> Result<(), Refusal> {
    let refuse = |error: &str| Err(Refusal::unprocessable(vec![error.to_owned()]));
    if message.trim().is_empty() {
        return refuse("Message can't be blank");
    }
    match review.state() {
        ReviewState::Approved | ReviewState::ChangesRequested => Ok(()),
        ReviewState::Commented | ReviewState::Other => {
            refuse("Can not dismiss a commented pull request review")
        }
        ReviewState::Dismissed => refuse("Can not dismiss a dismissed pull request review"),
    }
}

/// Validates a new body of a review ("Update a review for a pull request").
pub(crate) fn review_edit(body: &str) -> Result<(), Refusal> {
    let refuse = |error: &str| Err(Refusal::unprocessable(vec![error.to_owned()]));
    if body.trim().is_empty() {
        return refuse("Body can't be blank");
    }
    match body.chars().count() > LONGEST_BODY {
        true => refuse("Body is too long (maximum is 65536 characters)"),
        false => Ok(()),
    }
}

/// Returns 406 above 300 files or 20,000 lines ("Compare two commits").
pub(crate) fn diff_size(lines: &DiffLines) -> Result<(), Refusal> {
    if lines.count.files > MOST_FILES {
        Err(Refusal::too_large(format!(
            "Sorry, the diff exceeded the maximum number of files ({MOST_FILES}). Consider using 'List pull requests files' API or locally cloning the repository instead."
        )))
    } else if lines.count.lines > MOST_LINES {
        Err(Refusal::too_large(format!(
            "Sorry, the diff exceeded the maximum number of lines ({MOST_LINES})"
        )))
    } else {
        Ok(())
    }
}

/// Validates the text of a comment ("Create an issue comment").
pub(crate) fn comment(body: &str) -> Result<(), Refusal> {
    let wrong = if body.trim().is_empty() {
        "Body can't be blank"
    } else if body.chars().count() > LONGEST_BODY {
        "Body is too long (maximum is 65536 characters)"
    } else {
        return Ok(());
    };
    Err(Refusal {
        errors: vec![json!({
            "resource": "IssueComment", "code": "unprocessable", "field": "data", "message": wrong,
        })],
        ..Refusal::new(422, "Validation Failed")
    })
}

/// Validates the texts of a check ("Create a check run").
pub(crate) fn check(check: &NewCheck) -> Result<(), Refusal> {
    if check.name.is_empty() || check.title.is_empty() {
        return Err(Refusal::new(422, "Invalid request."));
    }
    if check.summary.chars().count() > LONGEST_SUMMARY {
        let message = "Invalid request. Only 65535 characters are allowed.";
        return Err(Refusal::new(422, message));
    }
    Ok(())
}

//! Pages of pull requests, as GitHub shows them at the end.

use super::View;
use super::layout::{Line, Span, columns, cut, wrap, write_line};
use super::markdown::{Block, BlockKind, blocks};
use super::style::{BAD, GOOD, QUIET, TITLE, WARN};
use crate::{Page, Run};
use anstyle::Style;
use fake_github::{PostedCheck, PostedComment, PostedReview};
use github::port::{Conclusion, ReviewComment, ReviewEvent, ReviewState};

/// Limits without `-v`.
const REVIEWS: usize = 3;
const COMMENTS: usize = 8;
const BODY_LINES: usize = 10;
const COMMENT_LINES: usize = 5;

/// Renders the page from top to bottom.
pub(super) fn show(out: &mut String, run: &Run, page: &Page, view: View) {
    let shown = Shown { run, page, view };
    shown.header(out);
    let reviews = &page.github.reviews;
    let earlier = view.left_out(reviews.len(), REVIEWS);
    shown.note(out, &margin(""), earlier, "earlier review");
    for review in reviews.iter().skip(earlier) {
        shown.review(out, review);
        out.push('\n');
    }
    for check in &page.github.checks {
        let is_current = page.check().is_some_and(|current| current.id == check.id);
        if is_current || view.is_verbose {
            shown.check(out, check);
        }
    }
    for comment in &page.github.comments {
        shown.comment(out, comment);
    }
    out.push('\n');
}

/// Renders the result of a pull request: its key, the decision and the check.
pub(super) fn result(page: &Page) -> [Span; 3] {
    let (decision, style) = decision(page);
    let check = match page.check() {
        Some(posted) => format!("check {}: {}", conclusion(posted).0, posted.check.title),
        None => "no check".to_owned(),
    };
    [
        Span::new(&page.github.pr.to_string(), TITLE),
        Span::new(decision, style),
        Span::plain(&check),
    ]
}

/// Returns the active vote; without one, the newest review.
fn decision(page: &Page) -> (&'static str, Style) {
    let states = || page.github.reviews.iter().rev().map(PostedReview::state);
    match states().find(|state| state.votes()).or(states().next()) {
        Some(ReviewState::ChangesRequested) => ("changes requested", BAD),
        Some(ReviewState::Approved) => ("approved", GOOD),
        Some(ReviewState::Commented) => ("commented", TITLE),
        Some(ReviewState::Dismissed) => ("vote dismissed", WARN),
        Some(ReviewState::Other) | None => ("no review", QUIET),
    }
}

fn conclusion(posted: &PostedCheck) -> (&'static str, Style) {
    match posted.check.conclusion {
        Some(Conclusion::Success) => ("success", GOOD),
        Some(Conclusion::Neutral) => ("neutral", TITLE),
        Some(Conclusion::Failure) => ("failure", BAD),
        Some(Conclusion::Cancelled) => ("cancelled", QUIET),
        None => ("in progress", WARN),
    }
}

/// Returns the text before each line of a page's content.
fn margin(mark: &str) -> Line {
    vec![Span::plain("  "), Span::new(mark, QUIET)]
}

/// Page with the context for its rendering.
struct Shown<'a> {
    run: &'a Run,
    page: &'a Page,
    view: View,
}

impl Shown<'_> {
    fn header(&self, out: &mut String) {
        let github = &self.page.github;
        let about = format!(
            " · by {} · {} into {}",
            github.author.login,
            github.head.short(),
            github.base_branch
        );
        let spans = [
            Span::new(&github.pr.to_string(), TITLE),
            Span::plain(&format!(" {}", github.title)),
            Span::new(&about, QUIET),
        ];
        for line in wrap(&spans, self.view.width) {
            write_line(out, &[], &line);
        }
    }

    fn review(&self, out: &mut String, posted: &PostedReview) {
        let (vote, style) = match posted.event {
            ReviewEvent::RequestChanges => ("changes requested", BAD),
            ReviewEvent::Comment => ("commented", TITLE),
            ReviewEvent::Approve => ("approved", GOOD),
        };
        let head = posted.commit_id.short();
        let mut spans = vec![
            Span::plain(&format!("Review of {head} by {}: ", posted.author.login)),
            Span::new(vote, style),
        ];
        if posted.dismissed.is_some() {
            spans.push(Span::new(", later dismissed", WARN));
        }
        self.wrapped(out, &margin(""), &spans, usize::MAX);
        let gutter = margin("│ ");
        if let Some(message) = &posted.dismissed {
            let message = [Span::new("Dismissed: ", WARN), Span::plain(message)];
            self.wrapped(out, &gutter, &message, COMMENT_LINES);
        }
        // The line above has the same content.
        let title = format!("Review of {head}");
        let is_new = |block: &Block| block.kind != BlockKind::Heading || block.text() != title;
        let body = blocks(&posted.body).into_iter().filter(is_new).collect();
        self.blocks(out, &gutter, body, BODY_LINES);
        let left_out = self.view.left_out(posted.comments.len(), COMMENTS);
        for comment in posted
            .comments
            .iter()
            .take(posted.comments.len() - left_out)
        {
            self.line_comment(out, posted, comment);
        }
        self.note(out, &gutter, left_out, "more comment");
    }

    /// Renders a comment on a line: its place and first paragraph, the line, the other paragraphs.
    fn line_comment(&self, out: &mut String, posted: &PostedReview, comment: &ReviewComment) {
        let lines = match comment.start_line {
            Some(first) => format!("{first}-{}", comment.line),
            None => comment.line.to_string(),
        };
        let mut spans = vec![
            Span::new(&format!("{}:{lines}", comment.path), TITLE),
            Span::plain("  "),
        ];
        let mut body = blocks(&comment.body).into_iter();
        spans.extend(body.next().map(|block| block.spans).unwrap_or_default());
        let below = margin("│   ");
        let mut lines = wrap(&spans, self.room(&below)).into_iter();
        if let Some(first) = lines.next() {
            write_line(out, &margin("├ "), &first);
        }
        self.lines(out, &below, &lines.collect::<Vec<_>>(), COMMENT_LINES);
        let pr = &self.page.github.pr;
        if let Some(line) = self
            .run
            .line(pr, &posted.commit_id, &comment.path, comment.line)
        {
            let code = Span::new(&format!("+ {}", line.replace('\t', "    ")), GOOD);
            let text = match self.view.is_verbose {
                true => code.text,
                false => cut(&code.text, self.room(&below)),
            };
            write_line(out, &below, &[Span { text, ..code }]);
        }
        self.blocks(out, &below, body.collect(), COMMENT_LINES);
    }

    fn check(&self, out: &mut String, posted: &PostedCheck) {
        let (conclusion, style) = conclusion(posted);
        let check = &posted.check;
        let on = match check.head_sha == self.page.github.head {
            true => String::new(),
            false => format!(" on {}", check.head_sha.short()),
        };
        let mut spans = vec![
            Span::plain(&format!("Check {}{on}: ", check.name)),
            Span::new(conclusion, style),
            Span::plain(&format!(" · {}", check.title)),
        ];
        // The review has the text of the check, too.
        if self.page.github.reviews.is_empty() {
            for block in blocks(&check.summary) {
                spans.push(Span::plain(" · "));
                spans.extend(block.spans);
            }
        }
        self.wrapped(out, &margin(""), &spans, COMMENT_LINES);
    }

    /// Renders a comment on the pull request. Without `-v`, omits text that the newest review or
    /// the check contains.
    fn comment(&self, out: &mut String, posted: &PostedComment) {
        let mut body = blocks(&posted.body);
        if !self.view.is_verbose {
            body = without_repeats(body, self.page);
        }
        if body.is_empty() {
            return;
        }
        let title = format!("Comment by {}", posted.author.login);
        write_line(out, &margin(""), &[Span::plain(&title)]);
        self.blocks(out, &margin("│ "), body, BODY_LINES);
    }

    /// Renders blocks. Without `-v`, a short list is one line, and folded blocks are omitted.
    fn blocks(&self, out: &mut String, margin: &[Span], blocks: Vec<Block>, most: usize) {
        let room = self.room(margin);
        let mut lines: Vec<Line> = Vec::new();
        let visible = |block: &Block| self.view.is_verbose || !block.is_folded;
        let mut blocks: Vec<_> = blocks.into_iter().filter(visible).collect();
        if !self.view.is_verbose {
            blocks = with_short_lists(blocks, room);
        }
        for mut block in blocks {
            if block.kind == BlockKind::Section {
                let mark = if self.view.is_verbose { "▾ " } else { "▸ " };
                mark.clone_into(&mut block.mark);
            }
            let fold = if block.is_folded { 2 } else { 0 };
            let first = " ".repeat(block.indent + fold) + &block.mark;
            let indent = columns(&first);
            let wrapped = match block.kind {
                BlockKind::Code => vec![block.spans],
                BlockKind::Heading | BlockKind::Text | BlockKind::Item | BlockKind::Section => {
                    wrap(&block.spans, room.saturating_sub(indent))
                }
            };
            for (n, line) in wrapped.into_iter().enumerate() {
                let before = match n {
                    0 => first.clone(),
                    _ => " ".repeat(indent),
                };
                lines.push([vec![Span::plain(&before)], line].concat());
            }
        }
        self.lines(out, margin, &lines, most);
    }

    fn wrapped(&self, out: &mut String, margin: &[Span], spans: &[Span], most: usize) {
        let lines = wrap(spans, self.room(margin));
        self.lines(out, margin, &lines, most);
    }

    /// Writes at most `most` lines without `-v`.
    fn lines(&self, out: &mut String, margin: &[Span], lines: &[Line], most: usize) {
        let left_out = self.view.left_out(lines.len(), most);
        for line in lines.iter().take(lines.len() - left_out) {
            write_line(out, margin, line);
        }
        self.note(out, margin, left_out, "more line");
    }

    /// Writes the number of parts that are not shown.
    fn note(&self, out: &mut String, margin: &[Span], count: usize, part: &str) {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            let note = format!("… {count} {part}{plural}, shown with -v");
            write_line(out, margin, &[Span::new(&note, QUIET)]);
        }
    }

    /// Returns the columns beside the margin.
    fn room(&self, margin: &[Span]) -> usize {
        let used: usize = margin.iter().map(|span| columns(&span.text)).sum();
        self.view.width.saturating_sub(used).max(20)
    }
}

/// Joins the items of a list if they fit into one line of `room` columns.
fn with_short_lists(blocks: Vec<Block>, room: usize) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::new();
    for list in blocks.chunk_by(|one, other| is_item(one) && is_item(other)) {
        let texts: usize = list.iter().map(|block| columns(&block.text()) + 3).sum();
        match list {
            [first, others @ ..] if !others.is_empty() && texts <= room => {
                let mut line = first.clone();
                line.kind = BlockKind::Text;
                line.mark.clear();
                for item in others {
                    line.spans.push(Span::new(" · ", QUIET));
                    line.spans.extend(item.spans.clone());
                }
                joined.push(line);
            }
            _ => joined.extend_from_slice(list),
        }
    }
    joined
}

fn is_item(block: &Block) -> bool {
    block.kind == BlockKind::Item && block.indent == 0
}

/// Removes the heading, blocks that end with a text of the newest review or of the check, and
/// sections of only such blocks.
fn without_repeats(body: Vec<Block>, page: &Page) -> Vec<Block> {
    let mut said = Vec::new();
    if let Some(review) = page.github.reviews.last() {
        let comments = review.comments.iter().map(|comment| &comment.body);
        for text in [&review.body].into_iter().chain(comments) {
            said.extend(blocks(text).iter().map(Block::text));
        }
    }
    said.extend(page.check().map(|posted| posted.check.title.clone()));
    said.retain(|text| !text.is_empty());
    let is_new = |block: &Block| {
        let text = block.text();
        block.kind != BlockKind::Heading && !said.iter().any(|said| text.ends_with(said))
    };
    let mut new = Vec::new();
    for section in body.chunk_by(|_, next| next.is_folded) {
        match section {
            [title, folded @ ..] if title.kind == BlockKind::Section => {
                let folded: Vec<_> = folded.iter().filter(|block| is_new(block)).collect();
                if !folded.is_empty() {
                    new.push(title.clone());
                    new.extend(folded.into_iter().cloned());
                }
            }
            blocks => new.extend(blocks.iter().filter(|block| is_new(block)).cloned()),
        }
    }
    new
}

#[cfg(test)]
mod tests;

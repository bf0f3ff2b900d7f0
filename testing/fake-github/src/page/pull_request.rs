//! The list of pull requests, and the conversation page of one.

use super::html::Html;
use super::patch::excerpt;
use crate::model::{PostedCheck, PostedComment, PostedReview, Pull, Repository};
use crate::world::State;
use events::Timestamp;
use github::HeadSha;
use github::port::{Conclusion, ReviewComment, ReviewState};

/// Adds the list of all pull requests.
pub(super) fn list(state: &State, html: &mut Html) {
    html.raw("<h1>Pull requests</h1><ul class=\"list\">");
    let repos = state.repos.names().filter_map(|name| state.repo(name));
    for (repo, pull) in repos.flat_map(|repo| repo.pulls.values().map(move |pull| (repo, pull))) {
        html.raw("<li><a href=\"/").text(&pull.repo).raw("/pull/");
        html.text(pull.number).raw("\">").text(&pull.title);
        html.raw("</a> ");
        badge(html, state_of(pull));
        if let Some(review) = pull.reviews.last() {
            badge(html, review_badge(review.state()));
        }
        let mut checks = repo.checks.iter().rev();
        if let Some(check) = checks.find(|it| it.check.head_sha == pull.head) {
            badge(html, check_badge(check));
        }
        html.raw("<br><small>").text(&pull.repo).raw("#");
        html.text(pull.number).raw(" by ").text(&pull.author.login);
        html.raw("</small></li>");
    }
    html.raw("</ul>");
}

/// Adds the conversation page.
pub(super) fn show(repo: &Repository, pull: &Pull, html: &mut Html) {
    html.raw("<p><a href=\"/\">All pull requests</a></p><h1>");
    html.text(&pull.title).raw(" <small>").text(&pull.repo);
    html.raw("#").text(pull.number).raw("</small></h1><p>");
    badge(html, state_of(pull));
    html.text(&pull.author.login).raw(" wants to merge <code>");
    html.text(&pull.head_branch).raw("</code> at <code>");
    html.text(pull.head.short()).raw("</code> into <code>");
    html.text(&pull.base_branch).raw("</code>");
    for label in &pull.labels {
        html.raw(" <span class=\"badge\">")
            .text(label)
            .raw("</span>");
    }
    html.raw("</p>");
    if let Some(body) = &pull.body {
        html.raw("<section>").markdown(body).raw("</section>");
    }
    checks(repo, pull, html);
    conversation(repo, pull, html);
}

fn checks(repo: &Repository, pull: &Pull, html: &mut Html) {
    html.raw("<h2>Checks</h2>");
    let is_of = |check: &&PostedCheck| {
        let head = &check.check.head_sha;
        pull.commits.contains(head) || pull.removed_heads.contains(head)
    };
    let mut checks: Vec<_> = repo.checks.iter().filter(is_of).collect();
    if checks.is_empty() {
        html.raw("<p>No checks</p>");
    }
    // The checks of the head are first, then the newest ones.
    checks.sort_by_key(|it| std::cmp::Reverse((it.check.head_sha == pull.head, it.id)));
    for posted in checks {
        html.raw("<section><h3>").text(&posted.check.name);
        html.raw(" <small>by ")
            .text(&posted.author)
            .raw("</small> ");
        badge(html, check_badge(posted));
        commit(html, pull, &posted.check.head_sha);
        html.raw("</h3><p>").text(&posted.check.title).raw("</p>");
        html.markdown(&posted.check.summary).raw("</section>");
    }
}

/// Entry of the conversation.
enum Entry<'a> {
    Review(&'a PostedReview),
    Comment(&'a PostedComment),
}

impl Entry<'_> {
    /// Returns the order on the page.
    fn position(&self) -> (Timestamp, u64) {
        match self {
            Self::Review(review) => (review.submitted_at, review.id.0),
            Self::Comment(comment) => (comment.created_at, comment.id.0),
        }
    }
}

fn conversation(repo: &Repository, pull: &Pull, html: &mut Html) {
    html.raw("<h2>Conversation</h2>");
    let reviews = pull.reviews.iter().map(Entry::Review);
    let comments = pull.posted.iter().map(Entry::Comment);
    let mut entries: Vec<_> = reviews.chain(comments).collect();
    if entries.is_empty() {
        html.raw("<p>No reviews and no comments</p>");
    }
    entries.sort_by_key(Entry::position);
    for entry in entries {
        html.raw("<section>");
        match entry {
            Entry::Review(posted) => review(repo, pull, posted, html),
            Entry::Comment(posted) => {
                html.raw("<h3>").text(&posted.author.login);
                html.raw(" commented</h3>").markdown(&posted.body);
            }
        }
        html.raw("</section>");
    }
}

fn review(repo: &Repository, pull: &Pull, posted: &PostedReview, html: &mut Html) {
    html.raw("<h3>").text(&posted.author.login).raw(" ");
    badge(html, review_badge(posted.state()));
    commit(html, pull, &posted.commit_id);
    html.raw("</h3>");
    if let Some(message) = &posted.dismissed {
        html.raw("<p>").text(message).raw("</p>");
    }
    html.markdown(&posted.body);
    let diff = (pull.base_sha.clone(), posted.commit_id.clone());
    let diff = repo.diffs.get(&diff);
    for comment in &posted.comments {
        let mut files = diff.into_iter().flat_map(|diff| diff.lines.files());
        let file = files.find(|(path, _)| *path == comment.path);
        let patch = file.map(|(_, file)| file.patch.as_str());
        line_comment(html, comment, patch.unwrap_or_default());
    }
}

fn line_comment(html: &mut Html, comment: &ReviewComment, patch: &str) {
    html.raw("<article><h4><code>").text(&comment.path);
    html.raw(":").text(comment.line).raw("</code></h4>");
    html.raw("<pre class=\"diff\">");
    for line in excerpt(patch, comment) {
        html.raw(match line.chars().next() {
            Some('+') => "<ins>",
            Some('-') => "<del>",
            Some(_) | None => "<span>",
        });
        html.text(line).raw(match line.chars().next() {
            Some('+') => "</ins>\n",
            Some('-') => "</del>\n",
            Some(_) | None => "</span>\n",
        });
    }
    html.raw("</pre>").markdown(&comment.body).raw("</article>");
}

/// Adds the short id of the commit.
fn commit(html: &mut Html, pull: &Pull, sha: &HeadSha) {
    html.raw(" <small>at <code>").text(sha.short());
    html.raw("</code>");
    if *sha != pull.head {
        html.raw(", not the head");
    }
    html.raw("</small>");
}

/// Class and text of a badge.
type Badge = (&'static str, &'static str);

fn badge(html: &mut Html, (class, text): Badge) {
    html.raw("<span class=\"badge ").raw(class).raw("\">");
    html.raw(text).raw("</span> ");
}

fn state_of(pull: &Pull) -> Badge {
    match (pull.open, pull.merged_at, pull.draft) {
        (false, Some(_), _) => ("quiet", "Merged"),
        (false, None, _) => ("bad", "Closed"),
        (true, _, true) => ("quiet", "Draft"),
        (true, _, false) => ("good", "Open"),
    }
}

fn review_badge(state: ReviewState) -> Badge {
    match state {
        ReviewState::Approved => ("good", "approved"),
        ReviewState::ChangesRequested => ("bad", "requested changes"),
        ReviewState::Commented => ("quiet", "commented"),
        ReviewState::Dismissed => ("quiet", "dismissed"),
        ReviewState::Other => ("quiet", "not submitted"),
    }
}

fn check_badge(check: &PostedCheck) -> Badge {
    match check.check.conclusion {
        None => ("quiet", "in progress"),
        Some(Conclusion::Success) => ("good", "success"),
        Some(Conclusion::Failure) => ("bad", "failure"),
        Some(Conclusion::Neutral) => ("quiet", "neutral"),
        Some(Conclusion::Cancelled) => ("quiet", "cancelled"),
    }
}

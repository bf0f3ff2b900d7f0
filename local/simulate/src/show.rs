//! Output of a simulation: coloured text for people (colours are removed if unsupported), JSON
//! Lines for programs.

mod json;
mod layout;
mod markdown;
mod page;
mod state;
mod style;
mod tree;

pub use json::json;

use crate::Run;
use layout::{Span, columns, wrap, write_line};
use std::fmt::Write;
use style::{BAD, QUIET, TITLE};

/// Form of the text.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Columns of the terminal.
    pub width: usize,
    /// `true` to show long texts in full, the events and the stored state.
    pub is_verbose: bool,
}

impl View {
    /// Returns the number of parts to omit if `most` of `all` are shown. The note about them takes
    /// the place of one.
    fn left_out(self, all: usize, most: usize) -> usize {
        match self.is_verbose || all <= most {
            true => 0,
            false => all - most + 1,
        }
    }
}

/// Renders the whole run as text.
pub fn text(run: &Run, view: View) -> String {
    let mut out = String::new();
    for page in &run.pages {
        page::show(&mut out, run, page, view);
    }
    if view.is_verbose {
        tree::show(&mut out, run);
        state::show(&mut out, run);
    }
    results(&mut out, run, view);
    let _ = writeln!(
        out,
        "{TITLE}{} events, {} reviews, {} failed{TITLE:#}",
        run.events(),
        run.reviews(),
        run.failed
    );
    let next = match (run.failed, view.is_verbose) {
        (_, true) => "git diff main | github-bot review -",
        (0, false) => "git diff main | github-bot review -  (details of this run: --simulate -v)",
        (_, false) => "github-bot --simulate -v  (the events and their failures)",
    };
    let _ = writeln!(out, "{QUIET}Next: {next}{QUIET:#}");
    out
}

/// Renders one line for each permanent failure, for each refused or repeated delivery, and for each
/// pull request.
fn results(out: &mut String, run: &Run, view: View) {
    for played in &run.played {
        for (event, function, reason) in played.failures() {
            let subject = event.subject.as_deref().unwrap_or_default();
            let reason = short_commits(reason);
            let text = format!("{function} failed permanently at {}: {reason}", event.topic);
            line(
                out,
                &[Span::new(subject, TITLE), Span::new(&text, BAD)],
                view,
            );
        }
        let answer = &played.answer;
        if !answer.status.is_success() {
            let text = format!("{} {}", answer.status.as_u16(), answer.message);
            line(
                out,
                &[Span::plain(&played.file), Span::new(&text, BAD)],
                view,
            );
        } else if played.is_repeated {
            let changes = match played.changes() {
                0 => "nothing changed".to_owned(),
                changes => format!("{changes} functions changed the state"),
            };
            let name = played
                .pr
                .as_ref()
                .map_or(String::new(), ToString::to_string);
            let text = format!("repeated delivery ({}): {changes}", played.file);
            line(
                out,
                &[Span::new(&name, TITLE), Span::new(&text, QUIET)],
                view,
            );
        }
    }
    let rows: Vec<_> = run.pages.iter().map(page::result).collect();
    let widest = |n: usize| {
        let cells = rows.iter().filter_map(|row| row.get(n));
        cells.map(|cell| columns(&cell.text)).max().unwrap_or(0)
    };
    for mut row in rows.clone() {
        for (n, cell) in row.iter_mut().enumerate().take(2) {
            let missing = widest(n) - columns(&cell.text);
            cell.text.push_str(&" ".repeat(missing + 2));
        }
        write_line(out, &[], &row);
    }
}

fn line(out: &mut String, parts: &[Span], view: View) {
    let mut spans = Vec::new();
    for part in parts {
        spans.extend([part.clone(), Span::plain(" ")]);
    }
    for line in wrap(&spans, view.width) {
        write_line(out, &[], &line);
    }
}

/// Shortens the commit ids in a text to 7 digits.
fn short_commits(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        match (digits.len(), part.split_at_checked(digits.len())) {
            (40, Some((id, after))) => {
                short.extend(id.chars().take(7));
                short.push_str(after);
            }
            (_, _) => short.push_str(part),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_commits() {
        let head = "7a10000000000000000000000000000000000001";
        for (text, short) in [
            (
                format!("check:a/b#7@{head}/logic"),
                "check:a/b#7@7a10000/logic",
            ),
            (format!("{head}...{head}"), "7a10000...7a10000"),
            (format!("{head}0 café"), &*format!("{head}0 café")),
            ("pr:acme/shop#7".to_owned(), "pr:acme/shop#7"),
        ] {
            assert_eq!(short_commits(&text), short);
        }
    }
}

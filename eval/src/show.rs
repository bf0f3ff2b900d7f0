//! Output of an evaluation: a table for people, JSON Lines for programs.

use super::{CaseResult, Defect, Evaluation, RecordingUse, Score, score};
use anstyle::{AnsiColor, Style};
use review::Finding;
use serde_json::{Value, json};
use std::fmt::Write;

const GOOD: Style = AnsiColor::Green.on_default();
const QUIET: Style = AnsiColor::BrightBlack.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

const COLUMNS: [&str; 12] = [
    "defects",
    "found",
    "any kind",
    "false",
    "twice",
    "precision",
    "recall",
    "F1",
    "false/clean",
    "per change",
    "tokens",
    "dollars",
];

/// Width of a ratio: `0.96`.
const RATIO: usize = 4;

/// Renders the table, followed by missed defects and false findings.
pub fn text(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    let all = &evaluation.together;
    let _ = writeln!(
        out,
        "{TITLE}Changes: {}, of them clean: {}, defects: {}{TITLE:#}\n",
        all.changes, all.clean_changes, all.defects
    );
    table(&mut out, evaluation);
    if let Some(replayed) = &evaluation.replayed {
        let (from, to) = replayed
            .recorded
            .map_or_else(Default::default, |(from, to)| {
                (format!(", recorded from {from:.0}"), format!(" to {to:.0}"))
            });
        let style = if replayed.unanswered() > 0 {
            BAD
        } else {
            QUIET
        };
        let _ = writeln!(
            out,
            "\nReplies of {}{from}{to}: {style}{replayed}{style:#}\n{}",
            replayed.model, replayed.about
        );
    }
    list(&mut out, BAD, "Failed", evaluation, |case, lines| {
        lines.extend(
            case.failures
                .iter()
                .map(|(name, why)| (name.clone(), why.clone())),
        );
    });
    list(&mut out, WARN, "Missed", evaluation, |case, lines| {
        lines.extend(case.missed().map(|defect| {
            let place = format!("{}:{} {}", defect.path, defect.first_line, defect.category);
            (place, defect.what.clone())
        }));
    });
    list(&mut out, WARN, "False", evaluation, |case, lines| {
        lines.extend(case.false_positives().map(|finding| {
            let place = format!("{} {}", finding.place(), finding.rule);
            let defects = score::mark(
                &case.defects,
                std::slice::from_ref(finding),
                score::Match::AnyCategory,
            );
            let near = defects
                .found
                .first()
                .and_then(|(defect, _)| case.defects.get(*defect));
            let told = near.map(|defect| format!("at a defect of {}", defect.category));
            (place, told.unwrap_or_default())
        }));
    });
    out
}

fn table(out: &mut String, evaluation: &Evaluation) {
    let rows = || {
        let reviewers = evaluation.reviewers.iter();
        reviewers
            .chain(&evaluation.kinds)
            .map(|(name, score)| (name.as_str(), score))
            .chain([("together", &evaluation.together)])
    };
    let width = rows().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or_default().max("reviewer".len());
    let _ = write!(out, "{QUIET}{:width$}", "reviewer");
    for column in COLUMNS {
        let _ = write!(out, "  {column:>0$}", column.len().max(RATIO));
    }
    let _ = writeln!(out, "{QUIET:#}");
    for (name, score) in rows() {
        let style = if name == "together" {
            TITLE
        } else {
            Style::new()
        };
        let _ = write!(out, "{style}{name:width$}{style:#}");
        for (column, cell) in COLUMNS.iter().zip(cells(score)) {
            let style = match *column {
                "found" => GOOD,
                "false" if score.false_positives > 0 => WARN,
                _ => style,
            };
            let _ = write!(out, "  {style}{cell:>0$}{style:#}", column.len().max(RATIO));
        }
        out.push('\n');
    }
}

fn cells(score: &Score) -> [String; COLUMNS.len()] {
    let ratio = |ratio: Option<f64>| ratio.map_or("–".to_owned(), |it| format!("{it:.2}"));
    [
        score.defects.to_string(),
        score.found.to_string(),
        score.any_category.to_string(),
        score.false_positives.to_string(),
        score.duplicates.to_string(),
        ratio(score.precision()),
        ratio(score.recall()),
        ratio(score.f1()),
        ratio(score.false_per_clean()),
        ratio(score.findings_per_change()),
        score.spent.tokens.to_string(),
        score.spent.price().map_or("–".to_owned(), dollars),
    ]
}

/// Formats dollars as `0.0042`, rounded to ten-thousandths.
fn dollars(micro: u64) -> String {
    format!("{}.{:04}", micro / 1_000_000, micro % 1_000_000 / 100)
}

/// Renders (place, text) lines under the names of their cases. Renders nothing without lines.
fn list(
    out: &mut String,
    style: Style,
    title: &str,
    evaluation: &Evaluation,
    of: impl Fn(&CaseResult, &mut Vec<(String, String)>),
) {
    let mut begun = false;
    for case in &evaluation.cases {
        let mut lines = Vec::new();
        of(case, &mut lines);
        if lines.is_empty() {
            continue;
        }
        if !begun {
            let _ = writeln!(out, "\n{style}{title}{style:#}");
            begun = true;
        }
        let _ = writeln!(out, "  {}", case.name);
        for (place, what) in lines {
            let what = if what.is_empty() {
                what
            } else {
                format!("  {QUIET}{what}{QUIET:#}")
            };
            let _ = writeln!(out, "    {place}{what}");
        }
    }
}

/// Renders one JSON line per case and a last line with the scores.
pub fn json(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    for case in &evaluation.cases {
        let failed = |(name, why): &(String, String)| json!({"reviewer": name, "why": why});
        let found = |(defect, finding): (&Defect, &Finding)| {
            json!({
                "path": finding.path,
                "line": finding.line,
                "rule": finding.rule,
                "category": finding.category,
                "what": defect.what,
            })
        };
        let line = json!({
            "case": case.name,
            "language": case.language,
            "score": score_json(&case.score),
            "found": case.found().map(found).collect::<Vec<_>>(),
            "missed": case.missed().collect::<Vec<_>>(),
            "false": case.false_positives().collect::<Vec<_>>(),
            "failures": case.failures.iter().map(failed).collect::<Vec<_>>(),
        });
        let _ = writeln!(out, "{line}");
    }
    let reviewer = |(name, score): &(String, Score)| {
        let mut value = score_json(score);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("reviewer".to_owned(), json!(name));
        }
        value
    };
    let replayed = |it: &RecordingUse| {
        json!({
            "model": it.model,
            "about": it.about,
            "recorded": it.recorded,
            "given": it.given,
            "missing": it.missing,
            "changed": it.changed,
            "unasked": it.unasked,
        })
    };
    let summary = json!({"evaluated": {
        "reviewers": evaluation.reviewers.iter().map(reviewer).collect::<Vec<_>>(),
        "kinds": evaluation.kinds.iter().map(reviewer).collect::<Vec<_>>(),
        "together": score_json(&evaluation.together),
        "replies": evaluation.replayed.as_ref().map(replayed),
    }});
    let _ = writeln!(out, "{summary}");
    out
}

/// Renders counts unchanged and ratios with four decimals. A missing ratio is null.
fn score_json(score: &Score) -> Value {
    let ratio = |ratio: Option<f64>| ratio.map(|it| (it * 10_000.0).round() / 10_000.0);
    json!({
        "changes": score.changes,
        "clean_changes": score.clean_changes,
        "defects": score.defects,
        "found": score.found,
        "any_category": score.any_category,
        "findings": score.findings,
        "false_positives": score.false_positives,
        "duplicates": score.duplicates,
        "precision": ratio(score.precision()),
        "recall": ratio(score.recall()),
        "f1": ratio(score.f1()),
        "false_per_clean_change": ratio(score.false_per_clean()),
        "findings_per_change": ratio(score.findings_per_change()),
        "tokens": score.spent.tokens,
        "micro_dollars": score.spent.price(),
        "failed": score.spent.failed,
    })
}

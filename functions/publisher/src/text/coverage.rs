//! Coverage of a review: the readers of each file, the unread files, and the cost.

use super::counted;
use super::markdown::{code, plain};
use review::item::{CheckReport, Reader};
use review::rules::RULES;
use review::{Category, Usage};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Returns the last part of a review's body.
pub(super) fn coverage(
    reports: &BTreeMap<Category, CheckReport>,
    second_look: Option<&Usage>,
) -> String {
    let mut text = String::new();
    for (category, report) in reports {
        let read = read(&report.readers);
        let _ = writeln!(text, "- {category}: {read}{}", not_kept(report.not_kept));
        for reader in &report.readers {
            for note in &reader.notes {
                let _ = writeln!(text, "  - {}: {}", code(&reader.name), plain(note));
            }
        }
    }
    text += &left_out(reports);
    let readers = || reports.values().flat_map(|report| &report.readers);
    if readers().next().is_some() && readers().all(|reader| reader.name == RULES) {
        text += "\n<sub>Reviewed by rules alone, without a model.</sub>\n";
    }
    for cost in cost(readers(), second_look) {
        let _ = writeln!(text, "\n<sub>{cost}</sub>");
    }
    text
}

/// Returns `2 files read by rules, 1 by kimi`.
pub(super) fn read(readers: &[Reader]) -> String {
    let each: Vec<_> = readers
        .iter()
        .enumerate()
        .map(|(n, reader)| match (n, reader.coverage.files_read) {
            (0, count) => format!(
                "{} read by {}",
                counted(count as usize, "file"),
                reader.name
            ),
            (_, count) => format!("{count} by {}", code(&reader.name)),
        })
        .collect();
    each.join(", ")
}

/// Returns the unread files, each with the reason, and with the reader's name if other readers read
/// it.
pub(super) fn left_out(reports: &BTreeMap<Category, CheckReport>) -> String {
    let mut by: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    let mut everybody = BTreeSet::new();
    for reader in reports.values().flat_map(|report| &report.readers) {
        everybody.insert(reader.name.as_str());
        for file in &reader.coverage.left_out {
            by.entry(file).or_default().insert(reader.name.as_str());
        }
    }
    let mut text = String::new();
    for (file, names) in by {
        let who = if names == everybody {
            String::new()
        } else {
            let names: Vec<_> = names.into_iter().map(code).collect();
            format!(" by {}", names.join(" and "))
        };
        let (path, why) = (code(&file.path), file.why);
        let _ = writeln!(text, "- not read{who}: {path} ({why})");
    }
    text
}

/// Returns `kimi: 12345 tokens, 400 of them cached, $0.0120` for each model. The second look uses
/// the same model.
pub(super) fn cost<'a>(
    readers: impl Iterator<Item = &'a Reader>,
    second_look: Option<&Usage>,
) -> Vec<String> {
    let mut models: BTreeMap<&str, Usage> = BTreeMap::new();
    for reader in readers {
        if let Some(usage) = &reader.usage {
            let sum = models.get(reader.name.as_str());
            let sum = sum.map_or_else(|| usage.clone(), |sum| sum.plus(usage));
            models.insert(&reader.name, sum);
        }
    }
    if let Some(usage) = second_look {
        match models.values_mut().next() {
            Some(sum) => *sum = sum.plus(usage),
            None => drop(models.insert("second look", usage.clone())),
        }
    }
    let one = |(name, usage): (&str, Usage)| {
        let tokens = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        let price = usage.micro_dollars.map(|millionths| {
            let (dollars, rest) = (millionths / 1_000_000, millionths % 1_000_000 / 100);
            format!(", ${dollars}.{rest:04}")
        });
        format!(
            "{}: {tokens} tokens, {} of them cached{}",
            code(name),
            usage.cached_tokens,
            price.unwrap_or_default()
        )
    };
    models.into_iter().map(one).collect()
}

pub(super) fn not_kept(count: u32) -> String {
    match count {
        0 => String::new(),
        count => format!(" ({count} more findings not listed)"),
    }
}

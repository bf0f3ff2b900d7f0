//! Selects the part of a diff to review: the files that the policy includes, and the hunks that
//! changed since the last review.

use crate::{Diff, FileDiff, Hunk, Line, OmissionReason, Side};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

impl Diff {
    /// Keeps the files whose path satisfies `wants`. The others are left out as
    /// [`OmissionReason::Excluded`].
    #[must_use]
    pub fn narrowed_to(mut self, wants: impl Fn(&str) -> bool) -> Self {
        let (wanted, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.files)
            .into_iter()
            .partition(|file| wants(&file.path));
        self.files = wanted;
        for file in others {
            self.leave_out(&file.path, OmissionReason::Excluded);
        }
        self
    }

    /// Returns the hunks of this diff that `since` touches; both diffs lead to the same new tree. A
    /// hunk is touched if its new lines overlap a hunk of `since` in that file. Files that `since`
    /// left out, renamed or copied are touched as a whole. If `since` left out files without naming
    /// them, everything is touched.
    ///
    /// Hunks that are in `since` only belong to other changes, as after a merge of the base branch.
    /// Files that are not touched are not left out: an earlier review has read them. The time is
    /// that of sorting the hunks.
    ///
    /// ```
    /// let all = diff::parse(
    ///     "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n@@ -50 +50 @@\n-c\n+d\n",
    /// );
    /// let since =
    ///     diff::parse("diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -50 +50 @@\n-x\n+d\n");
    /// let touched = all.touched_by(&since);
    /// assert!(touched.has_line("a", 50) && !touched.has_line("a", 1));
    /// ```
    #[must_use]
    pub fn touched_by(&self, since: &Self) -> Self {
        let touched = TouchedPlaces::by(since, self);
        let files = self.files.iter().filter_map(|file| touched.of(file));
        Self {
            files: files.collect(),
            left_out: self.left_out.clone(),
        }
    }

    /// Returns whether `lines` on a side of the file at `path` may be new in this diff: it adds one
    /// of them, or it left the file out. The number of a removed line is not compared: such a line
    /// counts as new if the diff changes the file at all.
    pub fn may_be_new(&self, path: &str, lines: &RangeInclusive<u32>, side: Side) -> bool {
        let is_new = |file: &FileDiff| {
            let mut added = file.added_lines();
            !side.is_right() || added.any(|(number, _)| lines.contains(&number))
        };
        self.left_out.iter().any(|left_out| left_out.path == path)
            || self
                .files
                .iter()
                .any(|file| file.path == path && is_new(file))
    }
}

/// Places that a diff touches.
struct TouchedPlaces<'a> {
    everything: bool,
    /// Files that count as touched as a whole.
    whole: BTreeSet<&'a str>,
    /// Touched lines of the other files: disjoint and sorted.
    places: BTreeMap<&'a str, Vec<RangeInclusive<u32>>>,
}

impl<'a> TouchedPlaces<'a> {
    fn by(since: &'a Diff, all: &Diff) -> Self {
        let known: BTreeSet<&str> = all.files.iter().map(|file| file.path.as_str()).collect();
        let mut touched = Self {
            everything: false,
            whole: BTreeSet::new(),
            places: BTreeMap::new(),
        };
        for left_out in &since.left_out {
            touched.everything |= left_out.is_nameless()
                || left_out.why == OmissionReason::Malformed && !known.contains(&*left_out.path);
            touched.whole.insert(&left_out.path);
        }
        for file in &since.files {
            let places = touched.places.entry(&file.path).or_default();
            places.extend(file.hunks.iter().filter_map(Hunk::new_lines));
            // A hunk without new lines has no known place.
            if file.old_path.is_some() || file.hunks.iter().any(|hunk| hunk.new_lines().is_none()) {
                touched.whole.insert(&file.path);
            }
        }
        for places in touched.places.values_mut() {
            *places = disjoint(std::mem::take(places));
        }
        touched
    }

    /// Returns the touched part of `file`, if there is one.
    fn of(&self, file: &FileDiff) -> Option<FileDiff> {
        if self.everything || self.whole.contains(&*file.path) {
            return Some(file.clone());
        }
        let places = self.places.get(&*file.path)?;
        if file.hunks.is_empty() {
            return Some(file.clone());
        }
        let hunks: Vec<_> = file
            .hunks
            .iter()
            .filter(|hunk| meets(places, hunk))
            .collect();
        (!hunks.is_empty()).then(|| FileDiff {
            path: file.path.clone(),
            old_path: file.old_path.clone(),
            change: file.change,
            hunks: hunks.into_iter().cloned().collect(),
        })
    }
}

/// Returns whether a new line of `hunk` is in one of `places`. A hunk without new lines may be
/// anywhere.
fn meets(places: &[RangeInclusive<u32>], hunk: &Hunk) -> bool {
    let Some(lines) = hunk.new_lines() else {
        return true;
    };
    let first = places.partition_point(|place| place.end() < lines.start());
    places
        .get(first)
        .is_some_and(|place| place.start() <= lines.end())
}

/// Merges `places` into sorted ranges that do not overlap.
fn disjoint(mut places: Vec<RangeInclusive<u32>>) -> Vec<RangeInclusive<u32>> {
    places.sort_by_key(|place| *place.start());
    let mut disjoint: Vec<RangeInclusive<u32>> = Vec::new();
    for place in places {
        match disjoint.last_mut() {
            Some(last) if place.start() <= last.end() => {
                *last = *last.start()..=*last.end().max(place.end());
            }
            Some(_) | None => disjoint.push(place),
        }
    }
    disjoint
}

impl Hunk {
    /// Returns the range from the first to the last line in the new file; it has no gap.
    pub(crate) fn new_lines(&self) -> Option<RangeInclusive<u32>> {
        let number = |line: &Line| line.new_number;
        let first = self.lines.iter().find_map(number)?;
        let last = self.lines.iter().rev().find_map(number)?;
        Some(first..=last)
    }
}

#[cfg(test)]
mod tests;

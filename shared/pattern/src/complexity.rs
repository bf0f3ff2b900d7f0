//! Computes rule complexity: the number of wildcard prefixes that one value can match at once. A
//! rule above the limit fails with `Rule is too complex`.
//!
//! Event Ruler defines complexity like this (its README: "complexity",
//! `MachineComplexityEvaluator`): the largest number of prefixes of a field's wildcards that any
//! single value matches. `*a*a` has four, and `"aa` matches each: `"*`, `"*a`, `"*a*` and `"*a*a`.
//! Quotes count as characters. The wildcards of one `anything-but` share their common prefixes.
//!
//! AWS does not document the limit. 10 is the per-rule maximum in Event Ruler's tests, and it
//! agrees with observed results: AWS refuses `*:*:*:*:*:event-bus/*` (11), accepts
//! `/Users/*/dir/dir/dir/dir/dir/doc.txt` (7), and accepts three (9) but not four (12) of
//! `*:stack/NAME/*`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::compile::CompiledPattern;
use crate::error::InvalidPattern;
use crate::glob::{Glob, Token};

/// The largest accepted complexity.
const MAX_COMPLEXITY: usize = 10;

/// The search stops after this many prefix sets, and the pattern counts as too complex.
const MAX_SETS: usize = 20_000;

/// Refuses a pattern if the wildcards of one path are too complex together.
pub(crate) fn check(compiled: &CompiledPattern) -> Result<(), InvalidPattern> {
    let mut by_path: BTreeMap<&str, BTreeSet<Vec<&[Token]>>> = BTreeMap::new();
    for field in compiled.fields_in_use() {
        for entry in &field.matchers {
            let globs = entry.globs();
            if !globs.is_empty() {
                let tokens = globs.iter().map(Glob::tokens).collect();
                by_path.entry(&field.path).or_default().insert(tokens);
            }
        }
    }
    let mut sets_left = MAX_SETS;
    for globs in by_path.values() {
        let mut beginnings = PrefixTree::default();
        for together in globs {
            beginnings.add(together);
        }
        if beginnings
            .most_at_once(MAX_COMPLEXITY, &mut sets_left)
            .is_none()
        {
            return Err(InvalidPattern::new(
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character",
            ));
        }
    }
    Ok(())
}

/// The prefixes of all wildcards of a path, as a tree: each child adds one token to its parent.
#[derive(Debug, Default)]
struct PrefixTree {
    tree: Vec<PrefixNode>,
    roots: BTreeSet<usize>,
}

#[derive(Debug, Default)]
struct PrefixNode {
    longer: BTreeMap<u8, usize>,
    /// The same prefix followed by a star: a value that matches this one matches that one too.
    starred: Option<usize>,
    /// Set if the prefix ends in a star: once matched, it stays matched.
    stays: bool,
}

impl PrefixTree {
    /// Adds wildcards that are weighed together: a shared prefix counts once.
    fn add(&mut self, globs: &[&[Token]]) {
        let root = self.push(false);
        self.roots.insert(root);
        let end = self.push(false);
        for tokens in globs {
            let mut at = self.below(root, Token::Byte(b'"'));
            for &token in *tokens {
                at = self.below(at, token);
            }
            // The closing quote ends the match; all wildcards share this one ending.
            if let Some(beginning) = self.tree.get_mut(at) {
                beginning.longer.insert(b'"', end);
            }
        }
    }

    fn push(&mut self, stays: bool) -> usize {
        self.tree.push(PrefixNode {
            stays,
            ..PrefixNode::default()
        });
        self.tree.len() - 1
    }

    fn below(&mut self, at: usize, token: Token) -> usize {
        let known = self.tree.get(at).and_then(|beginning| match token {
            Token::Byte(byte) => beginning.longer.get(&byte).copied(),
            Token::Star => beginning.starred,
        });
        if let Some(known) = known {
            return known;
        }
        let next = self.push(token == Token::Star);
        if let Some(beginning) = self.tree.get_mut(at) {
            match token {
                Token::Byte(byte) => {
                    beginning.longer.insert(byte, next);
                }
                Token::Star => beginning.starred = Some(next),
            }
        }
        next
    }

    /// Returns the largest number of prefixes that one value matches, or `None` if it exceeds
    /// `limit` or if the search would need more than `sets_left` sets.
    ///
    /// Explores all values at once, as the sets of prefixes that they match. Skips bytes that no
    /// prefix expects, because they only shrink the set.
    fn most_at_once(&self, limit: usize, sets_left: &mut usize) -> Option<usize> {
        let mut most = 0;
        let mut seen: HashSet<BTreeSet<usize>> = HashSet::new();
        let mut waiting = vec![self.roots.clone()];
        while let Some(fitted) = waiting.pop() {
            let bytes: BTreeSet<u8> = fitted
                .iter()
                .filter_map(|&at| self.tree.get(at))
                .flat_map(|beginning| beginning.longer.keys().copied())
                .collect();
            for byte in bytes {
                let next = self.read(byte, &fitted);
                if next.len() > limit {
                    return None;
                }
                most = most.max(next.len());
                if seen.insert(next.clone()) {
                    *sets_left = sets_left.checked_sub(1)?;
                    waiting.push(next);
                }
            }
        }
        Some(most)
    }

    fn read(&self, byte: u8, fitted: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut next = BTreeSet::new();
        for &at in fitted {
            let Some(beginning) = self.tree.get(at) else {
                continue;
            };
            if beginning.stays {
                next.insert(at);
            }
            if let Some(&longer) = beginning.longer.get(&byte) {
                next.insert(longer);
                next.extend(self.tree.get(longer).and_then(|longer| longer.starred));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complexity(together: &[&[&str]]) -> usize {
        let mut beginnings = PrefixTree::default();
        for globs in together {
            let globs: Vec<Glob> = globs
                .iter()
                .map(|glob| Glob::parse(glob).unwrap())
                .collect();
            let tokens: Vec<&[Token]> = globs.iter().map(Glob::tokens).collect();
            beginnings.add(&tokens);
        }
        beginnings.most_at_once(1_000, &mut 1_000).unwrap()
    }

    #[test]
    fn counts_prefixes_matched_by_one_value() {
        let table: &[(&str, &[&[&str]], usize)] = &[
            ("no star: one beginning at a time", &[&["abc"]], 1),
            ("a star, and what follows it", &[&["a*bc"]], 2),
            ("a repeated character after a star", &[&["a*bbb"]], 4),
            (
                "a repeated sequence after a star",
                &[&["*/dir/dir/dir/x"]],
                5,
            ),
            ("star after star", &[&["*a*a*a*"]], 7),
            (
                "recorded from AWS: taken",
                &[&["/Users/*/dir/dir/dir/dir/dir/doc.txt"]],
                7,
            ),
            (
                "recorded from AWS: taken",
                &[&["arn:aws:events:us-east-1:*:event-bus/*"]],
                3,
            ),
            (
                "recorded from AWS: refused",
                &[&["*:*:*:*:*:event-bus/*"]],
                11,
            ),
            (
                "two that begin alike count twice",
                &[&["*abc"], &["*abcde"]],
                4,
            ),
            ("two that begin differently", &[&["ab*c"], &["x*xx"]], 3),
            (
                "together in anything-but they count once",
                &[&["*abc", "*abcde"]],
                2,
            ),
            (
                "an ending counts once in anything-but",
                &[&["*ab", "*cb"]],
                2,
            ),
            ("each with two stars", &[&["*ab*"], &["*cd*"], &["*ef*"]], 9),
        ];
        for (why, globs, expected) in table {
            assert_eq!(complexity(globs), *expected, "{why}: {globs:?}");
        }
    }

    #[test]
    fn weighing_worst_patterns_terminates() {
        let many: Vec<String> = (b'a'..=b'z')
            .map(|letter| format!("x{0}*{0}y*z{0}", char::from(letter)))
            .collect();
        let mut beginnings = PrefixTree::default();
        for glob in &many {
            let glob = Glob::parse(glob).unwrap();
            beginnings.add(&[glob.tokens()]);
        }
        assert_eq!(
            beginnings.most_at_once(10, &mut 1_000),
            None,
            "26 wildcards wait for one value"
        );

        let long = format!("*{}*", "ab".repeat(2_000));
        let mut beginnings = PrefixTree::default();
        beginnings.add(&[Glob::parse(&long).unwrap().tokens()]);
        assert_eq!(
            beginnings.most_at_once(10, &mut 1_000),
            None,
            "each ab may begin the sequence anew"
        );
    }
}

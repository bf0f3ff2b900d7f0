//! Matches one path pattern without braces by an automaton whose states are the bits of one number
//! ("Shift-And", Baeza-Yates and Gonnet). It reads each character of a path once, whatever the
//! pattern.

use crate::InvalidGlob;

/// Automaton in which state `i` means that all tokens before the pattern's `i`th token are matched.
#[derive(Debug, Clone, Default)]
pub(crate) struct Automaton {
    /// States that each character of the pattern advances, sorted by character.
    on: Vec<(char, u128)>,
    /// States that any character of a name advances: `?`.
    any: u128,
    /// States that remain active on any character of a name: `*`.
    stays: u128,
    /// States that remain active on any character and advance without one: `**/` can match nothing.
    folders: u128,
    /// Number of the last state.
    end: u32,
}

impl Automaton {
    /// Builds the automaton from the names of the folders, `**` among them, and of the file.
    pub(crate) fn new(parts: &[String]) -> Result<Self, InvalidGlob> {
        let mut made = Self::default();
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            if part == "**" {
                made.folders |= made.bit()?;
                made.leads_on('/')?;
                continue;
            }
            for c in part.chars() {
                match c {
                    '*' => made.stays |= made.bit()?,
                    '?' => {
                        made.any |= made.bit()?;
                        made.end += 1;
                    }
                    c => made.leads_on(c)?,
                }
            }
            if parts.peek().is_some() {
                made.leads_on('/')?;
            }
        }
        made.bit()?;
        Ok(made)
    }

    fn bit(&self) -> Result<u128, InvalidGlob> {
        1_u128.checked_shl(self.end).ok_or(InvalidGlob::TooLong)
    }

    fn leads_on(&mut self, c: char) -> Result<(), InvalidGlob> {
        let bit = self.bit()?;
        match self.on.binary_search_by_key(&c, |(known, _)| *known) {
            Ok(at) => self.on.get_mut(at).into_iter().for_each(|on| on.1 |= bit),
            Err(at) => self.on.insert(at, (c, bit)),
        }
        self.end += 1;
        Ok(())
    }

    fn on(&self, c: char) -> u128 {
        let found = self.on.binary_search_by_key(&c, |(known, _)| *known);
        let on = found.ok().and_then(|at| self.on.get(at));
        on.map_or(0, |(_, states)| *states)
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        let past_folders = |states: u128| states | (states & self.folders) << 1;
        let mut states = past_folders(1);
        for c in path.chars() {
            let in_name = if c == '/' { 0 } else { u128::MAX };
            let on = (states & (self.on(c) | self.any & in_name)) << 1;
            let stay = states & (self.folders | self.stays & in_name);
            states = past_folders(on) | stay;
            if states == 0 {
                return false;
            }
        }
        states >> self.end & 1 == 1
    }
}

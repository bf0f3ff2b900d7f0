//! Hand-written part of the template: its parameters and the lines of its names.

use std::ops::RangeInclusive;

/// Path of the hand-written part.
pub const PATH: &str = "infra/base.yaml";
/// Beginning of a comment that `wire` replaces by generated text.
pub const MARK: &str = "# wire: ";

/// Returns the name of the generated text that replaces a line.
pub fn mark(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix(MARK)
}

/// Text of `infra/base.yaml`.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a>(pub &'a str);

impl<'a> Base<'a> {
    /// Returns the lines of a section such as `Parameters`, with their numbers from 1.
    fn section(self, name: &str) -> impl Iterator<Item = (usize, &'a str)> {
        let heading = format!("{name}:");
        let is_heading = |line: &str| line.starts_with(|it: char| it.is_ascii_alphabetic());
        let lines = self.0.lines().enumerate();
        let lines = lines.map(|(number, line)| (number + 1, line));
        lines
            .skip_while(move |(_, line)| *line != heading)
            .skip(1)
            .take_while(move |(_, line)| !is_heading(line))
    }

    /// Returns the names in a section, with their lines.
    pub fn names(self, section: &str) -> Vec<(&'a str, usize)> {
        let names = self.section(section).filter_map(|(number, line)| {
            let name = line.strip_prefix("  ")?.strip_suffix(':')?;
            let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric());
            is_name.then_some((name, number))
        });
        names.collect()
    }

    /// Returns a parameter.
    pub fn parameter(self, name: &str) -> Option<Parameter<'a>> {
        let (line, lines) = self.block("Parameters", name)?;
        Some(Parameter { line, lines })
    }

    /// Returns the type of a resource.
    pub fn resource_type(self, name: &str) -> Option<&'a str> {
        let (_, lines) = self.block("Resources", name)?;
        property(&lines, "Type")
    }

    /// Returns the variables of all functions, as lines without indentation.
    pub fn variables(self) -> String {
        let lines = self.section("Globals").map(|(_, line)| line);
        let mut lines = lines.skip_while(|line| line.trim() != "Variables:");
        let indentation = |line: &str| line.len() - line.trim_start().len();
        let Some(heading) = lines.next().map(indentation) else {
            return String::new();
        };
        let lines = lines.take_while(|line| indentation(line) > heading);
        lines
            .filter_map(|line| line.get(heading + 2..))
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// Returns the line of a name in a section, and the lines below it.
    fn block(self, section: &str, name: &str) -> Option<(usize, Vec<&'a str>)> {
        let heading = format!("  {name}:");
        let mut lines = self.section(section);
        let (number, _) = lines.find(|(_, line)| *line == heading)?;
        let lines = lines.map(|(_, line)| line);
        let lines = lines.take_while(|line| line.starts_with("   "));
        Some((number, lines.collect()))
    }
}

/// Parameter of the base file.
#[derive(Debug, Clone)]
pub struct Parameter<'a> {
    /// Line of its name, from 1.
    pub line: usize,
    /// Lines of its properties.
    pub lines: Vec<&'a str>,
}

impl<'a> Parameter<'a> {
    /// Returns the value of a property in its line.
    pub fn property(&self, name: &str) -> Option<&'a str> {
        property(&self.lines, name)
    }

    /// Returns the values of `AllowedValues`, in one line or one below the other.
    pub fn allowed(&self) -> Vec<&'a str> {
        let unquoted = |it: &'a str| it.trim().trim_matches(['"', '\'']);
        if let Some(list) = self.property("AllowedValues") {
            // A value may have a comma in quotes.
            let list = list.trim_start_matches('[').trim_end_matches(']');
            let (mut values, mut is_quoted, mut start) = (Vec::new(), false, 0);
            for (at, letter) in list.char_indices() {
                is_quoted ^= letter == '"';
                if letter == ',' && !is_quoted {
                    values.extend(list.get(start..at));
                    start = at + 1;
                }
            }
            values.extend(list.get(start..));
            return values.into_iter().map(unquoted).collect();
        }
        let lines = self.lines.iter();
        let mut lines = lines.skip_while(|line| line.trim() != "AllowedValues:");
        lines.next();
        let items = lines.map_while(|line| line.trim().strip_prefix("- "));
        items.map(unquoted).collect()
    }

    /// Returns the range of a number: that of `AllowedValues`, or `MinValue` to `MaxValue`.
    pub fn range(&self) -> Option<RangeInclusive<i64>> {
        let allowed = self.allowed();
        if allowed.is_empty() {
            let limit = |name| self.property(name)?.parse().ok();
            return Some(limit("MinValue")?..=limit("MaxValue")?);
        }
        let numbers: Result<Vec<i64>, _> = allowed.into_iter().map(str::parse).collect();
        let numbers = numbers.ok()?;
        Some(*numbers.iter().min()?..=*numbers.iter().max()?)
    }

    /// Returns the most bytes of a value, or none without a limit.
    pub fn longest(&self) -> Option<usize> {
        let allowed = self.allowed();
        if !allowed.is_empty() {
            return allowed.into_iter().map(str::len).max();
        }
        if self.property("Type") == Some("Number") {
            let range = self.range()?;
            let ends = [range.start(), range.end()];
            return ends.into_iter().map(|it| it.to_string().len()).max();
        }
        // A letter is a byte if the pattern allows ASCII alone.
        let is_ascii = self.property("AllowedPattern").is_some_and(is_ascii);
        let length = self.property("MaxLength").filter(|_| is_ascii)?;
        length.parse().ok()
    }
}

fn property<'a>(lines: &[&'a str], name: &str) -> Option<&'a str> {
    let value = lines.iter().find_map(|line| {
        let line = line.strip_prefix("    ")?;
        line.strip_prefix(name)?.strip_prefix(": ")
    });
    value.map(|it| it.trim().trim_matches('"'))
}

/// Returns whether a regular expression matches ASCII alone: it has no `.` outside of brackets, no
/// negated brackets and no negated class.
fn is_ascii(pattern: &str) -> bool {
    let (mut is_class, mut letters) = (false, pattern.chars().peekable());
    while let Some(letter) = letters.next() {
        match (letter, is_class) {
            ('\\', _) => {
                if let Some('D' | 'S' | 'W' | 'P' | 'p' | 'u' | 'x') = letters.next() {
                    return false;
                }
            }
            ('[', false) => {
                is_class = true;
                if letters.peek() == Some(&'^') {
                    return false;
                }
            }
            (']', true) => is_class = false,
            ('.', false) => return false,
            (other, _) if !other.is_ascii() => return false,
            (_, _) => {}
        }
    }
    true
}

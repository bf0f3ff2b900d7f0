//! Hand-written part of the template: its parameters and the lines of its names.

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

    /// Returns the lines of a parameter.
    pub fn parameter(self, name: &str) -> Option<Vec<&'a str>> {
        let heading = format!("  {name}:");
        let mut lines = self.section("Parameters").map(|(_, line)| line);
        lines.find(|line| *line == heading)?;
        Some(lines.take_while(|line| line.starts_with("   ")).collect())
    }
}

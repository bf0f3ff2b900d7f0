//! Includes source files in the documentation.

use crate::manifest::Problem;
use std::fs;
use std::path::Path;

/// Pages that include files. A line `<!-- include PATH -->` begins an inclusion, `<!-- end of
/// include -->` ends it.
pub const PAGES: [&str; 2] = ["README.md", "docs/adding.md"];

const BEGIN: &str = "<!-- include ";
const END: &str = "<!-- end of include -->";

/// Returns the page's text with the included files in their present form.
///
/// # Errors
/// The file that cannot be read, or the end that is missing.
pub fn page(root: &Path, page: &str, text: &str) -> Result<String, Problem> {
    let (mut out, mut included) = (String::new(), None);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with(END) {
            included = None;
        }
        if included.is_none() {
            out += line;
        }
        let begin = line.trim_end().strip_prefix(BEGIN);
        if let Some(path) = begin.and_then(|it| it.strip_suffix(" -->")) {
            let file = fs::read_to_string(root.join(path));
            let file =
                file.map_err(|error| Problem::new(page, number + 1, format!("{path}: {error}")))?;
            let language = if path.ends_with(".rs") {
                "rust"
            } else {
                "toml"
            };
            out += &format!("```{language}\n{file}```\n");
            included = Some(number + 1);
        }
    }
    match included {
        None => Ok(out),
        Some(line) => Err(Problem::new(page, line, format!("{END} is missing"))),
    }
}

//! Generates the sample event of each function for the cold-start bench.

use crate::manifest::Function;

/// Path of the generated file.
pub const PATH: &str = "bench/cold-start/src/samples.rs";

/// Returns the module that maps each function to its sample below `events/`.
pub fn samples(functions: &[Function]) -> String {
    let arms: String = functions
        .iter()
        .map(|function| format!("        {:?} => {:?},\n", function.name, function.sample))
        .collect();
    format!(
        "//! Generated from functions/*/function.toml by `cargo xtask wire`.\n\n\
         /// Returns the path of a function's sample event below `events/`.\n\
         pub(crate) fn sample(function: &str) -> Option<&'static str> {{\n    \
         Some(match function {{\n{arms}        _ => return None,\n    }})\n}}\n"
    )
}

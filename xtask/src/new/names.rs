//! Names that a new agent can have.

use super::scaffold::{HANDLER, SOURCE};
use crate::manifest::is_name;
use crate::naming::pascal;
use crate::{crate_name, lock};
use std::path::Path;

/// Types that the scaffold uses beside those in its text.
const TYPES: [&str; 15] = [
    "Box",
    "Clock",
    "Clone",
    "Debug",
    "Emit",
    "Entropy",
    "Err",
    "Event",
    "Fn",
    "Handler",
    "HandlerError",
    "NewEvent",
    "Ok",
    "Outcome",
    "Pin",
];

/// Returns why an agent cannot have this name.
pub(super) fn check(root: &Path, name: &str) -> Result<(), String> {
    if is_name(name) && root.join("functions").join(name).exists() {
        return Err(format!("functions/{name} exists"));
    }
    if let Some(reason) = crate_name::refused(name, &lock::packages(root)?) {
        return Err(reason);
    }
    let (kind, is_code) = (pascal(name), |line: &&str| !line.contains("//"));
    let code = HANDLER.lines().chain(SOURCE.lines()).filter(is_code);
    let mut words = code.flat_map(|line| line.split(|it: char| !it.is_alphanumeric()));
    if TYPES.contains(&kind.as_str()) || words.any(|word| word == kind) {
        return Err(format!("the code of the agent uses another type {kind}"));
    }
    Ok(())
}

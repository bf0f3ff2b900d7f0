//! The parser of `sam deploy --parameter-overrides`, from the AWS SAM CLI itself.

use crate::python::{self, Requirements};
use crate::target;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

const REQUIREMENTS: Requirements = Requirements {
    file: "tests/sam-requirements.txt",
    text: include_str!("../sam-requirements.txt"),
    // The parser needs a few of the CLI's many dependencies.
    options: &["--no-deps"],
};

/// Reads a shell command, and prints the parameters as JSON.
const PARSE: &str = r#"
import json, shlex, sys
from samcli.cli.types import CfnParameterOverridesType
words = shlex.split(sys.stdin.read(), comments=True)
values = words[words.index("--parameter-overrides") + 1 :]
end = next((i for i, word in enumerate(values) if word.startswith("--")), len(values))
json.dump(CfnParameterOverridesType().convert(tuple(values[:end]), None, None), sys.stdout)
"#;

/// Returns the parameters that `sam` reads from a shell command with
/// `--parameter-overrides`, or the last line of its error.
///
/// # Panics
/// Panics if Python or a package is missing; the message has instructions.
pub fn parameters(command: &str) -> Result<BTreeMap<String, String>, String> {
    let python = python::with(&REQUIREMENTS, &target::directory().join("sam"));
    let mut parser = Command::new(python)
        .args(["-c", PARSE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = parser.stdin.take().expect("a pipe");
    stdin
        .write_all(command.as_bytes())
        .expect("Python reads its input");
    drop(stdin);
    let output = parser.wait_with_output().expect("Python ends");
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    } else {
        let error = String::from_utf8_lossy(&output.stderr);
        Err(error.lines().last().unwrap_or_default().to_owned())
    }
}

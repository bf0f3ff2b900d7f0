//! Tasks of this repository: `cargo xtask wire` generates the wiring from the manifests.

use clap::{Parser, Subcommand};
use std::path::Path;
use std::process::ExitCode;
use xtask::wire::{self, Written};

/// Tasks of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generates the template, the bench's samples and the tables from functions/*/function.toml
    Wire {
        /// Fails when a generated file is stale, and writes nothing
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Task::Wire { check } = Cli::parse().task;
    let outputs = match wire::generate(&root) {
        Ok(outputs) => outputs,
        Err(problems) => {
            for problem in problems {
                eprintln!("{problem}");
            }
            return ExitCode::from(2);
        }
    };
    let stale = outputs.iter().filter(|output| output.is_stale());
    let stale: Vec<_> = stale.map(|output| output.path.as_str()).collect();
    if check {
        if stale.is_empty() {
            return ExitCode::SUCCESS;
        }
        eprintln!("stale: {}; run cargo xtask wire", stale.join(", "));
        return ExitCode::FAILURE;
    }
    match wire::write(&root, &outputs) {
        Ok(Written(paths)) => {
            for path in paths {
                println!("wrote {path}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

//! Tasks of this repository.

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::manifest::Problem;
use xtask::new::{self, Agent};
use xtask::prose;
use xtask::remove;
use xtask::wire::{self, WrittenFiles};

/// Tasks of this repository
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generates the template, registration, samples and tables from functions/*/function.toml
    Wire {
        /// Fails when a generated file is stale, and writes nothing
        #[arg(long)]
        check: bool,
    },
    /// Counts forms of English that readers must read twice; fails above their limits
    Prose {
        /// Number of places to list for each form
        #[arg(long, default_value_t = 0)]
        list: usize,
    },
    /// Creates the files of something new
    New {
        #[command(subcommand)]
        new: New,
    },
    /// Removes the files of an agent
    Remove {
        #[command(subcommand)]
        remove: Remove,
    },
}

#[derive(Subcommand)]
enum Remove {
    /// Deletes functions/NAME and the samples that only it needs, and runs wire
    Agent {
        /// Name of the folder
        name: String,
    },
}

#[derive(Subcommand)]
enum New {
    /// Creates functions/NAME with a handler, its test and its manifest, and runs wire
    Agent(Agent),
}

fn main() -> ExitCode {
    let task = Cli::parse().task;
    let Some(root) = root() else {
        eprintln!("infra/base.yaml: not found here or in a parent folder");
        return ExitCode::from(2);
    };
    match task {
        Task::Wire { check } => wire(&root, check),
        Task::Prose { list } => match prose::report(&root, list) {
            Ok((table, is_within)) => {
                print!("{table}");
                match is_within {
                    true => ExitCode::SUCCESS,
                    false => {
                        eprintln!("a form is above its limit; --list N shows places");
                        ExitCode::FAILURE
                    }
                }
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(2)
            }
        },
        Task::New {
            new: New::Agent(agent),
        } => match new::agent(&root, &agent) {
            Ok(paths) => {
                for path in paths {
                    println!("wrote {path}");
                }
                println!("next: cargo test -p {}", agent.name);
                ExitCode::SUCCESS
            }
            Err(problems) => refuse(&problems),
        },
        Task::Remove {
            remove: Remove::Agent { name },
        } => match remove::agent(&root, &name) {
            Ok(paths) => {
                for path in paths {
                    println!("changed {path}");
                }
                ExitCode::SUCCESS
            }
            Err(problems) => refuse(&problems),
        },
    }
}

/// Returns the repository's root: the current folder or one of its parents.
fn root() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    let mut folders = folder.ancestors();
    folders
        .find(|folder| folder.join("infra/base.yaml").is_file())
        .map(Path::to_owned)
}

fn wire(root: &Path, check: bool) -> ExitCode {
    let outputs = match wire::generate(root) {
        Ok(outputs) => outputs,
        Err(problems) => return refuse(&problems),
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
    match wire::write(root, &outputs) {
        Ok(WrittenFiles(paths)) => {
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

fn refuse(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    ExitCode::from(2)
}

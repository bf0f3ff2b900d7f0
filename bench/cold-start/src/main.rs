//! Measures each function's time from start to first answer, its size and its memory. Starts every
//! bootstrap of `cargo lambda build --release` repeatedly against a Runtime API and a fake AWS and
//! GitHub on loopback. The reference is the smallest function of the same build.

mod away;
mod measure;
mod runtime_api;
#[rustfmt::skip]
mod samples;
mod table;

use clap::Parser;
use measure::{Function, StartMeasurement, measure};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measure cold starts of the functions that `cargo lambda build --release` has built.
#[derive(Parser)]
struct Cli {
    /// Starts per function; the median counts
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Functions to measure [default: all]
    functions: Vec<String>,
}

/// Reference function.
const REFERENCE: &str = "hello-world";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cold-start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let events = root.join("events");
    let functions = built(&root.join("target/lambda"), &cli.functions)?;
    let away = away::start().await?;
    let mut rows = Vec::new();
    for (name, bootstrap) in functions {
        eprint!("{name} …\r");
        let event = first_event(&events, &name)?;
        let function = Function {
            name,
            bootstrap,
            event,
        };
        let mut measured = Vec::new();
        // The first start reads the binary from the disk and does not count.
        measure(&function, &away).await?;
        for _ in 0..cli.runs {
            measured.push(measure(&function, &away).await?);
        }
        rows.push((function, measured));
    }
    print!("{}", table::table(&rows, cli.runs)?);
    Ok(())
}

/// Returns the bootstraps in `folder`, the reference first.
fn built(folder: &Path, wanted: &[String]) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let remedy = "build the functions: cargo lambda build --release";
    let entries = folder
        .read_dir()
        .map_err(|error| format!("{}: {error}; {remedy}", folder.display()))?;
    let mut built = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bootstrap = entry.path().join("bootstrap");
        let is_wanted = wanted.is_empty() || name == REFERENCE || wanted.contains(&name);
        if is_wanted && bootstrap.is_file() {
            built.push((name, bootstrap));
        }
    }
    built.sort_by_key(|(name, _)| (name != REFERENCE, name.clone()));
    let missing = std::iter::once(REFERENCE)
        .chain(wanted.iter().map(String::as_str))
        .find(|name| built.iter().all(|(built, _)| built != name));
    match missing {
        Some(name) => Err(format!("{name} is not in {}; {remedy}", folder.display()).into()),
        None => Ok(built),
    }
}

/// Returns the sample event of a function.
fn first_event(events: &Path, function: &str) -> Result<String, Box<dyn Error>> {
    if function == REFERENCE {
        return Ok("{}".to_owned());
    }
    let file = samples::sample(function);
    let file = file.ok_or_else(|| format!("{function}: no sample is named for it"))?;
    let path = events.join(file);
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

impl StartMeasurement {
    /// Returns the median.
    fn median<T: PartialOrd + Copy>(all: &[Self], of: impl Fn(&Self) -> T) -> Option<T> {
        let mut values: Vec<T> = all.iter().map(of).collect();
        values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        values.get(values.len() / 2).copied()
    }
}

//! Renders the measurements as a table.

use crate::measure::{Function, StartMeasurement};
use std::error::Error;
use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MIB: f64 = 1024.0 * 1024.0;
const MB: f64 = 1e6;

/// Renders one row per function, compared with the first one.
pub(crate) fn table(
    rows: &[(Function, Vec<StartMeasurement>)],
    runs: u16,
) -> Result<String, Box<dyn Error>> {
    let mut table = format!(
        "{:<14}{:>10}{:>12}{:>8}{:>11}{:>11}{:>9}\n",
        "function", "start, ms", "× reference", "calls", "peak, MiB", "binary, MB", "zip, MB"
    );
    let mut reference = None;
    for (function, measured) in rows {
        let middle = StartMeasurement::median(measured, |one| one.time).unwrap_or_default();
        let milliseconds = middle.as_secs_f64() * 1e3;
        let reference = *reference.get_or_insert(milliseconds);
        let peak = StartMeasurement::median(measured, |one| one.peak_kib).unwrap_or_default();
        let calls = StartMeasurement::median(measured, |one| one.calls).unwrap_or_default();
        let (size, zipped) = sizes(&function.bootstrap)?;
        writeln!(
            table,
            "{:<14}{milliseconds:>10.1}{:>12.1}{calls:>8}{:>11.1}{:>11.2}{:>9.2}",
            function.name,
            milliseconds / reference,
            f64::from(peak) * 1024.0 / MIB,
            size / MB,
            zipped / MB,
        )?;
    }
    writeln!(
        table,
        "From the start of the process to its first answer, every call over TLS to a fake \
         that answers at once; medians of {runs}."
    )?;
    Ok(table)
}

/// Returns the size in bytes of the binary and of its deployment archive.
fn sizes(bootstrap: &Path) -> Result<(f64, f64), Box<dyn Error>> {
    let binary = std::fs::read(bootstrap)?;
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file(
        "bootstrap",
        SimpleFileOptions::default().unix_permissions(0o755),
    )?;
    archive.write_all(&binary)?;
    let archive = archive.finish()?.into_inner();
    Ok((length(&binary), length(&archive)))
}

fn length(bytes: &[u8]) -> f64 {
    u32::try_from(bytes.len()).map_or(f64::INFINITY, f64::from)
}

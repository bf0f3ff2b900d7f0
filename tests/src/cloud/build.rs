//! The functions' binaries, laid out as `cargo lambda build` does, beside a template
//! that the emulator takes.

use crate::emulator::target_directory;
use local::template::{BUILT_IN, Template};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the functions and puts them into `folder`, and the template with them.
/// Returns the template's path.
pub(super) fn stage(folder: &Path) -> PathBuf {
    let template = Template::load(None).expect("the template that is built in");
    build();
    for function in template.functions.keys() {
        let staged = folder.join("target/lambda").join(function);
        fs::create_dir_all(&staged).expect("target/ can be written to");
        let binary = target_directory().join("debug").join(function);
        let bootstrap = staged.join("bootstrap");
        // What debuggers need is nine tenths of it.
        run(Command::new("strip").arg("-o").arg(&bootstrap).arg(&binary));
    }
    let path = folder.join("infra/template.yaml");
    fs::create_dir_all(path.parent().expect("a folder")).expect("target/ can be written to");
    fs::write(&path, for_the_emulator(BUILT_IN)).expect("target/ can be written to");
    path
}

/// As `cargo lambda watch` builds them, so that its test finds them built.
fn build() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args([
            "build",
            "--bins",
            "--features",
            "lambda,sqlite",
            "--target-dir",
        ])
        .arg(target_directory());
    run(&mut cargo);
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
}

/// What the emulator cannot do with the template, and AWS can:
/// - it refuses the archive,
/// - a parameter stays a text where it should be a number,
/// - it takes `DescribeEventBus` to be about a rule.
///
/// And waits are short, for a test's patience.
fn for_the_emulator(template: &str) -> String {
    let mut template = without_archive(template);
    for (as_written, as_taken) in [
        ("VisibilityTimeout: 180", "VisibilityTimeout: 5"),
        (
            "MaximumConcurrency: !Ref SpecialistConcurrency",
            "MaximumConcurrency: 5",
        ),
        (
            "Action: [events:PutEvents, events:DescribeEventBus]\n                Resource: !GetAtt Bus.Arn",
            "Action: [events:PutEvents, events:DescribeEventBus]\n                Resource: [!GetAtt Bus.Arn, !Sub \"arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/default/${Bus}\"]",
        ),
    ] {
        assert!(template.contains(as_written), "{as_written}");
        template = template.replace(as_written, as_taken);
    }
    template
}

fn without_archive(template: &str) -> String {
    let mut kept = String::new();
    let mut dropping = false;
    let mut dropped = 0;
    for line in template.lines() {
        let begins_one =
            line.starts_with("  ") && !line.starts_with("   ") && !line.starts_with("  #");
        if begins_one || !line.starts_with(' ') {
            dropping = line == "  Archive:" || line == "  ArchiveName:";
            dropped += u32::from(dropping);
        }
        if !dropping {
            kept += line;
            kept.push('\n');
        }
    }
    assert_eq!(dropped, 2, "the archive and its output");
    kept
}

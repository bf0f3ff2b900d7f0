//! Builds the functions' binaries in the layout of `cargo lambda build`, beside a
//! template for the emulator.

use crate::target;
use local_bus::template::{BUILT_IN, Template};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the functions and the template into `folder`. Returns the template's path.
pub(super) fn stage(folder: &Path) -> PathBuf {
    let template = Template::load(None).expect("the template that is built in");
    target::build();
    for function in template.functions.keys() {
        let bootstrap = bootstrap(folder, function);
        let staged = bootstrap.parent().expect("a folder");
        fs::create_dir_all(staged).expect("target/ can be written to");
        let binary = target::binary(function);
        // Debug information is nine tenths of the binary.
        target::run(Command::new("strip").arg("-o").arg(&bootstrap).arg(&binary));
    }
    let path = folder.join("infra/template.yaml");
    fs::create_dir_all(path.parent().expect("a folder")).expect("target/ can be written to");
    fs::write(&path, for_the_emulator(BUILT_IN)).expect("target/ can be written to");
    path
}

/// Returns the path at which `cargo lambda build` writes a function.
pub(super) fn bootstrap(folder: &Path, function: &str) -> PathBuf {
    folder
        .join("target/lambda")
        .join(function)
        .join("bootstrap")
}

/// Works around differences between the emulator and AWS. The emulator
/// - rejects the archive,
/// - passes a parameter as text instead of a number,
/// - treats `DescribeEventBus` as a call about a rule.
///
/// The function also shortens waiting times for tests.
fn for_the_emulator(template: &str) -> String {
    let mut template = without_archive(template);
    for (as_written, as_taken) in [
        ("VisibilityTimeout: 180", "VisibilityTimeout: 5"),
        ("VisibilityTimeout: 540", "VisibilityTimeout: 5"),
        ("          QUEUE_URL: ", "          # QUEUE_URL: "),
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

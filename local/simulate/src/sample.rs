//! Sample deliveries: the files of `events/simulation`, or the user's own.

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// Samples that are compiled in.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../events/simulation");

/// Delivery to play.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// File of the sample.
    pub file: String,
    /// Description for people.
    pub about: String,
    /// `X-GitHub-Event` header.
    pub event: String,
    /// `X-GitHub-Delivery` header.
    pub delivery: String,
    /// Body of the delivery.
    pub payload: Value,
    /// Diff that GitHub returns for the head.
    pub diff: Option<String>,
    /// Topic whose first handled event triggers this delivery. It is then sent while earlier
    /// deliveries are in progress.
    pub as_soon_as: Option<String>,
    /// True if GitHub sends the delivery twice.
    pub again: bool,
}

/// Error for an invalid sample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct SampleError {
    /// Invalid file.
    pub file: String,
    /// Problem with the file, and the expected form.
    pub problem: String,
}

/// Content of a sample's file: a delivery, or a repeat of another file's delivery.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum File {
    Redelivery {
        about: String,
        redelivers: String,
    },
    Delivery {
        #[serde(default)]
        about: String,
        event: String,
        delivery: String,
        payload: Value,
        diff: Option<String>,
        as_soon_as: Option<String>,
    },
}

const EXPECTED: &str = "expected an object with event, delivery and payload (and about, diff, \
                        as_soon_as, if wanted), or with about and redelivers";

impl Sample {
    /// Loads the samples of a folder sorted by name, the sample of a file, or the compiled-in
    /// samples.
    ///
    /// # Errors
    /// [`SampleError`] names the file and the expected form.
    pub fn load(path: Option<&Path>) -> Result<Vec<Self>, SampleError> {
        let Some(path) = path else {
            return parse_all(built_in());
        };
        let failed = |error: std::io::Error| SampleError {
            file: path.display().to_string(),
            problem: error.to_string(),
        };
        if !path.is_dir() {
            let mut files = vec![read(path)?];
            // A delivery may refer to a diff or another delivery in the same folder.
            let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            files.extend(read_folder(folder).unwrap_or_default());
            let named = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let wanted: Vec<String> = named.into_iter().collect();
            return wanted.iter().map(|name| parse(name, &files)).collect();
        }
        let files = read_folder(path).map_err(failed)?;
        if !files.iter().any(|(name, _)| name.ends_with(".json")) {
            return Err(SampleError {
                file: path.display().to_string(),
                problem: "no file in it ends with .json".to_owned(),
            });
        }
        parse_all(files)
    }
}

type Files = Vec<(String, String)>;

fn built_in() -> Files {
    let text = |file: &include_dir::File<'_>| {
        let name = file.path().file_name()?.to_string_lossy().into_owned();
        Some((name, file.contents_utf8()?.to_owned()))
    };
    BUILT_IN.files().filter_map(text).collect()
}

fn read(path: &Path) -> Result<(String, String), SampleError> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((name.unwrap_or_default(), text)),
        Err(error) => Err(SampleError {
            file: path.display().to_string(),
            problem: error.to_string(),
        }),
    }
}

fn read_folder(path: &Path) -> std::io::Result<Files> {
    let mut files = Files::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|kind| kind == "json" || kind == "diff")
        {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.push((name, std::fs::read_to_string(&path)?));
        }
    }
    Ok(files)
}

fn parse_all(mut files: Files) -> Result<Vec<Sample>, SampleError> {
    files.sort();
    let samples = files.iter().filter(|(name, _)| name.ends_with(".json"));
    samples.map(|(name, _)| parse(name, &files)).collect()
}

fn parse(name: &str, files: &Files) -> Result<Sample, SampleError> {
    let error = |problem: String| SampleError {
        file: name.to_owned(),
        problem,
    };
    let text = |wanted: &str| {
        let found = files.iter().find(|(name, _)| name == wanted);
        found
            .map(|(_, text)| text.as_str())
            .ok_or_else(|| error(format!("{wanted} is not in the same folder")))
    };
    // Parses in two steps, so that a JSON syntax error has a line and column.
    let json: Value =
        serde_json::from_str(text(name)?).map_err(|it| error(format!("no JSON: {it}")))?;
    match serde_json::from_value(json).map_err(|_| error(EXPECTED.to_owned()))? {
        File::Redelivery { about, redelivers } if redelivers != name => Ok(Sample {
            file: name.to_owned(),
            about,
            again: true,
            as_soon_as: None,
            ..parse(&redelivers, files)?
        }),
        File::Redelivery { .. } => Err(error("it redelivers itself".to_owned())),
        File::Delivery {
            about,
            event,
            delivery,
            payload,
            diff,
            as_soon_as,
        } => Ok(Sample {
            file: name.to_owned(),
            about,
            event,
            delivery,
            payload,
            diff: diff
                .map(|diff| text(&diff).map(ToOwned::to_owned))
                .transpose()?,
            as_soon_as,
            again: false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_samples_are_valid() {
        let samples = Sample::load(None).unwrap();
        assert!(samples.len() >= 6);
        assert!(samples.iter().any(|sample| sample.again));
    }

    #[test]
    fn error_names_invalid_sample() {
        let one = |text: &str| parse("bad.json", &vec![("bad.json".to_owned(), text.to_owned())]);
        insta::assert_snapshot!(one("{").unwrap_err(), @"bad.json: no JSON: EOF while parsing an object at line 1 column 1");
        insta::assert_snapshot!(one("{\"event\": 5}").unwrap_err(), @"bad.json: expected an object with event, delivery and payload (and about, diff, as_soon_as, if wanted), or with about and redelivers");
        insta::assert_snapshot!(one(r#"{"about": "", "redelivers": "bad.json"}"#).unwrap_err(), @"bad.json: it redelivers itself");
        insta::assert_snapshot!(
            one(r#"{"event": "push", "delivery": "1", "payload": {}, "diff": "no.diff"}"#).unwrap_err(),
            @"bad.json: no.diff is not in the same folder"
        );
        insta::assert_snapshot!(Sample::load(Some(Path::new("no/such.json"))).unwrap_err(), @"no/such.json: No such file or directory (os error 2)");
    }
}

//! Files of a new agent.

use super::options::Agent;
use super::page::Page;
use super::sample;
use super::scaffold::{CARGO, HANDLER, HANDLER_MAIN, MANIFEST, SOURCE, SOURCE_MAIN};
use crate::samples;
use events::Topic;
use std::path::Path;

/// Returns the new files with their texts.
pub(super) fn files(
    agent: &Agent,
    root: &Path,
    topics: &[(String, Topic)],
) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    let mut own = None;
    for (pattern, example) in topics {
        let name = match sample::matching(root, pattern)? {
            Some(name) => name,
            None => {
                let name = format!("bus/{example}.json");
                files.push((format!("events/{name}"), sample::event(example)?));
                name
            }
        };
        own.get_or_insert(name);
    }
    for topic in &agent.emits {
        let path = format!("{}/{topic}.json", samples::FOLDER);
        let is_new = files.iter().all(|(file, _)| *file != path);
        if is_new && !root.join(&path).exists() {
            let topic = topic.parse().map_err(|error| format!("{error}"))?;
            files.push((path, sample::event(&topic)?));
        }
    }
    if let Some(route) = &agent.http {
        let name = format!("http/{}.json", agent.name);
        files.push((format!("events/{name}"), sample::request(route)));
        own = Some(name);
    }
    let page = Page::new(agent, own.unwrap_or_default());
    let (lib, main) = match agent.http {
        Some(_) => (SOURCE, SOURCE_MAIN),
        None => (HANDLER, HANDLER_MAIN),
    };
    for (path, text) in [
        ("Cargo.toml", CARGO),
        ("function.toml", MANIFEST),
        ("src/lib.rs", lib),
        ("src/main.rs", main),
    ] {
        let path = format!("functions/{}/{path}", agent.name);
        files.push((path, page.fill(text)));
    }
    Ok(files)
}

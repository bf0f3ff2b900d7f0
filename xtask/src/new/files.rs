//! Files of a new agent.

use super::Agent;
use super::page::Page;
use super::sample;
use crate::samples;
use events::Topic;
use std::path::Path;

const CARGO: &str = include_str!("../../scaffold/Cargo.toml.txt");
const MANIFEST: &str = include_str!("../../scaffold/function.toml.txt");
pub(super) const HANDLER: &str = include_str!("../../scaffold/lib.rs.txt");
const HANDLER_MAIN: &str = include_str!("../../scaffold/main.rs.txt");
pub(super) const SOURCE: &str = include_str!("../../scaffold/source.rs.txt");
const SOURCE_MAIN: &str = include_str!("../../scaffold/source_main.rs.txt");

impl Agent {
    /// Returns the new files with their texts.
    pub(super) fn files(
        &self,
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
        for topic in &self.emits {
            let path = format!("{}/{topic}.json", samples::FOLDER);
            let is_new = files.iter().all(|(file, _)| *file != path);
            if is_new && !root.join(&path).exists() {
                let topic = topic.parse().map_err(|error| format!("{error}"))?;
                files.push((path, sample::event(&topic)?));
            }
        }
        if let Some(route) = &self.http {
            let name = format!("http/{}.json", self.name);
            files.push((format!("events/{name}"), sample::request(route)));
            own = Some(name);
        }
        let page = Page::new(self, own.unwrap_or_default());
        let (lib, main) = match self.http {
            Some(_) => (SOURCE, SOURCE_MAIN),
            None => (HANDLER, HANDLER_MAIN),
        };
        for (path, text) in [
            ("Cargo.toml", CARGO),
            ("function.toml", MANIFEST),
            ("src/lib.rs", lib),
            ("src/main.rs", main),
        ] {
            let path = format!("functions/{}/{path}", self.name);
            files.push((path, page.fill(text)));
        }
        Ok(files)
    }
}

//! Reads the check runs and statuses of a commit.

use super::check::AppBody;
use super::{Client, PageEnd};
use crate::wire::About;
use async_trait::async_trait;
use github::port::{GitHubError, ReadChecks};
use github::{HeadSha, RepoName};
use serde::Deserialize;

/// Maximum number of pages to read. Beyond it the result is not green.
const MOST_PAGES: usize = 20;

/// Used fields of "Get the combined status for a specific reference".
#[derive(Deserialize)]
struct CombinedBody {
    /// Also `pending` if there is no status.
    state: String,
    total_count: u64,
}

/// Used fields of "List check runs for a Git reference".
#[derive(Deserialize)]
struct Page {
    check_runs: Vec<RunBody>,
}

#[derive(Deserialize)]
struct RunBody {
    name: String,
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    app: Option<AppBody>,
}

impl CombinedBody {
    fn is_green(&self) -> bool {
        self.total_count == 0 || self.state == "success"
    }
}

impl RunBody {
    /// An unknown conclusion is not green.
    fn is_green(&self) -> bool {
        let well = ["success", "neutral", "skipped"];
        let conclusion = self.conclusion.as_deref();
        self.status == "completed" && conclusion.is_some_and(|end| well.contains(&end))
    }
}

#[async_trait]
impl ReadChecks for Client {
    async fn others_are_green(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        own: &str,
    ) -> Result<bool, GitHubError> {
        let identity = self.identity().await?;
        let at = format!("/repos/{repo}/commits/{head}");
        let about = About::Repository(repo.clone());
        let combined: CombinedBody = self.get(about, format!("{at}/status")).await?;
        if !combined.is_green() {
            return Ok(false);
        }
        let mut any = combined.total_count > 0;
        let is_own = |run: &RunBody| {
            let by_me = |app: &AppBody| identity.is_app(&app.slug);
            run.name == own && run.app.as_ref().is_some_and(by_me)
        };
        let visit = |page: Page| {
            let mut others = page.check_runs.iter().filter(|run| !is_own(run)).peekable();
            any |= others.peek().is_some();
            others.any(|run| !run.is_green()).then_some(())
        };
        let path = format!("{at}/check-runs");
        let query = "filter=latest&per_page=100";
        match self.visit(repo, &path, query, MOST_PAGES, visit).await? {
            PageEnd::Last => Ok(any),
            PageEnd::Found(()) | PageEnd::More => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_successful_conclusions_are_green() {
        for (why, status, conclusion, green) in [
            ("well", "completed", Some("success"), true),
            ("neither", "completed", Some("neutral"), true),
            ("not needed", "completed", Some("skipped"), true),
            ("badly", "completed", Some("failure"), false),
            ("stopped", "completed", Some("cancelled"), false),
            ("too slow", "completed", Some("timed_out"), false),
            (
                "waits for people",
                "completed",
                Some("action_required"),
                false,
            ),
            ("given up", "completed", Some("stale"), false),
            (
                "an unknown conclusion",
                "completed",
                Some("splendid"),
                false,
            ),
            ("no word", "completed", None, false),
            ("still running", "in_progress", None, false),
            ("not begun", "queued", None, false),
        ] {
            let run = RunBody {
                name: "build".to_owned(),
                status: status.to_owned(),
                conclusion: conclusion.map(str::to_owned),
                app: None,
            };
            assert_eq!(run.is_green(), green, "{why}");
        }
    }
}

use agent::Scope;
use event::Timestamp;
use github::{HeadSha, PrKey};
use policy::Budget;
use state::Key;

/// The budgets that a question about one head counts against.
///
/// # Errors
/// A name that makes no key: without its key a budget would be none.
pub(crate) fn scopes(
    budget: &Budget,
    pr: &PrKey,
    head_sha: &HeadSha,
    now: Timestamp,
) -> Result<Vec<Scope>, String> {
    let now = now.to_string();
    let today = now.get(..10).unwrap_or_default();
    let all = [
        (
            budget.tokens_per_review,
            format!("{pr}@{head_sha}"),
            "this review".to_owned(),
        ),
        (
            budget.tokens_per_pull_request,
            pr.to_string(),
            "this pull request".to_owned(),
        ),
        (
            budget.tokens_per_repository_a_day,
            format!("{}/{today}", pr.repo),
            format!("{} today", pr.repo),
        ),
        (budget.tokens_a_day, today.to_owned(), "today".to_owned()),
    ];
    let scope = |(limit, rest, name): (u64, String, String)| {
        let key = Key::new("budget", &rest).map_err(|error| format!("{rest}: {error}"))?;
        Ok(Scope { key, limit, name })
    };
    all.into_iter().map(scope).collect()
}

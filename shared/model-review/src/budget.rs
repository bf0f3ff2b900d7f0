use agent::Scope;
use event::Timestamp;
use github::{HeadSha, PrKey};
use policy::Budget;
use state::Key;

/// What a question about `pr` at `head_sha` counts against: this review, this pull
/// request, its repository today and all of them today, from midnight to midnight in
/// UTC.
///
/// # Errors
/// Why nobody may be asked, in words that go on a sentence: a budget is 0.
pub(crate) fn scopes(
    budget: &Budget,
    pr: &PrKey,
    head_sha: &HeadSha,
    now: Timestamp,
) -> Result<Vec<Scope>, String> {
    let today = now.to_string();
    let today = today.get(..10).unwrap_or_default();
    let repo = &pr.repo;
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
            format!("{repo}/{today}"),
            format!("{repo} today"),
        ),
        (budget.tokens_a_day, today.to_owned(), "today".to_owned()),
    ];
    let scope = |(limit, rest, name): (u64, String, String)| {
        if limit == 0 {
            return Err(format!("the budget of {name} is 0 tokens"));
        }
        // Without a key a budget would be none.
        let key = Key::new("budget", &rest)
            .map_err(|error| format!("the budget of {name} cannot be kept: {error}"))?;
        Ok(Scope { key, limit, name })
    };
    all.into_iter().map(scope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes_of(budget: Budget) -> Result<Vec<Scope>, String> {
        let (pr, head) = ("octo/widgets#7", "a".repeat(40));
        let now = "2026-03-01T23:59:59Z".parse().unwrap();
        scopes(&budget, &pr.parse().unwrap(), &head.parse().unwrap(), now)
    }

    #[test]
    fn every_budget_has_its_key_and_its_limit() {
        let scopes = scopes_of(Budget::default()).unwrap();
        let told = |scope: &Scope| format!("{} {} {}", scope.key, scope.limit, scope.name);
        let told: Vec<_> = scopes.iter().map(told).collect();
        let head = "a".repeat(40);
        let expected = [
            &*format!("budget:octo/widgets#7@{head} 200000 this review"),
            "budget:octo/widgets#7 1000000 this pull request",
            "budget:octo/widgets/2026-03-01 5000000 octo/widgets today",
            "budget:2026-03-01 20000000 today",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_budget_of_nothing_is_no_budget_without_a_limit() {
        let all = Budget::default();
        for (why, budget, name) in [
            (
                "a review",
                Budget {
                    tokens_per_review: 0,
                    ..all
                },
                "this review",
            ),
            (
                "a pull request",
                Budget {
                    tokens_per_pull_request: 0,
                    ..all
                },
                "this pull request",
            ),
            (
                "a repository",
                Budget {
                    tokens_per_repository_a_day: 0,
                    ..all
                },
                "octo/widgets today",
            ),
            (
                "everything",
                Budget {
                    tokens_a_day: 0,
                    ..all
                },
                "today",
            ),
        ] {
            let error = scopes_of(budget).unwrap_err();
            assert_eq!(error, format!("the budget of {name} is 0 tokens"), "{why}");
        }
    }
}

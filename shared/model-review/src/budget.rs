use events::Timestamp;
use github::{HeadSha, PrKey};
use model_client::Scope;
use policy::{Budget, Policy};
use state::Key;
use std::cmp::Reverse;

/// Maximum tokens of the change in one question. Models lose accuracy on longer inputs.
const MOST_OF_CHANGE: u64 = 24_000;

/// Maximum questions of one specialist about one change.
const MOST_PARTS: u64 = 8;

/// Tokens of a question without the change, and of its answer.
const AROUND: u64 = 8_000;

/// Tokens of the findings in a second look.
const CLAIMS: u64 = 8_000;

/// Limits of one specialist's questions about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuestionLimits {
    /// Number of questions.
    pub(crate) parts: usize,
    /// Tokens of the change in each question.
    pub(crate) tokens_per_part: usize,
}

impl QuestionLimits {
    /// Returns an even share of the review's budget. The other specialists and the second look have
    /// equal shares.
    pub(crate) fn of(policy: &Policy) -> Self {
        let (share, around) = (share(policy), around(policy));
        let room = |parts: u64| {
            let change = (share / parts).saturating_sub(around).min(MOST_OF_CHANGE);
            (change.saturating_mul(parts), Reverse(parts), change)
        };
        let most = (1..=MOST_PARTS).map(room).max();
        let (_, Reverse(parts), change) = most.unwrap_or((0, Reverse(1), 0));
        Self {
            parts: size(parts),
            tokens_per_part: size(change),
        }
    }
}

/// Returns the tokens for the code in a second look: one question within its share.
pub(crate) fn second_look(policy: &Policy) -> usize {
    let code = share(policy).saturating_sub(AROUND.saturating_add(CLAIMS));
    size(code.min(MOST_OF_CHANGE))
}

fn share(policy: &Policy) -> u64 {
    let reviewers = u64::try_from(policy.reviewers.len()).unwrap_or(u64::MAX);
    policy.budget.tokens_per_review / reviewers.saturating_add(1)
}

/// Returns the tokens of a question without the change, including the repository's instructions.
fn around(policy: &Policy) -> u64 {
    let wishes = policy.instructions.iter();
    let wishes: usize = wishes.map(|one| crate::prompt::tokens(&one.text)).sum();
    AROUND.saturating_add(u64::try_from(wishes).unwrap_or(u64::MAX))
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the budgets of a question about `pr` at `head_sha`: this review, this pull request, its
/// repository today and all repositories today, from midnight to midnight UTC.
///
/// # Errors
/// A budget is 0. The text is the end of a sentence.
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
        // A question without a key would have no budget.
        let key = Key::new("budget", &rest)
            .map_err(|error| format!("the budget of {name} cannot be stored: {error}"))?;
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
    fn specialist_stays_within_its_share() {
        for (why, tokens, reviewers, parts, tokens_per_part) in [
            ("as it is by default", 200_000, 3, 2, 17_000),
            (
                "alone, it shares with the second look",
                200_000,
                1,
                3,
                24_000,
            ),
            ("no second question that shows less", 133_332, 3, 1, 24_000),
            ("one question", 128_000, 3, 1, 24_000),
            ("a part of one", 64_000, 3, 1, 8_000),
            ("nothing", 32_000, 3, 1, 0),
            ("above the accurate input length", 100_000_000, 3, 8, 24_000),
        ] {
            let mut policy = Policy::default();
            policy.budget.tokens_per_review = tokens;
            policy.reviewers.truncate(reviewers);
            let room = QuestionLimits::of(&policy);
            let expected = QuestionLimits {
                parts,
                tokens_per_part,
            };
            assert_eq!(room, expected, "{why}");
            let share = tokens / (reviewers as u64 + 1);
            let asked = room.parts as u64 * (room.tokens_per_part as u64 + AROUND);
            assert!(asked <= share.max(AROUND), "{why}");
        }
    }

    #[test]
    fn budgets_have_keys_and_limits() {
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
    fn zero_budget_is_not_unlimited() {
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

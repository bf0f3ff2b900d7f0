//! Output of an evaluation as text and as JSON Lines.

use super::{built_in, finding, page_shows, plain};
use async_trait::async_trait;
use eval::{Case, evaluate, evaluate_rules, json};
use events::SystemClock;
use review::{Category, Change, Finding, Report, ReviewError, Reviewer, Usage};

/// Model with the same answer for every change, and a cost.
struct Model {
    emits: Result<Vec<Finding>, ReviewError>,
}

#[async_trait]
impl Reviewer for Model {
    fn name(&self) -> &str {
        "model"
    }

    fn category(&self) -> Category {
        Category::Logic
    }

    async fn review(&self, _: &Change<'_>) -> Result<Report, ReviewError> {
        self.emits.clone().map(|findings| Report {
            findings,
            usage: Some(Usage {
                prompt_tokens: 60,
                completion_tokens: 10,
                ..Usage::default()
            }),
            ..Report::default()
        })
    }
}

#[tokio::test]
async fn measures_several_reviewers() {
    let cases: Vec<Case> = built_in()
        .into_iter()
        .filter(|case| case.name == "python-pages" || case.name == "clean-go-worker-pool")
        .collect();
    let right = Model {
        emits: Ok(vec![finding("shop/paging.py", 26, Category::Logic)]),
    };
    let away = Model {
        emits: Err(ReviewError::Unavailable("busy".to_owned())),
    };
    let reviewers: [(&str, &dyn Reviewer); 2] = [("right", &right), ("away", &away)];
    let evaluation = evaluate(&cases, &reviewers, &SystemClock, &|_, _| {}).await;
    insta::assert_snapshot!(plain(&evaluation));
}

#[tokio::test]
async fn rules_match_recorded_figures() {
    insta::assert_snapshot!(plain(&evaluate_rules(&built_in()).await));
}

#[tokio::test]
async fn documentation_contains_current_table() {
    page_shows(&plain(&evaluate_rules(&built_in()).await));
}

#[tokio::test]
async fn json_has_cases_and_summary() {
    let cases = built_in();
    let told = json(&evaluate_rules(&cases).await);
    let lines: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(lines.len(), cases.len() + 1);
    let (last, of_cases) = lines.split_last().expect("there are lines");
    let count = |name: &str| {
        let counts = of_cases.iter().map(|line| line["score"][name].as_u64());
        counts.map(|count| count.expect("a count")).sum::<u64>()
    };
    for name in [
        "defects",
        "found",
        "any_category",
        "findings",
        "false_positives",
        "duplicates",
    ] {
        assert_eq!(last["evaluated"]["together"][name], count(name), "{name}");
    }
    let one = of_cases
        .iter()
        .find(|line| line["case"] == "javascript-login-return");
    insta::assert_json_snapshot!(one.expect("it is there"));
}

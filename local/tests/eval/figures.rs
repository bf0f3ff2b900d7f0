//! What comes out, for people and for programs.

use super::{built_in, finding, plain};
use async_trait::async_trait;
use local::eval::{Case, evaluate, evaluate_rules, json};
use review::{Category, Change, Coverage, Finding, Report, ReviewError, Reviewer};
use std::sync::atomic::{AtomicU64, Ordering};

/// Says the same of every change, and costs something.
struct Model<'a> {
    says: Result<Vec<Finding>, ReviewError>,
    spent: &'a AtomicU64,
}

#[async_trait]
impl Reviewer for Model<'_> {
    fn name(&self) -> &str {
        "model"
    }

    fn category(&self) -> Category {
        Category::Logic
    }

    async fn review(&self, _: &Change<'_>) -> Result<Report, ReviewError> {
        self.spent.fetch_add(70, Ordering::Relaxed);
        self.says.clone().map(|findings| Report {
            findings,
            coverage: Coverage::default(),
        })
    }
}

#[tokio::test]
async fn other_reviewers_can_be_measured_beside_each_other() {
    let cases: Vec<Case> = built_in()
        .into_iter()
        .filter(|case| case.name == "python-pages" || case.name == "clean-go-worker-pool")
        .collect();
    let spent = AtomicU64::new(30);
    let right = Model {
        says: Ok(vec![finding("shop/paging.py", 26, Category::Logic)]),
        spent: &spent,
    };
    let away = Model {
        says: Err(ReviewError::Unavailable("busy".to_owned())),
        spent: &AtomicU64::new(0),
    };
    let reviewers: [(&str, &dyn Reviewer); 2] = [("right", &right), ("away", &away)];
    let asked = |name: &str| match name {
        "right" => spent.load(Ordering::Relaxed),
        _ => 0,
    };
    let evaluation = evaluate(&cases, &reviewers, &asked).await;
    insta::assert_snapshot!(plain(&evaluation));
}

#[tokio::test]
async fn the_rules_as_they_are() {
    insta::assert_snapshot!(plain(&evaluate_rules(&built_in()).await));
}

#[tokio::test]
async fn the_page_shows_the_present_table() {
    let page = include_str!("../../../docs/evaluation.md");
    let told = plain(&evaluate_rules(&built_in()).await);
    let table = told
        .split("\nMissed")
        .next()
        .expect("it begins with the table");
    assert!(
        page.contains(table.trim()),
        "docs/evaluation.md must hold:\n{table}"
    );
}

#[tokio::test]
async fn json_is_one_object_a_case_and_a_summary() {
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

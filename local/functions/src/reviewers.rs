//! The reviewers of the three specialists, without the functions around them.

use events::{Clock, Entropy};
use model_client::Model;
use model_review::ModelReviewer;
use review::{Category, Reviewer};
use std::sync::Arc;

/// Returns the rules of each specialist, then with `model` the model through each specialist's
/// lens. Each reviewer has a name for people, such as `security rules`.
pub fn reviewers(
    model: Option<&Arc<dyn Model>>,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Vec<(&'static str, Box<dyn Reviewer>)> {
    let mut reviewers: Vec<(&'static str, Box<dyn Reviewer>)> = vec![
        ("security rules", Box::new(security::rules::reviewer())),
        ("style rules", Box::new(style::rules::reviewer())),
        ("logic rules", Box::new(logic::rules::reviewer())),
    ];
    let lenses = [
        ("security model", Category::Security, security::LENS),
        ("style model", Category::Style, style::LENS),
        ("logic model", Category::Logic, logic::LENS),
    ];
    for (model, (name, category, lens)) in model
        .into_iter()
        .flat_map(|it| lenses.map(|lens| (it, lens)))
    {
        let reviewer = ModelReviewer {
            category,
            lens,
            model: model.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        reviewers.push((name, Box::new(reviewer)));
    }
    reviewers
}

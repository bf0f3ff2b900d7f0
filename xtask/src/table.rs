//! Generates the table of functions in the documentation.

use crate::manifest::{Function, Invoke, Problem};
use crate::markers;

/// Path of the page that holds the table between markers.
pub const PATH: &str = "docs/architecture.md";

/// Returns the page with the table between its markers replaced.
///
/// # Errors
/// The marker that is missing.
pub fn insert(page: &str, functions: &[Function]) -> Result<String, Problem> {
    markers::replace(PATH, page, &table(functions))
}

fn table(functions: &[Function]) -> String {
    let mut table = "| function | invoked by | emits | needs |\n|---|---|---|---|\n".to_owned();
    for function in functions {
        let route = function.http.as_ref().map(|http| format!("`{}`", http.key));
        let schedule = function.schedule.as_ref().map(|it| format!("`{it}`"));
        let subscriptions = function.subscriptions.iter().map(|subscription| {
            let via = match (subscription.invoke, &subscription.delay) {
                (Invoke::Rule, _) => "",
                (Invoke::Queue, None) => ", by a queue",
                (Invoke::Queue, Some(_)) => ", by a queue with a delay",
            };
            format!("{}{via}", code(&subscription.topics))
        });
        let invoked: Vec<_> = route
            .into_iter()
            .chain(schedule)
            .chain(subscriptions)
            .collect();
        table += &format!(
            "| {} | {} | {} | {} |\n",
            function.name,
            invoked.join("; "),
            code(&function.emits),
            function.needs.names().join(", "),
        );
    }
    table
}

fn code(topics: &[String]) -> String {
    let topics: Vec<_> = topics.iter().map(|topic| format!("`{topic}`")).collect();
    topics.join(", ")
}

//! Generates the table of functions in the documentation.

use crate::manifest::{Function, Invoke, Problem};

/// Path of the page that holds the table between markers.
pub const PATH: &str = "docs/architecture.md";
const BEGIN: &str = "<!-- generated: functions, by cargo xtask wire -->\n";
const END: &str = "<!-- end of generated -->\n";

/// Returns the page with the table between its markers replaced.
///
/// # Errors
/// The marker that is missing.
pub fn insert(page: &str, functions: &[Function]) -> Result<String, Problem> {
    let missing = |marker: &str| Problem::new(PATH, 1, format!("{} is missing", marker.trim()));
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", table(functions)))
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

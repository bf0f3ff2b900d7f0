//! Generates the price of the alarms in the documentation.

use crate::manifest::Problem;
use crate::markers;

/// Path of the page that holds the price between markers.
pub const PATH: &str = "docs/cost.md";

/// Returns the page with the price of the template's alarms. Each alarm has one metric, and a
/// metric costs 10 cents a month ("Amazon CloudWatch pricing").
///
/// # Errors
/// The marker that is missing.
pub fn insert(page: &str, template: &str) -> Result<String, Problem> {
    let is_alarm = |line: &&str| line.trim() == "Type: AWS::CloudWatch::Alarm";
    let alarms = template.lines().filter(is_alarm).count();
    let (dollars, cents) = (alarms / 10, alarms % 10 * 10);
    let text = format!(
        "`AlarmEmail` adds {dollars}.{cents:02}: {alarms} alarms with one metric each, at 0.10.\n"
    );
    markers::replace(PATH, page, &text)
}

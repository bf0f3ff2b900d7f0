//! Generates the prices of the alarms and of the empty queues in the documentation.

use crate::manifest::Problem;
use crate::markers;

/// Path of the page that holds the prices between markers.
pub const PATH: &str = "docs/cost.md";

/// Requests of a queue that Lambda polls for a month: five pollers, each with three long polls a
/// minute ("Using Lambda with Amazon SQS").
const POLLS: u64 = 5 * 3 * 60 * 24 * 30;
const MILLION: u64 = 1_000_000;
/// Requests that are free each month ("Amazon SQS pricing").
const FREE: u64 = MILLION;
/// Cents for a million further requests.
const CENTS: u64 = 40;

/// Returns the page with the prices of the template's alarms and queues. Each alarm has one metric,
/// and a metric costs 10 cents a month ("Amazon CloudWatch pricing").
///
/// # Errors
/// The marker that is missing.
pub fn insert(page: &str, template: &str) -> Result<String, Problem> {
    let count = |text: &str| template.lines().filter(|line| line.trim() == text).count();
    let alarms = count("Type: AWS::CloudWatch::Alarm");
    let (dollars, cents) = (alarms / 10, alarms % 10 * 10);
    let queues = count("FunctionResponseTypes: [ReportBatchItemFailures]") as u64;
    let polls = queues * POLLS;
    let price = (polls.saturating_sub(FREE) * CENTS + MILLION / 2) / MILLION;
    let text = format!(
        "Lambda polls {queues} queues, also when they are empty: {}.{:03} million requests a month,\n\
         which cost {}.{:02} at 0.40 for a million after the first. `AlarmEmail` adds \
         {dollars}.{cents:02}: {alarms} alarms\n\
         with one metric each, at 0.10.\n",
        polls / MILLION,
        polls % MILLION / 1000,
        price / 100,
        price % 100,
    );
    markers::replace(PATH, page, &text)
}

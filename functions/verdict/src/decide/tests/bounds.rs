//! A review fits into its state item, whatever the reports contain.

use super::*;
use policy::{Attributes, Layer, Policy, Source};
use review::bounds;

/// Bound for the tests, below DynamoDB's item limit: emitted events are stored in the same item.
const MOST: usize = 350 * 1024;

/// Returns the largest report of a specialist, in letters of four bytes. All findings need a second
/// look.
fn full(category: Category) -> CheckItem {
    let path = "\u{1f600}".repeat(1_000);
    let finding = |line| Finding {
        category,
        path: path.clone(),
        title: Some("\u{1f600}".repeat(120)),
        ..found(
            MODEL,
            line,
            Severity::High,
            &format!("run({category}, {line})"),
        )
    };
    let mut findings: Vec<_> = (1..=100).map(finding).collect();
    let mut room = bounds::REPORT - 1_024;
    let rest = bounds::keep(&mut findings, &mut room);
    assert!(!rest.is_empty(), "it is full");
    CheckItem {
        base_sha: Some(base()),
        report: CheckReport {
            readers: vec![reader("rules", 1), reader("kimi", 1)],
            findings,
            not_kept: 0,
        },
    }
}

/// Returns the largest possible settings.
fn long_policy() -> Policy {
    let text = "\u{1f600}".repeat(790);
    let instruction = format!("[[instructions]]\npaths = [\"**\"]\ntext = \"{text}\"\n");
    let text = instruction.repeat(20);
    assert!(
        text.len() > 60_000 && text.len() <= policy::MAX_BYTES,
        "{}",
        text.len()
    );
    Policy::default().over(Layer::parse(&text, Source::Repository).unwrap())
}

#[test]
fn review_fits_into_state_item() {
    let pattern = "\u{1f600}".repeat(100);
    let attributes = format!("{pattern} linguist-generated\n").repeat(1_000);
    let review = ReviewItem {
        policy: long_policy(),
        attributes: Attributes::parse(&attributes),
        previous: Some("d".repeat(40).parse().unwrap()),
        ..ReviewItem::of(base())
    };
    let reports = || Category::ALL.map(|category| (category, full(category)));
    // All findings of an equally large earlier review are resolved.
    let told = reports()
        .into_iter()
        .flat_map(|(_, item)| item.report.findings);
    let gone = told.map(|finding| finding.identified(&diff::Diff::default()));
    let mut known = StoredContext {
        reports: reports().into(),
        ..StoredContext::default()
    };
    let mut before = verdict(&ReviewItem::of(base()), &deadline(), &known);
    before.findings = gone.collect();
    known.earlier = Some(EarlierReview {
        head_sha: "d".repeat(40).parse().unwrap(),
        verdict: before,
    });

    let heard = completed(Category::Logic);
    let decided = |review: &ReviewItem, known: &StoredContext| match decide(
        Some(review),
        &heard,
        known,
        Timestamp::UNIX_EPOCH,
    ) {
        Decision::Write { next, .. } => next,
        Decision::Ignore(reason) => panic!("ignored: {reason}"),
    };
    let proving = decided(&review, &known);
    assert!(!proving.to_prove.is_empty());
    let bytes = bounds::bytes(&proving);
    assert!(
        (200_000..MOST).contains(&bytes),
        "while it is proven: {bytes}"
    );

    known.second_look = Some(SecondLookItem::default());
    let done = decided(&proving, &known);
    assert!(done.to_prove.is_empty(), "it is in the verdict");
    let notes = &done.verdict.as_ref().unwrap().notes;
    assert!(
        notes.iter().any(|it| it.contains("are not listed")),
        "{notes:?}"
    );
    let bytes = bounds::bytes(&done);
    assert!(
        (200_000..MOST).contains(&bytes),
        "with its verdict: {bytes}"
    );
}

//! Fans a review out to the specialists.
//!
//! *Hears* `agent.pr.review_requested`.
//! *Reads* nothing else.
//! *Writes* `review:{owner}/{repo}#{n}@{head}`: who is asked.
//! *Says* `agent.pr.security_check`, `agent.pr.style_check`,
//! `agent.pr.logic_check`; or `agent.pr.review_completed` again, when that is
//! what a review that is asked for once more has.

use async_trait::async_trait;
use bus::{Emit, Handler, HandlerError};
use event::{Event, Outcome, Say};
use review::item::{RETENTION, ReviewItem};
use review::message::{CheckRequested, ReviewRequested};
use state::{Decision, StateManager};
use std::convert::Infallible;
use std::sync::Arc;

const NAME: &str = "coordinator";

/// The function.
pub struct Coordinator {
    /// Where the review's state is kept.
    pub state: StateManager,
    /// Where the specialists are asked.
    pub bus: Arc<dyn Emit>,
}

#[async_trait]
impl Handler for Coordinator {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let asked: ReviewRequested = event.read()?;
        let key = ReviewItem::key(&asked.review);
        let decide = |seen: Option<&ReviewItem>, now: event::Timestamp| {
            let (next, says) = decide(seen, &asked);
            Decision::<_, Infallible>::Write {
                next,
                says,
                expires_at: Some(now + RETENTION),
            }
        };
        let turn = self.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.bus.emit(events).await?;
        Ok(outcome)
    }
}

/// Every specialist is asked. Asked for again, a review that has its verdict is
/// told again (it may not stand on GitHub yet), and one that has none gets another
/// chance: a specialist that has answered says so again at no cost.
fn decide(seen: Option<&ReviewItem>, asked: &ReviewRequested) -> (ReviewItem, Vec<Say>) {
    let next = match seen {
        Some(review) => review.clone(),
        None => ReviewItem::of(asked.base_sha.clone()),
    };
    let check = CheckRequested {
        review: asked.review.clone(),
        base_sha: next.base_sha.clone(),
    };
    let says = match &next.verdict {
        Some(verdict) => vec![Say::new(&verdict.completed(&asked.review))],
        None => next
            .expected
            .iter()
            .map(|category| check.say(*category))
            .collect(),
    };
    (next, says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use github::port::ReviewEvent;
    use review::item::Verdict;
    use review::message::ReviewKey;

    fn asked(base: &str) -> ReviewRequested {
        ReviewRequested {
            review: ReviewKey {
                pr: "octo/widgets#7".parse().unwrap(),
                head_sha: "a".repeat(40).parse().unwrap(),
            },
            base_sha: base.repeat(40).parse().unwrap(),
        }
    }

    #[test]
    fn every_specialist_is_asked() {
        let (_, says) = decide(None, &asked("b"));
        let topics: Vec<_> = says.iter().map(|say| say.topic.as_str()).collect();
        insta::assert_compact_json_snapshot!(topics, @r#"["agent.pr.security_check", "agent.pr.style_check", "agent.pr.logic_check"]"#);
    }

    #[test]
    fn asked_again_they_look_at_the_same_change() {
        let (review, first) = decide(None, &asked("b"));
        let (same, again) = decide(Some(&review), &asked("c"));
        assert_eq!(
            (review, first),
            (same, again),
            "the base that was read first stays"
        );
    }

    #[test]
    fn asked_again_a_verdict_is_told_again() {
        let (mut review, _) = decide(None, &asked("b"));
        review.verdict = Some(Verdict {
            decided_at: event::Timestamp::UNIX_EPOCH,
            event: ReviewEvent::Comment,
            findings: vec![],
            unsure: vec![],
            quality_score: None,
            missing: vec![],
            late: vec![],
            still_open: vec![],
            resolved: vec![],
            since: None,
            below_floor: 0,
            notes: vec![],
            usage: None,
        });
        let (same, says) = decide(Some(&review), &asked("b"));
        assert_eq!(same, review);
        let topics: Vec<_> = says.iter().map(|say| say.topic.as_str()).collect();
        assert_eq!(topics, ["agent.pr.review_completed"]);
    }
}

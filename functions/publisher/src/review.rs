//! The review: the verdict's, and what blocks and came after it.

use crate::approval::Approval;
use crate::publication::{Claim, Publication, Publish, Stage};
use crate::wanted::{Ignored, NoVerdict, Wanted};
use crate::{Publisher, text};
use async_trait::async_trait;
use bus::HandlerError;
use diff::Diff;
use event::Say;
use github::port::{GitHubError, NewReview, ReviewEvent};
use policy::WhyNot;
use review::Category;
use review::item::Verdict;
use review::message::{Block, ReviewPublished, ReviewRecorded};
use serde::{Deserialize, Serialize};
use state::Key;

/// A review that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) of: Wanted,
    pub(crate) kind: Kind,
}

/// The kinds of reviews that a head can have, one of each.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The verdict.
    Verdict(Verdict),
    /// What the security specialist found after the verdict went out without it.
    Block(Block),
}

/// What is kept of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Stands {
    /// It stands on GitHub.
    Posted {
        /// GitHub's id of it.
        review_id: u64,
        /// How many inline comments it has.
        #[serde(default)]
        comments: u32,
    },
    /// It is kept here, and not posted: `publish = false`.
    Recorded {
        /// Its text, comments and all, as it would be posted.
        recorded: String,
        /// How many inline comments it would have.
        comments: u32,
    },
}

const VERDICT: &str = "verdict";
const BLOCK: &str = "block";

impl Review {
    /// The verdict's.
    pub(crate) fn of_verdict(of: Wanted) -> Result<Self, NoVerdict> {
        let verdict = of.item.verdict.clone();
        let kind = verdict.map(Kind::Verdict);
        let kind = kind.ok_or_else(|| NoVerdict(of.review.clone()))?;
        Ok(Self { of, kind })
    }

    /// That of what blocks, where the verdict does not tell it.
    pub(crate) fn of_block(of: Wanted, block: Block) -> Result<Self, Ignored> {
        let verdict = of.item.verdict.as_ref();
        let late = verdict.is_some_and(|it| it.missing.contains(&Category::Security));
        let kind = Kind::Block(block);
        late.then_some(Self { of, kind })
            .ok_or(Ignored::VerdictTells)
    }
}

impl Stands {
    fn posted(review_id: u64, review: &NewReview) -> Self {
        Self::Posted {
            review_id,
            comments: count(review),
        }
    }
}

fn count(review: &NewReview) -> u32 {
    u32::try_from(review.comments.len()).unwrap_or(u32::MAX)
}

#[async_trait]
impl Publish for Review {
    type Stands = Stands;

    fn key(&self) -> Key {
        self.of.key(match self.kind {
            Kind::Verdict(_) => VERDICT,
            Kind::Block(_) => BLOCK,
        })
    }

    fn is_told_by(&self, _: &Stands) -> bool {
        true // once for its key
    }

    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
    ) -> Result<Result<Stands, Ignored>, HandlerError> {
        let diff = by.diff(&self.of).await?;
        if !self.of.item.policy.publish {
            return Ok(Ok(self.record(&diff)));
        }
        let text = |approval: &Approval| {
            let marker = match approval {
                Approval::Given => {
                    format!("{}\n{}", claim.marker.as_str(), claim.marker.approving())
                }
                Approval::NotAsked | Approval::Withheld(_) => claim.marker.as_str().to_owned(),
            };
            text::review(self, &diff, &marker, approval)
        };
        let pr = &self.of.review.pr;
        let plain = text(&Approval::NotAsked);
        if let Some(found) = by.github.find_review(pr, claim.marker.as_str()).await? {
            return Ok(Ok(Stands::posted(found.0, &plain)));
        }
        let now = by.github.pull_request(pr).await?;
        if let Err(ignored) = self.of.still(&now) {
            return Ok(Err(ignored));
        }
        let approval = match &self.kind {
            Kind::Verdict(verdict) => by.approval(&self.of, verdict, &now).await?,
            Kind::Block(_) => Approval::NotAsked,
        };
        claim.time_left(by.clock.now())?;
        let review = text(&approval);
        let id = match by.github.create_review(pr, &review).await {
            Err(GitHubError::Rejected { reason, .. }) if is_own_pull_request(&reason) => {
                let own = Approval::Withheld(vec![WhyNot::OwnPullRequest]);
                let comment = NewReview {
                    event: ReviewEvent::Comment,
                    ..match &approval {
                        Approval::Given => text(&own),
                        Approval::NotAsked | Approval::Withheld(_) => review.clone(),
                    }
                };
                by.github.create_review(pr, &comment).await?
            }
            answer => answer?,
        };
        Ok(Ok(Stands::posted(id.0, &review)))
    }

    fn says(&self, stands: &Stands) -> Vec<Say> {
        let review = self.of.review.clone();
        vec![match stands {
            Stands::Posted {
                review_id,
                comments,
            } => Say::new(&ReviewPublished {
                review,
                review_id: *review_id,
                comments: *comments,
            }),
            Stands::Recorded { comments, .. } => Say::new(&ReviewRecorded {
                review,
                comments: *comments,
            }),
        }]
    }
}

impl Review {
    fn record(&self, diff: &Diff) -> Stands {
        let review = text::review(self, diff, "", &Approval::NotAsked);
        let recorded = text::recorded(&review);
        tracing::info!(review = %self.of.review, text = recorded, "publish = false: this review would be posted");
        Stands::Recorded {
            recorded,
            comments: count(&review),
        }
    }
}

impl Publisher {
    /// Whether a review of what blocks stands on GitHub beside the verdict's.
    pub(crate) async fn is_blocked(&self, of: &Wanted) -> Result<bool, HandlerError> {
        let found: Option<Publication<Stands>> = self.state.peek(&of.key(BLOCK)).await?;
        Ok(found.is_some_and(|found| match found.stage {
            Stage::Published(Stands::Posted { .. }) => true,
            Stage::Published(Stands::Recorded { .. }) | Stage::Claimed(_) => false,
        }))
    }

    /// What is kept of the verdict's review.
    pub(crate) async fn reviewed(
        &self,
        of: &Wanted,
    ) -> Result<Option<Publication<Stands>>, HandlerError> {
        Ok(self.state.peek(&of.key(VERDICT)).await?)
    }

    /// The diff that comments must sit on.
    async fn diff(&self, of: &Wanted) -> Result<Diff, HandlerError> {
        let (pr, head_sha) = (&of.review.pr, &of.review.head_sha);
        let base_sha = &of.item.base_sha;
        Ok(review::change::read(&*self.github, pr, base_sha, head_sha).await?)
    }
}

/// Nobody can request changes on a pull request of their own, or approve it; the same
/// review as a comment is what is left.
fn is_own_pull_request(reason: &str) -> bool {
    reason
        .to_ascii_lowercase()
        .contains("your own pull request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_of_before_its_comments_were_counted_still_stands() {
        let old = r#"{"marker":"<!-- github-bot:1 -->","stage":{"published":{"review_id":5}}}"#;
        let read: Publication<Stands> = serde_json::from_str(old).unwrap();
        let posted = Stands::Posted {
            review_id: 5,
            comments: 0,
        };
        assert_eq!(read.stage, Stage::Published(posted));
    }
}

//! Reviews each pull request when it is opened: skips bots, approves a change without findings,
//! and requests changes otherwise. Run it with `cargo run -p examples --example code_review`.

use events::{Emit, Event, HandlerError, InProcess, Outcome, Subscribe, Timestamp};
use fake_github::{NewPullRequest, ProcessGitHub, World};
use github::port::{NewReview, PublishReview, ReadDiff, ReviewComment, ReviewEvent, Side};
use github::{AuthorKind, Delivery, PullRequestChanged};
use std::error::Error;

const DIFF: &str = "diff --git a/pay.py b/pay.py\n--- a/pay.py\n+++ b/pay.py\n@@ -1 +1,2 @@\n \
                    import db\n+db.execute(f\"DELETE FROM orders WHERE id = {order}\")\n";

async fn review(github: ProcessGitHub, event: Event) -> Result<Outcome, HandlerError> {
    let opened: PullRequestChanged = event.data_as()?;
    let (pr, head) = (&opened.pr, &opened.head_sha);
    if opened.author.kind == AuthorKind::Bot {
        let reason = "the author is a bot".to_owned();
        return Ok(Outcome::Ignored { reason });
    }
    let diff = diff::parse(&github.diff(pr, &opened.base.sha, head).await?);
    let findings = security::rules::reviewer().report(&diff).findings;
    let (event, body) = match findings.is_empty() {
        true => (ReviewEvent::Approve, "Nothing found."),
        false => (ReviewEvent::RequestChanges, "Please resolve the comments."),
    };
    let review = NewReview {
        commit_id: head.clone(),
        event,
        body: body.to_owned(),
        comments: (findings.iter())
            .map(|it| ReviewComment::at(&it.path, it.line, Side::Right, &it.message))
            .collect(),
    };
    github.create_review(pr, &review).await?;
    Ok(Outcome::Applied { emitted: 0 })
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let (world, bus) = (World::seeded(7), InProcess::default());
    let github = world.github();
    let reviewer = events::handler("reviewer", move |event| review(github.clone(), event));
    bus.on("github.pr.opened", reviewer)?;

    let opened = world.open_pull_request(NewPullRequest {
        diff: DIFF.to_owned(),
        ..NewPullRequest::default()
    });
    let new = Delivery::read(&opened.event, &opened.body)?.say;
    let event = Event::first(opened.guid.parse()?, "example", new, Timestamp::UNIX_EPOCH);
    bus.emit(vec![event]).await?;
    bus.settle().await;

    let reviews = world.reviews(&opened.pr.ok_or("no pull request")?);
    let review = reviews.first().ok_or("no review")?;
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    println!("{}", review.body);
    Ok(())
}

//! Pages of pull requests.

use crate::model::{Account, PostedCheck, PostedComment, PostedReview, Pull, Repository};
use crate::world::World;
use github::{HeadSha, PrKey};

/// Page of a pull request: its header and all content that was posted on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestPage {
    pub pr: PrKey,
    pub title: String,
    pub author: Account,
    /// Newest commit.
    pub head: HeadSha,
    /// Base branch, the target of the merge.
    pub base_branch: String,
    /// Reviews by any author, oldest first.
    pub reviews: Vec<PostedReview>,
    /// Checks of all commits, oldest first.
    pub checks: Vec<PostedCheck>,
    /// Comments by any author, oldest first.
    pub comments: Vec<PostedComment>,
}

impl PullRequestPage {
    fn new(pull: &Pull, repository: &Repository) -> Self {
        let is_on = |posted: &&PostedCheck| {
            let head = &posted.check.head_sha;
            pull.commits.contains(head) || pull.removed_heads.contains(head)
        };
        let mut checks: Vec<_> = repository.checks.iter().filter(is_on).cloned().collect();
        checks.sort_by_key(|posted| posted.id);
        Self {
            pr: PrKey {
                repo: pull.repo.clone(),
                number: pull.number,
            },
            title: pull.title.clone(),
            author: pull.author.clone(),
            head: pull.head.clone(),
            base_branch: pull.base_branch.clone(),
            reviews: pull.reviews.clone(),
            checks,
            comments: pull.posted.clone(),
        }
    }
}

impl World {
    /// Returns the pages of all pull requests, sorted by repository and number.
    pub fn pages(&self) -> Vec<PullRequestPage> {
        let state = self.lock();
        let of = |repository: &'_ Repository| -> Vec<_> {
            let pulls = repository.pulls.values();
            pulls
                .map(|pull| PullRequestPage::new(pull, repository))
                .collect()
        };
        let mut pages: Vec<_> = state.repos.all().flat_map(of).collect();
        pages.sort_by(|one, other| one.pr.cmp(&other.pr));
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewPullRequest;

    #[test]
    fn pages_are_sorted_and_current() {
        let world = World::seeded(1);
        for (repo, number) in [("octo/b", 2), ("octo/a", 10), ("octo/a", 9)] {
            world.open_pull_request(NewPullRequest {
                repo: repo.parse().unwrap(),
                number: Some(number),
                ..NewPullRequest::default()
            });
        }
        let pr = "octo/b#2".parse().unwrap();
        world.force_push(&pr, "");
        world.comment(&pr, "octocat", "Look again.");
        let pages = world.pages();
        let prs: Vec<_> = pages.iter().map(|page| page.pr.to_string()).collect();
        assert_eq!(prs, ["octo/a#9", "octo/a#10", "octo/b#2"]);
        assert_eq!(pages[2].head, world.head(&pr));
        assert_eq!(pages[2].comments, world.comments(&pr));
    }
}

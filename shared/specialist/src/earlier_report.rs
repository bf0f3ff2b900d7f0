//! Earlier review of the pull request, and its findings that still apply.

use diff::{Diff, OmissionReason, OmittedFile};
use github::port::{GitHubError, ReadDiff};
use github::{HeadSha, PrKey};
use review::item::{CheckReport, Reader};
use review::rules::RULES;
use review::{BlockRule, Finding, MODEL, Places};

/// Earlier review by one specialist.
pub(crate) struct EarlierReport {
    head: HeadSha,
    /// Earlier report. Empty if the specialist did not answer.
    report: CheckReport,
    /// Changes since the earlier review, or the reason for a full review.
    since: Result<Diff, String>,
}

impl EarlierReport {
    /// Creates the state from the result of [`since`]. `diff` is the current change. Files that no
    /// model read in the earlier review count as changed.
    pub(crate) fn new(
        head: HeadSha,
        report: CheckReport,
        since: Result<Diff, String>,
        diff: &Diff,
    ) -> Self {
        let since = since.and_then(|mut since| {
            if models(&report.readers).next().is_none() {
                return Err(format!("no model has read `{}`", head.short()));
            }
            let files = diff.files.iter().map(|file| &file.path);
            let files = files.filter(|path| may_be_unread(&report, path));
            since.left_out.extend(files.map(|path| OmittedFile {
                path: path.clone(),
                why: OmissionReason::Unanswered,
            }));
            Ok(since)
        });
        Self {
            head,
            report,
            since,
        }
    }

    /// Returns the changes since the earlier review, if known.
    pub(crate) fn since(&self) -> Option<&Diff> {
        self.since.as_ref().ok()
    }

    /// Adds the earlier findings of a model to `report` if they are in `diff` and not in `shown`,
    /// or were shown without an answer. Then marks each finding that the earlier report contains.
    pub(crate) fn carry_into(
        &self,
        report: &mut CheckReport,
        diff: &Diff,
        shown: &Diff,
        rule: &BlockRule,
    ) {
        let kept = self.kept(report, diff, shown, rule);
        let count = kept.len();
        report.findings.extend(kept);
        for finding in &mut report.findings {
            let is_old =
                |since: &Diff| !since.may_be_new(&finding.path, &finding.lines(), finding.side);
            finding.reviewed_before = self.since().is_some_and(is_old);
        }
        let then = models(&self.report.readers)
            .filter_map(|reader| reader.score)
            .min();
        let Some(reader) = report
            .readers
            .iter_mut()
            .rfind(|reader| reader.name != RULES)
        else {
            return;
        };
        let has_read = reader.coverage.files_read > 0;
        // The earlier score applies as long as some of its findings do.
        if count > 0 || !has_read {
            reader.score = reader.score.into_iter().chain(then).min();
        }
        reader.notes.extend(self.note(has_read, count));
    }

    /// Returns the findings to carry over. A blocking finding remains while its code exists, even
    /// if a later reading does not report it. Only a second look removes it.
    fn kept(
        &self,
        report: &CheckReport,
        diff: &Diff,
        shown: &Diff,
        rule: &BlockRule,
    ) -> Vec<Finding> {
        let is_read_again = |finding: &Finding| {
            let mut lines = finding.lines();
            !may_be_unread(report, &finding.path)
                && lines.any(|line| shown.has(&finding.path, line, finding.side))
        };
        let mut places = Places::of(&self.report.findings, diff);
        let mut kept: Vec<Finding> = Vec::new();
        for finding in self.report.findings.iter().filter(|it| it.rule == MODEL) {
            let moved = places.moved(finding);
            let Some(moved) = moved.filter(|it| it.blocks(rule) || !is_read_again(it)) else {
                continue;
            };
            let is_same =
                |other: &Finding| other.rule == MODEL && other.fingerprint == moved.fingerprint;
            let told_twice = |other: &Finding| is_same(other) && other.title == moved.title;
            if !report.findings.iter().any(is_same) && !kept.iter().any(told_twice) {
                kept.push(moved);
            }
        }
        kept
    }

    /// Returns a sentence about the earlier review, if one is necessary.
    fn note(&self, has_read: bool, kept: usize) -> Option<String> {
        let head = self.head.short();
        let stand = match kept {
            0 => None,
            1 => Some("1 earlier finding still applies".to_owned()),
            _ => Some(format!("{kept} earlier findings still apply")),
        };
        let read = match &self.since {
            Ok(_) if has_read => format!("Reviewed the changes since `{head}`"),
            Ok(_) => format!("Reviewed before at `{head}`"),
            Err(why) => format!("Full review: {why}"),
        };
        match (&self.since, stand) {
            (_, Some(stand)) => Some(format!("{read}; {stand}.")),
            (Ok(_), None) if !has_read => None,
            (Ok(_) | Err(_), None) => Some(format!("{read}.")),
        }
    }
}

/// Returns the changes from `previous` to `head`, or the reason why they are unknown.
///
/// GitHub compares two commits from their merge base. If `previous` is not an ancestor of `head`,
/// the comparison shows additions but not deletions. In that case the reverse comparison is not
/// empty.
///
/// # Errors
/// [`GitHubError`] if a retry may succeed.
pub(crate) async fn since(
    github: &(impl ReadDiff + ?Sized),
    pr: &PrKey,
    previous: &HeadSha,
    head: &HeadSha,
) -> Result<Result<Diff, String>, GitHubError> {
    let short = previous.short();
    let text = match github.diff(pr, previous, head).await {
        Ok(text) => text,
        Err(GitHubError::TooLarge { .. }) => {
            return Ok(Err(format!("too much has changed since `{short}`")));
        }
        Err(
            GitHubError::NotFound { .. }
            | GitHubError::Rejected { .. }
            | GitHubError::Forbidden { .. },
        ) => {
            return Ok(Err(format!("GitHub does not compare it with `{short}`")));
        }
        Err(error @ (GitHubError::Unavailable { .. } | GitHubError::RateLimited { .. })) => {
            return Err(error);
        }
    };
    match github.diff(pr, head, previous).await {
        Ok(gone) if gone.trim().is_empty() => Ok(Ok(diff::parse(&text))),
        Ok(_)
        | Err(
            GitHubError::TooLarge { .. }
            | GitHubError::NotFound { .. }
            | GitHubError::Rejected { .. }
            | GitHubError::Forbidden { .. },
        ) => Ok(Err(format!("`{short}` is not in its history any more"))),
        Err(error @ (GitHubError::Unavailable { .. } | GitHubError::RateLimited { .. })) => {
            Err(error)
        }
    }
}

fn models(readers: &[Reader]) -> impl Iterator<Item = &Reader> {
    readers.iter().filter(|reader| reader.name != RULES)
}

/// Returns true if no model may have read the file at `path`, in either review.
fn may_be_unread(report: &CheckReport, path: &str) -> bool {
    let mut models = models(&report.readers).peekable();
    models.peek().is_none() || models.any(|reader| reader.coverage.may_leave_out(path))
}

//! GitHub workflows, which run with the repository's secrets.

use review::Severity::High;
use review::rules::rule;
use review::rules::scan::{has_word, indentation};
use review::rules::{File, Finds, Language, Reads, Rule, Spot};

pub(super) const WORKFLOW_EXPRESSION: Rule = Rule {
    reads: Reads::Languages(&[Language::Yaml]),
    finds: Finds::Lines(|line| {
        line.file.path().starts_with(".github/workflows/")
            && has_strangers_text(line.text())
            && is_in_script(line)
    }),
    ..rule(
        "workflow-injection",
        High,
        88,
        "GitHub puts this text into the script before the shell reads it, and anyone can write \
         it. Pass it through `env:` and use the variable, in quotes.",
    )
};

/// Detects the contexts that "Security hardening for GitHub Actions" calls untrusted.
fn has_strangers_text(text: &str) -> bool {
    text.match_indices("${{").take(16).any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or_default();
        let expression = rest.split("}}").next().unwrap_or_default().trim();
        expression == "github.head_ref"
            || expression
                .strip_prefix("github.event.")
                .is_some_and(|path| {
                    [
                        ".title",
                        ".body",
                        ".head.ref",
                        ".head.label",
                        ".message",
                        ".author.name",
                        ".author.email",
                        ".page_name",
                    ]
                    .iter()
                    .any(|end| path.ends_with(end))
                })
    })
}

/// Returns `true` if the visible context shows that the line belongs to a step's script.
fn is_in_script(line: &Spot<'_>) -> bool {
    let runs = |text: &str| {
        let text = text.trim_start().trim_start_matches("- ");
        text.starts_with("run:") || text.starts_with("script:")
    };
    let depth = |text: &str| indentation(text).len();
    runs(line.text())
        || line
            .lines_above()
            .take(40)
            .find(|above| !above.text.trim().is_empty() && depth(above.text) < depth(line.text()))
            .is_some_and(|above| {
                runs(above.text) && above.text.trim_end().ends_with(['|', '>', '-'])
            })
}

pub(super) const WORKFLOW_TARGET: Rule = Rule {
    reads: Reads::Languages(&[Language::Yaml]),
    finds: Finds::InFile(|file| {
        let runs_for_strangers = file.path().starts_with(".github/workflows/")
            && file
                .lines
                .iter()
                .any(|line| has_word(&line.code, "pull_request_target"));
        let checks_out_head = |code: &str| {
            let code = code.trim_start();
            (code.starts_with("ref:") || code.starts_with("repository:"))
                && (code.contains("github.event.pull_request.head.")
                    || code.contains("github.head_ref"))
        };
        if runs_for_strangers {
            lines_with(file, checks_out_head)
        } else {
            Vec::new()
        }
    }),
    ..rule(
        "workflow-runs-strangers-code",
        High,
        88,
        "`pull_request_target` runs with this repository's secrets, and this checks out the \
         pull request's own code: whoever opens one can take them. Use `pull_request`, or do \
         not run what is checked out.",
    )
};

fn lines_with(file: &File<'_>, hit: impl Fn(&str) -> bool) -> Vec<u32> {
    let hits = file.lines.iter().filter(|line| hit(&line.code));
    hits.map(|line| line.number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::rules::check;

    #[test]
    fn finds_untrusted_text_in_scripts() {
        let path = ".github/workflows/ci.yml";
        let title = "${{ github.event.pull_request.title }}";
        let one_line = format!("      - run: echo \"{title}\"");
        let block = format!("      - run: |\n          set -e\n          echo {title}");
        let env = format!("        env:\n          TITLE: {title}");
        check(&[
            (WORKFLOW_EXPRESSION, "one line", path, &one_line, true),
            (WORKFLOW_EXPRESSION, "a block", path, &block, true),
            (
                WORKFLOW_EXPRESSION,
                "through the environment",
                path,
                &env,
                false,
            ),
            (
                WORKFLOW_EXPRESSION,
                "a number",
                path,
                "- run: echo ${{ github.event.number }}",
                false,
            ),
            (
                WORKFLOW_EXPRESSION,
                "not a workflow",
                "a.yml",
                &one_line,
                false,
            ),
        ]);
    }

    #[test]
    fn finds_untrusted_code_with_secrets() {
        let path = ".github/workflows/ci.yml";
        let with = |trigger: &str, head: &str| {
            format!(
                "on:\n  {trigger}:\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6\n        with:\n          ref: {head}\n"
            )
        };
        let head = "${{ github.event.pull_request.head.sha }}";
        check(&[
            (
                WORKFLOW_TARGET,
                "both",
                path,
                &with("pull_request_target", head),
                true,
            ),
            (
                WORKFLOW_TARGET,
                "no secrets",
                path,
                &with("pull_request", head),
                false,
            ),
            (
                WORKFLOW_TARGET,
                "our own code",
                path,
                &with("pull_request_target", "main"),
                false,
            ),
        ]);
    }
}

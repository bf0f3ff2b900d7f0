use crate::choice::{
    AuthorAssociation, Conclusion, FileLanguage, RequestChangesAt, Show, SkipConclusion, Treatment,
};
use crate::error::{Excerpt, PolicyError, ProblemKind};
use crate::read::{Problems, RefusedValue, Section, Value};
use crate::read::{choice, list, refuse, table, text, truth, whole};
use crate::{Glob, Instruction, MAX_BYTES, Source, approval, depth};
use findings::{Category, Confidence, Severity};
use toml::de::DeTable;

/// Maximum number of globs, logins or labels in one list.
const MAX_ENTRIES: usize = 100;
/// Maximum number of characters in an instruction.
const MAX_INSTRUCTION: usize = 2_000;
/// Maximum number of instructions in a file.
const MAX_INSTRUCTIONS: usize = 20;
/// Maximum number of characters in the language's name, which becomes part of a prompt.
const MAX_LANGUAGE: usize = 40;
/// Maximum number of characters in a login or label.
const MAX_NAME: usize = 100;
/// Largest number of tokens that a budget accepts.
const MAX_TOKENS: u64 = 1_000_000_000_000;

/// One settings file. Settings that it does not name are left to the layers below.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    pub(crate) source: Source,
    pub(crate) enabled: Option<bool>,
    pub(crate) publish: Option<bool>,
    pub(crate) language: Option<String>,
    pub(crate) reviewers: Option<Vec<Category>>,
    pub(crate) severity_floor: Option<Severity>,
    pub(crate) confidence_floor: Option<Confidence>,
    pub(crate) max_comments: Option<u8>,
    pub(crate) request_changes_at: Option<RequestChangesAt>,
    pub(crate) request_changes_confidence: Option<Confidence>,
    pub(crate) request_changes_for: Option<Vec<Category>>,
    pub(crate) request_changes_below_score: Option<u8>,
    pub(crate) drafts: Option<Treatment>,
    pub(crate) bots: Option<Treatment>,
    pub(crate) skip_authors: Option<Vec<String>>,
    pub(crate) skip_labels: Option<Vec<String>>,
    pub(crate) include: Option<Vec<Glob>>,
    pub(crate) exclude: Option<Vec<Glob>>,
    pub(crate) languages: Option<Vec<FileLanguage>>,
    pub(crate) instructions: Option<Vec<Instruction>>,
    pub(crate) tokens_per_review: Option<u64>,
    pub(crate) tokens_per_pull_request: Option<u64>,
    pub(crate) tokens_per_repository_a_day: Option<u64>,
    pub(crate) tokens_a_day: Option<u64>,
    pub(crate) show_review: Option<Show>,
    pub(crate) show_summary: Option<Show>,
    pub(crate) show_check: Option<Show>,
    pub(crate) on_findings: Option<Conclusion>,
    pub(crate) on_block: Option<Conclusion>,
    pub(crate) on_skip: Option<SkipConclusion>,
    pub(crate) auto_approve: approval::ApprovalLayer,
}

impl Layer {
    /// Parses a settings file: TOML ("TOML v1.1.0"), at most 64 KiB.
    ///
    /// # Errors
    /// [`PolicyError`] lists all problems. No setting of the file is used then.
    pub fn parse(text: &str, source: Source) -> Result<Self, PolicyError> {
        let mut problems = Problems::new(text);
        let empty = DeTable::new();
        let parsed = if text.len() > MAX_BYTES {
            problems.push(0, || ProblemKind::TooLong { bytes: text.len() });
            None
        } else if let Some(at) = depth::too_deep(text) {
            problems.push(at, || ProblemKind::TooDeep);
            None
        } else {
            let or_why = |error: toml::de::Error| {
                let at = error.span().map_or(0, |span| span.start);
                problems.push(at, || ProblemKind::Syntax(Excerpt::of(error.message())));
            };
            DeTable::parse(text).map_err(or_why).ok()
        };
        let file = parsed.as_ref().map_or(&empty, |file| file.get_ref());
        let layer = Self::read(file, source, &mut problems);
        problems.none_or(layer, source)
    }

    /// Returns whether the file sets nothing.
    pub fn is_empty(&self) -> bool {
        let nothing = Self::read(&DeTable::new(), self.source, &mut Problems::new(""));
        *self == nothing
    }

    fn read<'a>(file: &'a DeTable<'a>, source: Source, problems: &mut Problems<'_>) -> Self {
        let mut top = Section::new("", Some(file), problems);
        let enabled = top.get("enabled", truth);
        let publish = top.get("publish", truth);
        let language = top.get("language", language);
        let reviewers = top.get("reviewers", |value| list(value, 1..=3, choice));
        let severity_floor = top.get("severity_floor", choice);
        let confidence_floor = top.get("confidence_floor", whole(0..=100));
        let max_comments = top.get("max_comments", whole(0..=50));
        let request_changes_at = top.get("request_changes_at", choice);
        let request_changes_confidence = top.get("request_changes_confidence", whole(0..=100));
        let request_changes_for =
            top.get("request_changes_for", |value| list(value, 1..=3, choice));
        let request_changes_below_score = top.get("request_changes_below_score", whole(0..=10));
        let drafts = top.get("drafts", choice);
        let bots = top.get("bots", choice);
        let skip_authors = top.get("skip_authors", names);
        let skip_labels = top.get("skip_labels", names);
        let paths = top.get("paths", table);
        let instructions = top.get("instructions", instruction_tables);
        let budget = top.get("budget", table);
        let show = top.get("show", table);
        let checks = top.get("checks", table);
        let auto_approve = top.get("auto_approve", table);

        let mut paths = Section::new("paths", paths, problems);
        let include = paths.get("include", |value| list(value, 1..=MAX_ENTRIES, glob));
        let exclude = paths.get("exclude", |value| list(value, 0..=MAX_ENTRIES, glob));
        let languages = paths.get("languages", |value| list(value, 0..=MAX_ENTRIES, choice));

        let instructions = instructions.map(|tables| {
            let each = |(at, table)| instruction(at, table, problems);
            tables.into_iter().map(each).collect()
        });

        let mut budget = Section::new("budget", budget, problems);
        match source {
            Source::Deployment => {}
            Source::Organisation => budget.not_here("tokens_a_day", DEPLOYMENT),
            Source::Repository => {
                budget.not_here("tokens_a_day", DEPLOYMENT);
                budget.not_here("tokens_per_repository_a_day", NOT_REPOSITORY);
            }
        }
        let tokens = || whole(0..=MAX_TOKENS);
        let tokens_per_review = budget.get("tokens_per_review", tokens());
        let tokens_per_pull_request = budget.get("tokens_per_pull_request", tokens());
        let tokens_per_repository_a_day = budget.get("tokens_per_repository_a_day", tokens());
        let tokens_a_day = budget.get("tokens_a_day", tokens());

        let mut show = Section::new("show", show, problems);
        let show_review = show.get("review", choice);
        let show_summary = show.get("summary", choice);
        let show_check = show.get("check", choice);

        let mut checks = Section::new("checks", checks, problems);
        let on_findings = checks.get("on_findings", choice);
        let on_block = checks.get("on_block", choice);
        let on_skip = checks.get("on_skip", choice);

        let mut approve = Section::new("auto_approve", auto_approve, problems);
        let auto_approve = approval::ApprovalLayer {
            enabled: approve.get("enabled", truth),
            score: approve.get("score", whole(1..=10)),
            authors: approve.get("authors", |value| {
                list(value, 0..=MAX_ENTRIES, choice::<AuthorAssociation>)
            }),
            require_checks: approve.get("require_checks", truth),
            allow_forks: approve.get("allow_forks", truth),
            allow_first_time: approve.get("allow_first_time", truth),
        };
        Self {
            source,
            enabled,
            publish,
            language,
            reviewers,
            severity_floor,
            confidence_floor: confidence_floor.map(Confidence::percent),
            max_comments,
            request_changes_at,
            request_changes_confidence: request_changes_confidence.map(Confidence::percent),
            request_changes_for,
            request_changes_below_score,
            drafts,
            bots,
            skip_authors,
            skip_labels,
            include,
            exclude,
            languages,
            instructions,
            tokens_per_review,
            tokens_per_pull_request,
            tokens_per_repository_a_day,
            tokens_a_day,
            show_review,
            show_summary,
            show_check,
            on_findings,
            on_block,
            on_skip,
            auto_approve,
        }
    }
}

const DEPLOYMENT: &str = "the deployment";
const NOT_REPOSITORY: &str = "the deployment or the organisation";

fn language(value: &Value<'_>) -> Result<String, RefusedValue> {
    let takes = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-');
    let allowed = "a language's name in letters, spaces and hyphens";
    text(value, MAX_LANGUAGE, takes, allowed).map(ToOwned::to_owned)
}

/// Reads a list of logins or labels.
fn names(value: &Value<'_>) -> Result<Vec<String>, RefusedValue> {
    let takes = |c: char| !c.is_control();
    let name = |value| text(value, MAX_NAME, takes, "a name in quotes");
    let names = list(value, 0..=MAX_ENTRIES, name)?;
    Ok(names.into_iter().map(ToOwned::to_owned).collect())
}

fn glob(value: &Value<'_>) -> Result<Glob, RefusedValue> {
    let Some(text) = value.get_ref().as_str() else {
        return refuse(value, "a pattern of paths in quotes, such as \"src/**\"");
    };
    Glob::parse(text).or_else(|why| {
        let allowed = format!("a pattern of paths, such as \"src/**\": {why}");
        refuse(value, allowed)
    })
}

/// Returns each table with its position in the file.
fn instruction_tables<'a>(
    value: &'a Value<'a>,
) -> Result<Vec<(usize, &'a DeTable<'a>)>, RefusedValue> {
    let tables = value.get_ref().as_array();
    let Some(tables) = tables.filter(|tables| tables.len() <= MAX_INSTRUCTIONS) else {
        let allowed = format!("at most {MAX_INSTRUCTIONS} tables, each as `[[instructions]]`");
        return refuse(value, allowed);
    };
    let placed = |value| Ok((Value::span(value).start, table(value)?));
    tables.iter().map(placed).collect()
}

/// Reads one instruction. Parts that cannot be read are left empty: each adds a problem, and with a
/// problem the whole file is not used.
fn instruction<'a>(at: usize, table: &'a DeTable<'a>, problems: &mut Problems<'_>) -> Instruction {
    if !table.contains_key("text") {
        problems.push(at, || ProblemKind::Missing {
            key: "instructions.text".to_owned(),
        });
    }
    let mut section = Section::new("instructions", Some(table), problems);
    let paths = section.get("paths", |value| list(value, 1..=MAX_ENTRIES, glob));
    let told = section.get("text", |value| {
        let takes = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        text(
            value,
            MAX_INSTRUCTION,
            takes,
            "an instruction for reviewers",
        )
    });
    Instruction {
        paths: paths.unwrap_or_else(crate::paths::everything),
        text: told.unwrap_or_default().trim().to_owned(),
    }
}

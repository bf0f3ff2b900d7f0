//! Command line definition.

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use github::PrKey;
use policy::Source;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// GitHub review bot made of small functions that communicate only through events. This program
/// runs all of them in one process, wired by the same rules (infra/template.yaml) as on AWS.
#[derive(Debug, Parser)]
#[command(
    name = "github-bot",
    version,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    after_help = "Environment: GITHUB_WEBHOOK_SECRET, GITHUB_TOKEN (or GITHUB_APP_ID, \
                  GITHUB_APP_PRIVATE_KEY), GITHUB_API_URL, KIMI_API_KEY, KIMI_BASE_URL, KIMI_MODEL, \
                  KIMI_PRICES, ALLOW_ADDRESSES, REVIEW_POLICY, STATE_URL, EVENT_BUS_NAME, RUST_LOG, NO_COLOR, COLUMNS.\nExit status: 0 success, 1 failure, 2 invalid options, environment or input (nothing was written)."
)]
pub struct Cli {
    /// Play sample deliveries through all functions against a simulated GitHub, and print the pull
    /// requests as GitHub shows them
    #[arg(long, group = "printed", conflicts_with = "port")]
    pub simulate: bool,

    /// Measure the reviewers on changes with known defects: a folder with a folder `cases` in it
    /// [default: eval]
    #[arg(
        long,
        value_name = "DIR",
        group = "printed",
        conflicts_with_all = ["port", "template"]
    )]
    pub eval: Option<Option<PathBuf>>,

    /// Also evaluate the model that KIMI_API_KEY and KIMI_MODEL name; this costs tokens
    #[arg(long, requires = "eval")]
    pub model: bool,

    /// Record the model's replies: a new file, or a folder for a file with the model's name
    #[arg(long, value_name = "PATH", requires = "model")]
    pub record: Option<PathBuf>,

    /// Evaluate with recorded replies of a model, without a key and without network; with --model
    /// and --record, ask the model only questions without a recorded reply
    #[arg(long, value_name = "FILE", requires = "eval")]
    pub replies: Option<PathBuf>,

    /// Samples to play: a file, or a folder of files [default: events/simulation]
    #[arg(long, value_name = "PATH", requires = "simulate")]
    pub events: Option<PathBuf>,

    /// Print one JSON object per line
    #[arg(long, requires = "printed")]
    pub json: bool,

    /// Also print long texts in full, the tree of events and the stored state
    #[arg(short, long, requires = "simulate")]
    pub verbose: bool,

    /// Serve GitHub's webhooks on this port (POST /webhook, GET /health)
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// Address to listen on
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "port",
        default_value = "0.0.0.0"
    )]
    pub host: IpAddr,

    /// Location of the state: sqlite://path or memory: [default: STATE_URL, or
    /// sqlite://github-bot.db]
    #[arg(long, value_name = "URL", requires = "port")]
    pub state: Option<String>,

    /// Review without posting: record and log each write instead
    #[arg(long, requires = "port", conflicts_with = "printed")]
    pub dry_run: bool,

    /// Concurrent deliveries per function, unless the template sets a limit
    #[arg(
        long,
        value_name = "N",
        requires = "port",
        default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    pub concurrency: u16,

    /// Template with the rules [default: infra/template.yaml as of the build]
    #[arg(long, value_name = "FILE", global = true)]
    pub template: Option<PathBuf>,

    /// Subcommand.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the routing table: sample event, rules, functions
    Rules {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Serve EventBridge's API locally, and call functions through their invoke URLs, as cargo
    /// lambda watch serves them
    ///
    /// Serves PutEvents, TestEventPattern and DescribeEventBus for any AWS SDK
    /// (signatures are not verified), and GET /health. Routes events by the
    /// template's rules, with their retries, delays and dead letters. Prints the
    /// environment for the functions on start.
    Bus {
        /// Endpoint that functions are called at (POST /2015-03-31/functions/NAME/invocations)
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
        lambda: String,
        /// Port to serve on
        #[arg(long, value_name = "PORT", default_value_t = 4010)]
        port: u16,
        /// Address to listen on
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
        host: IpAddr,
        /// Name of the bus [default: EVENT_BUS_NAME, or github-bot]
        #[arg(long, value_name = "NAME")]
        bus: Option<String>,
        /// Location of deliveries and dead letters: sqlite://path or memory: [default: memory:]
        #[arg(long, value_name = "URL")]
        state: Option<String>,
        /// Seconds that a call may take beyond its function's Timeout: cargo lambda watch builds a
        /// function at its first call
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        build: u64,
    },
    /// Serve a simulated GitHub on this machine, with sample pull requests, to try the bot without
    /// GitHub
    ///
    /// Serves the REST API that the bot uses, and a page of each pull request with its reviews,
    /// checks and comments, on 127.0.0.1. Prints the command that starts the bot with it. Signs
    /// deliveries with GITHUB_WEBHOOK_SECRET, or with a printed secret if it is not set. Nothing is
    /// stored.
    Github {
        /// Port to serve on
        #[arg(long, value_name = "PORT", default_value_t = 9000)]
        port: u16,
        /// Send webhook deliveries to this URL of a bot, such as http://127.0.0.1:8080/webhook;
        /// repeated until the bot answers 2xx
        #[arg(long, value_name = "URL")]
        webhook: Option<String>,
    },
    /// List failed deliveries with their reasons, or return them to the queue
    DeadLetters {
        /// Return all of them to the queue; the running server retries them
        #[arg(long)]
        redrive: bool,
        /// Location of the state [default: STATE_URL, or sqlite://github-bot.db]
        #[arg(long, value_name = "URL")]
        state: Option<String>,
    },
    /// Review a pull request, such as acme/shop#7, or a diff from standard input, such as git diff
    /// main | github-bot review -
    ///
    /// A pull request is read from GitHub with GITHUB_TOKEN, or with GITHUB_APP_ID and
    /// GITHUB_APP_PRIVATE_KEY, and reviewed with the settings of its base branch. Needs no server
    /// and writes no file. Nothing is posted without --post.
    ///
    /// A diff is the output of git diff, git show or git format-patch --stdout. Settings: the
    /// built-in ones and REVIEW_POLICY.
    ///
    /// The rules review, and the model if KIMI_API_KEY is set. Files that are not read are named on
    /// standard error. Exit status: 0 nothing blocks, 1 a finding blocks merging or the review
    /// failed, 2 invalid input: no such pull request, no credentials, no diff, or no file of it
    /// could be read.
    Review {
        /// Pull request to review, or - for a diff on standard input
        #[arg(value_name = "OWNER/REPO#7|-")]
        input: ReviewInput,
        /// Publish the review on GitHub: the review, the check and the summary
        #[arg(long)]
        post: bool,
        /// Print one JSON object per finding, each on a line: path, line, rule, category, severity,
        /// confidence (percent), message
        #[arg(long)]
        json: bool,
        /// Review with the rules only
        #[arg(long)]
        no_model: bool,
    },
    /// Check a settings file
    CheckSettings {
        /// Place of the settings; each place has its own limits
        #[arg(long = "for", value_name = "PLACE", value_enum, default_value_t)]
        layer: SettingsPlace,
        /// File to check
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the completion script for a shell
    Completions {
        /// Shell to print the script for
        shell: Shell,
    },
}

/// Input of `review`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewInput {
    /// Diff on standard input.
    Diff,
    /// Pull request on GitHub.
    PullRequest(PrKey),
}

impl FromStr for ReviewInput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "-" => Ok(Self::Diff),
            _ => text.parse().map(Self::PullRequest).map_err(|_| {
                "expected a pull request such as acme/shop#7, or - for a diff on standard input"
                    .to_owned()
            }),
        }
    }
}

/// Place of a settings file.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum SettingsPlace {
    /// .github/review-bot.toml of a repository
    #[default]
    Repository,
    /// review-bot.toml in the repository .github of an organisation
    Organisation,
    /// Text of the variable REVIEW_POLICY
    Deployment,
}

impl From<SettingsPlace> for Source {
    fn from(place: SettingsPlace) -> Self {
        match place {
            SettingsPlace::Repository => Self::Repository,
            SettingsPlace::Organisation => Self::Organisation,
            SettingsPlace::Deployment => Self::Deployment,
        }
    }
}

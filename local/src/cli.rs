//! The command line.

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use std::net::IpAddr;
use std::path::PathBuf;

/// A GitHub review bot made of small functions that know nothing of each other,
/// only events. Here they all run in one process, wired by the same rules
/// (infra/template.yaml) as on AWS.
#[derive(Debug, Parser)]
#[command(
    name = "github-bot",
    version,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    after_help = "Environment: GITHUB_WEBHOOK_SECRET, GITHUB_TOKEN (or GITHUB_APP_ID, \
                  GITHUB_APP_PRIVATE_KEY), GITHUB_API_URL, KIMI_API_KEY, KIMI_BASE_URL, KIMI_MODEL, \
                  KIMI_PRICES, ALLOW_ADDRESSES, REVIEW_POLICY, STATE_URL, EVENT_BUS_NAME, RUST_LOG, NO_COLOR.\nExit status: 0 done, 1 failed, 2 something given is wrong."
)]
pub struct Cli {
    /// Play sample deliveries through all functions, with a simulated GitHub
    #[arg(long, group = "printed", conflicts_with = "port")]
    pub simulate: bool,

    /// Measure the reviewers by changes of which it is known what is wrong in them:
    /// a folder with the folder cases in it [default: eval]
    #[arg(
        long,
        value_name = "DIR",
        group = "printed",
        conflicts_with_all = ["port", "template"]
    )]
    pub eval: Option<Option<PathBuf>>,

    /// Have the model that KIMI_API_KEY and KIMI_MODEL name read the cases too, which
    /// costs tokens
    #[arg(long, requires = "eval")]
    pub model: bool,

    /// Keep what the model replies: a new file, or a folder for one with the model's
    /// name
    #[arg(long, value_name = "PATH", requires = "model")]
    pub record: Option<PathBuf>,

    /// Have the cases read by a model's recorded replies, without a key and without
    /// network; with --model and --record, only what they do not answer is asked
    #[arg(long, value_name = "FILE", requires = "eval")]
    pub replies: Option<PathBuf>,

    /// Samples to play: a file, or a folder of files [default: events/simulation]
    #[arg(long, value_name = "PATH", requires = "simulate")]
    pub events: Option<PathBuf>,

    /// Print one JSON object a line
    #[arg(long, requires = "printed")]
    pub json: bool,

    /// Serve GitHub's webhooks on this port (POST /webhook, GET /health)
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// The address to listen on
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "port",
        default_value = "0.0.0.0"
    )]
    pub host: IpAddr,

    /// Where state is kept: sqlite://path or memory: [default: STATE_URL, or
    /// sqlite://github-bot.db]
    #[arg(long, value_name = "URL", requires = "port")]
    pub state: Option<String>,

    /// Review, and post nothing: what would be posted is recorded and logged
    #[arg(long, requires = "port", conflicts_with = "printed")]
    pub dry_run: bool,

    /// Deliveries at a time for each function, where the template does not bound them
    #[arg(
        long,
        value_name = "N",
        requires = "port",
        default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    pub concurrency: u16,

    /// Rules to go by [default: infra/template.yaml as of the build]
    #[arg(long, value_name = "FILE", global = true)]
    pub template: Option<PathBuf>,

    /// What else there is to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the routing table: sample event, rules, functions
    Rules {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Serve EventBridge's API on one machine, and call functions by their invoke
    /// URLs, as cargo lambda watch serves them
    ///
    /// PutEvents, TestEventPattern and DescribeEventBus for any AWS SDK (signatures
    /// are not verified), and GET /health. Events go by the template's rules, with
    /// its retries, delays and dead letters. On start it prints the environment for
    /// the functions.
    Bus {
        /// Where functions are called (POST /2015-03-31/functions/NAME/invocations)
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
        lambda: String,
        /// Serve on this port
        #[arg(long, value_name = "PORT", default_value_t = 4010)]
        port: u16,
        /// The address to listen on
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
        host: IpAddr,
        /// The bus's name [default: EVENT_BUS_NAME, or github-bot]
        #[arg(long, value_name = "NAME")]
        bus: Option<String>,
        /// Where deliveries and dead letters are kept: sqlite://path or memory:
        /// [default: memory:]
        #[arg(long, value_name = "URL")]
        state: Option<String>,
        /// How long a call may take beside its function's Timeout: cargo lambda
        /// watch builds a function when it is called for the first time
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        build: u64,
    },
    /// List what was given up, and why; or put it back into the queue
    DeadLetters {
        /// Put all of it back, to be tried again by the running server
        #[arg(long)]
        redrive: bool,
        /// Where state is kept [default: STATE_URL, or sqlite://github-bot.db]
        #[arg(long, value_name = "URL")]
        state: Option<String>,
    },
    /// Print the completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

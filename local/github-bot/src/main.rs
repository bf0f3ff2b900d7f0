//! `github-bot`: all functions in one process.

use clap::{CommandFactory, Parser};
use config::Environment;
use eval::{Case, Recorder, Recording, Replies};
use events::{Clock, SystemClock, SystemEntropy};
use github_bot::cli::{Cli, Command, ReviewInput};
use github_bot::pull_request::{self, Outcome};
use github_bot::review::{self, Review};
use github_bot::serve::{self, Options};
use github_bot::simulated_github;
use local_bus::server::ServeError;
use local_bus::template::Template;
use local_bus::{Store, rules};
use simulate::{Sample, View, simulate};

use model_client::{Agent, Model};
use policy::{Layer, Source};
use state::{Memory, StateManager};
use std::fmt::Display;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Exit status of a usage error.
const USAGE: u8 = 2;

/// Result of a command: an error has its exit status.
type End = Result<(), (u8, String)>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::read();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let end = match runtime {
        Ok(runtime) => runtime.block_on(run(cli, &environment)),
        Err(error) => Err((1, error.to_string())),
    };
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err((status, reason)) => {
            anstream::eprintln!("github-bot: {reason}");
            ExitCode::from(status)
        }
    }
}

async fn run(cli: Cli, environment: &Environment) -> End {
    if let Some(Command::Completions { shell }) = cli.command {
        clap_complete::generate(
            shell,
            &mut Cli::command(),
            "github-bot",
            &mut std::io::stdout(),
        );
        return Ok(());
    }
    match &cli.command {
        Some(Command::Review {
            input: ReviewInput::Diff,
            post,
            json,
            no_model,
        }) => {
            if *post {
                return Err(wrong("--post: a diff has no pull request to post on"));
            }
            return review_input(environment, *json, *no_model).await;
        }
        Some(Command::CheckSettings { file, layer }) => {
            return check_settings(file, (*layer).into());
        }
        Some(Command::Github { port, webhook }) => {
            let options = simulated_github::Options {
                port: *port,
                webhook: webhook.clone(),
            };
            let ended = simulated_github::serve(options, environment).await;
            return ended.map_err(served);
        }
        Some(
            Command::Rules { .. }
            | Command::Bus { .. }
            | Command::DeadLetters { .. }
            | Command::Review {
                input: ReviewInput::PullRequest(_),
                ..
            }
            | Command::Completions { .. },
        )
        | None => {}
    }
    if let Some(folder) = &cli.eval {
        let replies = cli.replies.as_deref().map(Recording::read);
        let replies = replies.transpose().map_err(wrong)?;
        let reader = match (cli.model, &cli.record, replies) {
            (false, _, None) => Reader::Rules,
            (false, _, Some(replies)) => Reader::Replies(Arc::new(Replies::new(replies))),
            (true, None, None) => Reader::Model(model(environment)?),
            (true, None, Some(_)) => {
                return Err(wrong(
                    "--replies with --model: where the replies go to is missing, --record PATH",
                ));
            }
            (true, Some(path), known) => {
                let (model, clock) = (model(environment)?, Arc::new(SystemClock));
                let recorder = Recorder::create(path, model, known, clock).map_err(wrong)?;
                Reader::Recorded(Arc::new(recorder))
            }
        };
        return evaluate(folder.as_deref(), &reader, cli.json).await;
    }
    let template = Template::load(cli.template.as_deref()).map_err(wrong)?;
    match (cli.command, cli.port) {
        (Some(Command::Rules { json }), _) => {
            let table = rules::table(&template).map_err(wrong)?;
            print(&if json {
                rules::json(&table)
            } else {
                rules::text(&table)
            })
        }
        (
            Some(Command::Bus {
                lambda,
                port,
                host,
                bus,
                state,
                build,
            }),
            _,
        ) => {
            logs(environment.log_filter(), environment)?;
            let options = eventbridge::Options {
                lambda,
                build: Duration::from_secs(build),
                host,
                port,
                bus,
                state,
            };
            eventbridge::serve(template, &options, environment)
                .await
                .map_err(served)
        }
        (Some(Command::DeadLetters { redrive, state }), _) => {
            let store = Store::open_existing(state.as_deref(), environment).map_err(served)?;
            dead_letters(&store, redrive).await
        }
        (
            Some(Command::Review {
                input: ReviewInput::PullRequest(pr),
                post,
                json,
                no_model,
            }),
            _,
        ) => {
            logs(environment.log_filter_or("warn"), environment)?;
            let model = match no_model {
                true => None,
                false => configured_model(environment)?,
            };
            let options = pull_request::Options { pr, post, model };
            review_pull_request(template, options, environment, json).await
        }
        (
            Some(
                Command::Completions { .. }
                | Command::Review { .. }
                | Command::CheckSettings { .. }
                | Command::Github { .. },
            ),
            _,
        ) => Ok(()),
        (None, Some(port)) => {
            logs(environment.log_filter(), environment)?;
            let options = Options {
                host: cli.host,
                port,
                state: cli.state,
                dry_run: cli.dry_run,
                concurrency: cli.concurrency.into(),
            };
            serve::serve(template, options, environment)
                .await
                .map_err(served)
        }
        (None, None) if !cli.simulate => Err((
            USAGE,
            "no action given: pass --simulate, --eval, --port or a command (see --help)".to_owned(),
        )),
        (None, None) => {
            let samples = Sample::load(cli.events.as_deref()).map_err(wrong)?;
            let run = simulate(template, &samples).await.map_err(wrong)?;
            print(&if cli.json {
                simulate::json(&run)
            } else {
                simulate::text(&run, view(environment, cli.verbose))
            })?;
            match run.failed {
                0 => Ok(()),
                failed => Err((1, format!("{failed} deliveries failed permanently"))),
            }
        }
    }
}

/// Reviewers that read the cases in addition to the rules.
enum Reader {
    Rules,
    Model(Arc<dyn Model>),
    Recorded(Arc<Recorder>),
    Replies(Arc<Replies>),
}

/// Measures the reviewers.
async fn evaluate(folder: Option<&Path>, reader: &Reader, json: bool) -> End {
    let cases = Case::load(folder).map_err(wrong)?;
    let model = match reader {
        Reader::Rules => None,
        Reader::Model(model) => Some(model.clone()),
        Reader::Recorded(recorder) => Some(recorder.clone() as Arc<dyn Model>),
        Reader::Replies(replies) => Some(replies.clone() as Arc<dyn Model>),
    };
    // A live model takes long for each case, so progress is shown.
    let is_live = matches!(reader, Reader::Model(_) | Reader::Recorded(_));
    let progress = |read, name: &str| {
        if is_live {
            anstream::eprintln!("{}/{} {name}", read + 1, cases.len());
        }
    };
    let clock = Arc::new(SystemClock);
    let mut evaluation = eval::evaluate_all(&cases, model, clock, &progress).await;
    if let Reader::Replies(replies) = reader {
        evaluation.replayed = Some(replies.replayed());
    }
    print(&if json {
        eval::json(&evaluation)
    } else {
        eval::text(&evaluation)
    })?;
    if let Reader::Recorded(recorder) = reader {
        recorder.finish().map_err(failed)?;
    }
    let replayed = evaluation.replayed.filter(|it| it.unanswered() > 0);
    if let Some(replayed) = replayed {
        return Err(failed(format!(
            "{replayed}; record them with --model --record"
        )));
    }
    match evaluation.together.spent.failed {
        0 => Ok(()),
        failed => Err((1, format!("{failed} reviews failed"))),
    }
}

/// Reviews the diff from standard input.
async fn review_input(environment: &Environment, json: bool, no_model: bool) -> End {
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .map_err(|error| wrong(format!("standard input: {error}")))?;
    let diff = review::read(&String::from_utf8_lossy(&input)).map_err(wrong)?;
    let deployment = coordinator::deployment(environment).map_err(wrong)?;
    let model = match no_model {
        true => None,
        false => configured_model(environment)?,
    };
    let (clock, entropy) = (Arc::new(SystemClock) as _, Arc::new(SystemEntropy) as _);
    let review = review::review(&diff, &deployment, model.as_ref(), &clock, &entropy).await;
    print_review(&review, json)
}

/// Prints the review. Fails if a finding blocks merging.
fn print_review(review: &Review, json: bool) -> End {
    anstream::eprint!("{}", review::remarks(review));
    print(&if json {
        review::json(review)
    } else {
        review::text(review)
    })?;
    match review.is_blocking {
        true => Err((1, "a finding blocks merging".to_owned())),
        false => Ok(()),
    }
}

/// Reviews a pull request of GitHub.
async fn review_pull_request(
    template: Template,
    options: pull_request::Options,
    environment: &Environment,
    json: bool,
) -> End {
    let (pr, post) = (options.pr.clone(), options.post);
    let outcome = pull_request::review(template, options, environment).await;
    let outcome = outcome.map_err(|error| {
        let status = if error.is_usage() { USAGE } else { 1 };
        (status, error.to_string())
    })?;
    match outcome {
        Outcome::Skipped(why) => {
            let text = format!("{pr} is not reviewed: {why}\n");
            match json {
                true => anstream::eprint!("{text}"),
                false => print(&text)?,
            }
            Ok(())
        }
        Outcome::Reviewed {
            review,
            unpublished,
        } => {
            let end = print_review(&review, json);
            match (post, unpublished) {
                (true, Some(reason)) => {
                    return Err((1, format!("the review of {pr} is not posted: {reason}")));
                }
                (true, None) => anstream::eprintln!("posted on {pr}"),
                (false, _) => {}
            }
            end
        }
    }
}

/// Checks a settings file.
fn check_settings(file: &Path, source: Source) -> End {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| wrong(format!("{name}: {error}")))?;
    match Layer::parse(&text, source) {
        Ok(_) => print(&format!("{name}: valid\n")),
        Err(error) => Err(wrong(format!("{name}\n{}", error.for_people().trim_end()))),
    }
}

/// Builds the model to measure.
fn model(environment: &Environment) -> Result<Arc<dyn Model>, (u8, String)> {
    configured_model(environment)?
        .ok_or_else(|| wrong("KIMI_API_KEY: not set; expected the key of the model to measure"))
}

/// Builds the model that the environment names, if any. Its budgets last as long as the process.
fn configured_model(environment: &Environment) -> Result<Option<Arc<dyn Model>>, (u8, String)> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let memory = Arc::new(Memory::default());
    let state = StateManager::new(memory, clock.clone(), entropy.clone());
    let addresses = environment.allow_addresses().map_err(wrong)?;
    let https = egress::client(addresses).map_err(failed)?;
    let agent = Agent::from_environment(environment, https, state, clock, entropy);
    let agent = agent.map_err(wrong)?;
    Ok(agent.map(|agent| Arc::new(agent) as Arc<dyn Model>))
}

async fn dead_letters(store: &Store, redrive: bool) -> End {
    if redrive {
        let count = store
            .queue
            .redrive(SystemClock.now())
            .await
            .map_err(failed)?;
        return print(&format!("{count} put back\n"));
    }
    let mut out = String::new();
    for letter in store.queue.dead_letters().await.map_err(failed)? {
        out += &format!("{}\n", serde_json::json!(letter));
    }
    print(&out)
}

/// Sends log lines to standard error. Standard output is for results.
fn logs(filter: &str, environment: &Environment) -> End {
    let filter: Targets = filter
        .parse()
        .map_err(|error| (USAGE, format!("RUST_LOG: {error}")))?;
    let colours = !environment.no_color() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .init();
    Ok(())
}

/// Columns of a text if standard output is no terminal.
const WIDTH: usize = 100;

/// Returns the form of a text on standard output.
fn view(environment: &Environment, is_verbose: bool) -> View {
    let width = environment.columns().or_else(terminal_width);
    View {
        width: width.unwrap_or(WIDTH),
        is_verbose,
    }
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}

/// Prints to standard output, with colours if it supports them. A closed pipe (`| head`) is not an
/// error.
fn print(text: &str) -> End {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(failed(error)),
        _ => Ok(()),
    }
}

fn wrong(error: impl Display) -> (u8, String) {
    (USAGE, error.to_string())
}

fn failed(error: impl Display) -> (u8, String) {
    (1, error.to_string())
}

fn served(error: ServeError) -> (u8, String) {
    let status = if error.is_usage() { USAGE } else { 1 };
    (status, error.to_string())
}

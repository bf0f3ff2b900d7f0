//! Measures one cold start: starts the process, sends an event and waits for the answer.

use crate::away::FakeServer;
use crate::runtime_api::RuntimeApi;
use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Time limit of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measured function.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) bootstrap: PathBuf,
    /// Event for the invocation.
    pub(crate) event: String,
}

/// Result of one start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StartMeasurement {
    /// Time from the start of the process to its answer.
    pub(crate) time: Duration,
    /// Peak memory in KiB (`VmHWM` of proc(5)).
    pub(crate) peak_kib: u32,
    /// Number of calls to AWS and GitHub.
    pub(crate) calls: u32,
}

/// Starts `function` once and waits for its answer.
///
/// # Errors
/// The function's error answer, or its last output.
pub(crate) async fn measure(
    function: &Function,
    away: &FakeServer,
) -> Result<StartMeasurement, Box<dyn Error>> {
    let mut api = RuntimeApi::start(function.event.clone()).await?;
    let mut command = Command::new(&function.bootstrap);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "measured")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "measured")
        .env("AWS_SECRET_ACCESS_KEY", "measured")
        .env("AWS_SESSION_TOKEN", "measured")
        .env("AWS_ENDPOINT_URL", &away.url)
        .env("EXTRA_CA_CERTS", away.roots.path())
        .env("EVENT_BUS_NAME", "measured")
        .env("STATE_URL", "dynamodb://measured")
        .env("GITHUB_API_URL", &away.url)
        .env("ALLOW_ADDRESSES", "loopback")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // As in the template, each function receives only its own secret.
    match function.name.as_str() {
        "webhook" => command.env("GITHUB_WEBHOOK_SECRET", "ssm:/measured/webhook-secret"),
        _ => command.env("GITHUB_TOKEN", "ssm:/measured/token"),
    };
    away.calls();
    let started = Instant::now();
    let mut process = command.spawn()?;
    let id = process.id().ok_or("the process has no id")?;
    let answered = tokio::select! {
        answered = &mut api.answered => answered?,
        ended = process.wait() => {
            let output = process.wait_with_output().await?;
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{} ended ({}): {words}", function.name, ended?).into());
        }
        () = tokio::time::sleep(PATIENCE) => {
            return Err(format!("{} did not answer within {PATIENCE:?}", function.name).into());
        }
    };
    if let Some(error) = answered.error {
        return Err(format!("{} failed: {error}", function.name).into());
    }
    let peak_kib = peak(id)?;
    process.kill().await?;
    Ok(StartMeasurement {
        time: answered.at - started,
        peak_kib,
        calls: away.calls(),
    })
}

fn peak(process: u32) -> Result<u32, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.ok_or("/proc/PID/status has no VmHWM")?.parse()?)
}

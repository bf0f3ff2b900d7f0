//! Wiring to Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let deps = specialist::open(&base).await?;
    runtime::run(base, proof::handler(deps)).await
}

//! Wiring to Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let deps = specialist::open(&base).await?;
    lambda::run(base, second_look::handler(deps)).await
}

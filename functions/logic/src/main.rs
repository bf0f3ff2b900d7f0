//! Lambda entry point.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let deps = specialist::open(&base).await?;
    lambda::run(base, logic::handler(deps)).await
}

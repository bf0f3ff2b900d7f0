use crate::{Event, Outcome};
use crate::{Handler, HandlerError};
use async_trait::async_trait;
use std::sync::Arc;

/// Makes a handler of an async function.
///
/// ```
/// # use events::Outcome;
/// let handler = events::handler("greeter", async |event| {
///     println!("received {}", event.topic);
///     Ok(Outcome::Applied { emitted: 0 })
/// });
/// # assert_eq!(handler.name(), "greeter");
/// ```
pub fn handler<F, R>(name: &'static str, function: F) -> Arc<dyn Handler>
where
    F: Fn(Event) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Outcome, HandlerError>> + Send + 'static,
{
    Arc::new(Function { name, function })
}

struct Function<F> {
    name: &'static str,
    function: F,
}

#[async_trait]
impl<F, R> Handler for Function<F>
where
    F: Fn(Event) -> R + Send + Sync,
    R: Future<Output = Result<Outcome, HandlerError>> + Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        (self.function)(event.clone()).await
    }
}

//! `bus`: an EventBridge endpoint on one machine, for functions that `cargo lambda
//! watch` runs. Any AWS SDK can speak to it; signatures are not verified.

mod api;
mod name;
mod put_events;
mod test_event_pattern;

use crate::bus::LocalBus;
use crate::call::Lambda;
use crate::runner::Runner;
use crate::serve::{ServeError, Store};
use crate::server;
use crate::template::Template;
use api::Bus;
use config::Environment;
use name::BusName;
use ports::{SystemClock, SystemEntropy};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the bus is called when nobody says.
const DEFAULT_BUS: &str = "github-bot";

/// What `bus` is given.
pub struct Options {
    /// Where functions are called, such as `http://127.0.0.1:9000`.
    pub lambda: String,
    /// How long `cargo lambda watch` may build a function.
    pub build: Duration,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0 for any that is free.
    pub port: u16,
    /// The bus's name; else `EVENT_BUS_NAME`, else `github-bot`.
    pub bus: Option<String>,
    /// Where deliveries wait; else in memory.
    pub state: Option<String>,
}

/// Runs until the process is asked to stop.
///
/// # Errors
/// [`ServeError`] names what is missing, wrong or in use.
pub async fn serve(
    template: Template,
    options: Options,
    environment: &Environment,
) -> Result<(), ServeError> {
    let name = bus_name(options.bus, environment)?;
    let lambda = Lambda::at(&options.lambda, options.build)?;
    let listener = server::listen(options.host, options.port).await?;
    // STATE_URL is the functions' affair: deliveries are not kept there.
    let store = Store::open(
        Some(options.state.as_deref().unwrap_or("memory:")),
        environment,
    )?;
    let lock = store.lock()?;

    let clock = Arc::new(SystemClock);
    let template = Arc::new(template);
    let bus = Arc::new(LocalBus::new(
        template.clone(),
        store.queue.clone(),
        clock.clone(),
    ));
    let runner = Runner {
        template,
        functions: lambda,
        bus: bus.clone(),
        queue: store.queue.clone(),
        clock: clock.clone(),
    };
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("AWS_ENDPOINT_URL_EVENTBRIDGE=http://{address}");
    println!("EVENT_BUS_NAME={}", name.as_str());
    let routes = server::health(store.queue.clone()).merge(api::routes(Bus {
        name,
        bus,
        clock,
        entropy: Arc::new(SystemEntropy),
    }));
    let ended = server::run(listener, routes, runner).await;
    drop(lock);
    let depth = store.queue.depth().await?;
    if options.state.is_none() && (depth.waiting > 0 || depth.dead > 0) {
        tracing::warn!(
            waiting = depth.waiting,
            dead = depth.dead,
            "what waited and what was given up is gone with the process; --state sqlite://path keeps it"
        );
    }
    ended
}

fn bus_name(given: Option<String>, environment: &Environment) -> Result<BusName, ServeError> {
    let (given_by, name) = match (given, environment.event_bus_name()) {
        (Some(name), _) => ("--bus", name),
        (None, Ok(name)) => ("EVENT_BUS_NAME", name.to_owned()),
        (None, Err(_)) => ("--bus", DEFAULT_BUS.to_owned()),
    };
    BusName::new(&name).ok_or(ServeError::BusName { given_by, name })
}

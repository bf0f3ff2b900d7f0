//! `bus`: local EventBridge endpoint for functions that `cargo lambda watch` runs. Any AWS SDK can
//! use it; signatures are not verified.

mod api;
mod bus;
mod name;
mod put_events;
mod refusal;
mod test_event_pattern;

use local_bus::call::Lambda;
use local_bus::runner::Runner;
use local_bus::server::{self, ServeError};
use local_bus::{LocalBus, Store};

use bus::Bus;
use config::Environment;
use events::{SystemClock, SystemEntropy};
use local_bus::template::Template;
use name::BusName;
use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Default name of the bus.
const DEFAULT_BUS: &str = "github-bot";

/// Concurrent calls per rule target without a limit in the template.
const AT_ONCE: usize = 8;

/// Options of `bus`.
pub struct Options {
    /// Endpoint of the functions, such as `http://127.0.0.1:9000`.
    pub lambda: String,
    /// Time that `cargo lambda watch` may take to build a function.
    pub build: Duration,
    /// Address to listen on.
    pub host: IpAddr,
    /// Port, or 0 for any free port.
    pub port: u16,
    /// Name of the bus. Defaults to `EVENT_BUS_NAME`, then `github-bot`.
    pub bus: Option<String>,
    /// Location of the queue. Defaults to memory.
    pub state: Option<String>,
}

/// Listening endpoint.
pub struct Endpoint {
    address: SocketAddr,
    listener: TcpListener,
    name: BusName,
    store: Store,
    lock: Option<File>,
    runner: Runner<Lambda>,
}

impl Endpoint {
    /// Checks the options and binds the port.
    ///
    /// # Errors
    /// [`ServeError`] names the option that is missing, wrong or in use.
    pub async fn open(
        template: Template,
        options: &Options,
        environment: &Environment,
    ) -> Result<Self, ServeError> {
        let name = bus_name(options.bus.as_deref(), environment)?;
        let functions = Lambda::at(&options.lambda, options.build)?;
        let listener = server::listen(options.host, options.port).await?;
        // Opened last, so that no file is created if another option is wrong. STATE_URL belongs to
        // the functions and does not set the location of deliveries.
        let state = options.state.as_deref().unwrap_or("memory:");
        let store = Store::open(Some(state), environment)?;
        let lock = store.lock()?;
        let (template, clock) = (Arc::new(template), Arc::new(SystemClock));
        let queue = store.queue.clone();
        let bus = LocalBus::new(template.clone(), queue.clone(), clock.clone());
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            name,
            store,
            lock,
            runner: Runner {
                template,
                functions,
                bus: Arc::new(bus),
                queue,
                clock,
            },
        })
    }

    /// Returns the address that the endpoint listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers calls and delivers events until the process receives a stop signal.
    ///
    /// # Errors
    /// [`ServeError`] if the queue or the network fails.
    pub async fn run(self) -> Result<(), ServeError> {
        let queue = self.store.queue;
        let clock = self.runner.clock.clone();
        let api = api::routes(Bus {
            name: self.name,
            bus: self.runner.bus.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
        });
        let routes = server::health(queue.clone(), clock.clone()).merge(api);
        let ended = server::run(self.listener, routes, self.runner, AT_ONCE).await;
        drop(self.lock);
        let depth = queue.depth(clock.now()).await?;
        tracing::info!(
            waiting = depth.waiting,
            delayed = depth.delayed,
            dead = depth.dead,
            "stopped"
        );
        ended
    }
}

/// Runs until the process receives a stop signal. Prints the address and the environment for the
/// functions to standard output.
///
/// # Errors
/// [`ServeError`] names the option that is missing, wrong or in use.
pub async fn serve(
    template: Template,
    options: &Options,
    environment: &Environment,
) -> Result<(), ServeError> {
    let endpoint = Endpoint::open(template, options, environment).await?;
    println!("listening on http://{}", endpoint.address);
    println!("AWS_ENDPOINT_URL=http://{}", endpoint.address);
    println!("EVENT_BUS_NAME={}", endpoint.name.as_str());
    endpoint.run().await
}

fn bus_name(given: Option<&str>, environment: &Environment) -> Result<BusName, ServeError> {
    let (given_by, name) = match (given, environment.event_bus_name()) {
        (Some(name), _) => ("--bus", name),
        (None, Ok(name)) => ("EVENT_BUS_NAME", name),
        (None, Err(_)) => ("--bus", DEFAULT_BUS),
    };
    let name = name.to_owned();
    BusName::new(&name).ok_or(ServeError::BusName { given_by, name })
}

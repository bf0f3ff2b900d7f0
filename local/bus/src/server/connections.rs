//! Serves HTTP/1.1 with a limit on connections. At the limit, the connection that has waited longest
//! for a complete request is closed, so a new one is never refused. Slow and idle connections can
//! therefore not keep deliveries out.

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use http::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit};
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower_service::Service;

/// Time for a complete request to arrive. The door's limit on bodies is shorter.
const REQUEST_TIME: Duration = Duration::from_secs(15);
/// Most connections at the same time.
const MOST: usize = 2048;
/// Most bytes of a request's headers.
const HEADERS: usize = 64 * 1024;
/// Files that stay available for the database and for calls to other services.
const OTHER_FILES: u64 = 128;
/// Pause after the operating system refuses a new connection, such as for a lack of memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Limits of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most connections at the same time.
    connections: usize,
    /// Time for a complete request to arrive, from the connection or from the answer before it.
    request: Duration,
}

impl Limits {
    /// Returns the limits of this process: its limit on open files also limits the connections.
    pub(super) fn of_process() -> Self {
        let files = getrlimit(Resource::Nofile).current;
        let room = files.map_or(u64::MAX, |files| files.saturating_sub(OTHER_FILES));
        Self {
            connections: usize::try_from(room).unwrap_or(MOST).clamp(1, MOST),
            request: REQUEST_TIME,
        }
    }
}

/// Serves `routes` until `stopped`. Then it finishes the requests that have arrived.
pub(super) async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    let open = Arc::new(OpenConnections::new(limits));
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                let Some(connection) = open.add().await else {
                    break;
                };
                tasks.spawn(connection.serve(stream, routes.clone(), stopped.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // New connections are refused from here on.
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Open connections.
struct OpenConnections {
    room: Arc<Semaphore>,
    request: Duration,
    queue: Mutex<WaitQueue>,
}

/// Connections that wait for a complete request, by the start of the wait.
#[derive(Default)]
struct WaitQueue {
    last: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
    /// True if a new connection needs the place of the next one that waits.
    is_full: bool,
}

/// Connection with its place among the open ones.
struct Connection {
    open: Arc<OpenConnections>,
    close: Arc<Notify>,
    /// Wait for a complete request; `None` while one is answered.
    wait: Mutex<Option<Wait>>,
    _room: OwnedSemaphorePermit,
}

#[derive(Clone, Copy)]
struct Wait {
    number: u64,
    start: Instant,
}

impl OpenConnections {
    fn new(limits: Limits) -> Self {
        Self {
            room: Arc::new(Semaphore::new(limits.connections)),
            request: limits.request,
            queue: Mutex::default(),
        }
    }

    /// Adds a connection. At the limit, closes the one that has waited longest. If all answer
    /// requests, closes the first that waits again.
    async fn add(self: &Arc<Self>) -> Option<Arc<Connection>> {
        if self.room.available_permits() == 0 {
            self.close_longest();
        }
        let room = self.room.clone().acquire_owned().await.ok()?;
        let connection = Arc::new(Connection {
            open: self.clone(),
            close: Arc::default(),
            wait: Mutex::default(),
            _room: room,
        });
        connection.starts_wait();
        Some(connection)
    }

    fn close_longest(&self) {
        let mut queue = self.queue();
        match queue.waiting.pop_first() {
            Some((_, close)) => close.notify_one(),
            None => queue.is_full = true,
        }
    }

    fn queue(&self) -> MutexGuard<'_, WaitQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        routes: Router,
        mut stopped: watch::Receiver<()>,
    ) {
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request: Request<Incoming>| {
            let connection = self.clone();
            let mut routes = routes.clone();
            async move {
                if request.body().is_end_stream() {
                    connection.ends_wait();
                }
                let arriving = |body| ArrivingBody {
                    body,
                    connection: connection.clone(),
                };
                let response = routes.call(request.map(arriving).map(Body::new)).await;
                connection.starts_wait();
                response
            }
        });
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.open.request)
            .max_buf_size(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let mut http = pin!(http);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                ended = http.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection failed");
                    }
                    return;
                }
                () = self.close.notified() => {
                    if self.wait().is_some() {
                        return;
                    }
                    // Its request arrived at the same moment, so another one has to make room.
                    http.as_mut().graceful_shutdown();
                    self.open.close_longest();
                }
                () = self.overdue() => return,
                _ = stopped.changed(), if !is_stopping => {
                    is_stopping = true;
                    http.as_mut().graceful_shutdown();
                }
            }
        }
    }

    fn wait(&self) -> MutexGuard<'_, Option<Wait>> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn starts_wait(&self) {
        self.ends_wait();
        let number = {
            let mut queue = self.open.queue();
            queue.last = queue.last.wrapping_add(1);
            let number = queue.last;
            if std::mem::take(&mut queue.is_full) {
                self.close.notify_one();
            } else {
                queue.waiting.insert(number, self.close.clone());
            }
            number
        };
        let start = Instant::now();
        *self.wait() = Some(Wait { number, start });
    }

    fn ends_wait(&self) {
        let wait = self.wait().take();
        if let Some(Wait { number, .. }) = wait {
            self.open.queue().waiting.remove(&number);
        }
    }

    /// Returns when a wait has taken too long.
    async fn overdue(&self) {
        loop {
            let wait = *self.wait();
            let start = wait.map_or_else(Instant::now, |wait| wait.start);
            tokio::time::sleep_until(start + self.open.request).await;
            let is_same = |now: Wait| wait.is_some_and(|wait| wait.number == now.number);
            if self.wait().is_some_and(is_same) {
                return;
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.ends_wait();
    }
}

/// Body that ends the connection's wait when it has arrived.
struct ArrivingBody {
    body: Incoming,
    connection: Arc<Connection>,
}

impl HttpBody for ArrivingBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() && self.body.is_end_stream() || matches!(frame, Poll::Ready(None)) {
            self.connection.ends_wait();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;

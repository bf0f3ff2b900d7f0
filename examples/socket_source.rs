//! An event source without HTTP: each line of a TCP connection is the id of an alarm, which becomes
//! an event. Run it with `cargo run -p examples --example socket_source`.

use async_trait::async_trait;
use events::{Event, InProcess, NewEvent, Outcome, Subscribe, Timestamp};
use http::HeaderMap;
use source::{Door, EventSource, Refusal, Reply, Submission};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

struct Sensor(SocketAddr);

#[async_trait]
impl EventSource for Sensor {
    fn name(&self) -> &'static str {
        "sensor"
    }

    fn authenticate(&self, _: &HeaderMap, _: &[u8]) -> Result<Submission, Refusal> {
        Err(Refusal::Invalid("the sensor sends no requests".to_owned()))
    }

    async fn run(&self, door: &Door) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut lines = BufReader::new(TcpStream::connect(self.0).await?).lines();
        while let Some(line) = lines.next_line().await? {
            let alarm = NewEvent::on("sensor.alarm.raised", line.clone(), &());
            let event = Event::first(line.parse()?, "sensor", alarm, Timestamp::UNIX_EPOCH);
            let submission = Submission {
                events: vec![event],
                texts: Vec::new(),
                reply: Reply::Message("accepted"),
            };
            let answer = door.submit(submission).await;
            if !answer.status.is_success() {
                return Err(answer.message.into());
            }
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let bus = Arc::new(InProcess::default());
    let read = |_| async { Ok(Outcome::Applied { emitted: 0 }) };
    bus.on("sensor.*", events::handler("display", read))?;
    let door = Door::new(Arc::new(Sensor(listener.local_addr()?)), bus.clone());
    let send = async { (listener.accept().await?.0).write_all(b"alarm-1\n").await };
    let ((), sent) = tokio::join!(source::receive(&door), send);
    sent?;
    assert_eq!(bus.settle().await.len(), 1);
    Ok(())
}

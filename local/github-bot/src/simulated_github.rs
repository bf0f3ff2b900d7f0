//! `github`: serves a simulated GitHub on this machine, with sample pull requests, and sends its
//! webhook deliveries to a running bot.

use config::{Addresses, ConfigError, Environment};
use egress::Endpoint;
use events::{SystemClock, SystemEntropy};
use fake_github::{NewPullRequest, WebhookDelivery, World};
use local_bus::server::{self, ServeError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use simulate::Sample;
use std::fmt::Write;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// Token of the simulated API. It is valid nowhere else.
const TOKEN: &str = "simulated";

/// Secret of the webhook if `GITHUB_WEBHOOK_SECRET` is not set.
const SECRET: &str = "simulated";

/// Port of the bot in the printed commands, without a webhook.
const BOT_PORT: u16 = 8080;

/// Time for an answer to a delivery ("Handling webhook deliveries").
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Wait before a delivery is sent again.
const SEND_AGAIN: Duration = Duration::from_millis(500);

/// Interval of looking for new deliveries.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Options of `github`.
pub struct Options {
    /// Port, or 0 for any free port.
    pub port: u16,
    /// URL for webhook deliveries, if they are sent.
    pub webhook: Option<String>,
}

/// Serves until the process ends.
///
/// # Errors
/// [`ServeError`] names the option that is wrong or in use.
pub async fn serve(options: Options, environment: &Environment) -> Result<(), ServeError> {
    let webhook = options.webhook.as_deref().map(|url| {
        Endpoint::read(url, Addresses::LOOPBACK)
            .map_err(|error| ConfigError::new("--webhook", error))
    });
    let webhook = webhook.transpose()?;
    let secret = environment.secret("GITHUB_WEBHOOK_SECRET").ok();
    let world = World::new(Arc::new(SystemClock), Arc::new(SystemEntropy));
    world.set_token(TOKEN);
    let samples = Sample::load(None).map_err(io::Error::other)?;
    let opened = open(&world, &samples);

    let listener = server::listen(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("listening on {url}/");
    let commands = Commands {
        api: &url,
        bot_port: webhook.as_ref().and_then(|it| it.at("").port()),
        secret: match &secret {
            Some(_) => "\"$GITHUB_WEBHOOK_SECRET\"",
            None => SECRET,
        },
    };
    print!("{}", commands.text(&opened, webhook.is_some()));
    if let Some(webhook) = webhook {
        let sender = Sender {
            https: egress::client(Addresses::LOOPBACK)?,
            webhook,
            secret: signing_secret(secret),
        };
        tokio::spawn(sender.run(world.clone()));
    }
    Ok(fake_github::serve_site(world, listener).await?)
}

/// Returns the newest secret: during a rotation, the first of two.
fn signing_secret(secret: Option<SecretString>) -> SecretString {
    let secret = secret.unwrap_or_else(|| SECRET.into());
    let newest = secret.expose_secret().split(',').next();
    newest.unwrap_or_default().trim().into()
}

/// Opens the pull requests that the samples open.
fn open(world: &World, samples: &[Sample]) -> Vec<WebhookDelivery> {
    let opened = samples.iter().filter_map(new_pull_request);
    opened.map(|new| world.open_pull_request(new)).collect()
}

/// Reads the pull request of a sample that opens one.
fn new_pull_request(sample: &Sample) -> Option<NewPullRequest> {
    let text = |pointer: &str| sample.payload.pointer(pointer).and_then(Value::as_str);
    let pull = |field: &str| text(&format!("/pull_request/{field}"));
    if sample.event != "pull_request" || sample.again || text("/action") != Some("opened") {
        return None;
    }
    let number = sample.payload.pointer("/pull_request/number");
    Some(NewPullRequest {
        repo: text("/repository/full_name")?.parse().ok()?,
        number: number.and_then(Value::as_u64),
        author: pull("user/login")?.to_owned(),
        association: pull("author_association").unwrap_or("NONE").to_owned(),
        title: pull("title")?.to_owned(),
        body: pull("body").map(ToOwned::to_owned),
        base_branch: pull("base/ref")?.to_owned(),
        head_branch: pull("head/ref")?.to_owned(),
        diff: sample.diff.clone().unwrap_or_default(),
        ..NewPullRequest::default()
    })
}

/// Commands for the next step.
struct Commands<'a> {
    /// URL of the simulated API.
    api: &'a str,
    bot_port: Option<u16>,
    /// The secret, or a reference to it, as a word for a shell.
    secret: &'a str,
}

impl Commands<'_> {
    fn text(&self, opened: &[WebhookDelivery], is_delivering: bool) -> String {
        let (api, port) = (self.api, self.bot_port.unwrap_or(BOT_PORT));
        let environment =
            format!("GITHUB_API_URL={api} ALLOW_ADDRESSES=loopback GITHUB_TOKEN={TOKEN}");
        let bot = format!(
            "  {environment} GITHUB_WEBHOOK_SECRET={} github-bot --port {port} --host 127.0.0.1 \
             --state memory:\n",
            self.secret
        );
        let pulls = opened.iter().filter_map(|delivery| delivery.pr.as_ref());
        let mut out = String::new();
        for pr in pulls.clone() {
            let _ = writeln!(out, "opened {api}/{}/pull/{}", pr.repo, pr.number);
        }
        if is_delivering {
            let _ = write!(out, "Start the bot in another terminal:\n{bot}");
            return out;
        }
        if let Some(pr) = pulls.clone().next() {
            let _ = writeln!(
                out,
                "Post a review from another terminal, without a server:\n  {environment} \
                 github-bot review {pr} --post"
            );
        }
        let listening_port = api.rsplit(':').next().unwrap_or_default();
        let _ = write!(
            out,
            "Or start the bot there:\n{bot}and send it the deliveries: stop this command, and \
             run\n  github-bot github --port {listening_port} --webhook \
             http://127.0.0.1:{port}/webhook\n"
        );
        out
    }
}

/// Sender of webhook deliveries.
struct Sender {
    https: egress::Client,
    webhook: Endpoint,
    secret: SecretString,
}

impl Sender {
    /// Sends all deliveries in order, also those that reviews cause.
    async fn run(self, world: World) {
        let mut sent = 0;
        loop {
            for delivery in world.deliveries().into_iter().skip(sent) {
                self.send(&delivery).await;
                sent += 1;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Sends the delivery until the bot answers 2xx. Prints each reason of a failure once.
    async fn send(&self, delivery: &WebhookDelivery) {
        let subject = match &delivery.pr {
            Some(pr) => format!("{} of {pr}", delivery.event),
            None => delivery.event.clone(),
        };
        let mut printed = None;
        loop {
            match self.try_send(delivery).await {
                Ok(status) => return println!("delivered {subject}: {status}"),
                Err(reason) if printed.as_ref() == Some(&reason) => {}
                Err(reason) => {
                    let webhook = self.webhook.at("");
                    println!("waiting for {webhook} to accept {subject}: {reason}");
                    printed = Some(reason);
                }
            }
            tokio::time::sleep(SEND_AGAIN).await;
        }
    }

    async fn try_send(&self, delivery: &WebhookDelivery) -> Result<u16, String> {
        let mut request = self.https.post(self.webhook.at("")).timeout(ANSWER_TIME);
        for (name, value) in delivery.headers(self.secret.expose_secret()) {
            request = request.header(name, value);
        }
        let answer = request.body(delivery.body.clone()).send().await;
        let answer = answer.map_err(egress::reason)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(status.as_u16());
        }
        let text = answer.text().await.unwrap_or_default();
        let text: String = text.chars().take(200).collect();
        Err(format!("{status} {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::SeededEntropy;

    #[test]
    fn commands_name_the_next_step() {
        let world = World::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(7)));
        let opened = open(&world, &Sample::load(None).unwrap());
        let commands = |bot_port, secret| Commands {
            api: "http://127.0.0.1:9000",
            bot_port,
            secret,
        };
        insta::assert_snapshot!(commands(None, SECRET).text(&opened, false));
        let secret = "\"$GITHUB_WEBHOOK_SECRET\"";
        insta::assert_snapshot!(commands(Some(8081), secret).text(&opened, true));
    }
}

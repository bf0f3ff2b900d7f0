use super::{Call, Failure, sqs};
use crate::queue::Delivery;
use crate::template::{DeliveryPath, Route};
use async_trait::async_trait;
use events::WaitCause;
use reqwest::header::CONTENT_TYPE;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Interval between log lines about a call that has no answer yet.
const STILL_WAITING: Duration = Duration::from_secs(15);

/// Most characters of a non-JSON answer that a failure reason repeats.
const MOST_REPEATED: usize = 200;

/// Functions behind Lambda's invoke URLs (`POST /2015-03-31/functions/{name}/invocations`), as
/// `cargo lambda watch` serves them.
pub struct Lambda {
    https: egress::UncheckedClient,
    url: Url,
    build: Duration,
}

/// Error for a text that is not the URL of a Lambda endpoint.
#[derive(Debug, thiserror::Error)]
#[error(
    "{url:?} is not the URL of a Lambda endpoint: {problem}; expected one such as http://127.0.0.1:9000"
)]
pub struct InvalidLambdaUrl {
    url: String,
    problem: String,
}

impl Lambda {
    /// Creates a client of the endpoint at `url`. A call may last for its function's timeout plus
    /// `build`, because `cargo lambda watch` builds a function at its first call.
    ///
    /// # Errors
    /// [`InvalidLambdaUrl`] gives the problem with the URL.
    pub fn at(url: &str, build: Duration) -> Result<Self, InvalidLambdaUrl> {
        let invalid = |problem: String| InvalidLambdaUrl {
            url: url.to_owned(),
            problem,
        };
        let parsed = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(invalid(format!("the scheme is {}", parsed.scheme())));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(invalid("it has a query or a fragment".to_owned()));
        }
        let https = egress::builder()
            // A connection that was closed meanwhile would look like a function
            // that failed.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| invalid(egress::reason(error)))?;
        Ok(Self {
            https,
            url: parsed,
            build,
        })
    }

    async fn invoke(&self, function: &str, payload: &Value) -> Result<Value, Failure> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["2015-03-31", "functions", function, "invocations"]);
        }
        let sent = self
            .https
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .body(payload.to_string())
            .send()
            .await;
        let response = sent.map_err(|error| match error.is_connect() {
            true => Failure::Unreached(format!(
                "{} does not answer: {}",
                self.url,
                egress::reason(error)
            )),
            false => failed(format!("the call broke off: {}", egress::reason(error))),
        })?;
        let status = response.status();
        let reported = response.headers().contains_key("x-amz-function-error");
        let body = response.bytes().await;
        let body = body
            .map_err(|error| failed(format!("the answer broke off: {}", egress::reason(error))))?;
        answered(status, reported, &body)
    }
}

#[async_trait]
impl Call for Lambda {
    type Answer = ();

    async fn call(
        &self,
        route: &Route,
        delivery: &Delivery,
        limit: Duration,
    ) -> Result<(), Failure> {
        let payload = match route.via {
            DeliveryPath::Invoke { .. } => serde_json::json!(delivery.event),
            DeliveryPath::Queue { .. } => sqs::batch(route, delivery),
        };
        let function = route.function.as_str();
        let limit = limit + self.build;
        let answer = tokio::select! {
            answer = self.invoke(function, &payload) => answer?,
            () = tokio::time::sleep(limit) => return Err(Failure::TimedOut(limit)),
            never = tell_of_waiting(function) => match never {},
        };
        let handled = match route.via {
            DeliveryPath::Invoke { .. } => Ok(()),
            DeliveryPath::Queue { .. } => sqs::handled(delivery, &answer).map_err(failed),
        };
        if handled.is_ok() {
            let (id, topic) = (&delivery.event.id, &delivery.event.detail_type);
            tracing::info!(id, topic, function, "function answered");
        }
        handled
    }
}

async fn tell_of_waiting(function: &str) -> std::convert::Infallible {
    let mut waited = Duration::ZERO;
    loop {
        tokio::time::sleep(STILL_WAITING).await;
        waited += STILL_WAITING;
        tracing::info!(
            function,
            "no answer for {} s: cargo lambda builds a function at its first call, and \
             does not answer if the build fails or the function exits; see its output",
            waited.as_secs()
        );
    }
}

/// Interprets an answer ("Invoke", AWS Lambda API Reference). A function error is marked by the
/// header or by the body alone.
fn answered(status: StatusCode, reported: bool, body: &[u8]) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct FunctionError {
        error_type: String,
        error_message: String,
    }
    let error = serde_json::from_slice::<FunctionError>(body).ok();
    let json = match body {
        b"" => Ok(Value::Null),
        body => serde_json::from_slice(body),
    };
    match (error, json) {
        (Some(error), _) => Err(failed(format!(
            "{}: {}",
            error.error_type, error.error_message
        ))),
        (None, Ok(answer)) if status.is_success() && !reported => Ok(answer),
        _ => {
            let text: String = String::from_utf8_lossy(body)
                .chars()
                .take(MOST_REPEATED)
                .collect();
            Err(failed(format!("answered {status}: {text}")))
        }
    }
}

/// Builds a retryable failure: the answer does not show whether a retry can succeed.
fn failed(reason: String) -> Failure {
    Failure::Error {
        reason,
        retryable: true,
        hidden_for: None,
        cause: WaitCause::Failure,
    }
}

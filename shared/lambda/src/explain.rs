//! Classifies errors of AWS services ("Error retries and handling" of each service).

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use std::error::Error;

/// Error of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// True if the same call may succeed later.
    pub retryable: bool,
    /// Called resource and its error.
    pub reason: String,
}

/// Classifies `error` of a call to `what`, such as `table github-bot`.
pub fn explain<E>(what: &str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unanswered = |retryable| CallError {
        retryable,
        reason: format!("{what}: {}", DisplayErrorContext(error)),
    };
    match error {
        SdkError::ServiceError(answer) => {
            answered(what, answer.raw().status().as_u16(), answer.err().meta())
        }
        SdkError::ConstructionFailure(_) => unanswered(false),
        SdkError::TimeoutError(_)
        | SdkError::DispatchFailure(_)
        | SdkError::ResponseError(_)
        | _ => unanswered(true),
    }
}

fn answered(what: &str, status: u16, meta: &ErrorMetadata) -> CallError {
    let code = meta.code().unwrap_or("an error without a code");
    let message = meta.message().unwrap_or("no message");
    let retryable = match code {
        "ResourceNotFoundException" | "ParameterNotFound" => {
            return CallError {
                retryable: false,
                reason: format!(
                    "there is no {what} in this account and region: make it, or name another \
                     ({message})"
                ),
            };
        }
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "TransactionConflictException"
        | "ReplicatedWriteConflictException"
        // The credentials have expired: the next environment gets new ones.
        | "ExpiredTokenException" => true,
        _ => status == 429 || status >= 500,
    };
    CallError {
        retryable,
        reason: format!("{what}: {code} ({status}): {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_retryable_errors() {
        for (why, status, code, again) in [
            ("too many requests", 400, "ThrottlingException", true),
            (
                "too much data",
                400,
                "ProvisionedThroughputExceededException",
                true,
            ),
            ("DynamoDB's own fault", 500, "InternalServerError", true),
            (
                "a fault without a known name",
                503,
                "ServiceUnavailable",
                true,
            ),
            ("a session that ended", 400, "ExpiredTokenException", true),
            ("a mistake of ours", 400, "ValidationException", false),
            (
                "a policy that does not allow it",
                400,
                "AccessDeniedException",
                false,
            ),
            (
                "a table that is not there",
                400,
                "ResourceNotFoundException",
                false,
            ),
        ] {
            let meta = ErrorMetadata::builder().code(code).message(why).build();
            let failed = answered("table github-bot", status, &meta);
            assert_eq!(failed.retryable, again, "{why}: {failed:?}");
            let text = failed.reason;
            assert!(text.contains("github-bot") && text.contains(why), "{text}");
        }
    }
}

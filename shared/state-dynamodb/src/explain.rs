//! What an error of DynamoDB's ("Error handling with DynamoDB") means to the
//! caller.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_types::error::metadata::ErrorMetadata;
use state::StateError;
use std::error::Error;

/// Anything but a condition that does not hold.
pub(crate) fn failed<E>(table: &str, error: SdkError<E>) -> StateError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match &error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            answered(table, status, answer.err().meta())
        }
        SdkError::ConstructionFailure(_) => StateError::Refused {
            reason: format!("table {table}: {}", DisplayErrorContext(&error)),
        },
        SdkError::TimeoutError(_)
        | SdkError::DispatchFailure(_)
        | SdkError::ResponseError(_)
        | _ => StateError::Unavailable {
            reason: format!("table {table}: {}", DisplayErrorContext(&error)),
        },
    }
}

fn answered(table: &str, status: u16, meta: &ErrorMetadata) -> StateError {
    let code = meta.code().unwrap_or("an error without a code");
    let message = meta.message().unwrap_or("no message");
    let later = match code {
        "ResourceNotFoundException" => {
            return StateError::Refused {
                reason: format!(
                    "there is no table {table} in this account and region: deploy the template, \
                     or name another table ({message})"
                ),
            };
        }
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "TransactionConflictException"
        | "ReplicatedWriteConflictException"
        // Credentials that ran out: the next environment has new ones.
        | "ExpiredTokenException" => true,
        _ => status == 429 || status >= 500,
    };
    let reason = format!("table {table}: {code} ({status}): {message}");
    if later {
        StateError::Unavailable { reason }
    } else {
        StateError::Refused { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::Failure;

    #[test]
    fn what_may_be_tried_again() {
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
            let error = answered("github-bot", status, &meta);
            assert_eq!(error.is_retryable(), again, "{why}: {error}");
            let said = error.to_string();
            assert!(said.contains("github-bot") && said.contains(why), "{said}");
        }
    }
}

use http::StatusCode;

/// Error that rejects a whole call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// Name of the exception, `__type` on the wire.
    pub(super) kind: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(kind: &'static str, message: impl ToString) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind,
            message: message.to_string(),
        }
    }

    pub(super) fn internal(message: impl ToString) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("InternalException", message)
        }
    }

    /// Builds the validation error for `what`, in AWS's wording.
    pub(super) fn validation(value: &str, what: &str, constraint: &str) -> Self {
        Self::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value {value} at '{what}' failed to satisfy \
                 constraint: Member must {constraint}"
            ),
        )
    }

    pub(super) fn missing(what: &str) -> Self {
        Self::validation("null", what, "not be null")
    }

    pub(super) fn no_such_bus(name: &str) -> Self {
        Self::new(
            "ResourceNotFoundException",
            format!("Event bus {name} does not exist."),
        )
    }
}

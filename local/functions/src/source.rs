//! Event sources of the manifests in one process.

use crate::rights::Rights;
use ::source::{Door, EventSource};
use config::{ConfigError, Environment};
use events::Emit;
use state::StateManager;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Event sources by HTTP route, such as `POST /webhook`.
pub type Sources = BTreeMap<&'static str, Source>;

/// Event source of a manifest. Without its secret it is off.
pub struct Source {
    rights: Rights,
    source: Result<Arc<dyn EventSource>, MissingSecret>,
}

/// Secret without which an event source is off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{function} is off: {variable} is not set")]
pub struct MissingSecret {
    /// Function of the source.
    pub function: &'static str,
    /// Variable of the secret.
    pub variable: &'static str,
}

impl Source {
    /// Creates a source with `create`, unless one of the `optional` variables is not set.
    pub(crate) fn new(
        rights: Rights,
        environment: &Environment,
        optional: &[&'static str],
        create: impl FnOnce() -> Result<Arc<dyn EventSource>, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let mut missing = optional.iter().copied();
        let source = match missing.find(|it| environment.secret(it).is_err()) {
            None => Ok(create()?),
            Some(variable) => Err(MissingSecret {
                function: rights.function,
                variable,
            }),
        };
        Ok(Self { rights, source })
    }

    /// Returns the door in front of the source, with the rights of its manifest.
    ///
    /// # Errors
    /// [`MissingSecret`] if the source is off.
    pub fn door(self, bus: &Arc<dyn Emit>, state: &StateManager) -> Result<Door, MissingSecret> {
        let Self { rights, source } = self;
        let door = Door::new(source?, rights.bus(bus));
        let has_state = !rights.reads.is_empty() || !rights.writes.is_empty();
        Ok(match has_state {
            true => door.with_state(rights.state(state)),
            false => door,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::source::{Refusal, Reply, Submission, Text};
    use events::InProcess;
    use http::{HeaderMap, Request, StatusCode};
    use state::Key;

    struct Notes;

    impl EventSource for Notes {
        fn name(&self) -> &'static str {
            "notes"
        }

        fn authenticate(&self, headers: &HeaderMap, _: &[u8]) -> Result<Submission, Refusal> {
            let kind = headers.get("kind").and_then(|it| it.to_str().ok());
            let key = Key::new(kind.unwrap_or_default(), "7").map_err(Refusal::invalid)?;
            Ok(Submission {
                events: Vec::new(),
                texts: vec![Text::new(key, "It is broken.".to_owned())],
                reply: Reply::Message("accepted"),
            })
        }
    }

    fn source(environment: &Environment) -> Source {
        let rights = Rights {
            function: "notes",
            emits: &[],
            reads: &[],
            writes: &["note"],
        };
        let source = Source::new(rights, environment, &["NOTES_SECRET"], || {
            Ok(Arc::new(Notes))
        });
        source.unwrap()
    }

    #[tokio::test]
    async fn door_stores_declared_kinds_only() {
        let secret = [("NOTES_SECRET".to_owned(), "secret".to_owned())];
        let environment = Environment::from_iter(secret);
        let (bus, state) = (Arc::new(InProcess::default()), StateManager::in_memory());
        let door = source(&environment).door(&(bus as Arc<dyn Emit>), &state);
        let door = door.unwrap();
        for (kind, status) in [
            ("note", StatusCode::ACCEPTED),
            ("pr", StatusCode::INTERNAL_SERVER_ERROR),
        ] {
            let request = Request::post("/notes").header("kind", kind);
            let response = door.answer(request.body(String::new()).unwrap()).await;
            assert_eq!(response.status(), status, "{kind}: {}", response.body());
        }
        let stored = state.get::<String>(&"note:7".parse().unwrap()).await;
        assert_eq!(stored.unwrap().value.as_deref(), Some("It is broken."));
    }

    #[test]
    fn source_without_secret_is_off() {
        let (bus, state) = (Arc::new(InProcess::default()), StateManager::in_memory());
        let door = source(&Environment::default()).door(&(bus as Arc<dyn Emit>), &state);
        let missing = door.err().map(|it| it.to_string());
        assert_eq!(
            missing.as_deref(),
            Some("notes is off: NOTES_SECRET is not set")
        );
    }
}

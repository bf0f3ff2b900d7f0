//! Rights of a function in the local process, as its manifest declares them.

use async_trait::async_trait;
use events::{Emit, EmitError, Event, Timestamp, Topic, TopicPattern};
use state::{
    Key, KeyPrefix, NewItem, SaveResult, StateBackend, StateError, StateManager, StoredItem,
    Version,
};
use std::sync::Arc;

/// Topics and kinds of state items in the manifest of `function`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rights {
    pub(crate) function: &'static str,
    /// Topics and topic patterns.
    pub(crate) emits: &'static [&'static str],
    /// Kinds of state items.
    pub(crate) reads: &'static [&'static str],
    /// Kinds of state items.
    pub(crate) writes: &'static [&'static str],
}

impl Rights {
    /// Returns a bus that refuses other topics.
    pub(crate) fn bus(self, bus: &Arc<dyn Emit>) -> Arc<dyn Emit> {
        let bus = bus.clone();
        Arc::new(GuardedBus { rights: self, bus })
    }

    /// Returns a manager of the same state that refuses other kinds.
    pub(crate) fn state(self, state: &StateManager) -> StateManager {
        state.with_backend(|backend| {
            Arc::new(GuardedBackend {
                rights: self,
                backend,
            })
        })
    }

    fn allows(self, topic: &Topic) -> bool {
        let matches = |text: &str| {
            let pattern: Result<TopicPattern, _> = text.parse();
            pattern.is_ok_and(|pattern| pattern.matches(topic))
        };
        self.emits.iter().any(|text| matches(text))
    }

    fn allow(self, list: &str, kinds: &[&str], kind: &str) -> Result<(), StateError> {
        if kinds.contains(&kind) {
            return Ok(());
        }
        let function = self.function;
        Err(StateError::Refused {
            reason: format!(
                "{function} has no right to {list} {kind:?} items; add {kind:?} to state.{list} \
                 in functions/{function}/function.toml and run cargo xtask wire"
            ),
        })
    }
}

struct GuardedBus {
    rights: Rights,
    bus: Arc<dyn Emit>,
}

#[async_trait]
impl Emit for GuardedBus {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        let function = self.rights.function;
        let refused = events
            .iter()
            .find(|event| !self.rights.allows(&event.topic));
        match refused {
            None => self.bus.emit(events).await,
            Some(Event { topic, .. }) => Err(EmitError::Refused {
                reason: format!(
                    "{function} has no right to emit {topic}; add it to emits in \
                     functions/{function}/function.toml and run cargo xtask wire"
                ),
            }),
        }
    }
}

struct GuardedBackend {
    rights: Rights,
    backend: Arc<dyn StateBackend>,
}

impl GuardedBackend {
    fn read(&self, kind: &str) -> Result<(), StateError> {
        self.rights.allow("read", self.rights.reads, kind)
    }

    fn write(&self, kind: &str) -> Result<(), StateError> {
        self.rights.allow("write", self.rights.writes, kind)
    }
}

#[async_trait]
impl StateBackend for GuardedBackend {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        self.read(key.kind())?;
        self.backend.get(key, now).await
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        self.write(key.kind())?;
        self.backend.put_if_version(key, expected, item).await
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        self.read(prefix.kind())?;
        self.backend.list(prefix, after, limit, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{InProcess, NewEvent};

    const RIGHTS: Rights = Rights {
        function: "triage",
        emits: &["agent.issue.*"],
        reads: &["issue", "label"],
        writes: &["issue"],
    };

    #[tokio::test]
    async fn refuses_undeclared_topics() {
        let bus = RIGHTS.bus(&(Arc::new(InProcess::default()) as Arc<dyn Emit>));
        let event = |topic: &'static str| {
            let id = "1".parse().unwrap();
            let new = NewEvent::on(topic, "octo/widgets#7".to_owned(), &"");
            Event::first(id, "test", new, Timestamp::UNIX_EPOCH)
        };
        bus.emit(vec![event("agent.issue.triaged")]).await.unwrap();
        let both = vec![event("agent.issue.triaged"), event("agent.pr.block")];
        insta::assert_snapshot!(bus.emit(both).await.unwrap_err(), @"the bus refused the events: triage has no right to emit agent.pr.block; add it to emits in functions/triage/function.toml and run cargo xtask wire");
    }

    #[tokio::test]
    async fn refuses_undeclared_kinds() {
        let state = RIGHTS.state(&StateManager::in_memory());
        let key = |text: &str| text.parse::<Key>().unwrap();
        assert_eq!(state.get::<u32>(&key("label:1")).await.unwrap().value, None);
        let issue = state.set(&key("issue:1"), Version::ABSENT, &1, None).await;
        assert!(matches!(issue, Ok(SaveResult::Written(_))));
        let label = state.set(&key("label:1"), Version::ABSENT, &1, None).await;
        insta::assert_snapshot!(label.unwrap_err(), @r#"state was refused: triage has no right to write "label" items; add "label" to state.write in functions/triage/function.toml and run cargo xtask wire"#);
        insta::assert_snapshot!(state.get::<u32>(&key("pr:1")).await.unwrap_err(), @r#"state was refused: triage has no right to read "pr" items; add "pr" to state.read in functions/triage/function.toml and run cargo xtask wire"#);
    }
}

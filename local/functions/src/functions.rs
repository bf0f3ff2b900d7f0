//! Generated from functions/*/function.toml by `cargo xtask wire`.

use crate::rights::Rights;
use crate::source::{Source, Sources};
use crate::Dependencies;
use config::{ConfigError, Environment};
use events::{Clock, OnError, Subscribe};
use source::EventSource;
use std::sync::Arc;

/// The parts of GitHub that the functions call.
pub trait GitHub:
    pull_request::GitHub
    + coordinator::GitHub
    + security::GitHub
    + style::GitHub
    + logic::GitHub
    + second_look::GitHub
    + publisher::GitHub
{
}

impl<T> GitHub for T where
    T: pull_request::GitHub
    + coordinator::GitHub
    + security::GitHub
    + style::GitHub
    + logic::GitHub
    + second_look::GitHub
    + publisher::GitHub
{
}

/// Registers every function with the topic patterns of its manifest.
///
/// # Errors
/// [`OnError`] if the bus refuses a pattern.
pub fn register(bus: &impl Subscribe, deps: &Dependencies) -> Result<(), OnError> {
    let rights = Rights {
        function: "pull-request",
        emits: &["agent.pr.review_requested", "agent.pr.review_dropped"],
        reads: &["pr"],
        writes: &["pr"],
    };
    let handler = Arc::new(pull_request::handler(pull_request::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
    }));
    bus.on("github.pr.opened", handler.clone())?;
    bus.on("github.pr.reopened", handler.clone())?;
    bus.on("github.pr.synchronize", handler.clone())?;
    bus.on("github.pr.ready_for_review", handler.clone())?;
    bus.on("github.pr.converted_to_draft", handler.clone())?;
    bus.on("github.pr.labeled", handler.clone())?;
    bus.on("github.pr.unlabeled", handler.clone())?;
    bus.on("github.pr.edited", handler.clone())?;
    bus.on("github.pr.closed", handler.clone())?;
    bus.on("agent.pr.review_published", handler)?;

    let rights = Rights {
        function: "coordinator",
        emits: &["agent.pr.review_begun", "agent.pr.review_skipped", "agent.pr.review_completed", "agent.pr.security_check", "agent.pr.style_check", "agent.pr.logic_check"],
        reads: &["pr", "review"],
        writes: &["review"],
    };
    let handler = Arc::new(coordinator::handler(coordinator::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
        policy: deps.policy.clone(),
    }));
    bus.on("agent.pr.review_requested", handler)?;

    let rights = Rights {
        function: "security",
        emits: &["agent.pr.check_completed", "agent.pr.block"],
        reads: &["pr", "review", "check", "budget", "pause", "format"],
        writes: &["check", "budget", "pause", "format"],
    };
    let handler = Arc::new(security::handler(security::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
        model: deps.model.clone(),
        clock: deps.clock.clone(),
        entropy: deps.entropy.clone(),
    }));
    bus.on("agent.pr.security_check", handler)?;

    let rights = Rights {
        function: "style",
        emits: &["agent.pr.check_completed"],
        reads: &["pr", "review", "check", "budget", "pause", "format"],
        writes: &["check", "budget", "pause", "format"],
    };
    let handler = Arc::new(style::handler(style::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
        model: deps.model.clone(),
        clock: deps.clock.clone(),
        entropy: deps.entropy.clone(),
    }));
    bus.on("agent.pr.style_check", handler)?;

    let rights = Rights {
        function: "logic",
        emits: &["agent.pr.check_completed"],
        reads: &["pr", "review", "check", "budget", "pause", "format"],
        writes: &["check", "budget", "pause", "format"],
    };
    let handler = Arc::new(logic::handler(logic::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
        model: deps.model.clone(),
        clock: deps.clock.clone(),
        entropy: deps.entropy.clone(),
    }));
    bus.on("agent.pr.logic_check", handler)?;

    let rights = Rights {
        function: "second-look",
        emits: &["agent.pr.second_look_completed"],
        reads: &["pr", "review", "second-look", "budget", "pause", "format"],
        writes: &["second-look", "budget", "pause", "format"],
    };
    let handler = Arc::new(second_look::handler(second_look::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
        model: deps.model.clone(),
        clock: deps.clock.clone(),
        entropy: deps.entropy.clone(),
    }));
    bus.on("agent.pr.second_look_requested", handler)?;

    let rights = Rights {
        function: "verdict",
        emits: &["agent.pr.second_look_requested", "agent.pr.review_completed", "agent.pr.block"],
        reads: &["pr", "review", "check", "second-look"],
        writes: &["review"],
    };
    let handler = Arc::new(verdict::handler(verdict::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
    }));
    bus.on("agent.pr.check_completed", handler.clone())?;
    bus.on("agent.pr.second_look_completed", handler.clone())?;
    bus.on("agent.pr.review_begun", handler)?;

    let rights = Rights {
        function: "publisher",
        emits: &["agent.pr.review_published", "agent.pr.review_recorded"],
        reads: &["pr", "review", "check", "publication", "pace"],
        writes: &["publication", "pace"],
    };
    let handler = Arc::new(publisher::handler(publisher::Deps {
        state: rights.state(&deps.state),
        bus: rights.bus(&deps.bus),
        github: deps.github.clone(),
        clock: deps.clock.clone(),
        entropy: deps.entropy.clone(),
    }));
    bus.on("agent.pr.review_completed", handler.clone())?;
    bus.on("agent.pr.block", handler.clone())?;
    bus.on("agent.pr.review_begun", handler.clone())?;
    bus.on("agent.pr.review_skipped", handler.clone())?;
    bus.on("agent.pr.review_published", handler.clone())?;
    bus.on("agent.pr.review_dropped", handler.clone())?;
    bus.on("github.check_suite.completed", handler.clone())?;
    bus.on("github.status", handler)?;

    let rights = Rights {
        function: "recorder",
        emits: &[],
        reads: &["journal"],
        writes: &["journal"],
    };
    let handler = Arc::new(recorder::handler(recorder::Deps {
        state: rights.state(&deps.state),
        clock: deps.clock.clone(),
    }));
    bus.on("*", handler)?;

    Ok(())
}

/// Creates the event sources of the manifests.
///
/// # Errors
/// [`ConfigError`] names the variable that is wrong, or that a required source misses.
pub fn sources(environment: &Environment, clock: &Arc<dyn Clock>) -> Result<Sources, ConfigError> {
    let mut sources = Sources::new();
    let rights = Rights {
        function: "webhook",
        emits: &["github.*"],
        reads: &[],
        writes: &[],
    };
    let source = || -> Result<Arc<dyn EventSource>, ConfigError> {
        Ok(Arc::new(webhook::source(webhook::Deps {
            clock: clock.clone(),
            github_webhook_secret: environment.secret("GITHUB_WEBHOOK_SECRET")?,
        })?))
    };
    sources.insert("POST /webhook", Source::new(rights, environment, &[], source)?);

    Ok(sources)
}
